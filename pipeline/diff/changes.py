"""The result of a comparison: what became of the topics and papers of one run in another."""

from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class TopicRef:
    """A topic of one run. papers: assigned to it in that run; shared: those of them that both runs have."""

    id: int
    label: str
    papers: int
    shared: int
    colour: int


@dataclass(frozen=True)
class Continued:
    """One topic in both runs. jaccard: Jaccard index of its papers before and after, of those that both runs have."""

    before: TopicRef
    after: TopicRef
    jaccard: float


@dataclass(frozen=True)
class Split:
    """A topic, and its parts: each part has most of its papers from it, and together they hold most of its papers."""

    before: TopicRef
    after: tuple[TopicRef, ...]


@dataclass(frozen=True)
class Merged:
    """Topics, and the one they became: it got most papers of each, and most of its papers come from them."""

    before: tuple[TopicRef, ...]
    after: TopicRef


@dataclass(frozen=True)
class Moved:
    """A paper whose new topic neither continues, nor is a part or the merger of, its old one; both by their ids."""

    paper: str
    title: str
    before: int
    after: int


@dataclass(frozen=True)
class Flow:
    """papers: how many that both runs have are in this topic before and in that topic after."""

    before: TopicRef
    after: TopicRef
    papers: int


@dataclass(frozen=True)
class Changes:
    """new, lost: ids of papers that only the second, only the first run has. born: topics that neither continue one nor
    come from a split or merger; gone: topics that neither continue nor split or merge. moved: by topics, then papers.

    agreement: adjusted mutual information of the two runs on the papers that both have; 1 for identical topics.
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
