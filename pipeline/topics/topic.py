"""A topic as people see it, and the three layers of them."""

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from typing import Any, Self


@dataclass(frozen=True)
class TopicKeyword:
    """A phrase and its weight; weights compare within one run."""

    term: str
    weight: float


@dataclass(frozen=True)
class KnownTopic:
    """What the user said of a topic beforehand. threshold: least similarity of its papers to the sentence."""

    sentence: str
    threshold: float


@dataclass(frozen=True)
class Topic:
    """One topic, field or fine topic.

    label: its name; named_by: "keywords", "hand", "known", "baseline" or "chat"; keyword_label: the name that its
    keywords alone give. size: its core papers; assigned: papers whose nearest topic it is, the core included.
    representatives, diverse, boundary: ids of core papers: most central; varied; least sure. parent: id of the field
    of a topic, of the topic of a fine topic, None where there is none. strength: mean over the papers assigned, in
    [0, 1]. stability: share of refits in which it came back, None where not measured. map_trust: mean share of its
    papers' true neighbours that lie near them on the map. colour: number of its colour in the palette.
    """

    id: int
    label: str
    size: int
    assigned: int
    keywords: tuple[TopicKeyword, ...]
    representatives: tuple[str, ...]
    diverse: tuple[str, ...] = ()
    boundary: tuple[str, ...] = ()
    parent: int | None = None
    keyword_label: str = ""
    named_by: str = "keywords"
    strength: float = 0.0
    stability: float | None = None
    map_trust: float = 0.0
    colour: int = 0
    known: KnownTopic | None = None

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, fields: dict[str, Any]) -> Self:
        keywords = tuple(TopicKeyword(**keyword) for keyword in fields["keywords"])
        papers = {name: tuple(fields[name]) for name in ("representatives", "diverse", "boundary")}
        known = KnownTopic(**fields["known"]) if fields["known"] else None
        return cls(**fields | papers | {"keywords": keywords, "known": known})


@dataclass(frozen=True)
class Line:
    """One line of a tree written down. layer: "field", "topic" or "fine"; depth: steps from the left."""

    topic: Topic
    layer: str
    depth: int


def _by_size(topics: Iterable[Topic]) -> list[Topic]:
    return sorted(topics, key=lambda topic: (-topic.size, topic.id))


@dataclass(frozen=True)
class TopicTree:
    """fields: broad, above the topics, none where there are few topics. fine: inside topics, where one is split."""

    topics: tuple[Topic, ...]
    fields: tuple[Topic, ...] = ()
    fine: tuple[Topic, ...] = ()

    def __post_init__(self) -> None:
        for below, above in ((self.topics, self.fields), (self.fine, self.topics)):
            known = {topic.id for topic in above}
            lost = [topic.id for topic in below if topic.parent is not None and topic.parent not in known]
            if lost:
                raise ValueError(f"topics {lost} have a parent that is not there")

    def lines(self) -> Iterator["Line"]:
        """Each field followed by its topics, each topic by its fine topics; the largest first in every layer."""
        for field in self.fields:
            yield Line(field, "field", 0)
            for topic in _by_size(self.of_field(field.id)):
                yield from self._lines_of(topic, 1)
        if not self.fields:
            for topic in _by_size(self.topics):
                yield from self._lines_of(topic, 0)

    def _lines_of(self, topic: Topic, depth: int) -> Iterator["Line"]:
        yield Line(topic, "topic", depth)
        yield from (Line(fine, "fine", depth + 1) for fine in _by_size(self.inside(topic.id)))

    def of_field(self, field: int) -> tuple[Topic, ...]:
        """The topics of a field."""
        return tuple(topic for topic in self.topics if topic.parent == field)

    def inside(self, topic: int) -> tuple[Topic, ...]:
        """The fine topics of a topic."""
        return tuple(fine for fine in self.fine if fine.parent == topic)
