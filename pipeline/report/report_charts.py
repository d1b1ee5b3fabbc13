"""Manifest -> the charts of the report: papers by year, by length of their abstract, and the cuts tried."""

from collections.abc import Mapping

from pipeline.atlas import Manifest, SelectionInfo
from pipeline.charts import chart_style, new_figure, save_figure
from pipeline.corpus.quality import CorpusQuality

COLOUR, TICKS = "#0072B2", 8
METHOD_COLOURS = {"leaf": "#0072B2", "eom": "#E69F00", "max_cluster_size": "#009E73"}
SELECTED = "#C0003C"
TOPIC_TICKS = (2, 3, 5, 10, 20, 50, 100, 200, 500, 1000, 2000)


def draw_charts(manifest: Manifest) -> dict[str, bytes]:
    """lengths.svg; years.svg where any paper has a year; topic_selection.svg where several cuts were tried."""
    charts = draw_quality(manifest.quality)
    if len(manifest.selection.scores) > 1:
        charts["topic_selection.svg"] = draw_selection(manifest.selection)
    return charts


def draw_quality(quality: CorpusQuality) -> dict[str, bytes]:
    """years.svg, where any paper has a year, and lengths.svg."""
    charts = {"lengths.svg": _bars(quality.lengths, "Papers by number of words in the abstract")}
    if quality.years:
        charts["years.svg"] = _bars(quality.years, "Papers by year")
    return charts


def _bars(counts: Mapping[str, int], title: str) -> bytes:
    """A bar chart of counts by name, as SVG; the same counts give the same bytes."""
    from matplotlib.ticker import MaxNLocator

    with chart_style(8.0):
        figure = new_figure((4.6, 1.7), constrained=True)
        axes = figure.add_subplot()
        names = list(counts)
        positions = range(len(names))
        axes.bar(positions, list(counts.values()), width=0.85, color=COLOUR)
        step = max(1, -(-len(names) // TICKS))
        if len(names) > 2 * TICKS:
            axes.set_xticks(positions[::step], names[::step])
        else:
            axes.set_xticks(positions, names, rotation=0 if len(names) <= TICKS else 45)
        axes.set_title(title, loc="left")
        axes.spines[["top", "right"]].set_visible(False)
        axes.yaxis.set_major_locator(MaxNLocator(nbins=4, integer=True))
        axes.set_ylim(bottom=0)
        return save_figure(figure, "svg")


def draw_selection(selection: SelectionInfo) -> bytes:
    """SVG: score and noise of every cut tried against its number of topics; the selected cut is marked."""
    with chart_style(9.0):
        figure = new_figure((7.2, 4.4), constrained=True)
        upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=(2, 1))
        for method, colour in METHOD_COLOURS.items():
            cuts = [score for score in selection.scores if score.method == method]
            if cuts:
                counts = [score.count for score in cuts]
                upper.scatter(counts, [score.score for score in cuts], s=14, color=colour, label=method, alpha=0.7)
                lower.scatter(
                    counts, [100 * score.noise for score in cuts], s=9, color=colour, alpha=0.7, clip_on=False
                )
        if (selected := selection.selected_score) is not None:
            ring = {"facecolors": "none", "edgecolors": SELECTED}
            upper.scatter([selected.count], [selected.score], s=90, linewidths=1.6, **ring)
            lower.scatter([selected.count], [100 * selected.noise], s=60, clip_on=False, **ring)
            upper.annotate(
                f"selected: {selected.count} topics",
                (selected.count, selected.score),
                xytext=(0, 10),
                textcoords="offset points",
                color=SELECTED,
                ha="center",
            )
        upper.margins(y=0.14)
        upper.set_ylabel("score (nats)")
        lower.set_ylabel("noise (%)")
        lower.set_ylim(0, 100)
        lower.set_xlabel("number of topics")
        lower.set_xscale("log")
        most = 1.1 * max(score.count for score in selection.scores)
        ticks = [number for number in TOPIC_TICKS if number <= most]
        lower.set_xticks(ticks, [str(number) for number in ticks], minor=False)
        lower.minorticks_off()
        upper.legend(frameon=False, title="selection", loc="best")
        upper.set_title("Score and noise of the HDBSCAN cuts tried", loc="left")
        for axes in (upper, lower):
            axes.spines[["top", "right"]].set_visible(False)
        return save_figure(figure, "svg")
