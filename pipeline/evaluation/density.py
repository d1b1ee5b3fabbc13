"""Vectors, topics -> how compact and how well separated the topics are in the embedding.

Silhouette: Rousseeuw, 1987. DBCV: Moulavi, Jaskowiak, Campello, Zimek and Sander, "Density-Based Clustering
Validation", SDM 2014; its core distances raise distances to the power of the dimension, so they are computed as
logarithms. Both take time quadratic in the papers and are computed on a sample.
"""

import numpy as np
from numpy.typing import NDArray

SAMPLE = 4_000


def sample_rows(topics: NDArray[np.int64], *, seed: int) -> NDArray[np.int64]:
    """Rows of at most 4,000 papers drawn at random, increasing."""
    if len(topics) <= SAMPLE:
        return np.arange(len(topics))
    return np.sort(np.random.default_rng(seed).choice(len(topics), SAMPLE, replace=False))


def distances(vectors: NDArray[np.float32]) -> NDArray[np.float64]:
    """(m, m) Euclidean distances of unit rows."""
    exact = vectors.astype(np.float64)
    squares = np.maximum(2.0 - 2.0 * (exact @ exact.T), 0.0)
    np.fill_diagonal(squares, 0.0)
    return np.asarray(np.sqrt(squares))


def silhouette(matrix: NDArray[np.float64], topics: NDArray[np.int64]) -> float | None:
    """Mean silhouette of the papers in a topic, in [-1, 1]; None where fewer than two topics have papers.

    matrix: (m, m) distances; topics: (m,), -1 for noise, which is left out.
    """
    from sklearn.metrics import silhouette_score

    core = topics != -1
    count = len(np.unique(topics[core]))
    if count < 2 or count >= core.sum():
        return None
    return float(silhouette_score(matrix[np.ix_(core, core)], topics[core], metric="precomputed"))


def dbcv(matrix: NDArray[np.float64], topics: NDArray[np.int64], *, dimension: int) -> float | None:
    """Density-based validity in [-1, 1], noise counted against it; None where fewer than two topics have two papers.

    matrix: (m, m) distances; topics: (m,), -1 for noise; dimension of the space they come from.
    """
    rows = {int(topic): np.flatnonzero(topics == topic) for topic in np.unique(topics[topics != -1])}
    rows = {topic: members for topic, members in rows.items() if len(members) >= 2}
    if len(rows) < 2:
        return None
    core = np.zeros(len(topics))
    for members in rows.values():
        core[members] = _core_distances(matrix[np.ix_(members, members)], dimension)
    trees = {topic: _spanning_tree(matrix, core, members) for topic, members in rows.items()}
    validity = 0.0
    for topic, members in rows.items():
        inner, sparseness = trees[topic]
        separation = min(
            float(_reachability(matrix, core, rows=inner, columns=other_inner).min())
            for other, (other_inner, _) in trees.items()
            if other != topic
        )
        widest = max(separation, sparseness)
        validity += len(members) / len(topics) * ((separation - sparseness) / widest if widest > 0 else 0.0)
    return validity


def _core_distances(matrix: NDArray[np.float64], dimension: int) -> NDArray[np.float64]:
    """(c,) all-points core distance: (mean of distance ** -dimension) ** (-1 / dimension), equal papers left out."""
    with np.errstate(divide="ignore"):
        logs = np.where(matrix > 0, -dimension * np.log(matrix), -np.inf)
    highest = logs.max(axis=1, keepdims=True)
    highest = np.where(np.isfinite(highest), highest, 0.0)
    total = np.log(np.maximum(np.exp(logs - highest).sum(axis=1), np.finfo(float).tiny)) + highest[:, 0]
    cores = np.exp(-(total - np.log(len(matrix) - 1)) / dimension)
    return np.asarray(np.where((matrix > 0).any(axis=1), cores, 0.0))


def _reachability(
    matrix: NDArray[np.float64], core: NDArray[np.float64], *, rows: NDArray[np.int64], columns: NDArray[np.int64]
) -> NDArray[np.float64]:
    """(r, c) mutual reachability distances: the distance, but no less than either core distance."""
    return np.maximum(matrix[np.ix_(rows, columns)], np.maximum(core[rows, None], core[None, columns]))


def _spanning_tree(
    matrix: NDArray[np.float64], core: NDArray[np.float64], members: NDArray[np.int64]
) -> tuple[NDArray[np.int64], float]:
    """Inner papers of a topic's minimum spanning tree, and its longest edge between two of them.

    Where the tree has no inner paper, or none beside another, all papers and all edges count.
    """
    from scipy.sparse.csgraph import minimum_spanning_tree

    distances_between = _reachability(matrix, core, rows=members, columns=members)
    # scipy takes a distance of 0 for no edge.
    tree = minimum_spanning_tree(np.triu(np.maximum(distances_between, 1e-12), 1)).tocoo()
    degree = np.bincount(np.concatenate([tree.row, tree.col]), minlength=len(members))
    inner = degree > 1
    between = inner[tree.row] & inner[tree.col]
    return members[inner] if inner.any() else members, float((tree.data[between] if between.any() else tree.data).max())
