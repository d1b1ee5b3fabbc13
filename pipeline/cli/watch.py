"""`paperatlas watch`."""

from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli import show
from pipeline.cli.arguments import Json, Run
from pipeline.errors import PaperatlasError

if TYPE_CHECKING:
    from pipeline.watch import Watched

MAX_TOPICS = 10
QUIET_HELP = "Show no progress, and print nothing where nothing is new."


def watch(  # noqa: PLR0913 - one argument an option
    run: Run,
    *,
    query: Annotated[
        str | None, typer.Option(metavar="QUERY", help="Query as the service takes it; asked again by later watches.")
    ] = None,
    service: Annotated[
        str | None, typer.Option(metavar="NAME", help="Service to ask: one that `fetch` can search.")
    ] = None,
    files: Annotated[
        list[str] | None,
        typer.Option(metavar="FILES", help="File, folder or glob to watch in place of a service; repeatable."),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="Folder of the feeds and the news.", show_default="RUN.watch"),
    ] = None,
    since: Annotated[
        datetime | None,
        typer.Option(
            metavar="YYYY-MM-DD",
            formats=["%Y-%m-%d"],
            help="Day to ask from.",
            show_default="last watch, less some days for late records",
        ),
    ] = None,
    limit: Annotated[
        int | None,
        typer.Option(
            "--max",
            metavar="N",
            min=1,
            max=100_000,
            help="Most papers of one watch.",
            show_default="1000",
        ),
    ] = None,
    mail: Annotated[
        str | None, typer.Option(metavar="ADDRESS", help="Your mail address, sent to the service as its rules ask.")
    ] = None,
    key_variable: Annotated[
        str | None,
        typer.Option(
            "--key-variable",
            metavar="NAME",
            help="Environment variable that holds your key of the service; never printed.",
        ),
    ] = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help=QUIET_HELP)] = False,
    as_json: Json = False,
) -> None:
    """Add new papers to a run, and write feeds and news of them.

    Without a query or files it repeats the last one. New papers since the last watch become part of the run, as by
    `add`, and are announced in news.md and in Atom feeds: one for the run, one for each topic. Meant for cron.
    """
    from pipeline.atlas import find_run
    from pipeline.cli.bars import progress_for
    from pipeline.fetch import KeyWantedError
    from pipeline.watch import WatchRequest
    from pipeline.watch import watch as watch_run

    day = None if since is None else since.date()
    request = WatchRequest(service, query, tuple(files or ()), limit, mail, key_variable, day)
    progress = progress_for(quiet=quiet or as_json)
    try:
        watched = watch_run(find_run(run), request, now=datetime.now(UTC), folder=out, progress=progress)
    except KeyWantedError as problem:
        raise PaperatlasError(f"{problem} (--key-variable NAME sends the key in an environment variable)") from None
    if as_json:
        show.print_json(_as_json(watched))
    else:
        _show(watched, quiet=quiet)


def _show(watched: "Watched", *, quiet: bool) -> None:
    from pipeline.watch import NEWS

    origin = show.safe(watched.origin)
    looked = f"{show.count(watched.looked_at, 'paper')} looked at"
    if watched.versions:
        looked += f", {show.count(watched.versions, 'other version')} of papers known"
    if watched.new:
        file = show.safe(str(_from_here(watched.folder) / NEWS))
        show.line(f"{show.count(watched.new, 'new paper')} from {origin} ({looked}): {file}")
        for label, papers in watched.by_topic[:MAX_TOPICS]:
            show.line(f"  {papers:,} {'between topics' if label is None else show.safe(label)}")
        if len(watched.by_topic) > MAX_TOPICS:
            show.line(f"  and {len(watched.by_topic) - MAX_TOPICS:,} more topics")
    elif not quiet:
        day = "" if watched.since is None else f" since {watched.since}"
        show.line(f"nothing new from {origin}{day} ({looked})")
    for note in watched.notes:
        show.problem(note)


def _from_here(folder: Path) -> Path:
    """A folder as it is named from the working folder, where it is inside that."""
    here = Path.cwd()
    return folder.relative_to(here) if folder.is_relative_to(here) else folder


def _as_json(watched: "Watched") -> dict[str, object]:
    from pipeline.watch import NEWS

    fields = asdict(watched) | {"folder": str(watched.folder), "news": str(watched.folder / NEWS)}
    fields["by_topic"] = [{"label": label, "papers": papers} for label, papers in watched.by_topic]
    fields["since"] = None if watched.since is None else watched.since.isoformat()
    return fields
