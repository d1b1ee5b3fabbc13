"""XLSX, XLS, XLSB, ODS -> records, by calamine: the first sheet that has a header with a title in it."""

import datetime
import io
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING

from pipeline.corpus.adapters.usual_names import header_likeness
from pipeline.corpus.file_format import Format
from pipeline.corpus.readers.spreadsheet_size import check_size
from pipeline.corpus.readers.table_header import HEADER_WITHIN, column_names
from pipeline.corpus.record import Record, Rejected
from pipeline.corpus.sources import OLE, Source
from pipeline.errors import CorpusError

if TYPE_CHECKING:
    from python_calamine import CalamineSheet

MOST_EMPTY = 1_000  # consecutive empty rows, after which a sheet counts as ended
MOST_COLUMNS = 500

Row = Sequence[object]


def read(source: Source, _encoding: str) -> Iterator[Record | Rejected]:
    """Each row below the header as a record, empty rows left out; row: its number in the sheet.

    A formula has the value that was last computed for it.
    """
    from python_calamine import CalamineError, CalamineWorkbook, PasswordError

    content = source.read_whole()
    kind = "XLS" if content.startswith(OLE) else check_size(source, content)
    try:
        with CalamineWorkbook.from_filelike(io.BytesIO(content)) as book:
            sheets = map(book.get_sheet_by_index, range(len(book.sheet_names)))
            for record in _first_table(source, sheets):
                yield Record(source.name, record.row, record.fields, format="" if kind == "XLSX" else kind)
    except PasswordError:
        raise CorpusError(f"{source}: protected by a password; save it without one") from None
    except (CalamineError, ValueError, OSError) as problem:
        raise CorpusError(f"{source}: not a readable spreadsheet: {_first_line(problem)}; save it again") from None
    except BaseException as problem:
        if type(problem).__name__ != "PanicException":  # what Rust raises for a file that is cut; no Exception
            raise
        raise CorpusError(f"{source}: not a readable spreadsheet: it is cut or damaged; download it again") from None


def _first_line(problem: Exception) -> str:
    return next((line.strip() for line in str(problem).splitlines() if line.strip()), type(problem).__name__)[:200]


def _first_table(source: Source, sheets: Iterator["CalamineSheet"]) -> Iterator[Record]:
    """The rows of the first sheet with a usual name of a title or an abstract; else of the first that has rows."""
    fallback: tuple[int, CalamineSheet] | None = None
    for sheet in sheets:
        first = list(islice(sheet.iter_rows(), HEADER_WITHIN))
        likeness = [header_likeness(_texts(row)) for row in first]
        if any(likeness):
            yield from _rows(source, sheet, likeness.index(max(likeness)))
            return
        titled = (place for place, row in enumerate(first) if any("title" in text.lower() for text in _texts(row)))
        if fallback is None and any(map(any, map(_texts, first))):
            place = next(titled, next(place for place, row in enumerate(first) if any(_texts(row))))
            fallback = (place, sheet)
    if fallback is None:
        raise CorpusError(f"{source}: no sheet has a header with a title in its first {HEADER_WITHIN} rows")
    yield from _rows(source, fallback[1], fallback[0])


def _texts(row: Row) -> list[str]:
    return [str(cell).strip() for cell in row]


def _rows(source: Source, sheet: "CalamineSheet", header_place: int) -> Iterator[Record]:
    """Every row has every column, empty or not, so that all rows are known by the same columns."""
    rows = enumerate(sheet.iter_rows(), start=1 + (sheet.start or (0, 0))[0])
    header = next(islice(rows, header_place, None))[1][:MOST_COLUMNS]
    named = max((place for place, text in enumerate(_texts(header), start=1) if text), default=0)
    names = column_names(_texts(header))
    empty = 0
    for number, row in rows:
        values = [_value(cell) for cell in row[:MOST_COLUMNS]]
        if all(value == "" for value in values):
            empty += 1
            if empty > MOST_EMPTY:
                return
            continue
        empty = 0
        fields = dict(zip(names[:named], values, strict=False))
        surplus = {name: value for name, value in zip(names[named:], values[named:], strict=False) if value != ""}
        yield Record(source.name, number, fields | surplus)


def _value(cell: object) -> object:
    if isinstance(cell, str):
        return cell.strip()
    if isinstance(cell, float) and cell.is_integer():
        return int(cell)
    if isinstance(cell, datetime.timedelta):
        return str(cell)
    return cell.isoformat() if isinstance(cell, datetime.date | datetime.time) else cell


FORMAT = Format("XLSX", (".xlsx", ".xlsm", ".xlsb", ".xls", ".ods"), read)
