"""id, text or several papers -> ranked papers with reasons."""

from pipeline.recommender.bridges import Bridge, find_bridges
from pipeline.recommender.check import Checked, Novelty, check_draft
from pipeline.recommender.cited import Cited, find_cited
from pipeline.recommender.query import Query, read_query
from pipeline.recommender.recommend import Recommended, Wishes, search, similar
from pipeline.recommender.where import where

__all__ = [
    "Bridge",
    "Checked",
    "Cited",
    "Novelty",
    "Query",
    "Recommended",
    "Wishes",
    "check_draft",
    "find_bridges",
    "find_cited",
    "read_query",
    "search",
    "similar",
    "where",
]
