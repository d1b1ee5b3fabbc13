"""A record as its service or program writes it -> one with the usual names; what has no usual name stays as it is."""

from pipeline.corpus.adapters.registry import Adapters

__all__ = ["Adapters"]
