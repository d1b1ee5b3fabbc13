"""Names of papers, or a search -> their records from a public service, as JSONL; only when asked, only from there."""

from pipeline.fetch.download import Fetched, fetch
from pipeline.fetch.services import SERVICES

__all__ = ["SERVICES", "Fetched", "fetch"]
