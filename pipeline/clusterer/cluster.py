"""Vectors, neighbours, sentences of seeded topics -> Clustering: every core topic, and how sure each is."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from pipeline.clusterer.assignment import NOISE
from pipeline.clusterer.fit import make_fits
from pipeline.clusterer.sample import MOST_FITTED, Sampling, extend_to_all
from pipeline.clusterer.search import SearchResult, TopicPlan, plan_topics, search_jobs, search_topics
from pipeline.clusterer.seeded import SeededPapers, assign_seeded
from pipeline.clusterer.selection import Selection
from pipeline.clusterer.stability import Stability, measure_stability, resample_jobs
from pipeline.clusterer.tree import number_by_size
from pipeline.config import ClustererConfig, ReducerConfig
from pipeline.neighbours import Neighbours, find_neighbours
from pipeline.workers import RunTasks, Workplace, run_here, run_side_by_side
from pipeline.workers.machine import core_count

FEWEST_FOR_WORKERS = 3_000
MOST_WORKERS = 8  # each holds the libraries, half a gigabyte


@dataclass(frozen=True)
class Clustering:
    """core: (n,) int32 core topics by falling size, -1 noise. finer: (n,) narrower topics of the same fits.

    selection, plan, warnings: how the topics were found among the papers that belong to no seeded topic. stability: of
    each topic, None for a seeded one and where nothing was resampled. resamples, agreement: how many resamples, and
    their mean adjusted mutual information with the topics. seeded_as: seeded topic (its place in the config) that a
    topic is; thresholds: of every seeded topic, None where no paper is close enough to it. sampled: papers of the
    sample that fits were made of, None where they were made of all.
    """

    core: NDArray[np.int32]
    finer: NDArray[np.int32]
    selection: Selection
    plan: TopicPlan
    warnings: tuple[str, ...]
    stability: tuple[float | None, ...]
    resamples: int
    agreement: float | None
    seeded_as: Mapping[int, int]
    thresholds: tuple[float | None, ...]
    sampled: int | None = None


def fits_planned(papers: int, reducer: ReducerConfig, clusterer: ClustererConfig, *, resamples: int) -> int:
    """How many UMAP fits `cluster` will make, for a progress bar."""
    plan = plan_topics(min(papers, MOST_FITTED), reducer, clusterer)
    return 0 if plan.one_topic else plan.fits + resamples


def cluster(  # noqa: PLR0913 - one argument a thing that topics are made of
    vectors: NDArray[np.float32],
    neighbours: Neighbours,
    *,
    reducer: ReducerConfig,
    clusterer: ClustererConfig,
    seeds: NDArray[np.float32] | None,
    resamples: int,
    seed: int,
    workplace: Workplace | None = None,
    sampling: Sampling | None = None,
    advance: Callable[[int], None] = lambda _: None,
) -> Clustering:
    """Topics of all papers. vectors: (n, d); seeds: (m, d) vectors of the sentences of seeded topics, or None.

    workplace: where fits are made, if not on this machine as it suits. sampling: of all papers, for what else needs it.
    """
    seeded = SeededPapers(np.full(len(vectors), NOISE, dtype=np.int32))
    if seeds is not None and len(seeds):
        seeded = assign_seeded(vectors @ seeds.T, neighbours)
    rest = np.flatnonzero(seeded.topic == NOISE)
    whole = len(rest) == len(vectors)
    # The graph among the rest is computed anew: papers beside a seeded topic would have lost most of their neighbours.
    own, graph = vectors[rest], neighbours if whole else find_neighbours(vectors[rest], k=neighbours.k)
    drawn, fitted, among = None, own, graph
    if len(rest) > MOST_FITTED:
        if sampling is None or not whole or sampling.size != MOST_FITTED:
            sampling = Sampling(own, graph, seed, MOST_FITTED)
        drawn, fitted, among = sampling.rows, own[sampling.rows], sampling.among
    plan = plan_topics(len(fitted), reducer, clusterer)
    search, again = search_jobs(plan, seed), [] if plan.one_topic else resample_jobs(len(fitted), resamples, seed=seed)
    made = make_fits(
        fitted,
        among,
        plan.fit,
        jobs=[*search, *again],
        run=_runner(len(fitted), len(search) + len(again), workplace),
        root=None if workplace is None else workplace.root,
        advance=advance,
    )
    if whole or not plan.one_topic:
        fits = [fit for fit in made[: len(search)] if fit is not None]
        result = search_topics(fits, among, fitted, plan=plan)
    else:  # too few papers that no seeded topic took to tell topics apart
        result = SearchResult(np.full(len(own), NOISE, dtype=np.int32))
    stability = measure_stability(result.selection, again, made[len(search) :], neighbours=among, vectors=fitted)
    if drawn is not None:
        finer = None if result.finer is None else extend_to_all(result.finer, drawn, graph)
        result = replace(result, core=extend_to_all(result.core, drawn, graph), finer=finer)
    found = _join(seeded, rest, result, plan=plan, stability=stability)
    return found if drawn is None else replace(found, sampled=len(drawn))


def _runner(papers: int, jobs: int, workplace: Workplace | None = None) -> RunTasks:
    """Side by side where fits take longer than starting a process."""
    if papers < FEWEST_FOR_WORKERS or jobs < 2:
        return run_here
    if workplace is not None and workplace.executor.kind != "local":
        return workplace.executor.run
    workers = min(core_count(), jobs, MOST_WORKERS)
    return run_side_by_side(workers) if workers > 1 else run_here


def _join(
    seeded: SeededPapers,
    rest: NDArray[np.int64],
    result: SearchResult,
    *,
    plan: TopicPlan,
    stability: Stability | None,
) -> Clustering:
    """Seeded topics and those found among the rest, numbered together by falling size."""
    count = int(result.core.max(initial=NOISE)) + 1
    together = np.where(seeded.topic == NOISE, NOISE, seeded.topic + count).astype(np.int64)
    together[rest] = result.core
    core = number_by_size(together)
    first = {int(number): int(row) for number, row in zip(*np.unique(core, return_index=True), strict=True)}
    before = {number: int(together[row]) for number, row in first.items() if number != NOISE}
    finer = np.full(len(core), NOISE, dtype=np.int32)
    if result.finer is not None:
        finer[rest] = result.finer
    shares = None if stability is None else stability.topics
    return Clustering(
        core=core,
        finer=finer,
        selection=result.selection,
        plan=plan,
        warnings=result.warnings,
        stability=tuple(
            None if shares is None or number >= count else float(shares[number]) for _, number in sorted(before.items())
        ),
        resamples=0 if stability is None else stability.resamples,
        agreement=None if stability is None else stability.agreement,
        seeded_as={number: old - count for number, old in before.items() if old >= count},
        thresholds=seeded.thresholds,
    )
