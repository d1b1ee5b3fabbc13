"""JSONL -> records: one JSON object a line."""

import json
from collections.abc import Iterator

from pipeline.corpus.decoding import read_lines, undecodable
from pipeline.corpus.record import Record, Rejected
from pipeline.corpus.sources import Source


def read(source: Source, encoding: str) -> Iterator[Record | Rejected]:
    """Each line as a record; blank lines do not count."""
    for number, line in read_lines(source, encoding):
        if not line.strip():
            continue
        if undecodable(line):
            yield Rejected(source.name, number, f"not {encoding} text")
            continue
        try:
            fields = json.loads(line)
        except ValueError as problem:
            yield Rejected(source.name, number, f"not JSON: {problem}")
            continue
        except RecursionError:
            yield Rejected(source.name, number, "JSON nested too deeply")
            continue
        if isinstance(fields, dict):
            yield Record(source.name, number, fields)
        else:
            yield Rejected(source.name, number, f"a JSON {type(fields).__name__}, not an object")
