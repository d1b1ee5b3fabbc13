"""Results -> the terminal: tables that fit its width, JSON for programs, control characters of papers removed."""

import csv
import errno
import json
import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.style import Style
from rich.table import Table
from rich.text import Text

from pipeline.atomic_write import write_atomically
from pipeline.cli.message import say
from pipeline.errors import PaperatlasError
from pipeline.words.display import harmless, safe

__all__ = [
    "Linked",
    "console",
    "count",
    "figure",
    "line",
    "print_csv",
    "print_json",
    "print_jsonl",
    "print_text",
    "problem",
    "row_counts",
    "safe",
    "table",
    "write_file",
]

PIPE_WIDTH = 120


@dataclass(frozen=True)
class Linked:
    """A cell of a table, shown as a link where the terminal supports links. address: None for plain text."""

    text: str
    address: str | None


class _PlainConsole(Console):
    """Leaves a closed pipe to the command line, where rich would end the program itself."""

    def on_broken_pipe(self) -> None:
        raise BrokenPipeError(errno.EPIPE, os.strerror(errno.EPIPE))


def console(*, stderr: bool = False) -> Console:
    """A console as wide as the terminal, or 120 columns wide in a pipe."""
    stream = sys.stderr if stderr else sys.stdout
    return _PlainConsole(stderr=stderr, width=None if stream.isatty() else PIPE_WIDTH, highlight=False, markup=False)


def table(columns: Sequence[tuple[str, str]], rows: Iterable[Sequence[object]], *, title: str | None = None) -> None:
    """Print a table. columns: (heading, "left" | "right" | "fold"); "fold" columns wrap where space is short."""
    grid = Table(title=title, title_justify="left", box=None, pad_edge=False, header_style="bold")
    for heading, kind in columns:
        grid.add_column(
            heading, justify="right" if kind == "right" else "left", overflow="fold", no_wrap=kind != "fold"
        )
    for row in rows:
        grid.add_row(*(_cell(cell) for cell in row))
    console().print(grid)


def _cell(cell: object) -> Text:
    if isinstance(cell, Linked):
        return Text(safe(cell.text), style=Style(link=cell.address) if cell.address else "")
    return Text(safe(str(cell)))


def figure(value: float | None) -> str:
    """A number for a table: counts whole, shares with three digits, "-" for None."""
    if value is None:
        return "-"
    return f"{value:,.0f}" if value == int(value) and abs(value) > 1 else f"{value:.3f}"


def count(number: int, noun: str) -> str:
    """A number with its noun.

    >>> count(1, "paper"), count(2000, "paper")
    ('1 paper', '2,000 papers')
    """
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def row_counts(read: int, kept: int, *, duplicates: int, rejected: int) -> str:
    """Where every row read is.

    >>> row_counts(1, 1, duplicates=0, rejected=0)
    '1 row read = 1 paper + 0 duplicates + 0 rejected'
    """
    kinds = f"{count(kept, 'paper')} + {count(duplicates, 'duplicate')} + {rejected:,} rejected"
    return f"{count(read, 'row')} read = {kinds}"


def print_text(text: str) -> None:
    """Print a text unchanged."""
    sys.stdout.write(text)


def line(text: str = "") -> None:
    """Print one line; texts of papers in it must have passed `safe`."""
    console().print(text, soft_wrap=True)


def print_json(content: object) -> None:
    """Print one JSON value."""
    sys.stdout.write(json.dumps(content, ensure_ascii=False, indent=1) + "\n")


def print_csv(rows: Sequence[Mapping[str, object]], columns: Sequence[str]) -> None:
    """Print rows as CSV; text that a spreadsheet would run as a formula is quoted."""
    writer = csv.DictWriter(sys.stdout, columns, lineterminator="\n")
    writer.writeheader()
    for row in rows:
        writer.writerow({name: harmless(value) for name, value in row.items()})


def print_jsonl(rows: Iterable[object]) -> None:
    """Print one JSON object per line."""
    for row in rows:
        sys.stdout.write(json.dumps(row, ensure_ascii=False) + "\n")


def write_file(path: Path, content: bytes | Iterable[bytes]) -> None:
    """Write a file that the user named, whole or in blocks. Raises PaperatlasError where that fails, or its folder is
    missing.
    """
    if not path.parent.is_dir():
        raise PaperatlasError(f"{path}: cannot be written: there is no folder {path.parent}")
    try:
        write_atomically(path, content)
    except OSError as reason:
        raise PaperatlasError(f"{path}: cannot be written: {reason.strerror}") from None


def problem(text: str) -> None:
    """Print a mistake or a notice as one line on standard error."""
    say(text)
