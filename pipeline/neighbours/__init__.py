"""Vectors -> the most similar papers of each: exactly, or in the nearest partitions of a large corpus."""

from pipeline.neighbours.exact_search import ExactIndex, Index, Neighbours, nearest, restrict
from pipeline.neighbours.partitioned_search import EXACT_TO, find_neighbours, measure_recall

__all__ = [
    "EXACT_TO",
    "ExactIndex",
    "Index",
    "Neighbours",
    "find_neighbours",
    "measure_recall",
    "nearest",
    "restrict",
]
