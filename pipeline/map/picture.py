"""Coordinates, topics -> the map as a picture: points by topic, noise grey, labels that do not overlap."""

import io
import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pipeline.map.colours import NOISE_COLOUR, topic_colours
from pipeline.map.labels import Box, densest_point, place_labels
from pipeline.text import safe, shorten

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

DPI = 100
MARGIN = 0.06
MOST_VECTOR_POINTS = 5_000  # an SVG with more holds its points as one picture
FEW = 300  # so few points that a label must not lie on any of them
MOST_TITLED = 40  # so few papers that each is drawn with its title
TITLE_CHARACTERS = 44
POINT_PIXELS = 22.0
TITLE_PIXELS = 75.0
STYLE: dict[str, Any] = {
    "svg.hashsalt": "paperatlas",
    "svg.fonttype": "path",
    "path.simplify": False,
    "font.family": "DejaVu Sans",
}


def draw_map(
    coordinates: NDArray[np.float32],
    topics: NDArray[np.int32],
    labels: Sequence[str],
    *,
    paper_titles: Sequence[str],
    title: str,
    size: tuple[int, int],
    most_labels: int,
) -> dict[str, bytes]:
    """map.png and map.svg. coordinates: (n, 2); topics: (n,) core topic, -1 noise; size: pixels (width, height).

    A map of up to 40 papers shows the title of each. The same input gives the same bytes.
    """
    import matplotlib as mpl
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    pictures = {}
    with mpl.rc_context(STYLE), warnings.catch_warnings():  # type: ignore[arg-type]
        # Titles in scripts that matplotlib's own font lacks: boxes on the picture are all that can be done.
        warnings.filterwarnings("ignore", message="Glyph .* missing from font", category=UserWarning)
        figure = Figure(figsize=(size[0] / DPI, size[1] / DPI), dpi=DPI, facecolor="white")
        FigureCanvasAgg(figure)
        axes = figure.add_axes((0, 0, 1, 1))
        axes.set_axis_off()
        _frame(axes, coordinates, size)
        colours = topic_colours(_centres(coordinates, topics, len(labels)))
        _draw_points(axes, coordinates, topics, colours)
        _draw_title(figure, safe(title), len(coordinates), len(labels))
        canvas = _Canvas(figure, axes, axes.transData.transform(coordinates.astype(np.float64)))
        _draw_labels(canvas, topics, labels[:most_labels], colours)
        if len(coordinates) <= MOST_TITLED:
            _draw_paper_titles(canvas, paper_titles)
        for kind, metadata in (("png", {"Software": None}), ("svg", {"Date": None, "Creator": None})):
            buffer = io.BytesIO()
            figure.savefig(buffer, format=kind, dpi=DPI, metadata=metadata)
            pictures[f"map.{kind}"] = buffer.getvalue()
    return pictures


def _frame(axes: "Axes", coordinates: NDArray[np.float32], size: tuple[int, int]) -> None:
    """Limits that hold every point with one scale both ways and room for the title above."""
    low, high = coordinates.min(axis=0).astype(float), coordinates.max(axis=0).astype(float)
    middle, span = (low + high) / 2, np.maximum(high - low, 1e-3) * (1 + 2 * MARGIN)
    scale = max(span[0] / size[0], span[1] / (size[1] * 0.9))
    width, height = scale * size[0], scale * size[1]
    axes.set_xlim(middle[0] - width / 2, middle[0] + width / 2)
    axes.set_ylim(middle[1] - height / 2, middle[1] + height / 2 + 0.05 * height)


def _centres(coordinates: NDArray[np.float32], topics: NDArray[np.int32], count: int) -> NDArray[np.float64]:
    return np.array([np.median(coordinates[topics == number], axis=0) for number in range(count)]).reshape(-1, 2)


def _draw_points(
    axes: "Axes", coordinates: NDArray[np.float32], topics: NDArray[np.int32], colours: Sequence[str]
) -> None:
    n = len(coordinates)
    area = float(np.clip(150_000 / n, 4.0, 260.0))
    rasterised = n > MOST_VECTOR_POINTS
    noise = topics == -1
    axes.scatter(
        coordinates[noise, 0],
        coordinates[noise, 1],
        s=area * 0.6,
        c=NOISE_COLOUR,
        alpha=0.7,
        linewidths=0,
        rasterized=rasterised,
        zorder=1,
    )
    members = np.flatnonzero(~noise)
    shown = [colours[topic] for topic in topics[members]]
    edge = 0.6 if n < 300 else 0.0
    axes.scatter(
        coordinates[members, 0],
        coordinates[members, 1],
        s=area,
        c=shown,
        alpha=0.8,
        linewidths=edge,
        edgecolors="white",
        rasterized=rasterised,
        zorder=2,
    )


def _draw_title(figure: "Figure", title: str, papers: int, topics: int) -> None:
    subtitle = f"{papers:,} paper{'s' * (papers != 1)} · {topics} topic{'s' * (topics != 1)}"
    top = 1 - 0.28 / figure.get_figheight()
    figure.text(0.02, top, title, fontsize=17, fontweight="bold", color="#1B1F24", va="top", parse_math=False)
    figure.text(0.02, top - 0.30 / figure.get_figheight(), subtitle, fontsize=11, color="#57606A", va="top")


class _Canvas:
    """The figure while text is put on it. points: (n, 2) pixels of the papers; taken: boxes to keep free."""

    def __init__(self, figure: "Figure", axes: "Axes", points: NDArray[np.float64]) -> None:
        self.figure = figure
        self.axes = axes
        self.points = points
        self.width, self.height = (figure.get_size_inches() * DPI).tolist()
        self.taken: list[Box] = []
        if len(points) <= FEW:
            self.taken += [Box(x, y, POINT_PIXELS, POINT_PIXELS) for x, y in points.tolist()]

    def write(self, anchors: NDArray[np.float64], texts: Sequence[str], colours: Sequence[str], **style: Any) -> None:
        """Each text where there is room near its anchor, or not at all."""
        import matplotlib.patheffects as effects

        drawn = [
            self.figure.text(0, 0, text, color=colour, ha="center", va="center", parse_math=False, **style)
            for text, colour in zip(texts, colours, strict=False)
        ]
        renderer = self.figure.canvas.get_renderer()  # type: ignore[attr-defined]
        extents = [text.get_window_extent(renderer) for text in drawn]
        sizes = [(extent.width, extent.height) for extent in extents]
        places = place_labels(
            anchors[: len(drawn)], sizes, width=self.width, height=self.height - TITLE_PIXELS, taken=self.taken
        )
        for text, box, (x, y), colour in zip(drawn, places, anchors.tolist(), colours, strict=False):
            if box is None:
                text.remove()
                continue
            self._lead(box, Box(x, y, 1.0, 1.0), colour)
            text.set_position((box.x / self.width, box.y / self.height))
            text.set_path_effects([effects.withStroke(linewidth=3.2, foreground="white", alpha=0.92)])
            self.taken.append(box)

    def _lead(self, box: Box, anchor: Box, colour: str) -> None:
        """A thin line from a label that had to move away to the place it names."""
        if not box.overlaps(anchor) and len(self.points) > FEW:
            from matplotlib.lines import Line2D

            x, y = [box.x / self.width, anchor.x / self.width], [box.y / self.height, anchor.y / self.height]
            self.figure.add_artist(Line2D(x, y, color=colour, linewidth=0.8, alpha=0.6, zorder=2.5))


def _draw_labels(canvas: _Canvas, topics: NDArray[np.int32], labels: Sequence[str], colours: Sequence[str]) -> None:
    few = len(canvas.points) <= FEW
    find = (lambda points: points.mean(axis=0)) if few else densest_point
    anchors = np.array([find(canvas.points[topics == number]) for number in range(len(labels))]).reshape(-1, 2)
    texts = [wrapped(safe(label)) for label in labels]
    size = 9.5 if len(labels) > 25 else 14
    canvas.write(
        anchors, texts, [darker(colour) for colour in colours], fontsize=size, fontweight="bold", linespacing=1.05
    )


def _draw_paper_titles(canvas: _Canvas, titles: Sequence[str]) -> None:
    texts = [wrapped(shorten(title, TITLE_CHARACTERS)) for title in titles]
    below = canvas.points - np.array([0.0, 1.7 * POINT_PIXELS])
    canvas.write(below, texts, ["#57606A"] * len(texts), fontsize=9)


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
