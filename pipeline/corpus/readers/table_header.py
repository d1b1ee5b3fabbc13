"""Cells of a header -> names of columns, each of them its own; shared by text tables and spreadsheets."""

from collections.abc import Sequence

HEADER_WITHIN = 20  # rows; above a header stand titles, search strings and dates


def column_names(cells: Sequence[str]) -> list[str]:
    """One name for each cell: repeated names are numbered, cells without one are named by their place.

    >>> column_names(["Title", "Note", " Note ", ""])
    ['Title', 'Note', 'Note (2)', 'column 4']
    """
    names: dict[str, None] = {}
    first_number: dict[str, int] = {}  # of each repeated name: those below it are taken
    for place, cell in enumerate(cells, start=1):
        name = " ".join(cell.split()) or f"column {place}"
        numbered = name
        while numbered in names:
            first_number[name] = first_number.get(name, 1) + 1
            numbered = f"{name} ({first_number[name]})"
        names[numbered] = None
    return list(names)
