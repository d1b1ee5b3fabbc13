"""Fits, neighbours -> core topics: the number of topics that the neighbours support, and the consensus of the fits."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from pipeline.clusterer.assignment import NOISE, assign_corpus
from pipeline.clusterer.consensus import find_consensus
from pipeline.clusterer.fit import Fit, FitJob, FitPlan
from pipeline.clusterer.hierarchy import number_of_subtopics
from pipeline.clusterer.selection import (
    CutScore,
    Selection,
    best_number,
    number_wanted,
    numbers_to_try,
    score_numbers,
    usable,
)
from pipeline.clusterer.tree import MAX_CLUSTER_SHARE, MAX_CLUSTER_SIZE
from pipeline.clusterer.warnings import find_warnings
from pipeline.config import ClustererConfig, ReducerConfig
from pipeline.neighbours import Neighbours
from pipeline.reducer.umap import TINY, plan_reducer

FITS, FITS_OF_FEW = 5, 7  # with fewer than a hundred papers one unlucky start could hide the topics
FEW = 100
MIN_SAMPLES = 5  # papers around a point by which its density is measured
SMALLEST_TOPIC, NARROW_TOPICS = 5, 500  # papers in the smallest narrow topic, or one in 500 of a large corpus
# Topics need fewer epochs than a map (UMAP's own numbers are 500, and 200 above 10,000 papers).
EPOCHS, EPOCHS_OF_MANY, EPOCHS_OF_TINY = 100, 50, 500
MANY = 10_000


@dataclass(frozen=True)
class TopicPlan:
    """How topics will be searched among n papers, decided before any library is called.

    fit: how each fit is made; fits: how many there are. settled: whether the smallest topic is the user's, so that
    narrow topics are merged only where a number of topics was asked for.
    """

    fit: FitPlan
    fits: int
    granularity: str | int = "auto"
    settled: bool = False

    @property
    def one_topic(self) -> bool:
        """Whether there are too few papers to tell topics apart."""
        return self.fit.reducer.method != "umap"


def plan_topics(papers: int, reducer: ReducerConfig, clusterer: ClustererConfig) -> TopicPlan:
    """The plan for this many papers.

    Below 16 papers `leaf` splits what belongs together and any `min_samples` above 1 leaves everything as noise,
    so both are fixed there.
    """
    tiny = papers < TINY
    method = clusterer.method if clusterer.method != "auto" else "eom" if tiny else "leaf"
    size = clusterer.min_cluster_size
    few = min(SMALLEST_TOPIC, max(2, papers // 20))
    fit = FitPlan(
        reducer=plan_reducer(papers, n_components=reducer.n_components, n_neighbors=reducer.n_neighbors),
        epochs=EPOCHS_OF_TINY if tiny else EPOCHS if papers <= MANY else EPOCHS_OF_MANY,
        min_dist=reducer.min_dist,
        min_samples=_min_samples(papers, clusterer.min_samples),
        min_cluster_size=max(few, papers // NARROW_TOPICS) if size == "auto" else max(2, min(size, papers // 2)),
        method=method,
    )
    return TopicPlan(
        fit, FITS_OF_FEW if papers < FEW else FITS, granularity=clusterer.granularity, settled=size != "auto"
    )


def _min_samples(papers: int, configured: str | int) -> int:
    """What is asked of HDBSCAN on this many papers.

    >>> _min_samples(6, "auto"), _min_samples(60, "auto"), _min_samples(20_000, "auto"), _min_samples(20_000, 20)
    (1, 3, 5, 20)
    """
    wanted = MIN_SAMPLES if configured == "auto" else int(configured)
    return 1 if papers < TINY else min(wanted, max(1, papers // 20))


@dataclass(frozen=True)
class SearchResult:
    """core: (n,) int32 core topics by falling size, -1 noise. selection: how they were selected. finer: (n,) more and
    narrower topics of the same fits, None where there are none. warnings: what its reader should know.
    """

    core: NDArray[np.int32]
    selection: Selection = field(default_factory=Selection)
    finer: NDArray[np.int32] | None = None
    warnings: tuple[str, ...] = ()


def search_jobs(plan: TopicPlan, seed: int) -> list[FitJob]:
    """The fits to make, each with a seed of its own; none where the papers are one topic anyhow."""
    if plan.one_topic:
        return []
    return [FitJob(int(np.random.default_rng([seed, 0, number]).integers(2**31))) for number in range(plan.fits)]


def search_topics(
    fits: Sequence[Fit], neighbours: Neighbours, vectors: NDArray[np.float32], *, plan: TopicPlan
) -> SearchResult:
    """The topics that the neighbours support best, by the consensus of the fits.

    Without a fit, where none tells two topics apart, all papers are topic 0 and the selection holds no topics.
    """
    if not fits:
        return SearchResult(np.zeros(len(vectors), dtype=np.int32))
    if len(vectors) < TINY:
        selection = most_frequent(fits, neighbours, vectors, plan=plan)
    else:
        selection = select_topics(fits, neighbours, vectors, plan=plan)
    if selection.core is None:
        return SearchResult(np.zeros(len(vectors), dtype=np.int32), selection)
    finest = min(fit.count for fit in fits)
    return SearchResult(
        core=selection.core,
        selection=selection,
        finer=_finer(fits, neighbours, vectors, number=number_of_subtopics(selection.count, finest, len(vectors))),
        warnings=find_warnings(selection, finest=finest, granularity=plan.granularity, settled=plan.settled),
    )


def select_topics(
    fits: Sequence[Fit], neighbours: Neighbours, vectors: NDArray[np.float32], *, plan: TopicPlan
) -> Selection:
    """The consensus of the fits at the best number of topics, or at the number asked for."""
    finest = min(fit.count for fit in fits)
    numbers = [finest] if plan.settled else numbers_to_try(finest)
    table = score_numbers(fits, neighbours, vectors, numbers=numbers)
    curve = table.mean(axis=1)
    curve = np.where(curve > 0, curve * usable(numbers, len(vectors)), curve)
    wanted = number_wanted(plan.granularity, best_number(numbers, curve))
    number = min(finest, wanted)
    consensus = find_consensus([fit.core_at(number) for fit in fits], neighbours, vectors)
    if consensus.core.max() < 1:
        return Selection()
    return Selection(
        core=consensus.core,
        nearest=assign_corpus(vectors, neighbours, consensus.core).nearest_topic,
        scores=tuple(
            _score(fits, number, float(score), plan=plan.fit) for number, score in zip(numbers, curve, strict=True)
        ),
        selected=int(np.abs(np.log(np.array(numbers) / number)).argmin()),
        merged_to=number if any(fit.count > number for fit in fits) else None,
        agreement=consensus.agreement,
        wanted=wanted,
    )


def most_frequent(
    fits: Sequence[Fit], neighbours: Neighbours, vectors: NDArray[np.float32], *, plan: TopicPlan
) -> Selection:
    """Of a handful of papers, the topics that most fits agree on, of equals the first: one neighbour more or less would
    sway a score. The score is the share of the fits.
    """
    different: dict[bytes, list[Fit]] = {}
    for fit in fits:
        different.setdefault(fit.core.tobytes(), []).append(fit)
    equals = list(different.values())
    place = max(range(len(equals)), key=lambda i: (len(equals[i]), -i))
    core, merged_to = equals[place][0].core, None
    wanted = number_wanted(plan.granularity, equals[place][0].count)
    if wanted < equals[place][0].count:
        core, merged_to = equals[place][0].core_at(wanted), wanted
    return Selection(
        core=core,
        nearest=assign_corpus(vectors, neighbours, core).nearest_topic,
        scores=tuple(_score(equal, equal[0].count, len(equal) / len(fits), plan=plan.fit) for equal in equals),
        selected=place,
        merged_to=merged_to,
        wanted=wanted,
    )


def _score(fits: Sequence[Fit], number: int, score: float, *, plan: FitPlan) -> CutScore:
    largest = [np.bincount(fit.nearest_at(number)).max() / len(fit.nearest) for fit in fits]
    return CutScore(
        min_samples=plan.min_samples,
        min_cluster_size=plan.min_cluster_size,
        method=plan.method,
        max_cluster_share=MAX_CLUSTER_SHARE if plan.method == MAX_CLUSTER_SIZE else None,
        count=number,
        noise=round(float(np.mean([(fit.core == NOISE).mean() for fit in fits])), 6),
        largest=round(float(np.mean(largest)), 6),
        score=round(score, 9),
        fits=len(fits),
    )


def _finer(
    fits: Sequence[Fit], neighbours: Neighbours, vectors: NDArray[np.float32], *, number: int | None
) -> NDArray[np.int32] | None:
    if number is None:
        return None
    return find_consensus([fit.core_at(number) for fit in fits], neighbours, vectors).core
