"""Neighbours, coordinates -> how far the map can be trusted around each paper."""

import numpy as np
from numpy.typing import NDArray

from pipeline.neighbours import Neighbours

TRUE_NEIGHBOURS = 15
NEAR_ON_MAP = 50
BLOCK = 4096


def map_trust(neighbours: Neighbours, coordinates: NDArray[np.float32]) -> NDArray[np.float32]:
    """(n,) share of each paper's 15 most similar papers that are among the 50 nearest to it on the map, in [0, 1].

    In a small corpus both numbers are smaller: at most a third and a half of the other papers. One paper alone has 1.
    """
    from scipy.spatial import cKDTree

    n = len(coordinates)
    true, near = (min(TRUE_NEIGHBOURS, (n - 1) // 3), min(NEAR_ON_MAP, (n - 1) // 2)) if n > 3 else (n - 1, n - 1)
    true = min(max(true, 1), neighbours.k)
    if true < 1:
        return np.ones(n, dtype=np.float32)
    points = coordinates.astype(np.float64)
    _, found = cKDTree(points).query(points, k=min(max(near, true) + 1, n))
    shares = np.empty(n, dtype=np.float32)
    for start in range(0, n, BLOCK):  # a row itself is among those found, but never among its neighbours
        part = slice(start, start + BLOCK)
        near_it = neighbours.indices[part, :true, None] == found[part, None, :]
        shares[part] = near_it.any(axis=2).mean(axis=1)
    return shares
