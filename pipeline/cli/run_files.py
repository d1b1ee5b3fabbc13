"""What `paperatlas run` is given, a config or files of papers -> Config; for files, the config that they stand for."""

import json
import os
import re
from collections.abc import Sequence
from pathlib import Path

from pipeline.atomic_write import write_atomically
from pipeline.cli import show
from pipeline.config import Config, load_config
from pipeline.errors import PaperatlasError

CONFIGS = Path("configs")
LONGEST_NAME = 100
HEAD = """\
# Written by paperatlas for the files below. Change what you like and run it again: paperatlas run {name}
# Every setting with its meaning: paperatlas config default

"""


def config_for(sources: Sequence[str], overrides: tuple[str, ...], *, file: Path | None) -> Config:
    """The config to run. sources: one config (its name ends in .toml), or files, folders and globs of papers.

    For papers the config is written to `file`, by itself configs/NAME.toml with the name of the first source. One that
    is there already and lists the same files is used as it is. Raises PaperatlasError where it lists others, and for
    files that are not there.
    """
    configs = [source for source in sources if source.endswith(".toml")]
    if configs and len(sources) > 1:
        raise PaperatlasError(f"{configs[0]}: a config; run it alone, or name files of papers only")
    if configs and file is not None:
        raise PaperatlasError(f"{configs[0]} is a config already; --config names the one written for files of papers")
    if configs:
        return load_config(configs[0], overrides)
    return load_config(_written(sources, file or CONFIGS / f"{_name(sources[0])}.toml"), overrides)


def _written(sources: Sequence[str], file: Path) -> Path:
    """The config file that lists these sources, written where it is not there yet."""
    from pipeline.corpus import find_sources

    if file.suffix != ".toml":
        raise PaperatlasError(f"--config {file}: the name of a config ends in .toml")
    for source in sources:
        if not any(sign in source for sign in "*?[") and not os.path.lexists(source):
            raise PaperatlasError(f"{source}: no such file or folder; name files of papers, or one config (.toml)")
    find_sources(sources, Path())
    paths = [_absolute(source) for source in sources]
    if file.exists():
        known = load_config(file)
        if {_absolute(str(known.folder / name)) for name in known.corpus.files} != set(paths):
            raise PaperatlasError(
                f"{file} is there already and lists other files; run it as it is, or write another with --config"
            )
        show.problem(f"uses {file}, which lists these files already")
        return file
    listed = ", ".join(json.dumps(_from(file, path), ensure_ascii=False) for path in paths)
    text = f"{HEAD.format(name=show.safe(str(file)))}[corpus]\nfiles = [{listed}]\n"
    try:
        write_atomically(file, text.encode())
    except UnicodeEncodeError:
        raise PaperatlasError(f"{sources[0]!r}: a name that is no UTF-8 text; rename the file") from None
    show.problem(f"wrote {file}, the config that these files stand for")
    return file


def _name(source: str) -> str:
    """The name of a run of this file or folder.

    >>> _name("exports/My library.ris.gz"), _name("*.bib")
    ('My-library', 'papers')
    """
    path = Path(source)
    stem = path.resolve().name if path.is_dir() else path.name.partition(".")[0]
    return re.sub(r"[^A-Za-z0-9_-]+", "-", stem).strip("-_")[:LONGEST_NAME] or "papers"


def _absolute(source: str) -> Path:
    """The place of a source; a link keeps its own name, its folders are followed."""
    path = Path(source)
    return path.resolve() if path.name in ("", "..") else path.parent.resolve() / path.name


def _from(file: Path, path: Path) -> str:
    """The path as the config writes it: from the folder it really lies in."""
    try:
        return Path(os.path.relpath(path, file.parent.resolve())).as_posix()
    except ValueError:  # another drive
        return str(path)
