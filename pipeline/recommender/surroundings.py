"""Vectors, neighbours -> every paper as it stands among its nearest: what candidates are compared by.

The embedding of one abstract is noisy. A paper plus the mean of its nearest is a steadier account of what it is about:
database augmentation, as image retrieval calls it (Turcot and Lowe, "Better matching with fewer features", 2009;
Arandjelović and Zisserman, "Three things everyone should know to improve object retrieval", 2012). Only candidates are
taken so; the query stays as it is, for it says what is looked for (both ways were measured, benchmarks/RESULTS.md).
"""

import numpy as np
from numpy.typing import NDArray

from pipeline.neighbours import Neighbours

NEAREST = 10
BLOCK = 4_096  # papers, where all are wanted
DECIMALS = 6  # of their cosines


def among_nearest(vectors: NDArray[np.float32], neighbours: Neighbours, rows: NDArray[np.int64]) -> NDArray[np.float32]:
    """(r, d) unit vectors of some papers, each plus the mean of its ten nearest, or of as many as are kept.

    The bits of a row do not depend on the other rows.

    >>> vectors = np.array([[1, 0], [0, 1], [0, 1]], np.float32)
    >>> near = Neighbours(np.array([[1], [2], [1]], np.int32), np.array([[0], [1], [1]], np.float32))
    >>> [round(float(value), 4) for value in among_nearest(vectors, near, np.array([0, 2]))[:, 1]]
    [0.7071, 1.0]
    """
    among = np.zeros((len(rows), vectors.shape[1]), dtype=np.float32)
    nearest = neighbours.indices[rows, :NEAREST]
    for column in nearest.T:
        among += vectors[column]
    among /= np.float32(max(nearest.shape[1], 1))
    among += vectors[rows]
    lengths = np.sqrt(np.einsum("ij,ij->i", among, among))
    among /= np.maximum(lengths, np.float32(1e-12))[:, None]
    return among


def cosines_among_nearest(
    query: NDArray[np.float32], vectors: NDArray[np.float32], neighbours: Neighbours, *, rows: NDArray[np.int64]
) -> NDArray[np.float64]:
    """(r,) cosines of a query, a unit vector, to some papers as they stand among their nearest."""
    return cosines_to(query, among_nearest(vectors, neighbours, rows))


def cosines_to(query: NDArray[np.float32], among: NDArray[np.float32]) -> NDArray[np.float64]:
    """(r,) products of a query with rows made here, summed in float32: each the same whatever the other rows are."""
    return np.asarray(np.round(np.einsum("ij,j->i", among, query).astype(np.float64), DECIMALS))


def all_among_nearest(vectors: NDArray[np.float32], neighbours: Neighbours) -> NDArray[np.float32]:
    """(n, d) those of every paper."""
    among = np.empty(vectors.shape, dtype=np.float32)
    for start in range(0, len(vectors), BLOCK):
        rows = np.arange(start, min(start + BLOCK, len(vectors)))
        among[rows] = among_nearest(vectors, neighbours, rows)
    return among
