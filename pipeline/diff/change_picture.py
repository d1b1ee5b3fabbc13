"""Changes -> a picture: topics before on the left, after on the right, their papers flowing from one to the other."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from pipeline.charts import DARK, MARK, chart_style, new_figure, save_figure
from pipeline.diff.changes import Changes, TopicRef
from pipeline.map.colours import PALETTE
from pipeline.words.display import shorten

if TYPE_CHECKING:
    from matplotlib.axes import Axes

LEFT, RIGHT, WIDTH = 0.0, 1.0, 0.018
LINE = 0.16  # inches a topic has at least, so that its name fits
GAP = 0.25  # of a line between two topics
TALLEST = 60.0  # inches
ROUNDS = 6  # of putting topics beside those across
Box = tuple[float, float]  # bottom and top


def draw_changes(changes: Changes, kind: str) -> bytes:
    """kind: "svg" or "png". The same changes give the same bytes."""
    left, right = _ordered(changes)
    lines = max(len(left), len(right), 4)
    with chart_style(7.5):
        figure = new_figure((11, min(1.2 + 1.6 * LINE * lines, TALLEST)), dpi=110)
        axes = figure.add_axes((0.33, 0.01, 0.34, 0.98 - 0.45 / figure.get_figheight()))
        axes.set_axis_off()
        axes.set_xlim(LEFT - WIDTH, RIGHT + WIDTH)
        before, after = _boxes(left, lines), _boxes(right, lines)
        axes.set_ylim(min(_lowest(before), _lowest(after)), 0)
        _draw_flows(axes, changes, before, after)
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
    """Topics of both sides so that bands cross little: each as high as the topics across that it shares papers with.

    The barycentre method (Sugiyama, Tagawa and Toda, 1981), a few rounds; topics without shared papers last.
    """
    weights: dict[TopicRef, list[tuple[TopicRef, int]]] = {}
    for flow in changes.flows:
        weights.setdefault(flow.before, []).append((flow.after, flow.papers))
    back: dict[TopicRef, list[tuple[TopicRef, int]]] = {}
    for flow in changes.flows:
        back.setdefault(flow.after, []).append((flow.before, flow.papers))
    left = sorted({*weights, *changes.gone}, key=lambda ref: (-ref.papers, ref.id))
    right = sorted({*back, *changes.born}, key=lambda ref: (-ref.papers, ref.id))
    for _ in range(ROUNDS):
        right = _beside(right, back, left)
        left = _beside(left, weights, right)
    return left, right


def _beside(
    refs: Sequence[TopicRef], shares: Mapping[TopicRef, Sequence[tuple[TopicRef, int]]], others: Sequence[TopicRef]
) -> list[TopicRef]:
    place = {ref: (number + 0.5) / len(others) for number, ref in enumerate(others)}

    def height(ref: TopicRef) -> float:
        across = shares.get(ref, ())
        papers = [count for _, count in across]
        return float(np.average([place[other] for other, _ in across], weights=papers)) if papers else 2.0

    return sorted(refs, key=lambda ref: (height(ref), ref.id))


def _boxes(refs: Sequence[TopicRef], lines: int) -> dict[TopicRef, Box]:
    """A box for each topic from the top down: a line for its name, and more where it has many of the papers.

    The side with fewer topics has wider gaps, so that both are equally high.
    """
    total = max(sum(ref.shared for ref in refs), 1)
    gap = ((1 + GAP) * lines - len(refs)) / max(len(refs), 1)
    boxes, top = {}, -gap / 2
    for ref in refs:
        high = 1.0 + 0.35 * lines * ref.shared / total
        boxes[ref] = (top - high, top)
        top -= high + gap
    return boxes


def _lowest(boxes: Mapping[TopicRef, Box]) -> float:
    return min((bottom for bottom, _ in boxes.values()), default=-1.0)


def _draw_flows(axes: "Axes", changes: Changes, before: Mapping[TopicRef, Box], after: Mapping[TopicRef, Box]) -> None:
    """Bands from left to right, in the colour of where they come from; papers that moved in grey."""
    moved = {(paper.before, paper.after) for paper in changes.moved}
    way = np.linspace(0, 1, 40)
    bend = way * way * (3 - 2 * way)
    used_left, used_right = (dict.fromkeys(boxes, 0.0) for boxes in (before, after))
    order = {ref: place for place, ref in enumerate(after)}
    for flow in sorted(changes.flows, key=lambda flow: (list(before).index(flow.before), order[flow.after])):
        one, starts = _band(before[flow.before], used_left, flow.before, flow.papers)
        two, ends = _band(after[flow.after], used_right, flow.after, flow.papers)
        grey = (flow.before.id, flow.after.id) in moved
        axes.fill_between(
            LEFT + (RIGHT - LEFT) * way,
            one + (two - one) * bend,
            starts + (ends - starts) * bend,
            color="#8C959F" if grey else PALETTE[flow.before.colour],
            alpha=0.35 if grey else 0.45,
            linewidth=0,
        )


def _band(box: Box, used: dict[TopicRef, float], ref: TopicRef, papers: int) -> Box:
    """The part of a box that these papers take, below those drawn before."""
    bottom, top = box
    high = (top - bottom) * papers / max(ref.shared, 1)
    start = top - used[ref]
    used[ref] += high
    return start - high, start


def _draw_side(
    axes: "Axes", refs: Sequence[TopicRef], boxes: Mapping[TopicRef, Box], *, at: float, marked: set[int], mark: str
) -> None:
    from matplotlib.patches import Rectangle

    leftmost = at < 0.5
    for ref in refs:
        bottom, top = boxes[ref]
        colour = PALETTE[ref.colour]
        axes.add_patch(Rectangle((at, bottom), WIDTH, top - bottom, color=colour, linewidth=0))
        told = f"{shorten(ref.label, 42)} ({ref.papers:,})" + (f"  · {mark}" if ref.id in marked else "")
        axes.text(
            at - 0.01 if leftmost else at + WIDTH + 0.01,
            (bottom + top) / 2,
            told,
            ha="right" if leftmost else "left",
            va="center",
            color=MARK if ref.id in marked else DARK,
        )
