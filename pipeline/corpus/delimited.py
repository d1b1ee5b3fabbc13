"""CSV, TSV -> records: a header line, then one paper a row; quoted fields may hold line ends."""

import csv
from collections.abc import Iterator
from pathlib import Path

from pipeline.corpus.files import LONGEST_LINE, format_suffix, read_lines, undecodable
from pipeline.corpus.record import Record, Rejected
from pipeline.errors import CorpusError


def read(path: Path, encoding: str) -> Iterator[Record | Rejected]:
    lines = (line for _, line in read_lines(path, encoding))
    header_line = next(lines, "")
    delimiter = "\t" if format_suffix(path) == ".tsv" else max(",;\t", key=header_line.count)
    csv.field_size_limit(LONGEST_LINE)
    rows = csv.reader(_with(header_line, lines), delimiter=delimiter, strict=True)
    try:
        header = [name.strip() for name in next(rows, [])]
        if undecodable("".join(header)):
            raise CorpusError(f"{path}: its header is not {encoding} text; set corpus.encoding to the file's own")
        for number, row in enumerate(rows, start=1):
            yield from _record(path.name, number, header, row, encoding)
    except csv.Error as problem:
        raise CorpusError(f"{path}: broken table near line {rows.line_num}: {problem}; is a quote left open?") from None


def _record(source: str, number: int, header: list[str], row: list[str], encoding: str) -> Iterator[Record | Rejected]:
    if not any(row):
        return
    if len(row) > len(header):
        yield Rejected(source, number, f"{len(row)} fields for {len(header)} columns")
    elif undecodable("".join(row)):
        yield Rejected(source, number, f"not {encoding} text")
    else:
        yield Record(source, number, {name: value for name, value in zip(header, row, strict=False) if value != ""})


def _with(first: str, rest: Iterator[str]) -> Iterator[str]:
    if first:
        yield first
    yield from rest
