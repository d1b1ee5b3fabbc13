"""Vectors, queries -> Neighbours: the k most similar papers of each, exactly.

Similarities come from blocked float32 matrix products, whose last bits depend on the block and on the
number of threads. Every paper that could belong to the k nearest within that error is therefore scored
again in float64, rounded, and ties are broken by row number: the answer is the same for any blocking.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from pipeline.neighbours.best_lists import kth_largest
from pipeline.workers.machine import core_count
from pipeline.workers.threads import in_threads

BLOCK_BYTES = 64 * 2**20
RESCORED_PAIRS = 128  # at once, so that they stay in the processor's cache
DECIMALS = 7
COMPILED_FROM = 200_000_000  # pairs from which on the selection is worth the import of a compiler
THREADED_FROM = 20_000_000  # pairs from which on blocks are searched side by side


@dataclass(frozen=True)
class Neighbours:
    """The nearest papers of each row, the row itself left out.

    indices: (n, k) int32 row numbers, most similar first; k may be smaller than asked for in a small corpus.
    similarities: (n, k) float32 cosines in [-1, 1], never increasing along a row.
    """

    indices: NDArray[np.int32]
    similarities: NDArray[np.float32]

    def __post_init__(self) -> None:
        if self.indices.shape != self.similarities.shape or self.indices.ndim != 2:
            raise ValueError(
                f"neighbours need two (n, k) arrays, got {self.indices.shape} and {self.similarities.shape}"
            )

    @property
    def k(self) -> int:
        return int(self.indices.shape[1])

    def first(self, k: int) -> "Neighbours":
        """The k most similar of each row, or all that there are."""
        return Neighbours(np.ascontiguousarray(self.indices[:, :k]), np.ascontiguousarray(self.similarities[:, :k]))


def find_exactly(
    vectors: NDArray[np.float32], *, k: int, advance: Callable[[int], None] = lambda _: None
) -> Neighbours:
    """The min(k, n - 1) most similar rows of every row of `vectors`, (n, d) float32 unit rows."""
    rows = np.arange(len(vectors), dtype=np.int64)
    return nearest(vectors, vectors, k=min(k, max(len(vectors) - 1, 0)), own_rows=rows, advance=advance)


def restrict(neighbours: Neighbours, rows: NDArray[np.int64]) -> Neighbours:
    """The graph among some papers only, numbered anew: of each the nearest of its neighbours that are among them.

    rows: (m,) increasing. As many columns as the row that keeps the fewest neighbours has.
    """
    place = np.full(len(neighbours.indices), -1, dtype=np.int32)
    place[rows] = np.arange(len(rows), dtype=np.int32)
    indices = place[neighbours.indices[rows]]
    there = indices >= 0
    order = np.argsort(~there, axis=1, kind="stable")[:, : int(there.sum(axis=1).min(initial=len(rows)))]
    return Neighbours(
        np.take_along_axis(indices, order, axis=1), np.take_along_axis(neighbours.similarities[rows], order, axis=1)
    )


class Index(Protocol):
    """Finds the papers nearest to queries: the one thing that a recommender asks of an atlas's vectors."""

    def nearest(self, queries: NDArray[np.float32], *, k: int, among: NDArray[np.bool_] | None = None) -> Neighbours:
        """The k rows most similar to each of (m, d) unit queries, of those rows where `among`, (n,), is true."""
        ...


@dataclass(frozen=True)
class ExactIndex:
    """Compares with every paper: exact at any size, and fast enough to about a hundred thousand.

    vectors: (n, d) float32 unit rows.
    """

    vectors: NDArray[np.float32]

    def nearest(self, queries: NDArray[np.float32], *, k: int, among: NDArray[np.bool_] | None = None) -> Neighbours:
        return nearest(self.vectors, queries, k=k, among=among)


def nearest(
    vectors: NDArray[np.float32],
    queries: NDArray[np.float32],
    *,
    k: int,
    own_rows: NDArray[np.int64] | None = None,
    among: NDArray[np.bool_] | None = None,
    advance: Callable[[int], None] = lambda _: None,
) -> Neighbours:
    """The k rows of `vectors` most similar to each query.

    vectors: (n, d) and queries: (m, d), float32 unit rows. own_rows: (m,) the row that each query is itself and that
    is left out, or -1. among: (n,) mask of the rows that may be returned, by default all. advance: called with the
    number of queries answered. Ties go to the smaller row.
    """
    m, n = len(queries), len(vectors)
    available = (n if among is None else int(among.sum())) - (own_rows is not None)
    k = max(min(k, available), 0)
    indices = np.empty((m, k), dtype=np.int32)
    similarities = np.empty((m, k), dtype=np.float32)
    if k == 0:
        return Neighbours(indices, similarities)
    compiled = m * n >= COMPILED_FROM

    def fill(rows: range) -> int:
        part = slice(rows.start, rows.stop)
        own = None if own_rows is None else own_rows[part]
        query_rows, columns = _candidates(
            queries[part] @ vectors.T, k, own=own, among=among, dimensions=len(vectors.T), compiled=compiled
        )
        exact = rescore(vectors, queries[part], query_rows=query_rows, columns=columns)
        order = np.lexsort((columns, -exact, query_rows))
        first = np.searchsorted(query_rows[order], np.arange(len(rows)))
        chosen = order[first[:, None] + np.arange(k)]
        indices[part] = columns[chosen]
        similarities[part] = exact[chosen]
        return len(rows)

    threads = core_count() if m * n >= THREADED_FROM else 1
    block = max(1, min(1024, BLOCK_BYTES // (4 * n)))
    parts = [range(start, min(start + block, m)) for start in range(0, m, block)]
    for done in in_threads(fill, parts, threads=threads):
        advance(done)
    return Neighbours(indices, similarities)


def _candidates(
    approximate: NDArray[np.float32],
    k: int,
    *,
    own: NDArray[np.int64] | None,
    among: NDArray[np.bool_] | None,
    dimensions: int,
    compiled: bool,
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """(query, row) pairs that may belong to the k nearest, given the rounding error of a float32 dot product.

    approximate: (m, n) float32 dot products of vectors of so many dimensions; overwritten. compiled: whether by code
    that is compiled first, which finds the same.
    """
    if among is not None:
        approximate[:, ~among] = -np.inf
    if own is not None:
        mine = np.flatnonzero(own >= 0)
        approximate[mine, own[mine]] = -np.inf
    if compiled:
        kth = kth_largest(approximate, k)
    else:
        kth = np.partition(approximate, approximate.shape[1] - k, axis=1)[:, -k]
    cells = np.flatnonzero(approximate >= (kth - rounding_margin(dimensions))[:, None])  # sooner than both at once
    query_rows, columns = np.divmod(cells, approximate.shape[1])
    return query_rows, columns


def rounding_margin(dimensions: int) -> np.float32:
    """How far apart two float32 dot products may be for their order to be in doubt.

    A dot product of unit vectors of d numbers is off by at most d * 2**-24 (Higham, Accuracy and Stability of
    Numerical Algorithms, section 3.1); two of them are compared, so it is twice that.
    """
    return np.float32(2 * dimensions * 2.0**-24)


def rescore(
    vectors: NDArray[np.float32],
    queries: NDArray[np.float32],
    *,
    query_rows: NDArray[np.int64],
    columns: NDArray[np.int64],
) -> NDArray[np.float64]:
    """float64 cosines of (query, row) pairs, rounded so that equal papers are exactly equal."""
    exact, doubled = np.empty(len(columns)), queries.astype(np.float64)
    for start in range(0, len(columns), RESCORED_PAIRS):
        part = slice(start, start + RESCORED_PAIRS)
        right = vectors[columns[part]].astype(np.float64)
        exact[part] = np.einsum("ij,ij->i", doubled[query_rows[part]], right)
    return np.clip(np.round(exact, DECIMALS), -1.0, 1.0)
