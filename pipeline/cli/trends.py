"""`paperatlas trends`."""

import csv
import io
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli import show
from pipeline.cli.arguments import Json, PngFile, Run, SvgFile
from pipeline.words.display import harmless

if TYPE_CHECKING:
    from pipeline.trends import TopicTrend, Trends

BARS = " ▁▂▃▄▅▆▇█"
SPARKS = 12  # periods drawn in a line of the table
MAX_LABELS = 4  # topics listed for a group


def trends(
    run: Run,
    *,
    by: Annotated[
        str, typer.Option(metavar="COLUMN", help="Column whose values are compared, e.g. year or venue.")
    ] = "year",
    every: Annotated[
        int | None,
        typer.Option(
            metavar="YEARS",
            min=1,
            max=1000,
            help="Length of a period.",
            show_default="1, 2, 5 or more, for at most 60 periods",
        ),
    ] = None,
    csv_file: Annotated[
        Path | None, typer.Option("--csv", metavar="FILE", help="Write a table of every topic in every period (CSV).")
    ] = None,
    svg: SvgFile = None,
    png: PngFile = None,
    as_json: Json = False,
) -> None:
    """Show which topics grow and which shrink.

    Over the years, with 95 % confidence intervals, or between the values of a column; and how often papers of the run
    cite those of each topic ("cited here"), where references are known.
    """
    from pipeline.atlas import load_run
    from pipeline.trends import draw_trends, find_trends

    measured = find_trends(load_run(run), by=by, every=every)
    files = {path: draw_trends(measured, kind) for kind, path in (("svg", svg), ("png", png)) if path is not None}
    if csv_file is not None:
        files[csv_file] = _table(measured)
    for path, content in files.items():
        show.write_file(path, content)
    if as_json:
        show.print_json(measured.to_json())
        return
    (_show_years if measured.over_time else _show_groups)(measured)
    for path in files:
        show.line(f"written: {show.safe(str(path))}")


def _table(measured: "Trends") -> bytes:
    from pipeline.trends.topic_trends import COLUMNS

    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows({name: harmless(value) for name, value in row.items()} for row in measured.rows())
    return text.getvalue().encode()


def _show_years(measured: "Trends") -> None:
    from pipeline.trends.trend_picture import order_by_growth

    rows = []
    for trend in order_by_growth(measured.topics):
        growth = trend.growth
        verdict = ("", "")
        if growth is not None:
            verdict = growth.verdict, f"× {growth.odds_ratio:.2f} ({growth.low:.2f} to {growth.high:.2f})"
        now = ", ".join(next((cell.words for cell in reversed(trend.cells) if cell.papers), ())[:3])
        count = [f"{trend.cited_here:,}"] if measured.with_citations else []
        rows.append((trend.topic, trend.papers, *count, trend.label, _spark(trend), *verdict, now))
    first, last = measured.groups[-SPARKS:][0].name, measured.groups[-1].name
    show.table(
        [
            ("topic", "right"),
            ("papers", "right"),
            *([("cited here", "right")] if measured.with_citations else []),
            ("label", "fold"),
            (f"{first}-{last}", "left"),
            ("", "left"),
            ("odds a year, 95 %", "left"),
            ("recent keywords", "fold"),
        ],
        rows,
    )
    _show_left_out(measured, "no year")


def _spark(trend: "TopicTrend") -> str:
    """Shares in the last periods as bars, scaled to the highest."""
    shares = [cell.share for cell in trend.cells[-SPARKS:]]
    highest = max(shares) or 1.0
    return "".join(BARS[round(share / highest * (len(BARS) - 1))] for share in shares)


def _show_groups(measured: "Trends") -> None:
    """For each group, the topics that are significantly more frequent in it than elsewhere."""
    shares = {
        trend.topic: trend.papers / max(sum(group.papers for group in measured.groups), 1) for trend in measured.topics
    }
    rows = []
    for place, group in enumerate(measured.groups):
        more = [trend for trend in measured.topics if trend.cells[place].than_elsewhere == "more"]
        more.sort(key=lambda trend: shares[trend.topic] / trend.cells[place].share)
        labels = [
            f"{trend.label} ({trend.cells[place].share:.0%}, all {shares[trend.topic]:.1%})"
            for trend in more[:MAX_LABELS]
        ]
        cited = sum(trend.cells[place].cited_here or 0 for trend in measured.topics)
        counts = [f"{group.papers:,}", *([f"{cited:,}"] if measured.with_citations else [])]
        rows.append((group.name, *counts, "; ".join(labels) or "none significantly more than elsewhere"))
    columns = [("papers", "right"), *([("cited here", "right")] if measured.with_citations else [])]
    show.table([(measured.by, "fold"), *columns, ("more than elsewhere", "fold")], rows)
    _show_left_out(measured, f"no {measured.by}, or one of the smaller groups")


def _show_left_out(measured: "Trends", why: str) -> None:
    if measured.left_out:
        show.line(f"{show.count(measured.left_out, 'paper')} left out: {show.safe(why)}")
