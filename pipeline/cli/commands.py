"""Every command of `paperatlas`."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli import analysis, queries, show, web
from pipeline.cli.add import add
from pipeline.cli.analysis import show_topics
from pipeline.cli.arguments import ConfigFile, Json, Overrides, Run
from pipeline.cli.diff import compare, diff
from pipeline.cli.export import export
from pipeline.cli.fetch import app as fetch_app
from pipeline.cli.inspect import inspect
from pipeline.cli.trends import trends
from pipeline.version import __version__
from pipeline.words.display import safe

if TYPE_CHECKING:
    from pipeline.atlas import AtlasData

DAMAGED = 1

app = typer.Typer(
    name="paperatlas",
    help="From a pile of papers to named topics, a map, and similar papers.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
config_app = typer.Typer(help="Show settings.", no_args_is_help=True, rich_markup_mode=None)
cache_app = typer.Typer(help="Look at or empty the cache of vectors.", no_args_is_help=True, rich_markup_mode=None)
app.add_typer(config_app, name="config")
app.add_typer(cache_app, name="cache")
app.add_typer(fetch_app, name="fetch")
app.command()(inspect)
app.command()(add)
app.command()(export)
app.command()(analysis.topics)
app.command()(analysis.evaluate)
app.command()(trends)
app.command()(diff)
app.command()(compare)
app.command()(queries.similar)
app.command()(queries.search)
app.command()(queries.check)
app.command()(queries.bridges)
app.command()(web.serve)
app.command("map")(web.draw)


def _version(wanted: bool) -> None:
    if wanted:
        show.line(f"paperatlas {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and leave.")
    ] = False,
) -> None:
    """From a pile of papers to named topics, a map, and similar papers."""


@app.command()
def run(
    config: ConfigFile,
    overrides: Overrides = None,
    output: Annotated[Path | None, typer.Option(help="Run folder, instead of outputs/NAME.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Run even if nothing has changed.")] = False,
    dry: Annotated[
        bool,
        typer.Option("--dry-run", help="Print what [topics.chat] would send; send and write nothing."),
    ] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Show no progress.")] = False,
    as_json: Json = False,
) -> None:
    """Read papers, embed them, find topics, draw the map, write the run folder."""
    from pipeline.cli.bars import progress_for
    from pipeline.config import OutputConfig, load_config

    loaded = load_config(config, tuple(overrides or ()))
    if output:
        loaded = loaded.model_copy(update={"output": OutputConfig(folder=str(output.absolute()))})
    from pipeline.build import dry_run, run_config

    if dry:
        requests = dry_run(loaded, progress=progress_for(quiet=quiet or as_json))
        show.print_jsonl(request.to_json() for request in requests)
        if not requests:
            show.line("nothing would be sent: topics.chat.url is not set, or every topic has a name already")
        return
    result = run_config(loaded, force=force, progress=progress_for(quiet=quiet or as_json))
    atlas, folder = result.atlas, loaded.run_folder
    if as_json:
        listed = [topic.to_json() for topic in atlas.topics]
        show.print_json(
            {"folder": str(folder), "built": result.built, "counts": asdict(atlas.manifest.counts), "topics": listed}
        )
        return
    if not result.built:
        show.line(f"{folder} is up to date: same settings, same papers. --force runs again.")
        return
    _show_row_counts(atlas)
    show_topics(atlas)
    show.line()
    show.line(f"Atlas: {folder}{'' if str(folder).endswith('/') else '/'}   (map.html, report.md)")


def _show_row_counts(atlas: "AtlasData") -> None:
    counts, embedding = atlas.manifest.counts, atlas.manifest.embedding
    show.line(
        f"{counts.read:,} rows read = {counts.kept:,} papers + {counts.duplicates:,} duplicates"
        f" + {counts.rejected:,} rejected"
    )
    if counts.rejected:
        from pipeline.report import reject_reasons

        for reason, count in reject_reasons(atlas).items():
            show.line(f"  {count:,} rejected: {safe(reason)}")
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


@app.command()
def plan(config: ConfigFile, overrides: Overrides = None, as_json: Json = False) -> None:
    """Say what a run would do, why, and roughly what it would cost, without running it."""
    from pipeline.build import plan_run
    from pipeline.config import load_config

    planned = plan_run(load_config(config, tuple(overrides or ())))
    if as_json:
        show.print_json(planned.to_json())
        return
    show.line(
        f"{planned.read:,} rows = {planned.papers:,} papers + {planned.duplicates:,} duplicates"
        f" + {planned.rejected:,} rejected, into {planned.run_folder}/"
    )
    show.table([("stage", "left"), ("what runs", "fold"), ("why", "fold")], planned.steps)
    show.line(
        f"roughly {_duration(planned.seconds)} and {planned.memory_mb / 1000:.1f} GB, less where vectors are cached"
    )


def _duration(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


@app.command()
def assign(
    run: Run,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Papers in any format that a corpus may have.")],
) -> None:
    """Topics of new papers, one JSON object a line, in the order of the file."""
    from pipeline.atlas import load_run
    from pipeline.corpus import Rejected, Source, existing_file, read_papers
    from pipeline.recommender import assign_texts

    atlas = load_run(run)
    rows = list(read_papers([Source(existing_file(file))], atlas.manifest.config.corpus))
    papers = [row for row in rows if not isinstance(row, Rejected)]
    results = iter(assign_texts(atlas, [paper.text for paper in papers]))
    show.print_jsonl(
        {"row": row.row, "id": row.id, "rejected": row.reason}
        if isinstance(row, Rejected)
        else {"row": row.row, "id": row.id, **next(results).to_json()}
        for row in rows
    )


@app.command()
def verify(run: Run) -> None:
    """Check every file of a run against its digest, and that the rows of all files fit."""
    from pipeline.atlas import find_run
    from pipeline.atlas import verify as find_problems

    folder = find_run(run)
    problems = find_problems(folder)
    for found in problems:
        show.problem(f"{folder}: {found}")
    if problems:
        raise typer.Exit(DAMAGED)
    show.line(f"{folder}: every file is as it was written, and their rows fit")


@config_app.command("show")
def config_show(config: ConfigFile, overrides: Overrides = None, as_json: Json = False) -> None:
    """Print the settings a config comes to, defaults included."""
    from pipeline.config import load_config, to_toml

    loaded = load_config(config, tuple(overrides or ()))
    if as_json:
        show.print_json(loaded.model_dump(mode="json"))
    else:
        show.line(to_toml(loaded).rstrip())


@config_app.command("schema")
def config_schema() -> None:
    """Print the JSON Schema of a config, for editors."""
    from pipeline.config import json_schema

    show.print_json(json_schema())


@config_app.command("default")
def config_default() -> None:
    """Print every setting at its default, with one comment each."""
    from pipeline.config import default_toml

    show.line(default_toml().rstrip())


@cache_app.command("info")
def cache_info(as_json: Json = False) -> None:
    """Say what is in the cache of vectors, and where it is."""
    from pipeline.config import cache_folder
    from pipeline.embedding.vector_cache import cache_info as look

    info = look(cache_folder() / "vectors")
    if as_json:
        spaces = [{"model": name, "vectors": count, "bytes": size} for name, count, size in info.spaces]
        show.print_json({"folder": str(info.folder), "bytes": info.size, "spaces": spaces})
        return
    show.line(f"{info.folder}: {info.size / 1e6:,.1f} MB")
    if info.spaces:
        rows = [(f"{count:,}", f"{size / 1e6:,.1f}", name) for name, count, size in info.spaces]
        show.table([("vectors", "right"), ("MB", "right"), ("model", "fold")], rows)


@cache_app.command("clear")
def cache_clear() -> None:
    """Delete all cached vectors; compiled models stay."""
    from pipeline.config import cache_folder
    from pipeline.embedding.vector_cache import cache_info as look
    from pipeline.embedding.vector_cache import clear_cache

    folder = cache_folder() / "vectors"
    size = look(folder).size
    clear_cache(folder)
    show.line(f"{folder}: {size / 1e6:,.1f} MB deleted")
