"""Papers -> CSV, JSONL, Parquet and XLSX, with all their columns."""

import csv
import io
import json
import re
from collections.abc import Mapping

import pyarrow as pa

from pipeline.words.display import harmless

SEPARATOR = "; "
MAX_CELL = 32_767  # characters that a cell of a spreadsheet holds
NOT_IN_SHEETS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


def to_csv(papers: pa.Table) -> bytes:
    """UTF-8 with a header; lists are joined by semicolons, references left out; text that a spreadsheet would run as a
    formula is quoted.
    """
    text = io.StringIO()
    papers = _flat(papers)
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(papers.column_names)
    for paper in papers.to_pylist():
        writer.writerow([harmless(_cell(value)) for value in paper.values()])
    return text.getvalue().encode()


def _flat(papers: pa.Table) -> pa.Table:
    """The columns that fit into cells: without the papers' references, which are lists of objects."""
    flat = [
        name
        for name in papers.column_names
        if not (pa.types.is_list(kind := papers.schema.field(name).type) and pa.types.is_struct(kind.value_type))
    ]
    return papers.select(flat)


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
        plain = _cell(value)
        if not isinstance(plain, str):
            return plain
        text = WriteOnlyCell(sheet)
        text.value = NOT_IN_SHEETS.sub("", plain)[:MAX_CELL]
        text.data_type = "s"
        return text

    papers = _flat(papers)
    sheet.append([cell(name) for name in papers.column_names])
    for paper in papers.to_pylist():
        sheet.append([cell(value) for value in paper.values()])
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()
