"""Changes -> a flow diagram: topics before on the left, topics after on the right, bands of shared papers between."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from pipeline.charts import DARK, MARK, chart_style, new_figure, save_figure
from pipeline.diff.changes import Changes, Flow, TopicRef
from pipeline.map.colours import PALETTE
from pipeline.words.display import shorten

if TYPE_CHECKING:
    from matplotlib.axes import Axes

LEFT, RIGHT, WIDTH = 0.0, 1.0, 0.018
LINE = 0.16  # least height of a topic in inches, so that its label fits
GAP = 0.25  # of a line between two topics
TALLEST = 60.0  # inches
ROUNDS = 6  # of ordering each side by the other
GREY = "#8C959F"
Span = tuple[float, float]  # bottom and top


def draw_changes(changes: Changes, kind: str) -> bytes:
    """kind: "svg" or "png". The same changes give the same bytes."""
    left, right = _ordered(changes)
    lines = max(len(left), len(right), 4)
    with chart_style(7.5):
        figure = new_figure((11, min(1.2 + 1.6 * LINE * lines, TALLEST)), dpi=110)
        axes = figure.add_axes((0.33, 0.01, 0.34, 0.98 - 0.45 / figure.get_figheight()))
        axes.set_axis_off()
        axes.set_xlim(LEFT - WIDTH, RIGHT + WIDTH)
        before, after = _spans(left, lines), _spans(right, lines)
        axes.set_ylim(min(_lowest(before), _lowest(after)), 0)
        _draw_flows(axes, changes, before=before, after=after)
        gone, born = {ref.id for ref in changes.gone}, {ref.id for ref in changes.born}
        _draw_side(axes, left, before, at=LEFT - WIDTH, marked=gone, mark="gone")
        _draw_side(axes, right, after, at=RIGHT, marked=born, mark="born")
        axes.set_title(
            f"{shorten(changes.before, 30)}  →  {shorten(changes.after, 30)}: {changes.shared:,} papers in both,"
            f" {len(changes.moved):,} moved",
            fontsize=10,
        )
        return save_figure(figure, kind)


def _ordered(changes: Changes) -> tuple[list[TopicRef], list[TopicRef]]:
    """Topics of both sides, ordered so that few bands cross; topics without shared papers last.

    The barycentre method of Sugiyama, Tagawa and Toda (1981).
    """
    onward: dict[TopicRef, list[tuple[TopicRef, int]]] = {}
    back: dict[TopicRef, list[tuple[TopicRef, int]]] = {}
    for flow in changes.flows:
        onward.setdefault(flow.before, []).append((flow.after, flow.papers))
        back.setdefault(flow.after, []).append((flow.before, flow.papers))
    left = sorted({*onward, *changes.gone}, key=lambda ref: (-ref.papers, ref.id))
    right = sorted({*back, *changes.born}, key=lambda ref: (-ref.papers, ref.id))
    for _ in range(ROUNDS):
        right = _by_barycentre(right, back, left)
        left = _by_barycentre(left, onward, right)
    return left, right


def _by_barycentre(
    refs: Sequence[TopicRef], shared: Mapping[TopicRef, Sequence[tuple[TopicRef, int]]], others: Sequence[TopicRef]
) -> list[TopicRef]:
    """Sorted by the mean place of the topics on the other side, weighted by shared papers."""
    place = {ref: (number + 0.5) / len(others) for number, ref in enumerate(others)}

    def height(ref: TopicRef) -> float:
        across = shared.get(ref, ())
        papers = [count for _, count in across]
        return float(np.average([place[other] for other, _ in across], weights=papers)) if papers else 2.0

    return sorted(refs, key=lambda ref: (height(ref), ref.id))


def _spans(refs: Sequence[TopicRef], lines: int) -> dict[TopicRef, Span]:
    """A span for each topic from the top down: one line for its label, plus its share of the papers.

    The side with fewer topics has wider gaps, so that both sides are equally high.
    """
    total = max(sum(ref.shared for ref in refs), 1)
    gap = ((1 + GAP) * lines - len(refs)) / max(len(refs), 1)
    spans, top = {}, -gap / 2
    for ref in refs:
        height = 1.0 + 0.35 * lines * ref.shared / total
        spans[ref] = (top - height, top)
        top -= height + gap
    return spans


def _lowest(spans: Mapping[TopicRef, Span]) -> float:
    return min((bottom for bottom, _ in spans.values()), default=-1.0)


def _draw_flows(
    axes: "Axes", changes: Changes, *, before: Mapping[TopicRef, Span], after: Mapping[TopicRef, Span]
) -> None:
    """Bands from left to right, in the colour of the topic on the left; papers that moved in grey."""
    moved = {(paper.before, paper.after) for paper in changes.moved}
    way = np.linspace(0, 1, 40)
    bend = way * way * (3 - 2 * way)
    left, right = _Bands(before), _Bands(after)
    rows, columns = ({ref: place for place, ref in enumerate(side)} for side in (before, after))
    for flow in sorted(changes.flows, key=lambda flow: (rows[flow.before], columns[flow.after])):
        (start_low, start_high), (end_low, end_high) = left.take(flow.before, flow), right.take(flow.after, flow)
        grey = (flow.before.id, flow.after.id) in moved
        axes.fill_between(
            LEFT + (RIGHT - LEFT) * way,
            start_low + (end_low - start_low) * bend,
            start_high + (end_high - start_high) * bend,
            color=GREY if grey else PALETTE[flow.before.colour],
            alpha=0.35 if grey else 0.45,
            linewidth=0,
        )


class _Bands:
    """The ends of bands on one side: below each other in the span of their topic, in the order they are taken."""

    def __init__(self, spans: Mapping[TopicRef, Span]) -> None:
        self._spans = spans
        self._used = dict.fromkeys(spans, 0.0)

    def take(self, ref: TopicRef, flow: Flow) -> Span:
        """The next part of the topic's span, as large as the flow's share of its papers."""
        bottom, top = self._spans[ref]
        start = top - self._used[ref]
        height = (top - bottom) * flow.papers / max(ref.shared, 1)
        self._used[ref] += height
        return start - height, start


def _draw_side(
    axes: "Axes", refs: Sequence[TopicRef], spans: Mapping[TopicRef, Span], *, at: float, marked: set[int], mark: str
) -> None:
    """The topics of one side with their labels. marked: ids of topics to highlight, by the word `mark`."""
    from matplotlib.patches import Rectangle

    leftmost = at < 0.5
    for ref in refs:
        bottom, top = spans[ref]
        axes.add_patch(Rectangle((at, bottom), WIDTH, top - bottom, color=PALETTE[ref.colour], linewidth=0))
        axes.text(
            at - 0.01 if leftmost else at + WIDTH + 0.01,
            (bottom + top) / 2,
            f"{shorten(ref.label, 42)} ({ref.papers:,})" + (f"  · {mark}" if ref.id in marked else ""),
            ha="right" if leftmost else "left",
            va="center",
            color=MARK if ref.id in marked else DARK,
        )
