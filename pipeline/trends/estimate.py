"""Atlas, column -> Trends: counts, shares, growth, and the keywords of each topic in each group."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from pipeline.atlas import AtlasData
from pipeline.atlas.column_groups import NO_GROUP, Groups, column_groups
from pipeline.errors import PaperatlasError
from pipeline.recommender.kept_references import references_of
from pipeline.topics.keywords import find_keywords
from pipeline.topics.phrases import find_phrases
from pipeline.trends.statistics import Slope, difference_p, log_odds_slope, significant, wilson
from pipeline.trends.topic_trends import Cell, Group, Growth, TopicTrend, Trends

MOST_PERIODS = 60
MOST_GROUPS = 40
WIDTHS = (1, 2, 5, 10, 20, 50, 100)  # years of a period: the shortest with at most sixty periods
WORDS = 5


def find_trends(atlas: AtlasData, *, by: str = "year", every: int | None = None) -> Trends:
    """Trends over the years, or between the groups of a column; every paper counts for its nearest topic.

    every: years of a period; None for the shortest of 1, 2, 5... with at most 60 periods. Raises PaperatlasError where
    the column does not exist or has no values, and for `every` with another column than the year.
    """
    periods = _periods(atlas, every) if by == "year" else _largest(column_groups(atlas, by))
    if every is not None and by != "year":
        raise PaperatlasError("every counts years: it applies to periods, not to the groups of a column")
    nearest = atlas.column("nearest_topic").to_numpy().astype(np.int64)
    ids = np.array([topic.id for topic in atlas.topics], dtype=np.int64)
    topics, groups = np.searchsorted(ids, nearest), periods.groups
    inside = groups.codes != NO_GROUP
    cells = topics[inside] * len(groups.names) + groups.codes[inside]
    counts = np.bincount(cells, minlength=len(ids) * len(groups.names)).reshape(len(ids), -1)
    totals = counts.sum(axis=0)
    return Trends(
        by=by,
        groups=tuple(Group(name, int(total)) for name, total in zip(groups.names, totals, strict=True)),
        topics=_with_citations(
            _topic_trends(atlas, counts, periods, words=_words(atlas, topics, groups)),
            topics,
            groups,
            cited_here=_cited_here(atlas),
        ),
        left_out=int((~inside).sum()),
    )


@dataclass(frozen=True)
class _Periods:
    """groups: of papers. times: middle of each period in years, None where groups are not periods."""

    groups: Groups
    times: NDArray[np.float64] | None = None


def _periods(atlas: AtlasData, every: int | None) -> _Periods:
    """Every period from the first paper to the last, those without papers included."""
    years = np.array([NO_GROUP if year is None else year for year in atlas.column("year").to_pylist()], dtype=np.int64)
    given = years[years != NO_GROUP]
    if not len(given):
        raise PaperatlasError("no paper has a year; papers can be grouped by another column")
    earliest, latest = int(given.min()), int(given.max())
    width = every or next((width for width in WIDTHS if latest - earliest < MOST_PERIODS * width), WIDTHS[-1])
    first = earliest // width * width
    starts = np.arange(first, latest + 1, width)
    names = tuple(str(start) if width == 1 else f"{start}-{start + width - 1}" for start in starts.tolist())
    codes = np.where(years == NO_GROUP, NO_GROUP, (years - first) // width)
    return _Periods(Groups(names, codes), np.asarray(starts + (width - 1) / 2, dtype=np.float64))


def _largest(groups: Groups) -> _Periods:
    codes = np.where(groups.codes < MOST_GROUPS, groups.codes, NO_GROUP)
    return _Periods(Groups(groups.names[:MOST_GROUPS], codes))


def _words(atlas: AtlasData, topics: NDArray[np.int64], groups: Groups) -> dict[tuple[int, int], tuple[str, ...]]:
    """(topic, group) -> the topic's keywords in the papers of that group alone."""
    titles, abstracts = atlas.cleaned_papers()
    stop_words: Sequence[str] = atlas.manifest.config.topics.stop_words
    words = {}
    for group in range(len(groups.names)):
        rows = np.flatnonzero(groups.codes == group)
        if not len(rows):
            continue
        phrases = find_phrases([titles[row] for row in rows], [abstracts[row] for row in rows], stop_words=stop_words)
        for topic, keywords in enumerate(find_keywords(phrases, topics[rows].astype(np.int32), count=WORDS)):
            words[topic, group] = tuple(keyword.term for keyword in keywords)
    return words


def _cited_here(atlas: AtlasData) -> NDArray[np.int64] | None:
    """(n,) how many papers of the run cite each; None where no paper has references."""
    references = references_of(atlas)
    if references is None:
        return None
    return np.bincount(references.works[references.works < len(atlas)], minlength=len(atlas))


def _with_citations(
    trends: Sequence[TopicTrend],
    topics: NDArray[np.int64],
    groups: Groups,
    *,
    cited_here: NDArray[np.int64] | None,
) -> tuple[TopicTrend, ...]:
    """The trends, with how often the papers of each are cited. topics: (n,) place of each paper's topic in trends."""
    if cited_here is None:
        return tuple(trends)
    inside = groups.codes != NO_GROUP
    places = topics[inside] * len(groups.names) + groups.codes[inside]
    counts = np.bincount(places, cited_here[inside], minlength=len(trends) * len(groups.names))
    by_group = counts.astype(np.int64).reshape(len(trends), -1).tolist()
    whole = np.bincount(topics, cited_here, minlength=len(trends)).astype(np.int64).tolist()
    return tuple(
        replace(
            trend,
            cited_here=total,
            cells=tuple(replace(cell, cited_here=count) for cell, count in zip(trend.cells, row, strict=True)),
        )
        for trend, row, total in zip(trends, by_group, whole, strict=True)
    )


def _topic_trends(
    atlas: AtlasData,
    counts: NDArray[np.int64],
    periods: _Periods,
    *,
    words: Mapping[tuple[int, int], tuple[str, ...]],
) -> tuple[TopicTrend, ...]:
    """counts: (topics, groups) papers."""
    totals, of_topic = counts.sum(axis=0), counts.sum(axis=1)
    share = counts / np.maximum(totals, 1)
    low, high = wilson(counts, np.broadcast_to(totals, counts.shape))
    rest, rest_totals = of_topic[:, None] - counts, totals.sum() - totals
    p = difference_p(
        counts,
        np.broadcast_to(totals, counts.shape),
        rest=rest,
        rest_totals=np.broadcast_to(rest_totals, counts.shape),
    )
    differs = significant(p) & (totals > 0) & (rest_totals > 0)
    more = share > rest / np.maximum(rest_totals, 1)
    growth = _growth(counts, totals, periods.times)
    return tuple(
        TopicTrend(
            topic=topic.id,
            label=topic.label,
            papers=int(of_topic[row]),
            colour=topic.colour,
            cells=tuple(
                Cell(
                    papers=int(counts[row, group]),
                    share=round(float(share[row, group]), 6),
                    low=round(float(low[row, group]), 6),
                    high=round(float(high[row, group]), 6),
                    than_elsewhere=("more" if more[row, group] else "less") if differs[row, group] else "",
                    words=words.get((row, group), ()),
                )
                for group in range(len(totals))
            ),
            growth=growth[row],
        )
        for row, topic in enumerate(atlas.topics)
    )


def _growth(
    counts: NDArray[np.int64], totals: NDArray[np.int64], times: NDArray[np.float64] | None
) -> list[Growth | None]:
    slopes = [None if times is None else log_odds_slope(times, row, totals) for row in counts]
    changes = significant(np.array([1.0 if slope is None else slope.p for slope in slopes])).tolist()
    return [
        None if slope is None else _growth_of(slope, changes=change)
        for slope, change in zip(slopes, changes, strict=True)
    ]


def _growth_of(slope: Slope, *, changes: bool) -> Growth:
    """changes: whether the slope is significant."""
    ratio, low, high = (round(float(np.exp(np.clip(end, -50, 50))), 4) for end in (slope.value, slope.low, slope.high))
    return Growth(ratio, low, high, ("growing" if slope.value > 0 else "shrinking") if changes else "steady")
