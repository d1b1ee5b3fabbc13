"""id, text or several papers -> ranked papers with reasons."""

from pipeline.recommender.bridges import Bridge, find_bridges
from pipeline.recommender.query import Query, read_query
from pipeline.recommender.recommend import Recommended, Wishes, search, similar
from pipeline.recommender.where import where

__all__ = ["Bridge", "Query", "Recommended", "Wishes", "find_bridges", "read_query", "search", "similar", "where"]
