"""Topics, narrower topics of the same fits, neighbours -> areas above the topics and subtopics inside them.

Areas are topics merged by the information bottleneck of `clusterer.merging`, so each topic lies in one area. Subtopics
are the consensus of the same fits at a larger number of topics: each belongs to the topic that most of it lies in.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.clusterer.assignment import NOISE
from pipeline.clusterer.merging import groups_after, joint_of, merge_order
from pipeline.clusterer.tree import number_by_size
from pipeline.neighbours import Neighbours

FEWEST_TOPICS = 6  # fewer need no areas above them
FEWEST_PAPERS = 100  # in a smaller corpus nothing lies inside a topic
SUBTOPICS = 3.0  # times the number of topics are looked for ...
FINER = 1.5  # ... and at least so many times, or there are none
FEWEST_IN_SUBTOPIC = 5  # papers
AREAS_FROM, AREAS_TO = 0.6, 1.5  # times the square root of the number of topics


@dataclass(frozen=True)
class HierarchyLabels:
    """area_of: (t,) area of each topic, 0..a-1 by falling number of papers; empty where topics need no areas.

    subtopic: (n,) subtopic of each paper, 0.. by falling size, -1 where its topic is not split or it lies outside.
    topic_of: topic that each subtopic lies in.
    """

    area_of: NDArray[np.int32]
    subtopic: NDArray[np.int32]
    topic_of: NDArray[np.int32]


def build_hierarchy(
    core: NDArray[np.int32], nearest: NDArray[np.int32], finer: NDArray[np.int32], *, neighbours: Neighbours
) -> HierarchyLabels:
    """Areas and subtopics of core topics, (n,) 0..t-1 with -1 noise; nearest: (n,) of every paper; finer: (n,) narrower
    topics.
    """
    subtopic = find_subtopics(finer, core)
    first = np.unique(subtopic, return_index=True)[1][int(subtopic.min(initial=0) == NOISE) :]
    return HierarchyLabels(find_areas(nearest, neighbours), subtopic, core[first])


def find_areas(nearest: NDArray[np.int32], neighbours: Neighbours) -> NDArray[np.int32]:
    """(t,) area of each topic, from 0 by falling number of papers; empty for fewer than six topics.

    nearest: (n,) topic of every paper. About the square root of the number of topics, where the next merge would lose
    most beside the one before.
    """
    count = int(nearest.max(initial=-1)) + 1
    if count < FEWEST_TOPICS:
        return np.zeros(0, dtype=np.int32)
    merges = merge_order(joint_of(nearest, neighbours))
    groups = groups_after(merges, count, _number_of_areas([merge.lost for merge in merges]))
    return number_by_size(groups[nearest].astype(np.int64))[np.unique(nearest, return_index=True)[1]]


def _number_of_areas(lost: Sequence[float]) -> int:
    """The number of areas at which the next merge loses most beside the one before.

    lost: nats of each of t - 1 merges.

    >>> _number_of_areas([0.01, 0.01, 0.01, 0.01, 0.01, 0.02, 0.3, 0.4, 0.5])
    4
    """
    topics = len(lost) + 1
    low, high = max(2, round(AREAS_FROM * topics**0.5)), min(topics // 2, round(AREAS_TO * topics**0.5))
    gain = {count: lost[topics - count] / max(lost[topics - count - 1], 1e-12) for count in range(low, high + 1)}
    return max(gain, key=lambda count: (gain[count], count))


def number_of_subtopics(topics: int, finest: int, papers: int) -> int | None:
    """How many narrower topics are looked for inside the topics: three times as many, as far as the fits go.

    finest: the most that every fit has. None where they have too few more than topics, or the corpus is small.

    >>> number_of_subtopics(20, 90, 5_000), number_of_subtopics(40, 90, 5_000), number_of_subtopics(80, 90, 5_000)
    (60, 90, None)
    """
    number = min(round(SUBTOPICS * topics), finest)
    return number if papers >= FEWEST_PAPERS and number >= FINER * topics else None


def find_subtopics(finer: NDArray[np.int32], core: NDArray[np.int32]) -> NDArray[np.int32]:
    """(n,) the narrower topics that lie inside core topics which hold at least two, numbered by falling size.

    A subtopic belongs to the topic that most of its papers are in (after edits some may be in another): papers outside
    that topic leave it, and with fewer than five papers left it is none.
    """
    inside = (finer != NOISE) & (core != NOISE)
    if not inside.any():
        return np.full(len(core), NOISE, dtype=np.int32)
    table = np.zeros((int(finer.max()) + 1, int(core.max()) + 1), dtype=np.int64)
    np.add.at(table, (finer[inside], core[inside]), 1)
    home = np.where(table.max(axis=1) > 0, table.argmax(axis=1), NOISE)
    home = np.where(table.max(axis=1) >= FEWEST_IN_SUBTOPIC, home, NOISE)
    siblings = np.bincount(home[home != NOISE], minlength=table.shape[1])
    split = (home != NOISE) & (siblings[home] >= 2)
    kept = inside & split[finer] & (home[finer] == core)
    return number_by_size(np.where(kept, finer, NOISE).astype(np.int64))
