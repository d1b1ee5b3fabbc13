"""matplotlib figure -> bytes: one style for every chart and picture, the same bytes for the same figure."""

import io
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.figure import Figure

STYLE: Mapping[str, Any] = {
    "svg.hashsalt": "paperatlas",  # else ids in an SVG are drawn at random
    "svg.fonttype": "path",
    "pdf.fonttype": 42,
    "path.simplify": False,
    "font.family": "DejaVu Sans",
}
METADATA: Mapping[str, dict[str, None]] = {
    "png": {"Software": None},
    "svg": {"Date": None, "Creator": None},
    "pdf": {"CreationDate": None, "Creator": None, "Producer": None},
}
DARK, QUIET, MARK = "#1B1F24", "#57606A", "#B3261E"  # text, text beside it, what is pointed out


@contextmanager
def chart_style(font_size: float = 10.0) -> Iterator[None]:
    """The style, while a figure is made and saved. font_size: points of text that does not say its own."""
    import matplotlib as mpl

    settings: dict[Any, Any] = {**STYLE, "font.size": font_size}
    with mpl.rc_context(settings):
        yield


def new_figure(size: tuple[float, float] | None = None, *, dpi: float = 100, constrained: bool = False) -> "Figure":
    """An empty white figure, of a size in inches; constrained: matplotlib's own layout keeps its parts apart."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=size, dpi=dpi, facecolor="white", layout="constrained" if constrained else None)
    FigureCanvasAgg(figure)
    return figure


def save_figure(figure: "Figure", kind: str) -> bytes:
    """The figure as "png", "svg" or "pdf", without the time and program that made it."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format=kind, dpi=figure.dpi, metadata=METADATA[kind])
    return buffer.getvalue()
