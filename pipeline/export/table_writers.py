"""Papers -> CSV, JSONL, Parquet and XLSX, with all their columns."""

import csv
import io
import json
import re
from collections.abc import Mapping
from typing import Any

import pyarrow as pa

from pipeline.words.display import harmless

SEPARATOR = "; "
LONGEST_CELL = 32_767  # characters that a spreadsheet's cell holds
NOT_IN_SHEETS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


def to_csv(papers: pa.Table) -> bytes:
    """UTF-8, a header, lists joined by semicolons; a text that a spreadsheet would take for a formula gets a quote."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(papers.column_names)
    for paper in papers.to_pylist():
        writer.writerow([harmless(_cell(value)) for value in paper.values()])
    return text.getvalue().encode()


def _cell(value: Any) -> Any:
    if isinstance(value, list):
        return SEPARATOR.join(map(str, value))
    return "" if value is None else value


def to_jsonl(papers: pa.Table) -> bytes:
    """One object a line, fields without a value left out."""
    lines = (json.dumps(_known(paper), ensure_ascii=False, default=str) + "\n" for paper in papers.to_pylist())
    return "".join(lines).encode()


def _known(paper: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in paper.items() if value is not None and value != []}


def to_parquet(papers: pa.Table) -> bytes:
    """With the types of the columns."""
    import pyarrow.parquet as pq

    buffer = io.BytesIO()
    pq.write_table(papers, buffer, compression="zstd")
    return buffer.getvalue()


def to_xlsx(papers: pa.Table) -> bytes:
    """One sheet; no text becomes a formula, and a cell is cut where a spreadsheet holds no more."""
    import openpyxl
    from openpyxl.cell import WriteOnlyCell

    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("papers")

    def cell(value: Any) -> Any:
        value = _cell(value)
        if not isinstance(value, str):
            return value
        text = WriteOnlyCell(sheet)
        text.value = NOT_IN_SHEETS.sub("", value)[:LONGEST_CELL]
        text.data_type = "s"
        return text

    sheet.append([cell(name) for name in papers.column_names])
    for paper in papers.to_pylist():
        sheet.append([cell(value) for value in paper.values()])
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()
