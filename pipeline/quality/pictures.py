"""Quality -> small bar charts for the report: papers by year, and by words of their abstract."""

import io
from collections.abc import Mapping
from typing import Any

from pipeline.quality.measure import Quality

STYLE: dict[str, Any] = {
    "svg.hashsalt": "paperatlas",
    "svg.fonttype": "path",
    "font.family": "DejaVu Sans",
    "font.size": 8.0,
}
METADATA = {"Date": None, "Creator": None}
COLOUR, TICKS = "#0072B2", 8


def draw_quality(quality: Quality) -> dict[str, bytes]:
    """years.svg, where any paper has a year, and lengths.svg."""
    pictures = {"lengths.svg": _bars(quality.lengths, "papers by the words of their abstract")}
    if quality.years:
        pictures["years.svg"] = _bars(quality.years, "papers by year")
    return pictures


def _bars(counts: Mapping[str, int], title: str) -> bytes:
    """The same counts give the same bytes."""
    import matplotlib as mpl
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator

    with mpl.rc_context(STYLE):  # type: ignore[arg-type]
        figure = Figure(figsize=(4.6, 1.7), layout="constrained")
        FigureCanvasSVG(figure)
        axes = figure.add_subplot()
        names = list(counts)
        places = range(len(names))
        axes.bar(places, list(counts.values()), width=0.85, color=COLOUR)
        step = max(1, -(-len(names) // TICKS))
        if len(names) > 2 * TICKS:
            axes.set_xticks(places[::step], names[::step])
        else:
            axes.set_xticks(places, names, rotation=0 if len(names) <= TICKS else 45)
        axes.set_title(title, loc="left")
        axes.spines[["top", "right"]].set_visible(False)
        axes.yaxis.set_major_locator(MaxNLocator(nbins=4, integer=True))
        axes.set_ylim(bottom=0)
        buffer = io.BytesIO()
        figure.savefig(buffer, format="svg", metadata=METADATA)
        return buffer.getvalue()
