"""id, text or several papers -> ranked papers with reasons; new texts -> their topics."""

from pipeline.recommender.assign import Assigned, assign_papers, assign_texts, folded_texts, text_vectors
from pipeline.recommender.bridges import Bridge, find_bridges
from pipeline.recommender.check import Checked, Novelty, check_draft
from pipeline.recommender.cited import Cited, find_cited
from pipeline.recommender.filter import filter_papers, where
from pipeline.recommender.missing_works import MissingWork, find_missing, find_missing_by_topic
from pipeline.recommender.near_duplicates import NearDuplicates, Version, find_near_duplicates, version_groups
from pipeline.recommender.query import Query, read_query
from pipeline.recommender.reading_path import PathStep, find_path
from pipeline.recommender.recommend import Filters, Recommended, default_k, search, similar
from pipeline.recommender.request import Answer, Request, answer

__all__ = [
    "Answer",
    "Assigned",
    "Bridge",
    "Checked",
    "Cited",
    "Filters",
    "MissingWork",
    "NearDuplicates",
    "Novelty",
    "PathStep",
    "Query",
    "Recommended",
    "Request",
    "Version",
    "answer",
    "assign_papers",
    "assign_texts",
    "check_draft",
    "default_k",
    "filter_papers",
    "find_bridges",
    "find_cited",
    "find_missing",
    "find_missing_by_topic",
    "find_near_duplicates",
    "find_path",
    "folded_texts",
    "read_query",
    "search",
    "similar",
    "text_vectors",
    "version_groups",
    "where",
]
