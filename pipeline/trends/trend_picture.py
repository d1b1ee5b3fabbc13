"""Trends -> a picture: a small chart for each topic over the years, or topics against groups as a table of colours."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from pipeline.charts import DARK, QUIET, chart_style, new_figure, save_figure
from pipeline.map.colours import PALETTE
from pipeline.trends.topic_trends import Growth, TopicTrend, Trends
from pipeline.words.display import shorten

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

CHARTS, COLUMNS = 16, 4
TOPICS, GROUPS = 30, 20
ENOUGH = 20  # papers of a period from which on its share counts for the height of a chart
OPAQUE, MANY = 0.45, 100  # opacity of the interval of a period, and its papers from which on that is reached


def draw_trends(trends: Trends, kind: str) -> bytes:
    """kind: "svg" or "png". The same trends give the same bytes."""
    with chart_style(8.0):
        figure = new_figure(dpi=120, constrained=True)
        (_draw_years if trends.over_time else _draw_groups)(figure, trends)
        return save_figure(figure, kind)


def _draw_years(figure: "Figure", trends: Trends) -> None:
    shown = _shown(trends.topics)
    columns = min(COLUMNS, len(shown))
    rows = -(-len(shown) // columns)
    figure.set_size_inches(2.9 * columns, 1.85 * rows + 0.6)
    charts = figure.subplots(rows, columns, sharex=True, squeeze=False).ravel()
    for chart, trend in zip(charts, shown, strict=False):
        _draw_chart(chart, trends, trend)
    for chart in charts[len(shown) :]:
        chart.set_axis_off()
    title = "Share of each topic, with 95 % intervals (paler in periods of few papers)"
    figure.suptitle(title, x=0.01, ha="left", fontsize=10)


def _shown(topics: Sequence[TopicTrend]) -> list[TopicTrend]:
    """As many growing topics as shrinking ones where there are enough of both; then the largest of the others."""
    by_verdict: dict[str, list[TopicTrend]] = {"growing": [], "shrinking": [], "steady": []}
    for trend in order_by_growth(topics):
        by_verdict[trend.growth.verdict if trend.growth else "steady"].append(trend)
    growing, shrinking, steady = by_verdict.values()
    most = CHARTS - min(len(shrinking), CHARTS // 2)
    growing = growing[:most]
    shrinking = shrinking[: CHARTS - len(growing)]
    return [*growing, *shrinking, *steady][:CHARTS]


def _draw_chart(chart: "Axes", trends: Trends, trend: TopicTrend) -> None:
    colour = PALETTE[trend.colour]
    place = np.arange(len(trends.groups))
    papers = np.array([group.papers for group in trends.groups])
    share, low, high = (
        100 * np.array([getattr(cell, end) for cell in trend.cells]) for end in ("share", "low", "high")
    )
    # Intervals of few papers are wide: as an area they would fill the chart, pale bars leave the line readable.
    observed = papers > 0
    opacities = np.clip(OPAQUE * np.sqrt(papers[observed] / MANY), 0.1, OPAQUE).tolist()
    bars = [(colour, opacity) for opacity in opacities]
    chart.vlines(place[observed], low[observed], high[observed], colors=bars, linewidth=1.2)
    chart.plot(place, np.where(observed, share, np.nan), color=colour, linewidth=1.5)
    chart.plot(place[observed], share[observed], "o", color=colour, markersize=2.2)
    chart.spines[["top", "right"]].set_visible(False)
    chart.set_title(shorten(trend.label, 36), loc="left", fontsize=8, color=DARK, pad=14 if trend.growth else 6)
    if trend.growth:
        chart.text(0, 1.04, _growth_text(trend.growth), transform=chart.transAxes, fontsize=7, color=QUIET)
    enough = papers >= ENOUGH
    highest = share[enough].max() if enough.any() else share.max()
    chart.set_ylim(0, max(1.5 * highest, 1.0))
    step = max(1, -(-len(place) // 5))
    chart.set_xticks(place[::step], [group.name for group in trends.groups[::step]])
    chart.yaxis.set_major_formatter(lambda value, _: f"{value:g} %")


def _growth_text(growth: Growth) -> str:
    verdict = "" if growth.verdict == "steady" else f"{growth.verdict}, "
    return f"{verdict}odds × {growth.odds_ratio:.2f} per year"


def order_by_growth(topics: Sequence[TopicTrend]) -> list[TopicTrend]:
    """Growing topics, the fastest first; shrinking ones, the fastest first; the others, the largest first."""

    def rank(trend: TopicTrend) -> tuple[float, ...]:
        growth = trend.growth
        if growth is None or growth.verdict == "steady":
            return 2, -trend.papers, trend.topic
        return (
            (0, -growth.odds_ratio, trend.topic) if growth.verdict == "growing" else (1, growth.odds_ratio, trend.topic)
        )

    return sorted(topics, key=rank)


def _draw_groups(figure: "Figure", trends: Trends) -> None:
    """The largest topics against the largest groups, topics ordered by the group in which their share is largest."""
    from matplotlib.colors import PowerNorm

    groups = trends.groups[:GROUPS]
    largest = sorted(trends.topics, key=lambda trend: (-trend.papers, trend.topic))[:TOPICS]
    topics = sorted(largest, key=lambda trend: (_main_group(trend, len(groups)), -trend.papers, trend.topic))
    share = np.array([[100 * cell.share for cell in trend.cells[: len(groups)]] for trend in topics])
    figure.set_size_inches(3.9 + 0.36 * len(groups), 1.6 + 0.2 * len(topics))
    axes = figure.add_subplot()
    image = axes.imshow(share, cmap="PuBu", norm=PowerNorm(0.5, vmin=0, vmax=max(share.max(), 1.0)), aspect="auto")
    axes.set_yticks(range(len(topics)), [shorten(trend.label, 44) for trend in topics])
    axes.set_xticks(range(len(groups)), [shorten(group.name, 18) for group in groups], rotation=60, ha="right")
    axes.tick_params(length=0)
    axes.spines[["left", "bottom", "top", "right"]].set_visible(False)
    for row, trend in enumerate(topics):
        for column, cell in enumerate(trend.cells[: len(groups)]):
            if cell.than_elsewhere == "more":
                dark = share[row, column] > 0.4 * share.max()
                axes.plot(column, row, "o", color="white" if dark else DARK, markersize=2)
    bar = figure.colorbar(image, ax=axes, shrink=0.5, pad=0.01, format=lambda value, _: f"{value:g} %")
    bar.outline.set_linewidth(0)
    axes.set_title(
        f"Share of each topic, by {shorten(trends.by, 30)}; dots: significantly more than elsewhere", loc="left"
    )


def _main_group(trend: TopicTrend, groups: int) -> int:
    """The group in which the topic's share is largest."""
    return int(np.argmax([cell.share for cell in trend.cells[:groups]]))
