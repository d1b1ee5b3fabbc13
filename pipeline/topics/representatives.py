"""Vectors, core topics -> papers that stand for each topic: its most central, a varied few, those at its edge."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.clusterer.assignment import Assignment, mean_vectors
from pipeline.diversity import diversify

VARIED_AMONG = 200  # most central papers of a topic that varied ones are taken from
DIVERSITY = 0.5  # how much being unlike those already taken weighs against being central


@dataclass(frozen=True)
class Representatives:
    """Rows of core papers of one topic. central: most central first. diverse: the most central, then each time the one
    that adds most. boundary: those that fewest of their neighbours' votes hold in it, least first.
    """

    central: list[int]
    diverse: list[int]
    boundary: list[int]


def find_representatives(
    vectors: NDArray[np.float32], core: NDArray[np.int32], assigned: Assignment, *, count: int
) -> list[Representatives]:
    """For each topic 0..t-1 up to `count` papers of each kind."""
    means = mean_vectors(vectors, core).astype(np.float64)
    found = []
    for number, mean in enumerate(means):
        members = np.flatnonzero(core == number)
        closeness = np.round(vectors[members].astype(np.float64) @ mean, 7)
        order = np.lexsort((members, -closeness))
        central = order[:VARIED_AMONG]
        varied = diversify(closeness[central], vectors[members[central]], diversity=DIVERSITY, k=count)
        edge = np.lexsort((members, closeness, assigned.strength[members]))
        edge = edge[assigned.second_topic[members[edge]] != -1]
        found.append(
            Representatives(
                members[order[:count]].tolist(),
                members[order[varied]].tolist(),
                members[edge[:count]].tolist(),
            )
        )
    return found
