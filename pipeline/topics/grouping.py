"""Clustering, the user's edits, an earlier run -> Grouping: which topics there are, before they are described."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.clusterer.assignment import NOISE, Assignment, assign_corpus
from pipeline.clusterer.cluster import Clustering
from pipeline.clusterer.hierarchy import HierarchyLabels, build_hierarchy
from pipeline.config import TopicsConfig
from pipeline.corpus.paper_ids import PaperIds
from pipeline.neighbours import Neighbours
from pipeline.topics.edits import apply_edits, given_labels
from pipeline.topics.matching import match_topics, overlap_of
from pipeline.topics.topic import NamedBy, SeededTopic, Topic


@dataclass(frozen=True)
class Name:
    """A name that does not come from keywords. by: "hand", "seeded" or "baseline"."""

    label: str
    by: NamedBy


@dataclass(frozen=True)
class EarlierRun:
    """An earlier run: its topics, and the nearest topic it gave each paper of this corpus, (n,) -1 for new papers."""

    topics: tuple[Topic, ...]
    nearest: NDArray[np.int64]


@dataclass(frozen=True)
class Grouping:
    """Topics are numbered 0..t-1 in `core`, (n,) with -1 noise, and in all that follows it; ids: the id of each.

    assigned: the vote; hierarchy: areas and subtopics; names: of topics that have one already; seeded: of those that
    the config describes; colours: of those that an earlier run had; stability: of each topic.
    """

    core: NDArray[np.int32]
    assigned: Assignment
    hierarchy: HierarchyLabels
    ids: tuple[int, ...]
    names: Mapping[int, Name]
    seeded: Mapping[int, SeededTopic]
    colours: Mapping[int, int]
    stability: Sequence[float | None]

    def column(self, topics: NDArray[np.int32]) -> NDArray[np.int32]:
        """(n,) the same topics by their ids; -1 stays."""
        return np.array([*self.ids, NOISE], dtype=np.int32)[topics]


def group_papers(
    clustering: Clustering,
    neighbours: Neighbours,
    vectors: NDArray[np.float32],
    *,
    config: TopicsConfig,
    paper_ids: PaperIds,
    earlier: EarlierRun | None,
) -> Grouping:
    """The topics after [topics.edits], with the ids, names and colours that they had in an earlier run."""
    core = clustering.core
    assigned = assign_corpus(vectors, neighbours, core)
    if config.edits.merge or config.edits.pin:
        core = apply_edits(core, assigned, config.edits, ids=paper_ids)
        assigned = assign_corpus(vectors, neighbours, core)
    seeded, seeded_names = _seeded(clustering, core, config)
    ids, continued = _ids_of(assigned.nearest_topic, earlier)
    names = {number: Name(topic.label, "baseline") for number, topic in continued.items()}
    names |= {number: Name(label, "seeded") for number, label in seeded_names.items()}
    given = given_labels(config.edits, assigned, paper_ids)
    return Grouping(
        core=core,
        assigned=assigned,
        hierarchy=build_hierarchy(core, assigned.nearest_topic, clustering.finer, vectors=vectors),
        ids=ids,
        names=names | {number: Name(label, "hand") for number, label in given.items()},
        seeded=seeded,
        colours={number: topic.colour for number, topic in continued.items()},
        stability=_stability(clustering, core),
    )


def _stability(clustering: Clustering, core: NDArray[np.int32]) -> list[float | None]:
    """Of each topic; None for one that edits changed, for it was not what was recovered."""
    stability: list[float | None] = []
    for number in range(int(core.max(initial=NOISE)) + 1):
        members = core == number
        before = int(clustering.core[int(members.argmax())])
        same = before != NOISE and bool(((clustering.core == before) == members).all())
        stability.append(clustering.stability[before] if same else None)
    return stability


def _seeded(
    clustering: Clustering, core: NDArray[np.int32], config: TopicsConfig
) -> tuple[dict[int, SeededTopic], dict[int, str]]:
    """The seeded topics, and their names, by the number of the topic that most of their papers are in."""
    seeded: dict[int, SeededTopic] = {}
    names: dict[int, str] = {}
    sentences = list(config.seeded.items())
    for number, place in sorted(clustering.seeded_as.items()):
        threshold = clustering.thresholds[place]
        now = core[(clustering.core == number) & (core != NOISE)]
        if threshold is None or not len(now):
            continue
        home = int(np.bincount(now).argmax())
        names.setdefault(home, sentences[place][0])
        seeded.setdefault(home, SeededTopic(sentences[place][1], round(threshold, 4)))
    return seeded, names


def _ids_of(nearest: NDArray[np.int32], earlier: EarlierRun | None) -> tuple[tuple[int, ...], dict[int, Topic]]:
    """The id of each topic 0..t-1, and the earlier topic that it continues, where it does.

    A topic that is new gets the next id that the earlier run never gave.
    """
    count = int(nearest.max(initial=NOISE)) + 1
    if earlier is None:
        return tuple(range(count)), {}
    shared = earlier.nearest != NOISE
    matched = match_topics(overlap_of(earlier.nearest[shared], nearest[shared].astype(np.int64)))
    by_id = {topic.id: topic for topic in earlier.topics}
    following = max(by_id, default=-1) + 1
    ids = []
    for number in range(count):
        ids.append(matched.get(number, following))
        following += number not in matched
    return tuple(ids), {number: by_id[before] for number, before in matched.items()}
