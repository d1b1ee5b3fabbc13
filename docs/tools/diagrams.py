"""A run of the demo -> the pictures of how it works: the way of a paper, the choice of topics, parts of an order."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pipeline import Atlas
from pipeline.charts import DARK, MARK, QUIET, chart_style, new_figure, save_figure
from pipeline.words.display import shorten

BLUE, ORANGE, GREEN = "#0072B2", "#E69F00", "#009E73"
STEPS: Sequence[tuple[str, str]] = (
    ("Corpus", "files of any program\nbecome papers"),
    ("Embedding", "each text becomes\na unit vector"),
    ("Neighbours", "the 50 most similar\nof every paper"),
    ("Topics", "UMAP to 5 dimensions,\nHDBSCAN, five fits"),
    ("Map", "the topics on a plane,\nby UMAP to 2"),
)
ASKED, LISTED = "sleep-apnoea-3", 6


def draw_diagrams(run: Path, folder: Path) -> None:
    """All of them."""
    draw_flow(folder)
    draw_choice(run, folder)
    draw_order(run, folder)


def draw_flow(folder: Path) -> None:
    """flow.png: the steps from files to a map, and what is asked of the result."""
    with chart_style(11.0):
        figure = new_figure((11.0, 2.9), dpi=100)
        axes = figure.add_axes((0, 0, 1, 1), xlim=(0, 110), ylim=(0, 29))
        axes.set_axis_off()
        for number, (name, what) in enumerate(STEPS):
            left = 2 + 21.8 * number
            _box(axes, left, 15, name=name, what=what, colour=BLUE)
            if number:
                _arrow(axes, (left - 4.3, 20.5), (left - 0.5, 20.5))
        _box(
            axes,
            43.2,
            1,
            name="Similar papers",
            what="vectors, words, sentences,\nreferences: one order",
            colour=GREEN,
            wide=True,
        )
        _arrow(axes, (54.4, 14.6), (54.4, 12.3))
        (folder / "flow.png").write_bytes(save_figure(figure, "png"))


def _box(axes: Any, left: float, bottom: float, *, name: str, what: str, colour: str, wide: bool = False) -> None:
    from matplotlib.patches import FancyBboxPatch

    width = 22.0 if wide else 17.3
    shape = FancyBboxPatch(
        (left, bottom), width, 11, boxstyle="round,pad=0,rounding_size=1", lw=1.4, ec=colour, fc="white"
    )
    axes.add_patch(shape)
    axes.text(left + width / 2, bottom + 8.6, name, ha="center", va="center", color=DARK, weight="bold")
    axes.text(left + width / 2, bottom + 4.0, what, ha="center", va="center", color=QUIET, size=9)


def _arrow(axes: Any, start: tuple[float, float], end: tuple[float, float]) -> None:
    axes.annotate("", end, start, arrowprops={"arrowstyle": "-|>", "color": QUIET, "lw": 1.4})


def draw_choice(run: Path, folder: Path) -> None:
    """choice.png: the score of every number of topics that the demo's run tried, and the one it took."""
    selection = Atlas.load(run).manifest.selection
    scores = sorted(selection.scores, key=lambda one: one.count)
    with chart_style(10.0):
        figure = new_figure((8.0, 3.2), dpi=100, constrained=True)
        axes = figure.add_subplot(xlabel="number of topics", ylabel="score")
        axes.plot([one.count for one in scores], [one.score for one in scores], color=BLUE, marker="o", ms=4)
        taken = selection.merged_to or selection.count
        axes.axvline(taken, color=MARK, ls="--", lw=1)
        axes.annotate(f" taken: {taken}", (taken, 0.05), xycoords=("data", "axes fraction"), color=MARK)
        axes.spines[["top", "right"]].set_visible(False)
        (folder / "choice.png").write_bytes(save_figure(figure, "png"))


def draw_order(run: Path, folder: Path) -> None:
    """order.png: the papers most similar to one of the demo, and the place that each part alone would give them."""
    found = Atlas.load(run).similar(ASKED, k=LISTED)
    with chart_style(10.0):
        figure = new_figure((11.0, 3.4), dpi=100, constrained=True)
        axes = figure.add_subplot(xlabel="place that this part alone gives, from 1", ylim=(LISTED - 0.5, -0.5))
        for part, colour, marker in (("dense", BLUE, "o"), ("lexical", ORANGE, "s")):
            places = [one.reasons.ranks[part] for one in found]
            name = {"dense": "cosine of the embeddings", "lexical": "words in common"}[part]
            axes.plot(places, range(len(found)), marker, color=colour, ms=8, label=name, alpha=0.85)
        axes.set_xscale("log")
        axes.set_xticks([1, 2, 5, 10, 20], ["1", "2", "5", "10", "20"])
        axes.minorticks_off()
        names = [f"{number}. {shorten(one.title, 60)}" for number, one in enumerate(found, 1)]
        axes.set_yticks(range(len(found)), names)
        axes.grid(axis="y", color="#E5E7EA")
        axes.legend(frameon=False, loc="lower right")
        axes.spines[["top", "right"]].set_visible(False)
        (folder / "order.png").write_bytes(save_figure(figure, "png"))
