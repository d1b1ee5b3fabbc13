"""id, text or several papers -> ranked papers with reasons."""

from pipeline.recommender.answer import Asked, answer, papers_where
from pipeline.recommender.bridges import Bridge, find_bridges
from pipeline.recommender.check import Checked, Novelty, check_draft
from pipeline.recommender.cited import Cited, find_cited
from pipeline.recommender.query import Query, read_query
from pipeline.recommender.recommend import Recommended, Wishes, search, similar
from pipeline.recommender.where import where

__all__ = [
    "Asked",
    "Bridge",
    "Checked",
    "Cited",
    "Novelty",
    "Query",
    "Recommended",
    "Wishes",
    "answer",
    "check_draft",
    "find_bridges",
    "find_cited",
    "papers_where",
    "read_query",
    "search",
    "similar",
    "where",
]
