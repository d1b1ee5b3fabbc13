"""Record as its service or program writes it -> the same under the usual names; fields without one stay unchanged."""

from pipeline.corpus.adapters.registry import Adapters

__all__ = ["Adapters"]
