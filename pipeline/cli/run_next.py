"""A finished run -> the three commands that a newcomer needs next, with names that are there."""

import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.atlas import OUTPUTS
from pipeline.cli import show

if TYPE_CHECKING:
    from pipeline.atlas import AtlasData


def show_next(atlas: "AtlasData", folder: Path) -> None:
    """Print the three commands. folder: the run's, from the working directory."""
    rows = list(_commands(atlas, folder))
    width = max(len(command) for command, _ in rows)
    show.line()
    show.line("Next:")
    for command, purpose in rows:
        show.line(f"  {command.ljust(width)}   # {purpose}")


def _commands(atlas: "AtlasData", folder: Path) -> Iterator[tuple[str, str]]:
    """Each command with what it is for."""
    run = _quoted(folder.name if folder == OUTPUTS / folder.name else str(folder))
    has_page = (folder / "map.html").is_file()
    yield f"paperatlas open {run}" if has_page else f"paperatlas serve {run} --open", "the map, in your browser"
    for topic in atlas.topics:
        if topic.representatives and topic.keywords:  # a seeded topic may be empty
            paper, words = topic.representatives[0], topic.keywords[0].term
            yield f"paperatlas similar {run} --id {_quoted(paper)} --explain", "papers like this one, and why"
            yield f"paperatlas search {run} {_quoted(words)}", "papers that words describe"
            return


def _quoted(text: str) -> str:
    return shlex.quote(show.safe(text))
