"""Bytes of a zipped spreadsheet -> its kind, once it is known that it does not fill the memory."""

import io
import re
import zipfile
import zlib

from pipeline.corpus.sources import EXPANSION_FREE, MOST_EXPANSION, Source
from pipeline.errors import CorpusError

LARGEST_UNPACKED = 512 * 2**20  # bytes
MOST_CELLS = 20_000_000  # of the rectangle around all cells with a value, which calamine holds whole
CHUNK = 2**20  # bytes
LONGEST_TAG = 400  # bytes
# A cell that is no empty one: <c r="AB12" t="s"><v>...
FILLED_CELL = re.compile(rb'<(?:\w+:)?c\b[^>]*?\br="([A-Z]{1,3})(\d{1,7})"[^>/]*>')


def check_size(source: Source, content: bytes) -> str:
    """The kind: XLSX, XLSB or ODS. Raises CorpusError where the spreadsheet is damaged or far larger than its file."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            _check_unpacked(source, archive.infolist())
            names = archive.namelist()
            for name in names:
                if name.startswith("xl/worksheets/") and name.endswith(".xml"):
                    _check_rectangle(source, archive, name)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as problem:
        raise CorpusError(f"{source}: not a readable spreadsheet: {problem}") from None
    if "content.xml" in names:
        return "ODS"
    return "XLSB" if "xl/workbook.bin" in names else "XLSX"


def _check_unpacked(source: Source, infos: list[zipfile.ZipInfo]) -> None:
    unpacked, packed = sum(info.file_size for info in infos), sum(max(info.compress_size, 1) for info in infos)
    if unpacked > LARGEST_UNPACKED or (unpacked > EXPANSION_FREE and unpacked > MOST_EXPANSION * packed):
        raise CorpusError(f"{source}: a spreadsheet of {unpacked / 1e6:,.0f} MB unpacked; save it as CSV")


def _check_rectangle(source: Source, archive: zipfile.ZipFile, name: str) -> None:
    """Raises CorpusError where cells with a value lie so far apart that the rectangle around them is too large."""
    last_row, last_column, kept = 1, 1, b""
    with archive.open(name) as sheet:
        while chunk := sheet.read(CHUNK):
            cells = FILLED_CELL.findall(kept + chunk)
            last_row = max((last_row, *(int(row) for _, row in cells)))
            last_column = max((last_column, *map(column_number, {column for column, _ in cells})))
            kept = chunk[-LONGEST_TAG:]
    if last_row * last_column > MOST_CELLS:
        raise CorpusError(
            f"{source}: a sheet of {last_row:,} rows and {last_column:,} columns; delete the cells far from its table,"
            " or save it as CSV"
        )


def column_number(letters: bytes) -> int:
    """The number of a column by its letters.

    >>> column_number(b"A"), column_number(b"AB")
    (1, 28)
    """
    number = 0
    for letter in letters:
        number = 26 * number + letter - ord("A") + 1
    return number
