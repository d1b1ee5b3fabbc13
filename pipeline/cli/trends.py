"""`paperatlas trends`."""

import csv
import io
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli import show
from pipeline.cli.arguments import Json, Run
from pipeline.words.display import harmless

if TYPE_CHECKING:
    from pipeline.trends import TopicTrend, Trends

BARS = " ▁▂▃▄▅▆▇█"
SPARKS = 12  # periods drawn in a line of the table


def trends(
    run: Run,
    by: Annotated[str, typer.Option(help="Column whose values are compared, e.g. venue; default: the year.")] = "year",
    every: Annotated[int | None, typer.Option(min=1, max=1000, help="Years of a period; default: one or more.")] = None,
    csv_file: Annotated[Path | None, typer.Option("--csv", help="Table to write: every topic in every period.")] = None,
    svg: Annotated[Path | None, typer.Option(help="Drawing to write.")] = None,
    png: Annotated[Path | None, typer.Option(help="Picture to write.")] = None,
    as_json: Json = False,
) -> None:
    """Topics that grow and shrink, or differ between the values of a column, and how sure that is."""
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
    from pipeline.trends.trend_picture import telling_first

    rows = []
    for trend in telling_first(measured.topics):
        growth = trend.growth
        verdict = ("", "")
        if growth is not None:
            verdict = growth.verdict, f"× {growth.odds_ratio:.2f} ({growth.low:.2f} to {growth.high:.2f})"
        now = ", ".join(next((cell.words for cell in reversed(trend.cells) if cell.papers), ())[:3])
        rows.append((trend.topic, trend.papers, trend.label, _spark(trend), *verdict, now))
    first, last = measured.groups[-SPARKS:][0].name, measured.groups[-1].name
    show.table(
        [
            ("topic", "right"),
            ("papers", "right"),
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
    """Shares of the last periods as bars, the highest full."""
    shares = [cell.share for cell in trend.cells[-SPARKS:]]
    highest = max(shares) or 1.0
    return "".join(BARS[round(share / highest * (len(BARS) - 1))] for share in shares)


def _show_groups(measured: "Trends") -> None:
    """Of each group, the topics that it surely has more of than the others."""
    usual = {
        trend.topic: trend.papers / max(sum(group.papers for group in measured.groups), 1) for trend in measured.topics
    }
    rows = []
    for place, group in enumerate(measured.groups):
        more = [trend for trend in measured.topics if trend.cells[place].than_elsewhere == "more"]
        more.sort(key=lambda trend: usual[trend.topic] / trend.cells[place].share)
        shares = [f"{trend.label} ({trend.cells[place].share:.0%}, all {usual[trend.topic]:.1%})" for trend in more[:4]]
        rows.append((group.name, f"{group.papers:,}", "; ".join(shares) or "nothing surely more than elsewhere"))
    show.table([(measured.by, "fold"), ("papers", "right"), ("more than elsewhere", "fold")], rows)
    _show_left_out(measured, f"no {measured.by}, or one of the smaller groups")


def _show_left_out(measured: "Trends", why: str) -> None:
    if measured.left_out:
        papers = "1 paper" if measured.left_out == 1 else f"{measured.left_out:,} papers"
        show.line(f"{papers} left out: {show.safe(why)}")
