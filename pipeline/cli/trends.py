"""`paperatlas trends`."""

import csv
import io
from pathlib import Path
from typing import Annotated, Any

import typer

from pipeline.cli import show
from pipeline.cli.arguments import Json, Run
from pipeline.text import harmless

BARS = " ▁▂▃▄▅▆▇█"
SPARKS = 12  # periods drawn in a line of the table


def trends(
    run: Run,
    by: Annotated[str, typer.Option(help="Column whose values are compared, e.g. venue; by itself the year.")] = "year",
    every: Annotated[
        int | None, typer.Option(min=1, max=1000, help="Years of a period; by itself one or more.")
    ] = None,
    csv_file: Annotated[Path | None, typer.Option("--csv", help="Table to write: every topic in every period.")] = None,
    svg: Annotated[Path | None, typer.Option(help="Drawing to write.")] = None,
    png: Annotated[Path | None, typer.Option(help="Picture to write.")] = None,
    as_json: Json = False,
) -> None:
    """Topics that grow and shrink, or differ between the values of a column, and how sure that is."""
    from pipeline.atlas import Atlas
    from pipeline.trends import draw_trends, find_trends

    found = find_trends(Atlas.load(run), by=by, every=every)
    files = {path: draw_trends(found, kind) for kind, path in (("svg", svg), ("png", png)) if path is not None}
    if csv_file is not None:
        files[csv_file] = _table(found)
    for path, content in files.items():
        show.write_file(path, content)
    if as_json:
        show.print_json(found.to_json())
        return
    (_show_years if found.over_time else _show_groups)(found)
    for path in files:
        show.line(f"written: {show.safe(str(path))}")


def _table(found: Any) -> bytes:
    from pipeline.trends.result import COLUMNS

    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows({name: harmless(value) for name, value in row.items()} for row in found.rows())
    return text.getvalue().encode()


def _show_years(found: Any) -> None:
    from pipeline.trends.picture import telling_first

    rows = []
    for trend in telling_first(found.topics):
        growth = trend.growth
        told = ("", "")
        if growth is not None:
            told = growth.verdict, f"× {growth.odds_ratio:.2f} ({growth.low:.2f} to {growth.high:.2f})"
        now = ", ".join(next((cell.words for cell in reversed(trend.cells) if cell.papers), ())[:3])
        rows.append((trend.topic, trend.papers, trend.label, _spark(trend), *told, now))
    first, last = found.groups[-SPARKS:][0].name, found.groups[-1].name
    show.table(
        [
            ("topic", "right"),
            ("papers", "right"),
            ("label", "fold"),
            (f"{first}-{last}", "left"),
            ("", "left"),
            ("odds a year, 95 %", "left"),
            ("words of late", "fold"),
        ],
        rows,
    )
    _show_left_out(found, "no year")


def _spark(trend: Any) -> str:
    """Shares of the last periods as bars, the highest full."""
    shares = [cell.share for cell in trend.cells[-SPARKS:]]
    highest = max(shares) or 1.0
    return "".join(BARS[round(share / highest * (len(BARS) - 1))] for share in shares)


def _show_groups(found: Any) -> None:
    """Of each group, the topics that it surely has more of than the others."""
    usual = {trend.topic: trend.papers / max(sum(group.papers for group in found.groups), 1) for trend in found.topics}
    rows = []
    for place, group in enumerate(found.groups):
        more = [trend for trend in found.topics if trend.cells[place].than_elsewhere == "more"]
        more.sort(key=lambda trend: usual[trend.topic] / trend.cells[place].share)
        told = [f"{trend.label} ({trend.cells[place].share:.0%}, all {usual[trend.topic]:.1%})" for trend in more[:4]]
        rows.append((group.name, f"{group.papers:,}", "; ".join(told) or "nothing surely more than elsewhere"))
    show.table([(found.by, "fold"), ("papers", "right"), ("more than elsewhere", "fold")], rows)
    _show_left_out(found, f"no {found.by}, or one of the smaller groups")


def _show_left_out(found: Any, why: str) -> None:
    if found.left_out:
        papers = "1 paper" if found.left_out == 1 else f"{found.left_out:,} papers"
        show.line(f"{papers} left out: {show.safe(why)}")
