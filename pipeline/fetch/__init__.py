"""Search or identifiers -> records of papers from a public service, as JSONL; only when the user asks for it."""

from pipeline.fetch.client import KeyWantedError
from pipeline.fetch.download import Fetched, fetch, make_client
from pipeline.fetch.pages import FetchRequest
from pipeline.fetch.services import SERVICES

__all__ = ["SERVICES", "FetchRequest", "Fetched", "KeyWantedError", "fetch", "make_client"]
