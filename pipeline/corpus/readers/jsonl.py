"""JSONL -> records: one JSON object a line."""

import json
import re
from collections.abc import Iterator

from pipeline.corpus.decoding import read_lines
from pipeline.corpus.file_format import Format
from pipeline.corpus.record import Record, Rejected
from pipeline.corpus.sources import Source


TWO_OBJECTS = re.compile(r"\s*\{.*\}\s*\r?\n\s*\{")


def looks_so(text: str) -> bool:
    """Whether a text is objects on lines of their own, not one JSON document."""
    return TWO_OBJECTS.match(text) is not None


def read(source: Source, encoding: str) -> Iterator[Record | Rejected]:
    """Each line as a record; blank lines do not count."""
    for number, line in read_lines(source, encoding):
        if not line.strip():
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


FORMAT = Format("JSONL", (".jsonl", ".ndjson"), read)
