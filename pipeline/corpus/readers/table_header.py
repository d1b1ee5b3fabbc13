"""Cells of a header -> names of columns, each of them its own; shared by text tables and spreadsheets."""

from collections.abc import Sequence
from itertools import count

HEADER_WITHIN = 20  # rows; above a header stand titles, search strings and dates


def column_names(cells: Sequence[str]) -> list[str]:
    """One name for each cell: repeated names are numbered, cells without one are named by their place.

    >>> column_names(["Title", "Note", " Note ", ""])
    ['Title', 'Note', 'Note (2)', 'column 4']
    """
    names: dict[str, None] = {}
    for place, cell in enumerate(cells, start=1):
        name = " ".join(cell.split()) or f"column {place}"
        names[name if name not in names else _numbered(name, names)] = None
    return list(names)


def _numbered(name: str, taken: dict[str, None]) -> str:
    return next(numbered for number in count(2) if (numbered := f"{name} ({number})") not in taken)
