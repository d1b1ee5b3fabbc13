"""Scores of all cuts tried -> topic_choice.svg: score and noise against the number of topics, the cut taken marked."""

import io
from collections.abc import Mapping
from typing import Any

STYLE = {"svg.hashsalt": "paperatlas", "font.family": "DejaVu Sans", "font.size": 9.0, "svg.fonttype": "path"}
COLOURS = {"leaf": "#0072B2", "eom": "#E69F00", "capped": "#009E73"}
METADATA = {"Date": None, "Creator": "paperatlas"}


def draw_curve(choice: Mapping[str, Any]) -> bytes:
    """SVG of the manifest's `choice` of at least one cut; the same choice gives the same bytes."""
    import matplotlib as mpl
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    curve = choice["curve"]
    with mpl.rc_context(STYLE):  # type: ignore[arg-type]
        figure = Figure(figsize=(7.2, 4.4), layout="constrained")
        FigureCanvasSVG(figure)
        upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=(2, 1))
        for method, colour in COLOURS.items():
            cuts = [scored for scored in curve if scored["method"] == method]
            if cuts:
                counts = [scored["count"] for scored in cuts]
                upper.scatter(counts, [scored["score"] for scored in cuts], s=14, color=colour, label=method, alpha=0.7)
                lower.scatter(counts, [100 * scored["noise"] for scored in cuts], s=9, color=colour, alpha=0.7)
        taken = curve[choice["taken"]]
        upper.scatter([taken["count"]], [taken["score"]], s=90, facecolors="none", edgecolors="#C0003C", linewidths=1.6)
        upper.annotate(
            f"taken: {taken['count']} topics",
            (taken["count"], taken["score"]),
            xytext=(0, 10),
            textcoords="offset points",
            color="#C0003C",
            ha="center",
        )
        upper.margins(y=0.14)
        lower.scatter(
            [taken["count"]], [100 * taken["noise"]], s=60, facecolors="none", edgecolors="#C0003C", clip_on=False
        )
        upper.set_ylabel("score (nats)")
        lower.set_ylabel("noise (%)")
        lower.set_ylim(0, 100)
        lower.set_xlabel("number of topics")
        lower.set_xscale("log")
        ticks = [number for number in (2, 3, 5, 10, 20, 50, 100, 200, 500, 1000, 2000) if number <= 1.1 * _most(curve)]
        lower.set_xticks(ticks, [str(number) for number in ticks], minor=False)
        lower.minorticks_off()
        upper.legend(frameon=False, title="cut by", loc="best")
        upper.set_title("How well each cut of the tree fits the papers' neighbours", loc="left")
        for axes in (upper, lower):
            axes.spines[["top", "right"]].set_visible(False)
        return _saved(figure)


def _most(curve: Any) -> int:
    return max(int(scored["count"]) for scored in curve)


def _saved(figure: Any) -> bytes:
    buffer = io.BytesIO()
    figure.savefig(buffer, format="svg", metadata=METADATA)
    return buffer.getvalue()
