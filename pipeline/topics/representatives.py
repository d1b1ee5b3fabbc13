"""Vectors, core topics -> representative papers of each topic: its most central, a few unlike each other, its edge."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.clusterer.assignment import Assignment, mean_vectors
from pipeline.neighbours.mmr import select_by_mmr

MMR_CANDIDATES = 200  # most central papers of a topic that those unlike each other are selected from
DIVERSITY = 0.5  # how much being unlike those already selected weighs against being central


@dataclass(frozen=True)
class Representatives:
    """Rows of core papers of one topic. central: most central first. mmr: the most central, then each time the one that
    maximal marginal relevance selects. boundary: those with the smallest share of their neighbours' vote, least first.
    """

    central: list[int]
    mmr: list[int]
    boundary: list[int]


def find_representatives(
    vectors: NDArray[np.float32], core: NDArray[np.int32], assigned: Assignment, *, count: int
) -> list[Representatives]:
    """For each topic 0..t-1 up to `count` papers of each kind."""
    means = mean_vectors(vectors, core).astype(np.float64)
    representatives = []
    for number, mean in enumerate(means):
        members = np.flatnonzero(core == number)
        closeness = np.round(vectors[members].astype(np.float64) @ mean, 7)
        order = np.lexsort((members, -closeness))
        central = order[:MMR_CANDIDATES]
        selected = select_by_mmr(closeness[central], vectors[members[central]], diversity=DIVERSITY, k=count)
        edge = np.lexsort((members, closeness, assigned.strength[members]))
        edge = edge[assigned.second_topic[members[edge]] != -1]
        representatives.append(
            Representatives(
                members[order[:count]].tolist(),
                members[order[selected]].tolist(),
                members[edge[:count]].tolist(),
            )
        )
    return representatives
