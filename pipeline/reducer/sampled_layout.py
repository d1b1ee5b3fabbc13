"""Vectors, neighbours, a sample -> the map of a very large corpus: UMAP lays out the sample, the rest is put beside it.

Every paper that was not drawn starts amid its nearest papers that have a place; then all of them move together for some
epochs of UMAP, at a third of its first learning rate, so that papers that started in one place spread as their own
neighbours pull. On 18,540 papers with 3,000 drawn that preserves neighbourhoods as well as a layout of all of them
(benchmarks/RESULTS.md), in a tenth of the time.
"""

import numpy as np
from numpy.typing import NDArray

from pipeline.neighbours import Neighbours
from pipeline.reducer.umap import UmapGraph, build_fuzzy_graph, lay_out

MOST_LAID_OUT, LAID_OUT = 100_000, 50_000  # papers that UMAP lays out whole; how many it lays out of more
PLACED_BY = 3  # nearest papers with a place that a paper starts amid
PLACE_POWER = 4  # of a neighbour's similarity: the nearest decide
PULLED_BY = 15  # neighbours that a paper moves with, itself included
EPOCHS, LEARNING_RATE = 40, 0.3
BLOCK = 65_536  # rows at once


def sample_size(papers: int) -> int | None:
    """How many papers are laid out first; None for all of them."""
    return None if papers <= MOST_LAID_OUT else LAID_OUT


def extend_layout(
    places: NDArray[np.float32],
    rows: NDArray[np.int64],
    *,
    vectors: NDArray[np.float32],
    neighbours: Neighbours,
    min_dist: float,
    seed: int,
) -> NDArray[np.float32]:
    """(n, 2) float32 map of all papers. places: (m, 2) map of the sample; rows: (m,) rising rows of its papers.

    vectors: (n, d) unit rows; neighbours: of each, one at least. The same input and seed give the same bits.
    """
    start = start_beside(places, rows, neighbours)
    weights = build_fuzzy_graph(vectors, neighbours, n_neighbors=min(PULLED_BY, neighbours.k + 1))
    graph = UmapGraph(weights, start)
    return lay_out(graph, min_dist=min_dist, epochs=EPOCHS, seed=seed, learning_rate=LEARNING_RATE)


def start_beside(places: NDArray[np.float32], rows: NDArray[np.int64], neighbours: Neighbours) -> NDArray[np.float32]:
    """(n, 2) float32: the places of the sample, and of each other paper the mean of its nearest papers with a place.

    Papers none of whose neighbours has a place wait for the next round; those never reached start in the middle.
    """
    start = np.tile(places.mean(axis=0), (len(neighbours.indices), 1)).astype(np.float32)
    placed = np.zeros(len(start), dtype=bool)
    start[rows], placed[rows] = places, True
    waiting = np.flatnonzero(~placed)
    while len(waiting):
        reached = np.concatenate(
            [
                _place(start, placed, waiting[first : first + BLOCK], neighbours=neighbours)
                for first in range(0, len(waiting), BLOCK)
            ]
        )
        placed[waiting[reached]] = True
        if not reached.any():
            break
        waiting = waiting[~reached]
    return start


def _place(
    start: NDArray[np.float32], placed: NDArray[np.bool_], waiting: NDArray[np.int64], *, neighbours: Neighbours
) -> NDArray[np.bool_]:
    """Writes the places of those waiting that have a neighbour with a place; which they are."""
    near = neighbours.indices[waiting]
    counts = placed[near]
    counts &= np.cumsum(counts, axis=1) <= PLACED_BY
    weights = np.where(counts, np.maximum(neighbours.similarities[waiting].astype(np.float64), 1e-6), 0) ** PLACE_POWER
    whole = weights.sum(axis=1)
    reached = whole > 0
    middle = np.einsum("ij,ijc->ic", weights[reached], start[near[reached]].astype(np.float64))
    start[waiting[reached]] = middle / whole[reached, None]
    return np.asarray(reached)
