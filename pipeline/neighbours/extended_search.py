"""Neighbours of the papers there, new vectors -> Neighbours of all: only the new ones are compared, with all.

The k nearest of a paper that was there are the k best of those it had and the new ones. So where its list was exact, it
still is, and the bytes are those of a search among all papers.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from pipeline.neighbours.exact_search import DECIMALS, Neighbours, nearest, rescore
from pipeline.neighbours.partitioned_search import EXACT_TO, find_neighbours

PAIRS = 16 * 2**20  # of an old and a new paper that are compared at once
MOST_NEW = 0.025  # of the papers of a large corpus: beyond, to search all partitions anew compares fewer


def extend_neighbours(
    before: Neighbours,
    vectors: NDArray[np.float32],
    *,
    old: NDArray[np.int64],
    new: NDArray[np.int64],
    k: int,
    advance: Callable[[int], None] = lambda _: None,
) -> Neighbours:
    """The min(k, n - 1) most similar rows of all n, of which the new ones were not there before.

    before: of the old papers, numbered as they were then, at least k of each or all there were. vectors: (n, d) float32
    unit rows of all. old: (o,) the row that each old paper has now, increasing; new: (m,) rows of the others,
    increasing. advance: rows done. All are searched anew where the lists of before are too short to go on from, or
    that is less work.
    """
    n, k = len(vectors), min(k, max(len(vectors) - 1, 0))
    if before.k < min(k, len(old) - 1) or (n > EXACT_TO and len(new) > MOST_NEW * n):
        return find_neighbours(vectors, k=k, advance=advance)
    indices, similarities = np.empty((n, k), np.int32), np.empty((n, k), np.float32)
    found = nearest(vectors, vectors[new], k=k, own_rows=new, advance=advance)
    indices[new], similarities[new] = found.indices, found.similarities
    block = max(1, PAIRS // max(1, len(new)))
    for start in range(0, len(old), block):
        rows = slice(start, start + block)
        kept = old[before.indices[rows]], _as_scored(before.similarities[rows])
        merged = _merged(kept, vectors, rows=old[rows], new=new, k=k)
        indices[old[rows]], similarities[old[rows]] = merged
        advance(len(old[rows]))
    return Neighbours(indices, similarities)


def _as_scored(similarities: NDArray[np.float32]) -> NDArray[np.float64]:
    """The float64 cosines that were rounded, then kept as float32: rounding them again gives each back."""
    return np.asarray(np.round(similarities.astype(np.float64), DECIMALS), dtype=np.float64)


def _merged(
    kept: tuple[NDArray[np.int64], NDArray[np.float64]],
    vectors: NDArray[np.float32],
    *,
    rows: NDArray[np.int64],
    new: NDArray[np.int64],
    k: int,
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """The k best of the (r, b) neighbours kept of some rows and of the new ones: (r, k) rows and cosines."""
    there, cosines = kept
    columns = min(len(new), k)
    close = nearest(vectors[new], vectors[rows], k=columns)
    added = new[close.indices]
    exact = rescore(
        vectors,
        vectors[rows],
        query_rows=np.repeat(np.arange(len(rows)), columns),
        columns=added.ravel(),
    ).reshape(added.shape)
    candidates = np.concatenate([there, added], axis=1)
    scores = np.concatenate([cosines, exact], axis=1)
    order = np.lexsort((candidates, -scores), axis=1)[:, :k]
    return np.take_along_axis(candidates, order, axis=1), np.take_along_axis(scores, order, axis=1)
