"""matplotlib figure -> bytes: one style for every chart and picture, the same bytes for the same figure."""

import io
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from matplotlib.typing import RcKeyType

STYLE: Mapping["RcKeyType", str | float | bool] = {
    "svg.hashsalt": "paperatlas",  # without a salt of our own, ids in an SVG are random
    "svg.fonttype": "path",
    "pdf.fonttype": 42,
    "path.simplify": False,
    "font.family": "DejaVu Sans",
    "text.parse_math": False,  # a label with two dollar signs is no formula
}
METADATA: Mapping[str, dict[str, None]] = {
    "png": {"Software": None},
    "svg": {"Date": None, "Creator": None},
    "pdf": {"CreationDate": None, "Creator": None, "Producer": None},
}
DARK, QUIET, MARK = "#1B1F24", "#57606A", "#B3261E"  # text, secondary text, highlights


@contextmanager
def chart_style(font_size: float = 10.0) -> Iterator[None]:
    """The style, while a figure is made and saved. font_size: default, in points."""
    import matplotlib as mpl

    with mpl.rc_context({**STYLE, "font.size": font_size}):
        yield


def new_figure(size: tuple[float, float] | None = None, *, dpi: float = 100, constrained: bool = False) -> "Figure":
    """An empty white figure. size: inches; constrained: laid out by matplotlib so that its parts do not overlap."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=size, dpi=dpi, facecolor="white", layout="constrained" if constrained else None)
    FigureCanvasAgg(figure)
    return figure


def save_figure(figure: "Figure", kind: str) -> bytes:
    """The figure. kind: "png", "svg" or "pdf"; the date and the program are left out of the file."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format=kind, dpi=figure.dpi, metadata=METADATA[kind])
    return buffer.getvalue()
