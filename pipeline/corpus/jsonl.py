"""JSONL -> records: one JSON object a line."""

import json
from collections.abc import Iterator
from pathlib import Path

from pipeline.corpus.files import read_lines, shown_name, undecodable
from pipeline.corpus.record import Record, Rejected


def read(path: Path, encoding: str) -> Iterator[Record | Rejected]:
    """Each line as a record; blank lines do not count."""
    for number, line in read_lines(path, encoding):
        if not line.strip():
            continue
        if undecodable(line):
            yield Rejected(shown_name(path), number, f"not {encoding} text")
            continue
        try:
            fields = json.loads(line)
        except ValueError as problem:
            yield Rejected(shown_name(path), number, f"not JSON: {problem}")
            continue
        except RecursionError:
            yield Rejected(shown_name(path), number, "JSON nested too deeply")
            continue
        if isinstance(fields, dict):
            yield Record(shown_name(path), number, fields)
        else:
            yield Rejected(shown_name(path), number, f"a JSON {type(fields).__name__}, not an object")
