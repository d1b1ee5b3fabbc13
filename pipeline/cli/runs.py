"""`paperatlas run` and `verify`."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli import show
from pipeline.cli.analysis import show_topics
from pipeline.cli.arguments import Json, OutputFolder, Overrides, Quiet, Run

if TYPE_CHECKING:
    from pipeline.atlas import AtlasData
    from pipeline.config import Config

DAMAGED = 1


def run(
    sources: Annotated[
        list[str],
        typer.Argument(
            metavar="FILES",
            help="One config (TOML), e.g. configs/seed.toml; or files and folders of papers, which get a config.",
        ),
    ],
    *,
    config: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Config to write for files of papers.", show_default="configs/NAME.toml"),
    ] = None,
    overrides: Overrides = None,
    output: OutputFolder = None,
    force: Annotated[bool, typer.Option("--force", help="Run even if nothing has changed.")] = False,
    dry: Annotated[
        bool, typer.Option("--dry-run", help="Print what [topics.chat] would send, and send nothing.")
    ] = False,
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:
    """Find the topics of a corpus and draw its map.

    Reads and embeds the papers, finds and names topics, draws the map, and writes the run folder.
    """
    from pipeline.cli.run_files import config_for

    loaded = into_folder(config_for(sources, tuple(overrides or ()), file=config), output)
    if dry:
        _show_requests(loaded, quiet=quiet or as_json)
    else:
        run_and_show(loaded, force=force, quiet=quiet, as_json=as_json)


def into_folder(config: "Config", folder: Path | None) -> "Config":
    """The config with its run folder elsewhere; as it is for None."""
    from pipeline.config import OutputConfig

    return config.model_copy(update={"output": OutputConfig(folder=str(folder.absolute()))}) if folder else config


def _show_requests(config: "Config", *, quiet: bool) -> None:
    from pipeline.build import dry_run
    from pipeline.cli.bars import progress_for

    requests = dry_run(config, progress=progress_for(quiet=quiet))
    show.print_jsonl(request.to_json() for request in requests)
    if not requests:
        show.line("nothing would be sent: topics.chat.url is not set, or every topic has a name already")


def run_and_show(config: "Config", *, force: bool = False, quiet: bool = False, as_json: bool = False) -> None:
    """Run a config, then print its topics and what to do next, or one JSON object."""
    from pipeline.build import run_config  # slow: a mistake in the config is reported before
    from pipeline.cli.bars import progress_for
    from pipeline.cli.run_next import show_next

    result = run_config(config, force=force, progress=progress_for(quiet=quiet or as_json))
    atlas, folder = result.atlas, config.run_folder
    if as_json:
        topics = [topic.to_json() for topic in atlas.topics]
        show.print_json(
            {"folder": str(folder), "built": result.built, "counts": asdict(atlas.manifest.counts), "topics": topics}
        )
        return
    if result.built:
        _show_row_counts(atlas)
        show_topics(atlas)
        show.line()
        show.line(f"Atlas: {folder}{'' if str(folder).endswith('/') else '/'}   (map.html, report.md)")
    else:
        show.line(f"{folder} is up to date: same settings, same papers. --force runs again.")
    show_next(atlas, folder)


def _show_row_counts(atlas: "AtlasData") -> None:
    counts, embedding = atlas.manifest.counts, atlas.manifest.embedding
    show.line(show.row_counts(counts.read, counts.kept, duplicates=counts.duplicates, rejected=counts.rejected))
    if counts.rejected:
        from pipeline.report import reject_reasons

        for reason, count in reject_reasons(atlas).items():
            show.line(f"  {count:,} rejected: {show.safe(reason)}")
    show.line(
        f"embedded by {embedding.backend} on {embedding.device} in {embedding.precision}:"
        f" {embedding.embedded:,} new, {embedding.from_cache:,} from the cache"
    )
    if embedding.long_papers:
        share = embedding.long_papers / counts.kept
        show.line(
            f"{share:.0%} of the papers are longer than the {embedding.max_tokens} tokens the model reads at once"
        )
    show.line(f"{counts.noise / counts.kept:.0%} of the papers lie between topics (noise)")
    show.line()


def verify(run: Run) -> None:
    """Check that the files of a run are intact.

    Compares every file with its recorded digest, and the rows of all files with each other.
    """
    from pipeline.atlas import find_run
    from pipeline.atlas import verify as find_problems

    folder = find_run(run)
    problems = find_problems(folder)
    for problem in problems:
        show.problem(f"{folder}: {problem}")
    if problems:
        raise typer.Exit(DAMAGED)
    show.line(f"{folder}: every file is as it was written, and their rows fit")
