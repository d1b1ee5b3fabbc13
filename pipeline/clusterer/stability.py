"""Topics, neighbour graph -> resampling stability: how often each topic is recovered when the work is done again.

Every resample takes a random four fifths of the papers and their part of the neighbour graph (all papers of a small
corpus), fits UMAP with another seed, builds the tree and cuts it by the settings of the cut selected. A topic is
recovered where some topic of the resample has more than half in common with it (Jaccard index above 0.5, the papers of
both counted by the vote), the criterion of Hennig (2007), "Cluster-wise assessment of cluster stability".
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from pipeline.clusterer.assignment import assign_corpus
from pipeline.clusterer.search import TopicPlan
from pipeline.clusterer.selection import Selection, merge_to
from pipeline.clusterer.tree import build_tree, cut_tree
from pipeline.neighbours import Neighbours, restrict
from pipeline.reducer.umap import reduce

KEPT_SHARE = 0.8
FEWEST_SAMPLED = 50  # a smaller corpus is fitted again whole
RECOVERED = 0.5  # Jaccard index above which two topics are the same one


@dataclass(frozen=True)
class Stability:
    """topics: (t,) share of the resamples in which each topic was recovered, in [0, 1]. resamples: how many there were.

    agreement: mean adjusted mutual information of the resamples' topics with the topics themselves, 1 where all are
    equal.
    """

    topics: NDArray[np.float64]
    resamples: int
    agreement: float


def measure_stability(
    vectors: NDArray[np.float32],
    neighbours: Neighbours,
    selection: Selection,
    *,
    plan: TopicPlan,
    resamples: int,
    seed: int,
    advance: Callable[[int], None] = lambda _: None,
) -> Stability | None:
    """Stability of the selected cut's topics; None where there is no cut or no resample was asked for."""
    if selection.cut is None or selection.nearest is None or not resamples:
        return None
    from sklearn.metrics import adjusted_mutual_info_score

    recovered, agreements = [], []
    for number in range(resamples):
        rng = np.random.default_rng([seed, number])
        n = len(vectors)
        rows = np.arange(n) if n < FEWEST_SAMPLED else np.sort(rng.choice(n, round(KEPT_SHARE * n), replace=False))
        again = _fit_again(
            vectors[rows],
            restrict(neighbours, rows),
            selection,
            plan=plan,
            share=len(rows) / n,
            seed=int(rng.integers(2**31)),
        )
        before = selection.nearest[rows]
        recovered.append(best_jaccard(before, again, selection.cut.count) > RECOVERED)
        agreements.append(float(adjusted_mutual_info_score(before, again)))
        advance(1)
    return Stability(np.mean(recovered, axis=0), resamples, round(float(np.mean(agreements)), 6))


def _fit_again(
    vectors: NDArray[np.float32],
    neighbours: Neighbours,
    selection: Selection,
    *,
    plan: TopicPlan,
    share: float,
    seed: int,
) -> NDArray[np.int32]:
    """(m,) nearest topic of every paper in one resample; all zeros where no topic was found.

    selection: made from all papers; share: of the papers that are in this resample.
    """
    cut = selection.cut
    if cut is None:
        raise ValueError("a selection without a cut has no topics to find again")
    width = min(plan.reducer.n_neighbors, neighbours.k + 1)
    reducer = replace(plan.reducer, n_neighbors=width)
    reduced = reduce(vectors, neighbours, plan=reducer, min_dist=plan.min_dist, seed=seed)
    size = max(2, round(cut.min_cluster_size * share))
    tree = build_tree(reduced, min_samples=cut.min_samples)
    cuts = cut_tree(tree, min_cluster_size=size, methods=(cut.method,))
    same = next((other for other in cuts if other.max_cluster_share == cut.max_cluster_share), None)
    if same is None or same.count == 0:
        return np.zeros(len(vectors), dtype=np.int32)
    nearest = assign_corpus(vectors, neighbours, same.topics).nearest_topic
    if selection.merged_to is None or same.count <= selection.merged_to:
        return nearest
    merged = merge_to(same.topics, nearest, neighbours, count=selection.merged_to)
    return assign_corpus(vectors, neighbours, merged).nearest_topic


def best_jaccard(before: NDArray[np.int32], after: NDArray[np.int32], count: int) -> NDArray[np.float64]:
    """(count,) the highest Jaccard index of each topic 0..count-1 of one labelling with any topic of the other.

    >>> best_jaccard(np.array([0, 0, 1, 1]), np.array([5, 5, 5, 2]), 2).round(2).tolist()
    [0.67, 0.5]
    """
    table = np.zeros((count, int(after.max(initial=0)) + 1))
    np.add.at(table, (before, after), 1.0)
    union = table.sum(axis=1, keepdims=True) + table.sum(axis=0) - table
    return np.asarray(np.divide(table, union, out=np.zeros_like(table), where=union > 0).max(axis=1))
