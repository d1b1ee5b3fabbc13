"""Search or identifiers -> records of papers from a public service, as JSONL; only when the user asks for it."""

from pipeline.fetch.download import Fetched, fetch
from pipeline.fetch.services import SERVICES, FetchRequest

__all__ = ["SERVICES", "FetchRequest", "Fetched", "fetch"]
