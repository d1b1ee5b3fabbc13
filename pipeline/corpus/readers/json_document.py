"""One JSON document -> records: a list of papers, or an answer of a service that holds such a list."""

import json
import re
from collections.abc import Iterator

from pipeline.corpus.adapters.parts import inside
from pipeline.corpus.file_format import Format
from pipeline.corpus.record import Record, Rejected
from pipeline.corpus.sources import Source
from pipeline.errors import CorpusError

# Where services put the list, the innermost name last: OpenAlex; Crossref; Semantic Scholar; Zotero and others.
PLACES = (
    ("results",),
    ("message", "items"),
    ("message",),
    ("data",),
    ("items",),
    ("papers",),
    ("works",),
    ("references",),
)


START = re.compile(r"[\[{]\s*[\[{\"\]}]")


def looks_so(text: str) -> bool:
    """Whether a text begins as a JSON object or list does."""
    return START.match(text) is not None


def read(source: Source, encoding: str) -> Iterator[Record | Rejected]:
    """Each object of the list as a record; row: its number in the list. A single paper is a list of one."""
    content = source.read_whole()
    try:
        text = content.decode("utf-8-sig" if encoding.lower().replace("_", "-") in ("utf-8", "utf8") else encoding)
    except (UnicodeError, LookupError):
        raise CorpusError(f"{source}: not {encoding} text; set corpus.encoding to the file's own") from None
    try:
        papers = _papers(json.loads(text))
    except json.JSONDecodeError as problem:
        raise CorpusError(f"{source}: not JSON: {problem.msg} in line {problem.lineno}; is the file cut off?") from None
    except RecursionError:
        raise CorpusError(f"{source}: JSON nested too deeply") from None
    if papers is None:
        raise CorpusError(
            f"{source}: JSON without a list of papers; known are lists, and answers with results or items"
        )
    for number, paper in enumerate(papers, start=1):
        if not isinstance(paper, dict):
            yield Rejected(source.name, number, f"a JSON {type(paper).__name__}, not an object")
        else:
            yield Record(source.name, number, paper)


def _papers(content: object) -> list[object] | None:
    if isinstance(content, list):
        return content
    if not isinstance(content, dict):
        return None
    for place in PLACES:
        value = inside(content, *place)
        if isinstance(value, list):
            return value
        if isinstance(value, dict) and place == ("message",):  # Crossref's answer about one work
            return [value]
    return [content]


FORMAT = Format("JSON", (".json",), read)
