"""Topics, neighbour graph -> how often each topic comes back when the work is done again.

Every refit takes a random four fifths of the papers and their part of the neighbour graph (all papers of a small
corpus), fits UMAP with another seed, builds the tree and cuts it by the settings of the cut taken. A topic comes back
where some topic of the refit has more than half in common with it (Jaccard index above 0.5, the papers of both counted
by the vote), the criterion of Hennig (2007), "Cluster-wise assessment of cluster stability".
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from pipeline.clusterer.assignment import assign_corpus
from pipeline.clusterer.choice import Choice, merge_to
from pipeline.clusterer.finder import TopicPlan
from pipeline.clusterer.tree import Cut, build_tree, cut_tree
from pipeline.neighbours import Neighbours, restrict
from pipeline.reducer import reduce

KEPT_SHARE = 0.8
FEWEST_SAMPLED = 50  # a smaller corpus is refitted whole
COMES_BACK = 0.5  # Jaccard index above which two topics are the same one


@dataclass(frozen=True)
class Stability:
    """topics: (t,) share of the refits in which each topic came back, in [0, 1]. refits: how many there were.

    agreement: mean adjusted mutual information of the refits' topics with the topics themselves, 1 where all are equal.
    """

    topics: NDArray[np.float64]
    refits: int
    agreement: float


def measure_stability(
    vectors: NDArray[np.float32],
    neighbours: Neighbours,
    choice: Choice,
    plan: TopicPlan,
    *,
    refits: int,
    min_dist: float,
    seed: int,
    advance: Callable[[int], None] = lambda _: None,
) -> Stability | None:
    """Stability of the chosen cut's topics; None where there is no cut or no refit was asked for."""
    if choice.cut is None or not refits:
        return None
    from sklearn.metrics import adjusted_mutual_info_score

    nearest = assign_corpus(vectors, neighbours, choice.cut.topics).nearest_topic
    came_back, agreements = [], []
    for number in range(refits):
        rng = np.random.default_rng([seed, number])
        n = len(vectors)
        rows = np.arange(n) if n < FEWEST_SAMPLED else np.sort(rng.choice(n, round(KEPT_SHARE * n), replace=False))
        refit_seed = int(rng.integers(2**31))
        again = _refit(
            vectors[rows],
            restrict(neighbours, rows),
            plan,
            cut=choice.cut,
            share=len(rows) / n,
            merged_to=choice.merged_to,
            min_dist=min_dist,
            seed=refit_seed,
        )
        came_back.append(best_jaccard(nearest[rows], again, choice.cut.count) > COMES_BACK)
        agreements.append(float(adjusted_mutual_info_score(nearest[rows], again)))
        advance(1)
    return Stability(np.mean(came_back, axis=0), refits, round(float(np.mean(agreements)), 6))


def _refit(
    vectors: NDArray[np.float32],
    neighbours: Neighbours,
    plan: TopicPlan,
    *,
    cut: Cut,
    share: float,
    merged_to: int | None,
    min_dist: float,
    seed: int,
) -> NDArray[np.int32]:
    """(m,) nearest topic of every paper in one refit; all zeros where nothing was found.

    cut, merged_to: what was taken from all papers; share: of the papers that are in this refit.
    """
    width = min(plan.reducer.n_neighbors, neighbours.k + 1)
    reduced = reduce(vectors, neighbours, plan=replace(plan.reducer, n_neighbors=width), min_dist=min_dist, seed=seed)
    size = max(2, round(cut.min_cluster_size * share))
    tree = build_tree(reduced, min_samples=cut.min_samples)
    cuts = cut_tree(tree, min_cluster_size=size, methods=(cut.method,))
    found = next((found for found in cuts if found.cap == cut.cap), None)
    if found is None or found.count == 0:
        return np.zeros(len(vectors), dtype=np.int32)
    topics = found.topics
    if merged_to is not None and found.count > merged_to:
        topics = merge_to(topics, merged_to, neighbours, vectors)
    return assign_corpus(vectors, neighbours, topics).nearest_topic


def best_jaccard(before: NDArray[np.int32], after: NDArray[np.int32], count: int) -> NDArray[np.float64]:
    """(count,) the highest Jaccard index of each topic 0..count-1 of one labelling with any topic of the other.

    >>> best_jaccard(np.array([0, 0, 1, 1]), np.array([5, 5, 5, 2]), 2).round(2).tolist()
    [0.67, 0.5]
    """
    table = np.zeros((count, int(after.max(initial=0)) + 1))
    np.add.at(table, (before, after), 1.0)
    union = table.sum(axis=1, keepdims=True) + table.sum(axis=0) - table
    return np.asarray(np.divide(table, union, out=np.zeros_like(table), where=union > 0).max(axis=1))
