"""reduced -> core topics: an HDBSCAN tree, and a cut of it.

HDBSCAN: Campello, Moulavi and Sander, 2013; McInnes, Healy and Astels, JOSS 2017.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

MAX_CLUSTER_SIZE = "max_cluster_size"
MAX_CLUSTER_SHARE = 0.08  # of the papers, that a topic may hold with the method max_cluster_size


@dataclass(frozen=True)
class Tree:
    """HDBSCAN's single-linkage tree: (n - 1, 4) float64 rows (left, right, distance, size), as SciPy writes it.

    min_samples: how many papers around a point its density was measured by.
    """

    rows: NDArray[np.float64]
    min_samples: int


def build_tree(reduced: NDArray[np.float32], *, min_samples: int) -> Tree:
    """The tree of (n, d) points."""
    import hdbscan

    min_samples = min(min_samples, len(reduced) - 1)
    fit = hdbscan.HDBSCAN(
        min_cluster_size=2,
        min_samples=min_samples,
        core_dist_n_jobs=1,
        gen_min_span_tree=False,
    )
    fit.fit(reduced.astype(np.float64))
    return Tree(fit.single_linkage_tree_.to_numpy(), min_samples)


def cut_tree(tree: Tree, *, min_cluster_size: int, method: str) -> NDArray[np.int32]:
    """(n,) the topics that HDBSCAN selects, numbered by falling size, then by their first paper; -1 noise.

    method: "leaf", "eom", or "max_cluster_size", which is `eom` with no topic above 8 % of the papers.
    """
    # hdbscan offers these steps only as private functions; its public way is to fit the whole model again.
    from hdbscan._hdbscan_tree import compute_stability, condense_tree, get_clusters

    condensed = condense_tree(tree.rows, min_cluster_size)
    stability = compute_stability(condensed)
    if method == MAX_CLUSTER_SIZE:
        most = int(MAX_CLUSTER_SHARE * (len(tree.rows) + 1))
        labels = get_clusters(condensed, stability, "eom", max_cluster_size=most)[0]
    else:
        labels = get_clusters(condensed, stability, method)[0]
    return number_by_size(labels)


def number_by_size(labels: NDArray[np.int64]) -> NDArray[np.int32]:
    """The same groups numbered 0, 1, ... by falling size, ties by their first row; -1 stays -1.

    >>> number_by_size(np.array([7, -1, 3, 3])).tolist()
    [1, -1, 0, 0]
    """
    names, first, sizes = np.unique(labels[labels != -1], return_index=True, return_counts=True)
    rank = np.empty(len(names), dtype=np.int32)
    rank[np.lexsort((first, -sizes))] = np.arange(len(names))
    numbered = np.full(len(labels), -1, dtype=np.int32)
    numbered[labels != -1] = rank[np.searchsorted(names, labels[labels != -1])]
    return numbered
