"""reduced -> core topics: one HDBSCAN tree, cut at many sizes.

HDBSCAN: Campello, Moulavi and Sander, 2013; McInnes, Healy and Astels, JOSS 2017. The tree is built once;
each candidate (a smallest topic size and a way to select topics from the tree) only re-reads it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

MAX_CLUSTER_SIZE = "max_cluster_size"
METHODS = ("leaf", "eom", MAX_CLUSTER_SIZE)
MAX_CLUSTER_SHARES = (0.04, 0.08)  # of the papers, that a topic may hold with the method max_cluster_size
ROOM = 1.5  # such a limit is tried where it is at least so many times the smallest topic


@dataclass(frozen=True)
class Cut:
    """One way to cut a tree.

    topics: (n,) int32, 0..t-1 by falling size, -1 noise. max_cluster_share: largest share of the papers that a
    topic may have, None without a limit. tree: what was cut.
    """

    min_samples: int
    min_cluster_size: int
    method: str
    topics: NDArray[np.int32]
    max_cluster_share: float | None = None
    tree: "Tree | None" = field(default=None, repr=False, compare=False)

    @property
    def count(self) -> int:
        return int(self.topics.max(initial=-1)) + 1


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


def cut_tree(tree: Tree, *, min_cluster_size: int, methods: Sequence[str] = METHODS) -> Iterator[Cut]:
    """The topics that HDBSCAN selects with each method, numbered by falling size, then by their first paper.

    "max_cluster_size" is `eom` with no topic above 4 % of the papers, then 8 %, where that leaves room for two sizes of
    topics.
    """
    # hdbscan offers these steps only as private functions; its public way is to fit the whole model again.
    from hdbscan._hdbscan_tree import compute_stability, condense_tree, get_clusters

    condensed = condense_tree(tree.rows, min_cluster_size)
    stability = compute_stability(condensed)
    for method in methods:
        if method != MAX_CLUSTER_SIZE:
            labels = get_clusters(condensed, dict(stability), method)[0]
            yield Cut(tree.min_samples, min_cluster_size, method, number_by_size(labels), tree=tree)
            continue
        for share in MAX_CLUSTER_SHARES:
            most = int(share * (len(tree.rows) + 1))
            if most >= ROOM * min_cluster_size:
                labels = get_clusters(condensed, dict(stability), "eom", max_cluster_size=most)[0]
                yield Cut(tree.min_samples, min_cluster_size, method, number_by_size(labels), share, tree)


def cut_at_sizes(tree: Tree, sizes: Sequence[int], methods: Sequence[str] = METHODS) -> Iterator[Cut]:
    """Every distinct cut of the tree, small topics first; cuts that select the same topics are given once."""
    seen: set[bytes] = set()
    for size in sizes:
        for cut in cut_tree(tree, min_cluster_size=size, methods=methods):
            key = cut.topics.tobytes()
            if key not in seen:
                seen.add(key)
                yield cut


def sizes_to_try(papers: int) -> list[int]:
    """Smallest topic sizes from 2 (5 in a larger corpus) up to a third of the corpus, each about a fifth larger.

    >>> sizes_to_try(6)
    [2]
    >>> sizes_to_try(60)
    [2, 3, 4, 5, 6, 7, 8, 10, 12, 14, 17]
    """
    smallest = 2 if papers < 100 else 5
    sizes, size = [smallest], float(smallest)
    while (size := max(size * 1.2, sizes[-1] + 1)) <= papers / 3:
        sizes.append(int(size))
    return sizes


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
