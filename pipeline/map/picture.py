"""Coordinates, topics -> the map as a picture: points by topic or by a column, labels that do not overlap."""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pipeline.charts import DARK, QUIET, chart_style, new_figure, save_figure
from pipeline.map.colouring import Colouring
from pipeline.map.picture_text import Canvas, draw_labels, draw_paper_titles
from pipeline.words.display import safe, shorten

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MARGIN = 0.06
MOST_VECTOR_POINTS = 5_000  # an SVG or PDF with more holds its points as one picture
MOST_TITLED = 40  # so few papers that each is drawn with its title
LEGEND_CHARACTERS = 28
RING = "#D1006C"


@dataclass(frozen=True)
class Picture:
    """How a map is drawn. size: pixels (width, height) at `dpi` dots an inch: more dots make letters and points larger.

    most_labels: topic names at most. formats: of "png", "svg", "pdf". highlight: rows of papers that are ringed and
    named.
    """

    title: str
    size: tuple[int, int]
    most_labels: int
    dpi: int = 100
    formats: tuple[str, ...] = ("png", "svg")
    highlight: tuple[int, ...] = ()


def draw_map(
    coordinates: NDArray[np.float32],
    topics: NDArray[np.int32],
    labels: Sequence[str],
    *,
    paper_titles: Sequence[str],
    colouring: Colouring,
    picture: Picture,
) -> dict[str, bytes]:
    """map.png, map.svg... coordinates: (n, 2); topics: (n,) core topic, -1 noise; colouring: of the n papers.

    A map of up to 40 papers shows the title of each. The same input gives the same bytes.
    """
    with chart_style(), warnings.catch_warnings():
        # Titles in scripts that matplotlib's own font lacks: boxes on the picture are all that can be done.
        warnings.filterwarnings("ignore", message="Glyph .* missing from font", category=UserWarning)
        figure = new_figure((picture.size[0] / picture.dpi, picture.size[1] / picture.dpi), dpi=picture.dpi)
        axes = figure.add_axes((0, 0, 1, 1))
        axes.set_axis_off()
        _frame(axes, coordinates, picture.size)
        _draw_points(axes, coordinates, topics == -1, colouring.colours)
        _draw_title(figure, safe(picture.title), len(coordinates), len(labels))
        canvas = Canvas(figure, axes.transData.transform(coordinates.astype(np.float64)))
        _draw_legend(figure, canvas, colouring)
        _draw_highlights(axes, canvas, coordinates, paper_titles, picture.highlight)
        draw_labels(canvas, topics, labels[: picture.most_labels], colouring.topics)
        if len(coordinates) <= MOST_TITLED:
            rest = [row for row in range(len(paper_titles)) if row not in picture.highlight]
            draw_paper_titles(canvas, [paper_titles[row] for row in rest], rows=rest)
        return {f"map.{kind}": save_figure(figure, kind) for kind in picture.formats}


def _frame(axes: "Axes", coordinates: NDArray[np.float32], size: tuple[int, int]) -> None:
    """Limits that hold every point with one scale both ways and room for the title above."""
    low, high = coordinates.min(axis=0).astype(float), coordinates.max(axis=0).astype(float)
    middle, span = (low + high) / 2, np.maximum(high - low, 1e-3) * (1 + 2 * MARGIN)
    scale = max(span[0] / size[0], span[1] / (size[1] * 0.9))
    width, height = scale * size[0], scale * size[1]
    axes.set_xlim(middle[0] - width / 2, middle[0] + width / 2)
    axes.set_ylim(middle[1] - height / 2, middle[1] + height / 2 + 0.05 * height)


def _draw_points(
    axes: "Axes", coordinates: NDArray[np.float32], noise: NDArray[np.bool_], colours: Sequence[str]
) -> None:
    """Papers of topics over those between them, which are smaller and fainter."""
    n = len(coordinates)
    area = float(np.clip(150_000 / n, 4.0, 260.0))
    edge = 0.6 if n < 300 else 0.0
    styles: dict[bool, dict[str, Any]] = {
        True: {"s": area * 0.6, "alpha": 0.7, "linewidths": 0, "zorder": 1},
        False: {"s": area, "alpha": 0.8, "linewidths": edge, "edgecolors": "white", "zorder": 2},
    }
    for outside, style in styles.items():
        rows = np.flatnonzero(noise == outside)
        shown = [colours[row] for row in rows.tolist()]
        axes.scatter(coordinates[rows, 0], coordinates[rows, 1], c=shown, rasterized=n > MOST_VECTOR_POINTS, **style)


def _draw_title(figure: "Figure", title: str, papers: int, topics: int) -> None:
    subtitle = f"{papers:,} paper{'s' * (papers != 1)} · {topics} topic{'s' * (topics != 1)}"
    top = 1 - 0.28 / figure.get_figheight()
    figure.text(0.02, top, title, fontsize=17, fontweight="bold", color=DARK, va="top", parse_math=False)
    figure.text(0.02, top - 0.30 / figure.get_figheight(), subtitle, fontsize=11, color=QUIET, va="top")


def _draw_legend(figure: "Figure", canvas: Canvas, colouring: Colouring) -> None:
    """What the colours mean, at the lower left, where they are not the topics' own."""
    width, height = figure.get_size_inches()
    if colouring.scale:
        low, high = colouring.ends
        axes = figure.add_axes((0.02, 0.35 / height, 1.8 / width, 0.13 / height))
        axes.set_axis_off()
        steps = np.array([[int(stop[start : start + 2], 16) for start in (1, 3, 5)] for stop in colouring.scale])
        axes.imshow(steps[None].astype(np.uint8), aspect="auto")
        style: dict[str, Any] = {"fontsize": 9, "color": QUIET, "parse_math": False}
        figure.text(0.02, 0.53 / height, safe(colouring.name), va="bottom", **style)
        figure.text(0.02, 0.31 / height, low, va="top", **style)
        figure.text(0.02 + 1.8 / width, 0.31 / height, high, va="top", ha="right", **style)
        canvas.keep_free(0, 0, 2.2, 0.8)
    for place, (name, colour) in enumerate(reversed(colouring.groups)):
        y = (0.3 + 0.2 * place) / height
        figure.text(0.02, y, "●", fontsize=10, color=colour, va="center")
        shown = shorten(name, LEGEND_CHARACTERS)
        figure.text(0.02 + 0.18 / width, y, shown, fontsize=9, color=DARK, va="center", parse_math=False)
    if colouring.groups:
        canvas.keep_free(0, 0, 2.6, 0.3 + 0.2 * len(colouring.groups))


def _draw_highlights(
    axes: "Axes",
    canvas: Canvas,
    coordinates: NDArray[np.float32],
    titles: Sequence[str],
    rows: Sequence[int],
) -> None:
    """A ring around each of these papers, and its title beside it."""
    if not rows:
        return
    chosen = list(rows)
    axes.scatter(coordinates[chosen, 0], coordinates[chosen, 1], s=150, facecolors="none", edgecolors=RING,
                 linewidths=1.8, zorder=4)  # fmt: skip
    draw_paper_titles(canvas, [titles[row] for row in chosen], rows=chosen, colour=RING, fontweight="bold")
