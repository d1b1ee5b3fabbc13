"""The result of trends: groups of papers, topics, and each topic in each group."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass

COLUMNS = (
    "topic",
    "label",
    "group",
    "papers",
    "group_papers",
    "share",
    "low",
    "high",
    "than_elsewhere",
    "words",
    "cited_here",
)


@dataclass(frozen=True)
class Group:
    """A period of years, or one value of a column. papers: how many there are, 0 for an empty period."""

    name: str
    papers: int


@dataclass(frozen=True)
class Cell:
    """One topic in one group.

    papers: of the topic in the group. share: of the group's papers, 0 in an empty group. low, high: 95 % Wilson
    interval of the share, 0 to 1 where there is no paper. than_elsewhere: "more" or "less" where the share differs
    significantly (false discovery rate 5 %) from that in all other groups together, else "". words: keywords of the
    topic in this group's papers alone. cited_here: how often papers of the run cite these, each citing paper counted
    once for each that it cites; None where no paper has references.
    """

    papers: int
    share: float
    low: float
    high: float
    than_elsewhere: str = ""
    words: tuple[str, ...] = ()
    cited_here: int | None = None


@dataclass(frozen=True)
class Growth:
    """odds_ratio: factor by which the odds of the topic change per year; low, high: its 95 % interval.

    verdict: "growing" or "shrinking" where the change is significant (false discovery rate 5 % over all topics), else
    "steady".
    """

    odds_ratio: float
    low: float
    high: float
    verdict: str


@dataclass(frozen=True)
class TopicTrend:
    """One topic in every group. growth: None where groups are not periods, or fewer than three hold papers. cited_here:
    as in Cell, of all its papers, those without a group too.
    """

    topic: int
    label: str
    papers: int
    colour: int
    cells: tuple[Cell, ...]
    growth: Growth | None = None
    cited_here: int | None = None


@dataclass(frozen=True)
class Trends:
    """by: the column. groups: periods in their order, else the largest group first. topics: by increasing id.

    left_out: papers without a value, and those of small groups beyond the largest forty.
    """

    by: str
    groups: tuple[Group, ...]
    topics: tuple[TopicTrend, ...]
    left_out: int

    @property
    def over_time(self) -> bool:
        """Whether the groups are periods."""
        return self.by == "year"

    @property
    def with_citations(self) -> bool:
        """Whether citations were counted: some paper has references."""
        return any(trend.cited_here is not None for trend in self.topics)

    def to_json(self) -> dict[str, object]:
        return asdict(self)

    def rows(self) -> Iterator[dict[str, object]]:
        """A row for each topic in each group."""
        for trend in self.topics:
            for group, cell in zip(self.groups, trend.cells, strict=True):
                yield {
                    "topic": trend.topic,
                    "label": trend.label,
                    "group": group.name,
                    "papers": cell.papers,
                    "group_papers": group.papers,
                    "share": cell.share,
                    "low": cell.low,
                    "high": cell.high,
                    "than_elsewhere": cell.than_elsewhere,
                    "words": "; ".join(cell.words),
                    "cited_here": cell.cited_here,
                }
