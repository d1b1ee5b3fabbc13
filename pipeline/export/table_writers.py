"""Papers -> CSV, JSONL, Parquet and XLSX, with all their columns."""

import csv
import io
import json
import re
from collections.abc import Mapping, Sequence

import pyarrow as pa

from pipeline.corpus.adapters.names import people
from pipeline.export.citation_fields import NUL, listed_name
from pipeline.words.display import harmless

SEPARATOR = "; "
ROW_END = "\r\n"
MAX_CELL = 32_767  # characters that a cell of a spreadsheet holds
NOT_IN_SHEETS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


def to_csv(papers: pa.Table) -> bytes:
    """UTF-8 with a header; lists are joined by semicolons, references left out; text that a spreadsheet would run as a
    formula is quoted.
    """
    papers = _flat(papers)
    rows = _Rows()
    writer = csv.writer(rows, lineterminator=ROW_END)
    writer.writerow(papers.column_names)
    for paper in papers.to_pylist():
        writer.writerow([harmless(cell) for cell in _cells(paper)])
    return "".join(rows.lines).encode()


class _Rows:
    """What a csv.writer writes to, row by row. It quotes cells that hold a sign of the line end it is told, so it is
    told one with a carriage return; rows end in a newline all the same.
    """

    def __init__(self) -> None:
        self.lines: list[str] = []

    def write(self, row: str) -> int:
        self.lines.append(row.removesuffix(ROW_END).replace(NUL, "") + "\n")
        return len(row)


def joined_names(names: Sequence[str]) -> str:
    """Names in one cell, such that they are read as the same: family name first, or a semicolon behind the only one,
    where they would be split or turned.

    >>> joined_names(["Ida Larsen", "Per Moe"]), joined_names(["Institute of Ice, Snow and Rain, Oslo"])
    ('Ida Larsen; Per Moe', 'Institute of Ice, Snow and Rain, Oslo;')
    """
    plain = SEPARATOR.join(names)
    ways = (plain, SEPARATOR.join(map(listed_name, names)), f"{plain};")
    return next((text for text in ways if people(text) == list(names)), plain)


def _flat(papers: pa.Table) -> pa.Table:
    """The columns that fit into cells: without the papers' references, which are lists of objects."""
    flat = [
        name
        for name in papers.column_names
        if not (pa.types.is_list(kind := papers.schema.field(name).type) and pa.types.is_struct(kind.value_type))
    ]
    return papers.select(flat)


def _cells(paper: Mapping[str, object]) -> list[object]:
    return [
        joined_names(value) if name == "authors" and isinstance(value, list) else _cell(value)
        for name, value in paper.items()
    ]


def _cell(value: object) -> object:
    if isinstance(value, list):
        return SEPARATOR.join(map(str, value))
    return "" if value is None else value


def to_jsonl(papers: pa.Table) -> bytes:
    """One object per line, without the fields that have no value."""
    lines = (json.dumps(_with_values(paper), ensure_ascii=False, default=str) + "\n" for paper in papers.to_pylist())
    return "".join(lines).encode()


def _with_values(paper: Mapping[str, object]) -> dict[str, object]:
    return {name: value for name, value in paper.items() if value is not None and value != []}


def to_parquet(papers: pa.Table) -> bytes:
    """The table as it is, with the types of its columns."""
    import pyarrow.parquet as pq

    buffer = io.BytesIO()
    pq.write_table(papers, buffer, compression="zstd")
    return buffer.getvalue()


def to_xlsx(papers: pa.Table) -> bytes:
    """One sheet, references left out; no text becomes a formula, and text longer than a cell can hold is cut."""
    import openpyxl
    from openpyxl.cell import WriteOnlyCell

    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("papers")

    def cell(value: object) -> object:
        if not isinstance(value, str):
            return value
        text = WriteOnlyCell(sheet)
        text.value = NOT_IN_SHEETS.sub("", value)[:MAX_CELL]
        text.data_type = "s"
        return text

    papers = _flat(papers)
    sheet.append([cell(name) for name in papers.column_names])
    for paper in papers.to_pylist():
        sheet.append([cell(value) for value in _cells(paper)])
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()
