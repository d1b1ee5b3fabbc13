"""JSONL -> records: one JSON object a line."""

import json
import re
from collections.abc import Iterator
from functools import partial
from itertools import chain

from pipeline.corpus.decoding import read_lines, undecodable
from pipeline.corpus.file_format import Format, Piece, in_pieces
from pipeline.corpus.readers import json_document
from pipeline.corpus.readers.json_records import to_record
from pipeline.corpus.record import Record, Rejected
from pipeline.corpus.sources import Source

HALF = re.compile(r"\\u[dD]")  # an escape that may be half of a surrogate pair
TWO_OBJECTS = re.compile(r"\s*\{.*\}\s*\r?\n\s*\{")


def looks_so(text: str) -> bool:
    """Whether a text is objects on lines of their own, not one JSON document."""
    return TWO_OBJECTS.match(text) is not None


def read(source: Source, encoding: str) -> Iterator[Record | Rejected]:
    """Each line as a record; blank lines do not count. A JSON document under this ending is read as one."""
    for piece in cut(source, encoding):
        yield from piece()


def cut(source: Source, encoding: str) -> Iterator[Piece]:
    """The same in pieces."""
    lines = ((number, line) for number, line in read_lines(source, encoding) if line.strip())
    first = next(lines, None)
    if first is None:
        return
    if _opens_document(first[1]):
        yield partial(json_document.read, source, encoding)
        return
    for piece in in_pieces(chain([first], lines)):
        yield partial(_of_lines, source.name, piece)


def _of_lines(source: str, lines: list[tuple[int, str]]) -> Iterator[Record | Rejected]:
    return (_of_line(source, number, line) for number, line in lines)


def _of_line(source: str, number: int, line: str) -> Record | Rejected:
    try:
        return to_record(source, number, json.loads(line), decoded=not undecodable(line) and HALF.search(line) is None)
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


FORMAT = Format("JSONL", (".jsonl", ".ndjson"), read, cut=cut)
