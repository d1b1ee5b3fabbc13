"""Coordinates, topics -> the map as a picture: points by topic or by a column, labels that do not overlap."""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pipeline.charts import DARK, QUIET, chart_style, new_figure, save_figure
from pipeline.map.colouring import Colouring
from pipeline.map.picture_text import Canvas, draw_labels, draw_paper_titles, point_area
from pipeline.words.display import safe, shorten

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MARGIN = 0.03
TITLE_SHARE = 0.1  # of the height, kept free for the title
MOST_STRETCHED = 1.5
MOST_VECTOR_POINTS = 5_000  # with more, an SVG or PDF holds its points as one bitmap
MOST_TITLED = 40  # papers up to which each is drawn with its title
LEGEND_CHARACTERS = 28
RING = "#D1006C"


@dataclass(frozen=True)
class Picture:
    """How a map is drawn. size: pixels (width, height) at `dpi` dots an inch: more dots make letters and points larger.

    most_labels: topic labels at most. formats: of "png", "svg", "pdf". highlight: rows of papers that are ringed and
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
    *,
    labels: Sequence[str],
    paper_titles: Sequence[str],
    colouring: Colouring,
    picture: Picture,
) -> dict[str, bytes]:
    """map.png, map.svg... coordinates: (n, 2); topics: (n,) row of the core topic in `labels`, -1 noise.

    A map of up to 40 papers shows the title of each. The same input gives the same bytes.
    """
    with chart_style(), warnings.catch_warnings():
        # matplotlib's font has no glyphs for some scripts: titles in these are drawn as boxes.
        warnings.filterwarnings("ignore", message="Glyph .* missing from font", category=UserWarning)
        figure = new_figure((picture.size[0] / picture.dpi, picture.size[1] / picture.dpi), dpi=picture.dpi)
        axes = figure.add_axes((0, 0, 1, 1))
        axes.set_axis_off()
        _frame(axes, coordinates, picture.size)
        _draw_points(axes, coordinates, colouring.colours, noise=topics == -1)
        _draw_title(figure, safe(picture.title), papers=len(coordinates), topics=len(labels))
        canvas = Canvas(figure, axes.transData.transform(coordinates.astype(np.float64)))
        _draw_legend(figure, canvas, colouring)
        _draw_highlights(axes, canvas, coordinates[list(picture.highlight)], titles=paper_titles, picture=picture)
        draw_labels(canvas, topics, labels=labels[: picture.most_labels], colours=colouring.topics)
        if len(coordinates) <= MOST_TITLED:
            rest = [row for row in range(len(paper_titles)) if row not in picture.highlight]
            draw_paper_titles(canvas, [paper_titles[row] for row in rest], rows=rest)
        return {f"map.{kind}": save_figure(figure, kind) for kind in picture.formats}


def _frame(axes: "Axes", coordinates: NDArray[np.float32], size: tuple[int, int]) -> None:
    """Limits that hold every point with room for the title above; the map is stretched one way by at most a half, for
    it to fill the picture (UMAP's axes have no meaning of their own).
    """
    low, high = coordinates.min(axis=0).astype(float), coordinates.max(axis=0).astype(float)
    middle, span = (low + high) / 2, np.maximum(high - low, 1e-3) * (1 + 2 * MARGIN)
    scales = np.array([span[0] / size[0], span[1] / (size[1] * (1 - TITLE_SHARE))])
    scales = np.maximum(scales, scales.max() / MOST_STRETCHED)
    width, height = scales * size
    axes.set_xlim(middle[0] - width / 2, middle[0] + width / 2)
    axes.set_ylim(middle[1] - height * (1 - TITLE_SHARE) / 2, middle[1] + height * (1 + TITLE_SHARE) / 2)


def _draw_points(
    axes: "Axes", coordinates: NDArray[np.float32], colours: Sequence[str], *, noise: NDArray[np.bool_]
) -> None:
    """Core papers of topics over noise, which is smaller and fainter. noise: (n,)."""
    n = len(coordinates)
    area = point_area(n)
    edge = 0.6 if n < 300 else 0.0
    for is_noise in (True, False):
        rows = np.flatnonzero(noise == is_noise)
        axes.scatter(
            coordinates[rows, 0],
            coordinates[rows, 1],
            c=[colours[row] for row in rows.tolist()],
            s=0.6 * area if is_noise else area,
            alpha=0.7 if is_noise else 0.8,
            linewidths=0.0 if is_noise else edge,
            edgecolors="face" if is_noise else "white",
            zorder=1 if is_noise else 2,
            rasterized=n > MOST_VECTOR_POINTS,
        )


def _draw_title(figure: "Figure", title: str, *, papers: int, topics: int) -> None:
    subtitle = f"{papers:,} paper{'s' * (papers != 1)} · {topics} topic{'s' * (topics != 1)}"
    top = 1 - 0.28 / figure.get_figheight()
    figure.text(0.02, top, title, fontsize=17, fontweight="bold", color=DARK, va="top", parse_math=False)
    figure.text(0.02, top - 0.30 / figure.get_figheight(), subtitle, fontsize=11, color=QUIET, va="top")


def _draw_legend(figure: "Figure", canvas: Canvas, colouring: Colouring) -> None:
    """What the colours mean, at the lower left, where they are not those of the topics."""
    if colouring.scale:
        _draw_scale(figure, colouring)
        canvas.keep_corner_free(2.2, 0.8)
    width, height = figure.get_size_inches()
    for place, (name, colour) in enumerate(reversed(colouring.groups)):
        y = (0.3 + 0.2 * place) / height
        figure.text(0.02, y, "●", fontsize=10, color=colour, va="center")
        shown = shorten(name, LEGEND_CHARACTERS)
        text = figure.text(0.02 + 0.18 / width, y, shown, fontsize=9, color=DARK, va="center", parse_math=False)
        text.set_bbox({"facecolor": "white", "alpha": 0.8, "linewidth": 0, "pad": 1.5})  # readable over points
    if colouring.groups:
        canvas.keep_corner_free(2.6, 0.3 + 0.2 * len(colouring.groups))


def _draw_scale(figure: "Figure", colouring: Colouring) -> None:
    """A bar of the colours, from its lowest to its highest number."""
    width, height = figure.get_size_inches()
    low, high = colouring.ends
    axes = figure.add_axes((0.02, 0.35 / height, 1.8 / width, 0.13 / height))
    axes.set_axis_off()
    steps = np.array([[int(stop[start : start + 2], 16) for start in (1, 3, 5)] for stop in colouring.scale])
    axes.imshow(steps[None].astype(np.uint8), aspect="auto")
    write = partial(figure.text, fontsize=9, color=QUIET, parse_math=False)
    write(0.02, 0.53 / height, safe(colouring.name), va="bottom")
    write(0.02, 0.31 / height, low, va="top")
    write(0.02 + 1.8 / width, 0.31 / height, high, va="top", ha="right")


def _draw_highlights(
    axes: "Axes", canvas: Canvas, points: NDArray[np.float32], *, titles: Sequence[str], picture: Picture
) -> None:
    """A ring around each highlighted paper, and its title beside it. points: (h, 2) of these; titles: of all papers."""
    if not picture.highlight:
        return
    axes.scatter(points[:, 0], points[:, 1], s=150, facecolors="none", edgecolors=RING, linewidths=1.8, zorder=4)
    canvas.keep_points_free(picture.highlight)
    shown = [titles[row] for row in picture.highlight]
    draw_paper_titles(canvas, shown, rows=picture.highlight, colour=RING, fontweight="bold")
