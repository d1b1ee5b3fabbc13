"""Manifest -> the charts of the report: papers by year, by length of their abstract, scores of numbers of topics."""

from collections.abc import Mapping

from pipeline.atlas import Manifest, SelectionInfo
from pipeline.charts import chart_style, new_figure, save_figure
from pipeline.corpus.quality import CorpusQuality

COLOUR, TICKS = "#0072B2", 8
SELECTED = "#C0003C"
TOPIC_TICKS = (2, 3, 5, 10, 20, 50, 100, 200, 500, 1000, 2000)


def draw_charts(manifest: Manifest) -> dict[str, bytes]:
    """lengths.svg; years.svg where any paper has a year; topic_selection.svg where several scores are known."""
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
    """SVG: the score of every number of topics tried; the number selected is marked."""
    scores = sorted(selection.scores, key=lambda score: score.count)
    counts = [score.count for score in scores]
    with chart_style(9.0):
        figure = new_figure((7.2, 3.2), constrained=True)
        axes = figure.add_subplot()
        axes.plot(counts, [score.score for score in scores], color=COLOUR, marker="o", markersize=3.5, linewidth=1.2)
        if (selected := selection.selected_score) is not None:
            number = selection.merged_to or selected.count
            axes.axvline(number, color=SELECTED, linewidth=1.0, linestyle="--")
            axes.annotate(
                f"selected: {number} topics",
                (number, 0.04),
                xycoords=("data", "axes fraction"),
                xytext=(-5 if number > counts[-1] ** 0.5 else 5, 0),
                textcoords="offset points",
                color=SELECTED,
                ha="right" if number > counts[-1] ** 0.5 else "left",
            )
        axes.set_ylabel("score")
        axes.set_xlabel("number of topics")
        axes.set_xscale("log")
        ticks = [tick for tick in TOPIC_TICKS if tick <= 1.1 * counts[-1]]
        axes.set_xticks(ticks, [str(tick) for tick in ticks], minor=False)
        axes.minorticks_off()
        axes.set_title("Score of each number of topics, mean of the fits", loc="left")
        axes.spines[["top", "right"]].set_visible(False)
        return save_figure(figure, "svg")
