"""JSON -> records: one document, or several after each other, of papers or of a service's answer that holds them."""

import json
import re
from collections.abc import Iterator

from pipeline.corpus.decoding import decode_whole
from pipeline.corpus.file_format import Format
from pipeline.corpus.readers.json_records import find_papers, to_record
from pipeline.corpus.record import Record, Rejected
from pipeline.corpus.sources import Source
from pipeline.errors import CorpusError

START = re.compile(r"[\[{]\s*[\[{\"\]}]")
BETWEEN = re.compile(r"[\s,;\x1e]*")  # documents after each other


def looks_so(text: str) -> bool:
    """Whether a text begins as a JSON object or list does."""
    return START.match(text) is not None


def read(source: Source, encoding: str) -> Iterator[Record | Rejected]:
    """Each paper as a record; row: its number. A single paper is a list of one."""
    text = _text(source, encoding)
    try:
        documents, problem = _documents(text)
    except RecursionError:
        raise CorpusError(f"{source}: JSON nested too deeply") from None
    if problem is not None and len(documents) < 2:
        raise CorpusError(f"{source}: not JSON: {problem.msg} in line {problem.lineno}; is the file cut off?")
    papers = find_papers(documents[0] if len(documents) == 1 else documents)
    if papers is None:
        raise CorpusError(
            f"{source}: JSON without a list of papers; known are lists, and answers with results or items"
        )
    for number, paper in enumerate(papers, start=1):
        yield to_record(source.name, number, paper)
    if problem is not None:
        yield Rejected(source.name, len(papers) + 1, f"not JSON: {problem.msg} in line {problem.lineno}")


def _text(source: Source, encoding: str) -> str:
    try:
        return decode_whole(source.read_whole(), encoding)
    except (UnicodeError, LookupError):
        raise CorpusError(f"{source}: not {encoding} text; set corpus.encoding to the file's own") from None


def _documents(text: str) -> tuple[list[object], json.JSONDecodeError | None]:
    """The documents that follow each other in a text, and what stands in the way of the next."""
    decoder = json.JSONDecoder()
    documents: list[object] = []
    start = BETWEEN.match(text).end()  # type: ignore[union-attr]  # matches nothing too
    while start < len(text) or not documents:
        try:
            document, end = decoder.raw_decode(text, start)
        except json.JSONDecodeError as problem:
            return documents, problem
        except ValueError:  # Python's own limit, as reading such a number takes long
            return documents, json.JSONDecodeError("a number of thousands of digits", text, start)
        documents.append(document)
        start = BETWEEN.match(text, end).end()  # type: ignore[union-attr]
    return documents, None


FORMAT = Format("JSON", (".json",), read)
