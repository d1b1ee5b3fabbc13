"""Embedding, Neighbours -> core topics: reduce, cut trees at many sizes, keep the cut that the neighbours support."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from pipeline.clusterer.hierarchy import finer_cut
from pipeline.clusterer.selection import Selection, select_cut
from pipeline.clusterer.tree import METHODS, Cut, build_tree, cut_at_sizes, sizes_to_try
from pipeline.clusterer.warnings import find_warnings
from pipeline.config import ClustererConfig, ReducerConfig
from pipeline.neighbours import Neighbours
from pipeline.reducer.umap import TINY, ReducerPlan, plan_reducer, reduce

SMALL = 100
MIN_SAMPLES = (1, 5, 10)  # papers around a point by which its density is measured: a tree each
RESTARTS = 7  # UMAP fits of a small corpus, where one unlucky start could hide the topics


@dataclass(frozen=True)
class TopicPlan:
    """How topics will be searched among n papers, decided before any library is called.

    min_samples: the trees built of each fit. restarts: how many UMAP fits are made, each with a seed of its own; the
    best cut of all is kept. min_dist: UMAP's.
    """

    reducer: ReducerPlan
    sizes: tuple[int, ...]
    methods: tuple[str, ...]
    min_samples: tuple[int, ...]
    restarts: int
    granularity: str | int = "auto"
    min_dist: float = 0.0

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
        min_samples=_min_samples(papers, clusterer.min_samples),
        restarts=RESTARTS if papers < SMALL else 1,
        granularity=clusterer.granularity,
        min_dist=reducer.min_dist,
    )


def _min_samples(papers: int, configured: str | int) -> tuple[int, ...]:
    """For how many trees, and with what, on this many papers.

    >>> _min_samples(6, "auto"), _min_samples(120, "auto"), _min_samples(20_000, "auto")
    ((1,), (1, 5, 6), (1, 5, 10))
    """
    if papers < TINY:
        return (1,)
    wanted = MIN_SAMPLES if configured == "auto" else (int(configured),)
    return tuple(sorted({min(count, max(1, papers // 20)) for count in wanted}))


@dataclass(frozen=True)
class SearchResult:
    """core: (n,) int32 core topics by falling size, -1 noise. selection: how they were selected. finer: a finer cut of
    the same tree, None where there is none. warnings: what its reader should know.
    """

    core: NDArray[np.int32]
    selection: Selection = field(default_factory=Selection)
    finer: Cut | None = None
    warnings: tuple[str, ...] = ()


def search_topics(
    vectors: NDArray[np.float32],
    neighbours: Neighbours,
    plan: TopicPlan,
    *,
    seed: int,
    advance: Callable[[int], None] = lambda _: None,
) -> SearchResult:
    """The topics of the cut that the neighbours support best.

    Where no cut tells two topics apart, all papers are topic 0 and the selection holds no cut.
    """

    def cuts() -> Iterator[Cut]:
        for restart in range(plan.restarts):
            reduced = reduce(vectors, neighbours, plan=plan.reducer, min_dist=plan.min_dist, seed=seed + restart)
            for min_samples in plan.min_samples:
                yield from cut_at_sizes(build_tree(reduced, min_samples=min_samples), plan.sizes, plan.methods)
            advance(1)

    selection = Selection()
    if not plan.one_topic:
        by_agreement = len(vectors) < TINY
        selection = select_cut(cuts(), neighbours, vectors, granularity=plan.granularity, by_agreement=by_agreement)
    if selection.cut is None:
        return SearchResult(np.zeros(len(vectors), dtype=np.int32), selection)
    return SearchResult(
        core=selection.cut.topics,
        selection=selection,
        finer=finer_cut(selection.cut, neighbours, vectors, sizes=sizes_to_try(len(vectors))),
        warnings=find_warnings(selection, neighbours, vectors, granularity=plan.granularity),
    )
