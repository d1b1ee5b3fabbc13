"""What became of topics and papers from one run to another."""

from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class TopicRef:
    """A topic of either run. papers: assigned to it there; shared: those of them that both runs have."""

    id: int
    label: str
    papers: int
    shared: int
    colour: int


@dataclass(frozen=True)
class Continued:
    """One topic in both runs. jaccard: papers in both / papers in either, of the papers that both runs have."""

    before: TopicRef
    after: TopicRef
    jaccard: float


@dataclass(frozen=True)
class Split:
    """A topic, and those it became: each has most of its papers from it, and together they hold most of its papers."""

    before: TopicRef
    after: tuple[TopicRef, ...]


@dataclass(frozen=True)
class Merged:
    """Topics, and the one they became: each gave most of its papers to it, and together they are most of it."""

    before: tuple[TopicRef, ...]
    after: TopicRef


@dataclass(frozen=True)
class Moved:
    """A paper whose new topic is not what became of its old one. before, after: ids of the topics."""

    paper: str
    title: str
    before: int
    after: int


@dataclass(frozen=True)
class Flow:
    """How many papers that both runs have are in one topic before and in one after."""

    before: TopicRef
    after: TopicRef
    papers: int


@dataclass(frozen=True)
class Changes:
    """new, lost: ids of papers that only the second, only the first run has. born: topics that continue none and are
    no part of one; gone: topics that nothing continues and that are no part of one. moved: by topics, then papers.

    agreement: adjusted mutual information of the two runs on the papers that both have, 1 where they agree wholly.
    """

    before: str
    after: str
    shared: int
    new: tuple[str, ...]
    lost: tuple[str, ...]
    continued: tuple[Continued, ...]
    split: tuple[Split, ...]
    merged: tuple[Merged, ...]
    born: tuple[TopicRef, ...]
    gone: tuple[TopicRef, ...]
    moved: tuple[Moved, ...]
    flows: tuple[Flow, ...]
    agreement: float

    def to_json(self) -> dict[str, object]:
        return asdict(self)
