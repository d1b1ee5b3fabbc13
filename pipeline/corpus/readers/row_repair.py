"""Lines of a row that does not fit its header -> its cells, by the number of columns; neighbours stay as they are.

Programs write quotes inside quoted cells without doubling them, spaces before quotes, or one cell too many. Each way
of reading such a row is tried on its own lines until one gives as many cells as the header has.
"""

import csv
import re
from collections.abc import Callable
from dataclasses import dataclass

MOST_LINES = 50  # of one row whose quotes are broken
STRAY_QUOTE = "a quote inside a quoted cell"
PLAIN_QUOTE = "a quote that opens no cell"
LINE_BREAK = "a line break without quotes"
EMPTY_CELL = "an empty cell too many"
MISSING_CELLS = "cells missing at the end"
OPEN_QUOTE = "a quote that is never closed; is a quote left open?"
QUOTES = re.compile('"+')


@dataclass(frozen=True)
class Mended:
    """The cells of a row, how many lines it has, and what was mended; reason: why it cannot be read, else ""."""

    cells: list[str]
    lines: int
    repaired: tuple[str, ...] = ()
    reason: str = ""


@dataclass(frozen=True)
class Way:
    """When a quote before a delimiter ends its cell.

    doubled: a doubled quote never does. behind: what may stand behind that delimiter, as a pattern.
    """

    doubled: bool
    behind: re.Pattern[str]


# The likeliest first: any quote before a delimiter; where no space follows; where a quote or nothing follows.
BEHIND = tuple(re.compile(pattern) for pattern in ("", r"(?!\s)|\Z", r'["\s]?\Z|"'))
WAYS = tuple(Way(doubled, behind) for doubled in (True, False) for behind in BEHIND)


def mend(lines: list[str], next_line: Callable[[], str], *, delimiter: str, width: int) -> Mended:
    """The first row of lines that do not fit as they were read. width: the number of columns.

    next_line: gives the line behind, "" after the last; what it gave is added to the lines, used or not.
    """
    if delimiter == "\t" and lines[0].count("\t") == width - 1:
        return Mended(_ending_off(lines[0]).split("\t"), 1, (PLAIN_QUOTE,))
    text = ""
    for number in range(1, MOST_LINES + 1):
        if number > len(lines):
            lines.append(next_line())
        line = lines[number - 1]
        if not line or (number > 1 and is_whole(line, delimiter=delimiter, width=width)):
            break
        text += line
        rows = [split_cells(_ending_off(text), delimiter=delimiter, way=way) for way in WAYS]
        if cells := next((row for row in rows if row is not None and len(row) == width), None):
            return Mended(cells, number, (STRAY_QUOTE if '"' in text else LINE_BREAK,))
        if None not in rows:
            break
    return _first_line_alone(lines[0], delimiter=delimiter)


def fit(cells: list[str], *, width: int, named: int) -> tuple[list[str], tuple[str, ...]] | None:
    """The cells without surplus empty ones, or with empty ones for those missing; None where surplus cells have text.

    width: cells of the header; named: those up to its last name.

    >>> fit(["a", "b", " "], width=2, named=2), fit(["a"], width=2, named=2), fit(["a", "b", "c"], width=2, named=2)
    ((['a', 'b'], ('an empty cell too many',)), (['a', ''], ('cells missing at the end',)), None)
    """
    if len(cells) > width:
        return None if any(cell.strip() for cell in cells[width:]) else (cells[:width], (EMPTY_CELL,))
    missing = () if len(cells) >= named else (MISSING_CELLS,)
    return cells + [""] * (width - len(cells)), missing


def hides_rows(lines: list[str], *, delimiter: str, width: int) -> bool:
    """Whether a row of several lines swallowed its neighbours: a later line is a whole row by itself."""
    if delimiter == "\t" and width > 2:
        return all(line.count("\t") == width - 1 for line in lines)
    if lines[0].count(delimiter) < width - 1:  # it goes on below: what looks like a row there is inside its cell
        return False
    return any(is_whole(line, delimiter=delimiter, width=width) for line in lines[1:])


def is_whole(line: str, *, delimiter: str, width: int) -> bool:
    """Whether a line is a row by itself; never where a line of prose could have as many delimiters.

    The last line of a quoted cell is none: it has the quote that ends the cell, and so an odd number of them.
    """
    if width < 4 or line.count(delimiter) < width - 1 or line.count('"') % 2:
        return False
    try:
        return len(next(csv.reader([line], delimiter=delimiter, strict=True), [])) == width
    except csv.Error:
        return False


def split_cells(text: str, *, delimiter: str, way: Way) -> list[str] | None:
    """The cells of a row, None where a quote is open at its end.

    >>> split_cells('"the "old" ice",2020', delimiter=",", way=WAYS[0])
    ['the "old" ice', '2020']
    """
    cells: list[str] = []
    place = 0
    while True:
        start = place + len(text[place:]) - len(text[place:].lstrip(" ")) if text.startswith(" ", place) else place
        if text.startswith('"', start):
            last, place = _end_of_cell(text, start + 1, delimiter=delimiter, way=way)
            if last < 0:
                return None
            cells.append(text[start + 1 : last].replace('""', '"'))
        else:
            end = text.find(delimiter, place)
            end = len(text) if end < 0 else end
            cells.append(text[place:end])
            place = end
        if place >= len(text):
            return cells
        place += len(delimiter)


def _end_of_cell(text: str, start: int, *, delimiter: str, way: Way) -> tuple[int, int]:
    """Places of the quote that ends a cell and of the delimiter behind it; -1 where none does."""
    for quotes in QUOTES.finditer(text, start):
        if way.doubled and (quotes.end() - quotes.start()) % 2 == 0:
            continue
        behind = quotes.end()
        while text.startswith(" ", behind):
            behind += 1
        if behind == len(text):
            return quotes.end() - 1, behind
        if text.startswith(delimiter, behind) and way.behind.match(text, behind + 1):
            return quotes.end() - 1, behind
    return -1, -1


def _first_line_alone(line: str, *, delimiter: str) -> Mended:
    """The row of one line, to be fitted or rejected by its caller."""
    cells = split_cells(_ending_off(line), delimiter=delimiter, way=WAYS[0])
    if cells is None:
        return Mended([], 1, reason=OPEN_QUOTE)
    return Mended(cells, 1)


def _ending_off(text: str) -> str:
    return text.removesuffix("\n").removesuffix("\r")
