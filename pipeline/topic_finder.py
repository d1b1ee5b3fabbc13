"""Embedding, Neighbours -> core topics: reduce, cut the tree at many sizes, keep the cut the neighbours speak for."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.config import ClustererConfig, ReducerConfig
from pipeline.neighbours import Neighbours
from pipeline.reducer import TINY, ReducerPlan, plan_reducer, reduce
from pipeline.topic_choice import Choice, choose_cut
from pipeline.topic_clusterer import METHODS, Cut, build_tree, cut_at_sizes, sizes_to_try

SMALL = 100
RESTARTS = 7  # UMAP fits of a small corpus, where one unlucky start could hide the topics


@dataclass(frozen=True)
class TopicPlan:
    """How topics will be found among n papers, decided before any library is called.

    restarts: how many UMAP fits are made, each with a seed of its own; the best cut of all is kept.
    """

    reducer: ReducerPlan
    sizes: tuple[int, ...]
    methods: tuple[str, ...]
    min_samples: int
    restarts: int

    @property
    def one_topic(self) -> bool:
        """Whether there are too few papers to tell topics apart."""
        return self.reducer.method != "umap"


def plan_topics(papers: int, reducer: ReducerConfig, clusterer: ClustererConfig) -> TopicPlan:
    """The plan for this many papers.

    Below 16 papers `leaf` splits what belongs together and any `min_samples` above 1 leaves everything as noise,
    so both are fixed there.
    """
    tiny = papers < TINY
    methods = METHODS if clusterer.method == "auto" else (clusterer.method,)
    if clusterer.min_cluster_size == "auto":
        sizes = sizes_to_try(papers)
    else:
        sizes = [max(2, min(clusterer.min_cluster_size, papers // 2))]
    return TopicPlan(
        reducer=plan_reducer(papers, n_components=reducer.n_components, n_neighbors=reducer.n_neighbors),
        sizes=tuple(sizes),
        methods=("eom",) if tiny and clusterer.method == "auto" else methods,
        min_samples=1 if tiny else min(clusterer.min_samples, max(1, papers // 20)),
        restarts=RESTARTS if papers < SMALL else 1,
    )


def find_topics(
    vectors: NDArray[np.float32],
    neighbours: Neighbours,
    plan: TopicPlan,
    *,
    min_dist: float,
    seed: int,
    advance: Callable[[int], None] = lambda _: None,
) -> tuple[NDArray[np.int32], Choice]:
    """(n,) int32 core topics by falling size, -1 noise, and how they were chosen.

    Where no cut tells two topics apart, all papers are topic 0 and the choice holds no cut.
    """

    def cuts() -> Iterator[Cut]:
        for restart in range(plan.restarts):
            reduced = reduce(vectors, neighbours, plan=plan.reducer, min_dist=min_dist, seed=seed + restart)
            tree = build_tree(reduced, min_samples=plan.min_samples)
            yield from cut_at_sizes(tree, plan.sizes, plan.methods)
            advance(1)

    choice = (
        Choice(None, ())
        if plan.one_topic
        else choose_cut(cuts(), neighbours, vectors, by_agreement=len(vectors) < TINY)
    )
    if choice.cut is None:
        return np.zeros(len(vectors), dtype=np.int32), choice
    return choice.cut.topics, choice
