"""Vectors, neighbours, sentences of known topics -> Clustering: every core topic, its layers, and how sure each is."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.clusterer.assignment import NOISE
from pipeline.clusterer.choice import Choice
from pipeline.clusterer.finder import Found, TopicPlan, find_topics, plan_topics
from pipeline.clusterer.known import Known, place_known
from pipeline.clusterer.stability import Stability, measure_stability
from pipeline.clusterer.tree import number_by_size
from pipeline.config import ClustererConfig, ReducerConfig
from pipeline.neighbours import Neighbours, find_neighbours

Advance = Callable[[int], None]


@dataclass(frozen=True)
class Clustering:
    """core: (n,) int32 core topics by falling size, -1 noise. finer: (n,) topics of a finer cut of the same tree.

    choice, plan, doubts: how the topics were found among the papers that belong to no known topic. stability: of each
    topic, None for a known one and where nothing was refitted. refits, agreement: how many refits, and their mean
    adjusted mutual information with the topics. known_as: known topic (its place in the config) that a topic is;
    thresholds: of every known topic, None where no paper is close enough to it.
    """

    core: NDArray[np.int32]
    finer: NDArray[np.int32]
    choice: Choice
    plan: TopicPlan
    doubts: tuple[str, ...]
    stability: tuple[float | None, ...]
    refits: int
    agreement: float | None
    known_as: dict[int, int]
    thresholds: tuple[float | None, ...]


def fits_planned(papers: int, reducer: ReducerConfig, clusterer: ClustererConfig, *, refits: int) -> int:
    """How many UMAP fits `cluster` will make, for a progress bar."""
    plan = plan_topics(papers, reducer, clusterer)
    return 0 if plan.one_topic else plan.restarts + refits


def cluster(
    vectors: NDArray[np.float32],
    neighbours: Neighbours,
    *,
    reducer: ReducerConfig,
    clusterer: ClustererConfig,
    known: NDArray[np.float32] | None,
    refits: int,
    seed: int,
    advance: Advance = lambda _: None,
) -> Clustering:
    """Topics of all papers. vectors: (n, d); known: (m, d) vectors of the sentences of known topics, or None."""
    placed = Known(np.full(len(vectors), NOISE, dtype=np.int32), ())
    if known is not None and len(known):
        placed = place_known(vectors @ known.T, neighbours)
    rest = np.flatnonzero(placed.topic == NOISE)
    # The graph among the rest is computed anew: papers beside a known topic would have lost most of their neighbours.
    whole = len(rest) == len(vectors)
    own, graph = vectors[rest], neighbours if whole else find_neighbours(vectors[rest], k=neighbours.k)
    plan = plan_topics(len(rest), reducer, clusterer)
    found = _find(own, graph, plan, whole=whole, min_dist=reducer.min_dist, seed=seed, advance=advance)
    stability = measure_stability(
        own, graph, found.choice, plan, refits=refits, min_dist=reducer.min_dist, seed=seed, advance=advance
    )
    return _join(placed, rest, found, plan, stability)


def _find(
    vectors: NDArray[np.float32],
    neighbours: Neighbours,
    plan: TopicPlan,
    *,
    whole: bool,
    min_dist: float,
    seed: int,
    advance: Advance,
) -> Found:
    """Topics of the papers that no known topic took; where they are too few to tell topics apart, they are noise."""
    if whole or not plan.one_topic:
        return find_topics(vectors, neighbours, plan, min_dist=min_dist, seed=seed, advance=advance)
    return Found(np.full(len(vectors), NOISE, dtype=np.int32), Choice(None, ()))


def _join(
    placed: Known, rest: NDArray[np.int64], found: Found, plan: TopicPlan, stability: Stability | None
) -> Clustering:
    """Known topics and those found, numbered together by falling size."""
    count = int(found.core.max(initial=NOISE)) + 1
    together = np.where(placed.topic == NOISE, NOISE, placed.topic + count).astype(np.int64)
    together[rest] = found.core
    core = number_by_size(together)
    first = {int(number): int(row) for number, row in zip(*np.unique(core, return_index=True), strict=True)}
    before = {number: int(together[row]) for number, row in first.items() if number != NOISE}
    finer = np.full(len(core), NOISE, dtype=np.int32)
    if found.finer is not None:
        finer[rest] = found.finer.topics
    shares = None if stability is None else stability.topics
    return Clustering(
        core=core,
        finer=finer,
        choice=found.choice,
        plan=plan,
        doubts=found.doubts,
        stability=tuple(
            None if shares is None or number >= count else float(shares[number]) for _, number in sorted(before.items())
        ),
        refits=0 if stability is None else stability.refits,
        agreement=None if stability is None else stability.agreement,
        known_as={number: old - count for number, old in before.items() if old >= count},
        thresholds=placed.thresholds,
    )
