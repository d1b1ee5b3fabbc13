"""JSONL -> records: one JSON object a line."""

import json
import re
from collections.abc import Iterator

from pipeline.corpus.decoding import read_lines
from pipeline.corpus.file_format import Format
from pipeline.corpus.readers import json_document
from pipeline.corpus.readers.json_records import to_record
from pipeline.corpus.record import Record, Rejected
from pipeline.corpus.sources import Source

TWO_OBJECTS = re.compile(r"\s*\{.*\}\s*\r?\n\s*\{")


def looks_so(text: str) -> bool:
    """Whether a text is objects on lines of their own, not one JSON document."""
    return TWO_OBJECTS.match(text) is not None


def read(source: Source, encoding: str) -> Iterator[Record | Rejected]:
    """Each line as a record; blank lines do not count. A JSON document under this ending is read as one."""
    first = True
    for number, line in read_lines(source, encoding):
        if not line.strip():
            continue
        if first and _opens_document(line):
            yield from json_document.read(source, encoding)
            return
        first = False
        yield _of_line(source.name, number, line)


def _of_line(source: str, number: int, line: str) -> Record | Rejected:
    try:
        return to_record(source, number, json.loads(line))
    except ValueError as problem:
        return Rejected(source, number, f"not JSON: {problem}")
    except RecursionError:
        return Rejected(source, number, "JSON nested too deeply")


def _opens_document(line: str) -> bool:
    r"""Whether a first line is only the start of a list or an object, or a whole list of objects.

    >>> _opens_document("[\n"), _opens_document('{"title":\n'), _opens_document('{"title": "On ice"}\n')
    (True, True, False)
    """
    plain = line.strip()
    opens_list = plain.startswith("[") and plain[1:].lstrip()[:1] in ("", "{")
    return opens_list or (plain[:1] == "{" and plain[-1] != "}")


FORMAT = Format("JSONL", (".jsonl", ".ndjson"), read)
