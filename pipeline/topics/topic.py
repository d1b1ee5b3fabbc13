"""A topic as people see it, and the hierarchy of areas, topics and subtopics."""

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from typing import Literal

from pydantic import ConfigDict

NamedBy = Literal["keywords", "hand", "seeded", "baseline", "chat"]
Level = Literal["area", "topic", "subtopic"]


@dataclass(frozen=True)
class TopicKeyword:
    """A phrase and its weight; weights compare within one run."""

    term: str
    weight: float


LEAST_STABLE = 0.5


@dataclass(frozen=True)
class SeededTopic:
    """How the user described a topic beforehand. threshold: least similarity of its papers to the sentence."""

    sentence: str
    threshold: float


@dataclass(frozen=True)
class Topic:
    """One topic, area or subtopic.

    label: its name; named_by: where that comes from; keyword_label: the name that its keywords alone give. size: its
    core papers; assigned: papers whose nearest topic it is, the core included. representatives, mmr_representatives,
    boundary: ids of core papers: most central; central and unlike each other, by maximal marginal relevance; with the
    least share of the vote. parent: id of the area of a topic, of the topic of a subtopic, None where there is none.
    strength: mean over the papers assigned, in [0, 1]. stability: share of the resamples in which it was recovered,
    None where not measured. neighbourhood_preservation: mean share of its papers' true neighbours that lie near them on
    the map, in [0, 1]. colour: number of its colour in the palette.
    """

    __pydantic_config__ = ConfigDict(extra="forbid")

    id: int
    label: str
    size: int
    assigned: int
    keywords: tuple[TopicKeyword, ...]
    representatives: tuple[str, ...]
    mmr_representatives: tuple[str, ...] = ()
    boundary: tuple[str, ...] = ()
    parent: int | None = None
    keyword_label: str = ""
    named_by: NamedBy = "keywords"
    strength: float = 0.0
    stability: float | None = None
    neighbourhood_preservation: float = 0.0
    colour: int = 0
    seeded: SeededTopic | None = None

    @property
    def unstable(self) -> bool:
        """Whether it was recovered in less than half of the resamples: shown as such, never hidden."""
        return self.stability is not None and self.stability < LEAST_STABLE

    def to_json(self) -> dict[str, object]:
        """Its fields by name."""
        return asdict(self)


@dataclass(frozen=True)
class TreeLine:
    """One line of a hierarchy written down. depth: steps from the left."""

    topic: Topic
    level: Level
    depth: int


def _by_size(topics: Iterable[Topic]) -> list[Topic]:
    return sorted(topics, key=lambda topic: (-topic.size, topic.id))


@dataclass(frozen=True)
class TopicHierarchy:
    """areas: broad, above the topics that belong together. subtopics: inside topics, where one is split."""

    topics: tuple[Topic, ...]
    areas: tuple[Topic, ...] = ()
    subtopics: tuple[Topic, ...] = ()

    def __post_init__(self) -> None:
        for below, above in ((self.topics, self.areas), (self.subtopics, self.topics)):
            known = {topic.id for topic in above}
            orphans = [topic.id for topic in below if topic.parent is not None and topic.parent not in known]
            if orphans:
                raise ValueError(f"topics {orphans} have a parent that is not there")

    def lines(self) -> Iterator[TreeLine]:
        """Each area followed by its topics, each topic by its subtopics; the largest first on every level, topics that
        lie in no area among the areas.
        """
        first = [(area, "area") for area in self.areas] + [(topic, "topic") for topic in self.of_area(None)]
        for each, level in sorted(first, key=lambda pair: -pair[0].size):
            if level == "topic":
                yield from self._lines_of(each, 0)
                continue
            yield TreeLine(each, "area", 0)
            for topic in self.of_area(each.id):
                yield from self._lines_of(topic, 1)

    def _lines_of(self, topic: Topic, depth: int) -> Iterator[TreeLine]:
        yield TreeLine(topic, "topic", depth)
        yield from (TreeLine(subtopic, "subtopic", depth + 1) for subtopic in self.inside(topic.id))

    def of_area(self, area: int | None) -> list[Topic]:
        """The topics of an area, the largest first; with None those that lie in none."""
        return _by_size(topic for topic in self.topics if topic.parent == area)

    def inside(self, topic: int) -> list[Topic]:
        """The subtopics of a topic, the largest first."""
        return _by_size(subtopic for subtopic in self.subtopics if subtopic.parent == topic)
