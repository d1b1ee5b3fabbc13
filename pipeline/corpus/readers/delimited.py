"""CSV, TSV -> records: a header line, then one paper a row; quoted fields may hold line ends."""

import csv
from collections.abc import Iterator
from itertools import zip_longest

from pipeline.corpus.files import LONGEST_LINE, Source, read_lines, undecodable
from pipeline.corpus.record import Record, Rejected
from pipeline.errors import CorpusError

GUARDED = ("'=", "'+", "'-", "'@")


def read(source: Source, encoding: str) -> Iterator[Record | Rejected]:
    """Each row below the header as a record; a row of too many fields is rejected."""
    lines = (line for _, line in read_lines(source, encoding))
    header_line = next(lines, "")
    delimiter = "\t" if source.suffix == ".tsv" else max(",;\t", key=header_line.count)
    csv.field_size_limit(LONGEST_LINE)
    # TSV is usually written without quotes, so a quote inside a field is taken as it is there.
    rows = csv.reader(_with(header_line, lines), delimiter=delimiter, strict=delimiter != "\t")
    try:
        header = [name.strip() for name in next(rows, [])]
        if undecodable("".join(header)):
            raise CorpusError(f"{source}: its header is not {encoding} text; set corpus.encoding to the file's own")
        for number, row in enumerate(rows, start=1):
            yield from _record(source.name, number, header, row, encoding)
    except csv.Error as problem:
        raise CorpusError(
            f"{source}: broken table near line {rows.line_num}: {problem}; is a quote left open?"
        ) from None


def _record(source: str, number: int, header: list[str], row: list[str], encoding: str) -> Iterator[Record | Rejected]:
    if not row:
        return
    if len(row) > len(header):
        yield Rejected(source, number, f"{len(row)} fields for {len(header)} columns")
    elif undecodable("".join(row)):
        yield Rejected(source, number, f"not {encoding} text")
    else:
        yield Record(source, number, dict(zip_longest(header, map(_unquoted, row), fillvalue="")))


def _unquoted(cell: str) -> str:
    """A cell without the quote that keeps a spreadsheet from taking it for a formula."""
    return cell[1:] if cell[:2] in GUARDED else cell


def _with(first: str, rest: Iterator[str]) -> Iterator[str]:
    if first:
        yield first
    yield from rest
