"""CSV, TSV -> records: a header line, then one paper a row; quoted fields may hold line ends."""

import csv
from collections.abc import Iterator
from itertools import zip_longest

from pipeline.corpus.decoding import LONGEST_LINE, read_lines
from pipeline.corpus.file_format import Format, starts_with
from pipeline.corpus.record import Record, Rejected
from pipeline.corpus.sources import Source
from pipeline.errors import CorpusError

FORMULA_GUARDS = ("'=", "'+", "'-", "'@")


def read(source: Source, encoding: str) -> Iterator[Record | Rejected]:
    """Each row below the header as a record; a row of too many fields is rejected."""
    lines = (line for _, line in read_lines(source, encoding))
    header_line = next(lines, "")
    delimiter = "\t" if source.suffix == ".tsv" else max(",;\t", key=header_line.count)
    csv.field_size_limit(LONGEST_LINE)
    # TSV is usually written without quotes, so a quote inside a field is an ordinary character.
    rows = csv.reader(_with(header_line, lines), delimiter=delimiter, strict=delimiter != "\t")
    try:
        header = [name.strip() for name in next(rows, [])]
        for number, row in enumerate(rows, start=1):
            if not row:
                continue
            if len(row) > len(header):
                yield Rejected(source.name, number, f"{len(row)} fields for {len(header)} columns")
            else:
                yield Record(source.name, number, dict(zip_longest(header, map(_unquoted, row), fillvalue="")))
    except csv.Error as problem:
        raise CorpusError(
            f"{source}: broken table near line {rows.line_num}: {problem}; is a quote left open?"
        ) from None


def _unquoted(cell: str) -> str:
    """A cell without the quote that keeps a spreadsheet from reading it as a formula."""
    return cell[1:] if cell[:2] in FORMULA_GUARDS else cell


def _with(first: str, rest: Iterator[str]) -> Iterator[str]:
    if first:
        yield first
    yield from rest


def looks_so(text: str) -> bool:
    """Whether a text under an ending that says nothing is a table: a header with a title or abstract in it."""
    header = next((line for line in text.splitlines() if line.strip()), "")
    cells = [cell.strip(' "').lower() for cell in header.split(max(",;\t", key=header.count))]
    return len(cells) > 2 and any(cell in ("title", "article title", "abstract", "doi", "document title") for cell in cells)


CSV = Format("CSV", (".csv",), read)
TSV = Format("TSV", (".tsv", ".tab"), read, starts_with(r"(?:PT\tAU\t|PT\tBA\t|Publication Type\tAuthors\t)"))
