"""`paperatlas add`."""

from typing import Annotated, Any

import typer

from pipeline.cli import show
from pipeline.cli.arguments import Json, Run

TOPICS = 10


def add(
    run: Run,
    files: Annotated[list[str], typer.Argument(metavar="FILES", help="Files, folders or globs of papers.")],
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Show no progress.")] = False,
    as_json: Json = False,
) -> None:
    """Put new papers into a run: only they are embedded; topics keep their names; says when a new run is due."""
    from pipeline.adding import add_papers
    from pipeline.atlas import find_run
    from pipeline.cli.progress import progress_for

    found = add_papers(find_run(run), files, progress=progress_for(quiet=quiet or as_json))
    if as_json:
        show.print_json(_told(found))
        return
    show.line(
        f"{_papers(found.new)} added, {_papers(found.known)} there already, {found.rejected:,} rows rejected;"
        f" {len(found.atlas):,} now"
    )
    for label, count in found.by_topic[:TOPICS]:
        show.line(f"  {count:,} nearest to {show.safe(label)}")
    if len(found.by_topic) > TOPICS:
        show.line(f"  and {len(found.by_topic) - TOPICS:,} more topics")
    if found.drift is None:
        return
    drift = found.drift
    show.line(
        f"since the run {drift.added_share:.0%} of its papers were added; {drift.far_share:.0%} of those added now are"
        f" far from all others (of the run's 5% were); mean strength {drift.strength:.2f}, before"
        f" {drift.strength_before:.2f}"
    )
    for reason in drift.reasons:
        show.line(f"A new run is due: {reason}.")
    if drift.due:
        show.line("Name the new files in the config's [corpus] files and run it; baseline keeps ids and names.")


def _told(found: Any) -> dict[str, Any]:
    from dataclasses import asdict

    drift = None if found.drift is None else asdict(found.drift) | {"due": found.drift.due}
    topics = [{"label": label, "papers": count} for label, count in found.by_topic]
    counts = {"new": found.new, "known": found.known, "rejected": found.rejected, "papers": len(found.atlas)}
    return counts | {"by_topic": topics, "drift": drift}


def _papers(count: int) -> str:
    return "1 paper" if count == 1 else f"{count:,} papers"
