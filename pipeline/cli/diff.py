"""`paperatlas diff` and `compare`."""

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli import show
from pipeline.cli.arguments import Json, Labels, Overrides, PngFile, Quiet, SvgFile

if TYPE_CHECKING:
    from pipeline.diff import Changes, TopicRef

MAX_FLOWS = 15


def diff(
    before: Annotated[str, typer.Argument(metavar="BEFORE", help="Earlier run: a folder, or its name under outputs/.")],
    after: Annotated[str, typer.Argument(metavar="AFTER", help="Later run, given the same way.")],
    *,
    svg: SvgFile = None,
    png: PngFile = None,
    as_json: Json = False,
) -> None:
    """Compare the topics of two runs.

    Lists the topics that are new, gone, split or merged, and the papers that moved between topics.
    """
    from pipeline.atlas import load_run
    from pipeline.diff import draw_changes, find_changes

    changes = find_changes(load_run(before), load_run(after))
    files = {path: draw_changes(changes, kind) for kind, path in (("svg", svg), ("png", png)) if path is not None}
    for path, content in files.items():
        show.write_file(path, content)
    if as_json:
        show.print_json(changes.to_json())
        return
    _show(changes)
    for path in files:
        show.line(f"written: {show.safe(str(path))}")


def compare(
    before: Annotated[Path, typer.Argument(metavar="CONFIG_A", help="TOML file.")],
    after: Annotated[Path, typer.Argument(metavar="CONFIG_B", help="TOML file with the same papers.")],
    *,
    labels: Labels = None,
    overrides: Overrides = None,
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:
    """Run two configs of one corpus and compare the results.

    Stages that both configs share run once. --set changes CONFIG_B only.
    """
    from pipeline.build import compare as run_both
    from pipeline.cli.bars import progress_for
    from pipeline.config import load_config

    configs = load_config(before), load_config(after, tuple(overrides or ()))
    comparison = run_both(*configs, labels=labels, progress=progress_for(quiet=quiet or as_json))
    if as_json:
        show.print_json(comparison.to_json())
        return
    names = dict.fromkeys(figure.name for side in (comparison.before, comparison.after) for figure in side.figures)
    rows = []
    for name in names:
        one, other = comparison.before[name], comparison.after[name]
        rows.append((name, show.figure(one), show.figure(other), _difference(one, other)))
    show.table([("figure", "left"), ("A", "right"), ("B", "right"), ("B - A", "right")], rows)
    show.line(f"run once for both: {', '.join(comparison.shared) or 'nothing'}")
    show.line()
    _show(comparison.changes)


def _difference(one: float | None, other: float | None) -> str:
    return "" if one is None or other is None or one == other else f"{other - one:+.3f}".replace(".000", "")


def _show(changes: "Changes") -> None:
    before, after = show.safe(changes.before), show.safe(changes.after)
    show.line(
        f"{show.count(changes.shared, 'paper')} in both runs, {len(changes.lost):,} only in {before},"
        f" {len(changes.new):,} only in {after}"
    )
    show.line(
        f"{show.count(len(changes.continued), 'topic')} continue, {len(changes.born)} born, {len(changes.gone)} gone,"
        f" {len(changes.split)} split, {len(changes.merged)} merged"
    )
    show.line(
        f"{show.count(len(changes.moved), 'paper')} moved ({len(changes.moved) / changes.shared:.1%});"
        f" adjusted mutual information {changes.agreement:.3f}"
    )
    for ref in changes.born:
        show.line(f"  born    {_topic_line(ref)}")
    for ref in changes.gone:
        show.line(f"  gone    {_topic_line(ref)}")
    for split in changes.split:
        show.line(f"  split   {_topic_line(split.before)}  →  {'; '.join(map(_topic_line, split.after))}")
    for merged in changes.merged:
        show.line(f"  merged  {'; '.join(map(_topic_line, merged.before))}  →  {_topic_line(merged.after)}")
    _show_moved(changes)


def _show_moved(changes: "Changes") -> None:
    """The largest groups of papers that moved from one topic to another."""
    labels = {("before", flow.before.id): flow.before.label for flow in changes.flows}
    labels |= {("after", flow.after.id): flow.after.label for flow in changes.flows}
    flows = Counter((moved.before, moved.after) for moved in changes.moved)
    rows = [
        (count, labels["before", one], labels["after", other])
        for (one, other), count in sorted(flows.items(), key=lambda item: (-item[1], item[0]))[:MAX_FLOWS]
    ]
    if rows:
        show.line()
        show.table([("moved", "right"), ("from", "fold"), ("to", "fold")], rows)
    if len(flows) > MAX_FLOWS:
        show.line(f"and {len(flows) - MAX_FLOWS:,} smaller groups; --json lists every paper")


def _topic_line(ref: "TopicRef") -> str:
    return f"{ref.id}. {show.safe(ref.label)} ({ref.papers:,})"
