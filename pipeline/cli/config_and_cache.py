"""`paperatlas config` and `paperatlas cache`."""

import typer

from pipeline.cli import show
from pipeline.cli.arguments import ConfigFile, Json, Overrides, examples

config_app = typer.Typer(
    help="Print settings, their defaults and their schema.", no_args_is_help=True, rich_markup_mode=None
)
cache_app = typer.Typer(help="Show or empty the cache of vectors.", no_args_is_help=True, rich_markup_mode=None)


@config_app.command("show", epilog=examples("config show my.toml --set seed=7"))
def config_show(config: ConfigFile, *, overrides: Overrides = None, as_json: Json = False) -> None:
    """Print all settings of a config, defaults included."""
    from pipeline.config import load_config, to_toml

    loaded = load_config(config, tuple(overrides or ()))
    if as_json:
        show.print_json(loaded.model_dump(mode="json"))
    else:
        show.line(to_toml(loaded).rstrip())


@config_app.command("schema")
def config_schema() -> None:
    """Print the JSON Schema of config files, for editors."""
    from pipeline.config import json_schema

    show.print_json(json_schema())


@config_app.command("default", epilog=examples("config default > my.toml"))
def config_default() -> None:
    """Print every setting with its default and its meaning."""
    from pipeline.config import default_toml

    show.line(default_toml().rstrip())


@cache_app.command("info")
def cache_info(*, as_json: Json = False) -> None:
    """Show the location, size and content of the cache."""
    from pipeline.config import cache_folder
    from pipeline.embedding.vector_cache import cache_info as measure

    info = measure(cache_folder() / "vectors")
    if as_json:
        spaces = [{"model": name, "vectors": count, "bytes": size} for name, count, size in info.spaces]
        show.print_json({"folder": str(info.folder), "bytes": info.size, "spaces": spaces})
        return
    show.line(f"{info.folder}: {info.size / 1e6:,.1f} MB")
    if info.spaces:
        rows = [
            ("?" if count is None else f"{count:,}", f"{size / 1e6:,.1f}", name) for name, count, size in info.spaces
        ]
        show.table([("vectors", "right"), ("MB", "right"), ("model", "fold")], rows)


@cache_app.command("clear")
def cache_clear() -> None:
    """Delete all cached vectors.

    Compiled models are kept.
    """
    from pipeline.config import cache_folder
    from pipeline.embedding.vector_cache import cache_info as measure
    from pipeline.embedding.vector_cache import clear_cache

    folder = cache_folder() / "vectors"
    size = measure(folder).size
    clear_cache(folder)
    show.line(f"{folder}: {size / 1e6:,.1f} MB deleted")
