"""Labels of topics, titles of papers -> text on a picture of the map, where there is room for it."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pipeline.charts import QUIET
from pipeline.map.label_placement import Box, densest_point, place_labels
from pipeline.words.display import safe, shorten

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FEW = 300  # points up to which no label lies on any of them
TITLE_CHARACTERS = 44
POINT_INCHES = 0.22
TITLE_INCHES = 0.75
EDGE_INCHES = 0.12
MANY_LABELS = 25
POINTS_PER_INCH = 72


def point_area(papers: int) -> float:
    """Of the square around a paper as it is drawn, in square points: small where there are many."""
    return float(np.clip(150_000 / papers, 4.0, 260.0))


@dataclass(frozen=True)
class TextStyle:
    """size: points of the letters; spacing: lines from one baseline to the next, None for that of the font."""

    size: float
    weight: str = "normal"
    spacing: float | None = None


class Canvas:
    """The figure while text is put on it. points: (n, 2) pixels of the papers; occupied: boxes to keep free."""

    def __init__(self, figure: "Figure", points: NDArray[np.float64]) -> None:
        self.figure = figure
        self.points = points
        self.dpi = float(figure.dpi)
        self.width, self.height = (figure.get_size_inches() * self.dpi).tolist()
        self.occupied: list[Box] = []
        if len(points) <= FEW:
            self.keep_points_free(range(len(points)))

    def keep_points_free(self, rows: Sequence[int]) -> None:
        """No text covers these papers."""
        side = POINT_INCHES * self.dpi
        self.occupied += [Box(x, y, side, side) for x, y in self.points[list(rows)].tolist()]

    def keep_corner_free(self, width: float, height: float) -> None:
        """No text goes into this box at the lower left corner, in inches."""
        sides = width * self.dpi, height * self.dpi
        self.occupied.append(Box(sides[0] / 2, sides[1] / 2, *sides))

    def write(
        self, anchors: NDArray[np.float64], texts: Sequence[str], colours: Sequence[str], *, style: TextStyle
    ) -> None:
        """Each text where there is room near its anchor, or not at all. anchors: (t, 2) pixels."""
        import matplotlib.patheffects as effects

        centred = partial(self.figure.text, 0, 0, ha="center", va="center", parse_math=False)
        write = partial(centred, fontsize=style.size, fontweight=style.weight, linespacing=style.spacing)
        drawn = [write(text, color=colour) for text, colour in zip(texts, colours, strict=False)]
        renderer = self.figure.canvas.get_renderer()  # type: ignore[attr-defined]
        extents = [text.get_window_extent(renderer) for text in drawn]
        sizes = [(extent.width, extent.height) for extent in extents]
        places = place_labels(
            anchors[: len(drawn)],
            sizes,
            width=self.width,
            height=self.height - TITLE_INCHES * self.dpi,
            margin=EDGE_INCHES * self.dpi,
            occupied=self.occupied,
            points=self.points if len(self.points) > FEW else None,
            radius=point_area(len(self.points)) ** 0.5 / 2 * self.dpi / POINTS_PER_INCH,
        )
        for text, box, (x, y), colour in zip(drawn, places, anchors.tolist(), colours, strict=False):
            if box is None:
                text.remove()
                continue
            self._draw_leader(box, Box(x, y, 1.0, 1.0), colour)
            text.set_position((box.x / self.width, box.y / self.height))
            text.set_path_effects([effects.withStroke(linewidth=3.2, foreground="white", alpha=0.92)])
            self.occupied.append(box)

    def _draw_leader(self, box: Box, anchor: Box, colour: str) -> None:
        """A thin line from a label that had to move away to the place it names."""
        if not box.overlaps(anchor) and len(self.points) > FEW:
            from matplotlib.lines import Line2D

            start = box.towards(anchor.x, anchor.y)
            x, y = [start[0] / self.width, anchor.x / self.width], [start[1] / self.height, anchor.y / self.height]
            self.figure.add_artist(Line2D(x, y, color=colour, linewidth=0.8, alpha=0.6, zorder=2.5))


def draw_labels(canvas: Canvas, topics: NDArray[np.int32], *, labels: Sequence[str], colours: Sequence[str]) -> None:
    """The label of each topic, in its colour made darker, near where its papers are densest.

    topics: (n,) row in `labels` of each paper's topic, -1 noise.
    """
    few = len(canvas.points) <= FEW
    anchor = (lambda points: points.mean(axis=0)) if few else densest_point
    anchors = np.array([anchor(canvas.points[topics == number]) for number in range(len(labels))]).reshape(-1, 2)
    texts = [wrapped(safe(label)) for label in labels]
    style = TextStyle(9.5 if len(labels) > MANY_LABELS else 14, "bold", 1.05)
    canvas.write(anchors, texts, [darker(colour) for colour in colours], style=style)


def draw_paper_titles(
    canvas: Canvas,
    titles: Sequence[str],
    *,
    rows: Sequence[int] | None = None,
    colour: str = QUIET,
    fontweight: str = "normal",
) -> None:
    """Titles below their papers. rows: of the papers that the titles belong to; None for all."""
    texts = [wrapped(shorten(title, TITLE_CHARACTERS)) for title in titles]
    points = canvas.points if rows is None else canvas.points[list(rows)]
    below = points - np.array([0.0, 1.7 * POINT_INCHES * canvas.dpi])
    canvas.write(below, texts, [colour] * len(texts), style=TextStyle(9, fontweight))


def wrapped(label: str, limit: int = 22) -> str:
    r"""The label on two lines where it is long, broken at the space nearest to its middle.

    >>> wrapped("Federated learning, medical images")
    'Federated learning,\nmedical images'
    """
    if len(label) <= limit or " " not in label:
        return label
    spaces = [place for place, letter in enumerate(label) if letter == " "]
    middle = min(spaces, key=lambda place: (abs(place - len(label) / 2), place))
    return f"{label[:middle]}\n{label[middle + 1 :]}"


def darker(colour: str, factor: float = 0.62) -> str:
    """The same hue dark enough to read on white.

    >>> darker("#E69F00")
    '#8f6300'
    """
    parts = (int(colour[start : start + 2], 16) for start in (1, 3, 5))
    return "#" + "".join(f"{round(part * factor):02x}" for part in parts)
