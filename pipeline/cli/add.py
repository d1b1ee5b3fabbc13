"""`paperatlas add`."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli import show
from pipeline.cli.arguments import Json, Quiet, Run

if TYPE_CHECKING:
    from pipeline.adding import Added

MAX_TOPICS = 10


def add(
    run: Run,
    files: Annotated[list[str], typer.Argument(metavar="FILES", help="Files, folders or globs of papers.")],
    *,
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:
    """Add new papers to a run.

    Only the new papers are embedded, and topics keep their names. Reports when a new run is due.
    """
    from pipeline.adding import add_papers
    from pipeline.atlas import find_run
    from pipeline.cli.bars import progress_for

    added = add_papers(find_run(run), files, progress=progress_for(quiet=quiet or as_json))
    if as_json:
        show.print_json(_as_json(added))
        return
    show.line(
        f"{show.count(added.new, 'paper')} added, {show.count(added.known, 'paper')} there already,"
        f" {added.rejected:,} rows rejected; {len(added.atlas):,} now"
    )
    for label, papers in added.by_topic[:MAX_TOPICS]:
        show.line(f"  {papers:,} nearest to {show.safe(label)}")
    if len(added.by_topic) > MAX_TOPICS:
        show.line(f"  and {len(added.by_topic) - MAX_TOPICS:,} more topics")
    _show_drift(added)


def _show_drift(added: "Added") -> None:
    if added.drift is None:
        return
    drift = added.drift
    show.line(
        f"added since the run: {drift.added_share:.0%} of its papers; {drift.far_share:.0%} of those added now are far"
        f" from all others (of the run's own papers 5%); mean strength {drift.strength:.2f}, of the run's"
        f" {drift.strength_before:.2f}"
    )
    for reason in drift.reasons:
        show.line(f"A new run is due: {reason}.")
    if drift.due:
        show.line("Add the new files to [corpus] files of the config and run it; a baseline keeps topic ids and names.")


def _as_json(added: "Added") -> dict[str, object]:
    drift = None if added.drift is None else asdict(added.drift) | {"due": added.drift.due}
    topics = [{"label": label, "papers": count} for label, count in added.by_topic]
    counts = {"new": added.new, "known": added.known, "rejected": added.rejected, "papers": len(added.atlas)}
    return counts | {"by_topic": topics, "drift": drift}
