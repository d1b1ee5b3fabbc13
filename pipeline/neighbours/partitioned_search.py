"""Vectors -> Neighbours: exactly to a hundred thousand papers, beyond in the partitions nearest to each paper.

Comparing all with all grows with the square of the papers. Beyond `EXACT_TO` spherical k-means (Dhillon and Modha,
2001) cuts the papers into partitions of about two thousand, and each paper is compared with the members of its nearest
few, as an inverted file does (Jégou, Douze and Schmid, 2011). Those compared are scored exactly, so a list may lack a
neighbour and never holds a wrong similarity; `measure_recall` says how many are found.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from pipeline.neighbours.best_lists import NONE_YET, BestLists
from pipeline.neighbours.exact_search import Neighbours, find_exactly, nearest, rescore, rounding_margin

EXACT_TO = 100_000  # papers
PARTITION_SIZE = 2_000  # papers in a partition, about
PROBED = 24  # nearest partitions that a paper is compared with, its own included
TRAINED_ON = 64  # papers for each partition that the centroids are fitted to
ROUNDS = 8  # of k-means
SPARE = 16  # candidates kept beyond k, so that rounding in float32 loses none
BLOCK = 4_096  # rows at once
SAMPLED = 1_000  # papers whose neighbours are looked up exactly to measure the recall


@dataclass(frozen=True)
class Partitions:
    """centroids: (c, d) float32 unit rows. probes: (n, p) int32, the partitions nearest to each row, nearest first."""

    centroids: NDArray[np.float32]
    probes: NDArray[np.int32]

    def members(self, partition: int) -> NDArray[np.int64]:
        """Rows that belong to a partition: whose nearest it is; increasing."""
        rows, starts = self._homes
        return rows[starts[partition] : starts[partition + 1]]

    @cached_property
    def _homes(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Rows in the order of the partition that they belong to, and where each partition begins."""
        rows = np.argsort(self.probes[:, 0], kind="stable")
        return rows, np.searchsorted(self.probes[rows, 0], np.arange(len(self.centroids) + 1))


def find_neighbours(
    vectors: NDArray[np.float32], *, k: int, advance: Callable[[int], None] = lambda _: None
) -> Neighbours:
    """The min(k, n - 1) most similar rows of every row of `vectors`, (n, d) float32 unit rows; advance: rows done."""
    if len(vectors) <= EXACT_TO:
        return find_exactly(vectors, k=k, advance=advance)
    partitions = make_partitions(vectors, count=len(vectors) // PARTITION_SIZE, probed=PROBED)
    return search_partitions(vectors, partitions, k=k, advance=advance)


def measure_recall(vectors: NDArray[np.float32], neighbours: Neighbours, *, k: int) -> float:
    """Share of the exact k nearest that the lists hold, over a thousand rows evenly spaced; 1 for an exact search.

    A neighbour as similar as the k-th counts as found, whichever of equal ones is listed.
    """
    rows = np.unique(np.linspace(0, len(vectors) - 1, min(SAMPLED, len(vectors))).astype(np.int64))
    k = min(k, neighbours.k)
    exact = nearest(vectors, vectors[rows], k=k, own_rows=rows)
    enough = neighbours.similarities[rows, :k] >= exact.similarities[:, -1:]
    return float(enough.mean()) if enough.size else 1.0


def make_partitions(vectors: NDArray[np.float32], *, count: int, probed: int) -> Partitions:
    """`count` partitions by spherical k-means on evenly spaced rows; each row's `probed` nearest of them.

    Rows are in the order of their texts' hashes, so evenly spaced ones are a random sample that never changes.
    """
    sample = vectors[np.linspace(0, len(vectors) - 1, min(len(vectors), count * TRAINED_ON)).astype(np.int64)]
    centroids = sample[np.linspace(0, len(sample) - 1, count).astype(np.int64)].copy()
    for _ in range(ROUNDS):
        home = _nearest_centroids(sample, centroids, 1)[:, 0]
        sums = np.zeros((count, vectors.shape[1]))
        np.add.at(sums, home, sample)
        lengths = np.linalg.norm(sums, axis=1, keepdims=True)
        centroids = np.where(lengths > 0, sums / np.maximum(lengths, 1e-12), centroids).astype(np.float32)
    return Partitions(centroids, _nearest_centroids(vectors, centroids, min(probed, count)))


def _nearest_centroids(vectors: NDArray[np.float32], centroids: NDArray[np.float32], count: int) -> NDArray[np.int32]:
    """(n, count) numbers of the centroids nearest to each row, the nearest first.

    Similarities are rounded to five decimals, and ties go to the smaller number: the last bits of a product do not
    decide.
    """
    nearest_ones = np.empty((len(vectors), count), dtype=np.int32)
    for start in range(0, len(vectors), BLOCK):
        similarity = np.round(vectors[start : start + BLOCK] @ centroids.T, 5)
        nearest_ones[start : start + BLOCK] = np.argsort(-similarity, axis=1, kind="stable")[:, :count]
    return nearest_ones


def search_partitions(
    vectors: NDArray[np.float32],
    partitions: Partitions,
    *,
    k: int,
    rows: NDArray[np.int64] | None = None,
    advance: Callable[[int], None] = lambda _: None,
) -> Neighbours:
    """The k most similar rows of each among the members of the partitions that it probes.

    rows: (m,) those whose neighbours are wanted, by default all.
    """
    k = min(k, max(len(vectors) - 1, 0))
    rows = np.arange(len(vectors)) if rows is None else rows
    probes = partitions.probes[rows]
    best = BestLists.empty(rows, k + SPARE)
    order = np.argsort(probes, axis=None, kind="stable")  # rows that probe a partition stand together
    probing, width = order // probes.shape[1], probes.shape[1]
    starts = np.searchsorted(probes.ravel()[order], np.arange(len(partitions.centroids) + 1))
    done = 0
    for partition in range(len(partitions.centroids)):
        members = partitions.members(partition)
        for first in range(starts[partition], starts[partition + 1], BLOCK):
            places = probing[first : min(first + BLOCK, starts[partition + 1])]
            best.add(places, members, vectors[rows[places]] @ vectors[members].T)
            done += len(places)
            advance(done // width - (done - len(places)) // width)
    return _rescored(vectors, best, k, order=np.argsort(probes[:, 0], kind="stable"))


def _rescored(vectors: NDArray[np.float32], best: BestLists, k: int, *, order: NDArray[np.int64]) -> Neighbours:
    """The k best of each row by exact similarity, ties to the smaller row.

    order: in which rows are looked at; those that stand together should share candidates, which then are in the
    processor's cache.
    """
    m = len(best.own)
    indices, similarities = np.zeros((m, k), dtype=np.int32), np.zeros((m, k), dtype=np.float32)
    for start in range(0, m, BLOCK):
        some = order[start : start + BLOCK]
        scores = best.scores[some]
        kth = np.partition(scores, scores.shape[1] - k, axis=1)[:, scores.shape[1] - k]
        close = (scores > NONE_YET) & (scores >= (kth - rounding_margin(vectors.shape[1]))[:, None])
        columns = np.sort(np.where(close, best.rows[some], -1), axis=1)
        query_rows, places = np.nonzero(columns >= 0)
        exact = np.full(columns.shape, NONE_YET, dtype=np.float64)
        exact[query_rows, places] = rescore(
            vectors,
            vectors[best.own[some]],
            query_rows=query_rows,
            columns=columns[query_rows, places].astype(np.int64),
        )
        first = np.argsort(-exact, axis=1, kind="stable")[:, :k]
        indices[some] = np.take_along_axis(columns, first, axis=1)
        similarities[some] = np.take_along_axis(exact, first, axis=1)
    few = np.flatnonzero((best.scores > NONE_YET).sum(axis=1) < k)  # in partitions of next to nobody
    if len(few):
        found = nearest(vectors, vectors[best.own[few]], k=k, own_rows=best.own[few])
        indices[few], similarities[few] = found.indices, found.similarities
    return Neighbours(indices, similarities)
