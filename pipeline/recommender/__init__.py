"""id, text or several papers -> ranked papers with reasons."""

from pipeline.recommender.query import Query, read_query
from pipeline.recommender.recommend import Recommended, search, similar

__all__ = ["Query", "Recommended", "read_query", "search", "similar"]
