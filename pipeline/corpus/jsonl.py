"""JSONL -> records: one JSON object a line."""

import json
from collections.abc import Iterator
from pathlib import Path

from pipeline.corpus.files import read_lines, undecodable
from pipeline.corpus.record import Record, Rejected


def read(path: Path, encoding: str) -> Iterator[Record | Rejected]:
    for number, line in read_lines(path, encoding):
        if not line.strip():
            continue
        if undecodable(line):
            yield Rejected(path.name, number, f"not {encoding} text")
            continue
        try:
            fields = json.loads(line)
        except ValueError as problem:
            yield Rejected(path.name, number, f"not JSON: {problem}")
            continue
        except RecursionError:
            yield Rejected(path.name, number, "JSON nested too deeply")
            continue
        if isinstance(fields, dict):
            yield Record(path.name, number, fields)
        else:
            yield Rejected(path.name, number, f"a JSON {type(fields).__name__}, not an object")
