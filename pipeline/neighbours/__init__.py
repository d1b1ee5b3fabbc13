"""Vectors -> the most similar papers of each: exactly, or in the nearest partitions of a large corpus."""

from pipeline.neighbours.exact_search import ExactIndex, Index, Neighbours, nearest, restrict
from pipeline.neighbours.extended_search import extend_neighbours
from pipeline.neighbours.lance_index import ensure_index, needs_index, open_index
from pipeline.neighbours.partitioned_search import EXACT_TO, find_neighbours, measure_recall
from pipeline.neighbours.sharded_search import find_in_shards

__all__ = [
    "EXACT_TO",
    "ExactIndex",
    "Index",
    "Neighbours",
    "ensure_index",
    "extend_neighbours",
    "find_in_shards",
    "find_neighbours",
    "measure_recall",
    "nearest",
    "needs_index",
    "open_index",
    "restrict",
]
