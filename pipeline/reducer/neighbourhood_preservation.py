"""Neighbours, coordinates -> how well the map preserves the neighbourhood of each paper."""

import numpy as np
from numpy.typing import NDArray

from pipeline.neighbours import Neighbours

TRUE_NEIGHBOURS = 15
NEAR_ON_MAP = 50
BLOCK = 4096


def neighbours_compared(n: int, k: int) -> tuple[int, int]:
    """How many most similar papers are looked for among how many on the map, of n papers with k neighbours each.

    >>> neighbours_compared(1000, 50), neighbours_compared(12, 11), neighbours_compared(2, 1), neighbours_compared(1, 0)
    ((15, 50), (3, 5), (1, 1), (0, 0))
    """
    others = n - 1
    true = min(max(min(TRUE_NEIGHBOURS, others // 3), 1), k, others)
    return true, max(min(NEAR_ON_MAP, others // 2), true)


def neighbourhood_preservation(neighbours: Neighbours, coordinates: NDArray[np.float32]) -> NDArray[np.float32]:
    """(n,) share of each paper's 15 most similar papers that are among the 50 nearest to it on the map, in [0, 1].

    In a small corpus both numbers are smaller: at most a third and a half of the other papers. One paper alone has 1.
    """
    from scipy.spatial import cKDTree

    n = len(coordinates)
    true, near = neighbours_compared(n, neighbours.k)
    if true < 1:
        return np.ones(n, dtype=np.float32)
    points = coordinates.astype(np.float64)
    _, nearest = cKDTree(points).query(points, k=near + 1)
    shares = np.empty(n, dtype=np.float32)
    for start in range(0, n, BLOCK):  # a row itself is among the nearest, but never among its neighbours
        part = slice(start, start + BLOCK)
        preserved = neighbours.indices[part, :true, None] == nearest[part, None, :]
        shares[part] = preserved.any(axis=2).mean(axis=1)
    return shares
