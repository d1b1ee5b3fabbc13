"""XLSX -> records, by openpyxl without formulas or styles: the first sheet that has a header with a title in it."""

import datetime
import io
import itertools
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from pipeline.corpus.file_format import Format
from pipeline.corpus.record import Record, Rejected
from pipeline.corpus.sources import EXPANSION_FREE, MOST_EXPANSION, Source
from pipeline.errors import CorpusError

if TYPE_CHECKING:
    from openpyxl.worksheet._read_only import ReadOnlyWorksheet

MOST_EMPTY = 1_000  # consecutive empty rows, after which a sheet counts as ended
HEADER_WITHIN = 20  # rows
LARGEST_UNPACKED = 512 * 2**20  # bytes
MOST_COLUMNS = 500


def read(source: Source, _encoding: str) -> Iterator[Record | Rejected]:
    """Each row below the header as a record, empty rows left out; row: its number in the sheet.

    A formula has the value that was last computed for it.
    """
    import openpyxl
    from openpyxl.utils.exceptions import InvalidFileException

    content = io.BytesIO(source.read_whole())
    _check_size(source, content)
    broken = (ValueError, LookupError, TypeError, AttributeError, SyntaxError, OSError, EOFError, RuntimeError)
    try:
        book = openpyxl.load_workbook(content, read_only=True, data_only=True, keep_links=False)
        yield from _sheet(source, [sheet for sheet in book.worksheets if hasattr(sheet, "iter_rows")])
    except (*broken, ArithmeticError, zlib.error, zipfile.BadZipFile, InvalidFileException) as problem:
        raise CorpusError(f"{source}: not a readable spreadsheet: {_first_line(problem)}") from None


def _first_line(problem: Exception) -> str:
    return next((line.strip() for line in str(problem).splitlines() if line.strip()), type(problem).__name__)[:200]


def _check_size(source: Source, content: io.BytesIO) -> None:
    try:
        with zipfile.ZipFile(content) as archive:
            sizes = [(info.file_size, max(info.compress_size, 1)) for info in archive.infolist()]
    except zipfile.BadZipFile as problem:
        raise CorpusError(f"{source}: not a readable spreadsheet: {problem}") from None
    unpacked, packed = sum(size for size, _ in sizes), sum(size for _, size in sizes)
    if unpacked > LARGEST_UNPACKED or (unpacked > EXPANSION_FREE and unpacked > MOST_EXPANSION * packed):
        raise CorpusError(f"{source}: a spreadsheet of {unpacked / 1e6:,.0f} MB unpacked; save it as CSV")


def _sheet(source: Source, sheets: Sequence["ReadOnlyWorksheet"]) -> Iterator[Record | Rejected]:
    for sheet in sheets:
        sheet.reset_dimensions()  # many writers store wrong ones
        rows = enumerate(sheet.iter_rows(values_only=True, max_col=MOST_COLUMNS), start=1)
        for _, row in itertools.islice(rows, HEADER_WITHIN):
            header = ["" if cell is None else str(cell).strip() for cell in row]
            if any("title" in name.lower() or name.lower() in ("abstract", "ti", "ab") for name in header):
                yield from _rows(source, header, rows)
                return
    raise CorpusError(f"{source}: no sheet has a header with a title in its first {HEADER_WITHIN} rows")


def _rows(
    source: Source, header: list[str], rows: Iterator[tuple[int, Sequence[object]]]
) -> Iterator[Record | Rejected]:
    empty = 0
    for number, row in rows:
        values = [_value(cell) for cell in row]
        if all(value in (None, "") for value in values):
            empty += 1
            if empty > MOST_EMPTY:
                return
            continue
        empty = 0
        named = {name: value for name, value in zip(header, values, strict=False) if name and value is not None}
        yield Record(source.name, number, named)


def _value(cell: object) -> object:
    if isinstance(cell, datetime.datetime | datetime.date | datetime.time):
        return cell.isoformat()
    if isinstance(cell, float) and cell.is_integer():
        return int(cell)
    return cell.strip() if isinstance(cell, str) else cell


FORMAT = Format("XLSX", (".xlsx", ".xlsm", ".xlsb", ".xls", ".ods"), read)
