"""Neighbours -> a sample of the papers of a very large corpus, in which small topics keep their place; and back to all.

Above 50,000 papers the fits are made of a sample: topics of a few hundred papers are in it as they are in the corpus.
A paper is the likelier to be drawn the farther its neighbours are, within a factor of two either way, so that thinly
populated topics do not fall below the smallest size that counts; drawing without replacement goes by exponential keys
(Efraimidis and Spirakis, 2006). Everybody else joins a topic by the vote of the neighbours that were drawn.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from pipeline.clusterer.assignment import NOISE, assign_topics
from pipeline.clusterer.consensus import LEAST_SUPPORT
from pipeline.neighbours import Neighbours, find_neighbours

MOST_FITTED = 50_000
LOOKED_AT = 15  # neighbours by which it is judged how densely a paper is surrounded
WEIGHT_LIMIT = 2.0


def draw_sample(neighbours: Neighbours, size: int, *, seed: int) -> NDArray[np.int64]:
    """(size,) rising rows of the papers drawn."""
    last = min(LOOKED_AT, neighbours.k) - 1
    distance = np.maximum(1.0 - neighbours.similarities[:, last].astype(np.float64), 1e-6)
    weight = np.clip(distance / np.median(distance), 1 / WEIGHT_LIMIT, WEIGHT_LIMIT)
    keys = np.random.default_rng([seed, 2]).exponential(size=len(weight)) / weight
    return np.sort(np.argsort(keys, kind="stable")[:size])


@dataclass(frozen=True)
class Sampling:
    """The papers drawn from all, and what is found among them: each looked for once, when it is asked for.

    vectors: (n, d) unit rows; neighbours: of each; size: how many are drawn.
    """

    vectors: NDArray[np.float32]
    neighbours: Neighbours
    seed: int
    size: int = MOST_FITTED

    @cached_property
    def rows(self) -> NDArray[np.int64]:
        """(size,) rising rows of the papers drawn."""
        return draw_sample(self.neighbours, self.size, seed=self.seed)

    @cached_property
    def among(self) -> Neighbours:
        """Their neighbours among themselves, as many as all papers have."""
        return find_neighbours(self.vectors[self.rows], k=self.neighbours.k)


def extend_to_all(topics: NDArray[np.int32], rows: NDArray[np.int64], neighbours: Neighbours) -> NDArray[np.int32]:
    """(n,) topics of all papers, from those of the sample, (m,) -1 noise; rows: (m,) of the sample.

    A paper that was not drawn is in the core of the topic that at least half of the vote supports, or it is noise.
    """
    core = np.full(len(neighbours.indices), NOISE, dtype=np.int32)
    core[rows] = topics
    vote = assign_topics(neighbours, core)
    joins = (vote.nearest_topic != NOISE) & (vote.strength >= LEAST_SUPPORT)
    joins[rows] = False
    return np.where(joins, vote.nearest_topic, core).astype(np.int32)
