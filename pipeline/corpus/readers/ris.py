"""RIS -> records, in the dialects of reference managers, databases and publishers: files cut into references and tags.

The lines are parsed here, not by rispy: that joins a reference without an ER line to the next, stops at a tag of
more than two letters, keeps only the first of most repeated tags, and cuts addresses at ";". Its names of the tags are
ours (readers/ris_fields.py).
"""

import re
from collections.abc import Iterator
from functools import partial

from pipeline.corpus.decoding import read_lines
from pipeline.corpus.file_format import Format, Piece, in_pieces, starts_with
from pipeline.corpus.readers.ris_fields import OURS, to_fields
from pipeline.corpus.record import Record, Rejected
from pipeline.corpus.sources import Source

# Two spaces before the hyphen; one or three where the tag is a known one, as a line of an abstract may begin so.
TAG = re.compile(r"([A-Z][A-Z0-9])(?:  -|( | {3}|\t)-(?=\s|$))")
LONG_TAG = re.compile(r"(PMID|PMCID|DOI) {1,2}-(?=\s|$)")  # which PsycNET writes
# A tag in the middle of a line: the line end before it was lost.
LOST_LINE_END = re.compile(r" {3,}(?=[A-Z][A-Z0-9]  - )")
MOST_LINES = 100_000
# Line number, its (tag, value) lines from TY to before ER, repairs; no tag: a line goes on.
Reference = tuple[int, list[tuple[str, str]], tuple[str, ...]]


def read(source: Source, encoding: str) -> Iterator[Record | Rejected]:
    """Each reference as a record; row: the line of its TY."""
    for piece in cut(source, encoding):
        yield from piece()


def cut(source: Source, encoding: str) -> Iterator[Piece]:
    """The same in pieces."""
    empty = True
    for piece in in_pieces(_references(source, encoding)):
        empty = False
        yield partial(_to_records, source.name, piece)
    if empty:
        yield partial(iter, [Rejected(source.name, 1, "no line starts with 'TY  -': is this RIS?")])


def _to_records(source: str, references: list[Reference]) -> Iterator[Record | Rejected]:
    for line, tagged, repaired in references:
        if len(tagged) > MOST_LINES:
            yield Rejected(source, line, f"a reference of more than {MOST_LINES:,} lines")
        else:
            yield Record(source, line, to_fields(tagged), repaired=repaired)


def _references(source: Source, encoding: str) -> Iterator[Reference]:
    start = 0
    tagged: list[tuple[str, str]] = []
    repaired: tuple[str, ...] = ()
    for number, line in read_lines(source, encoding):
        pieces = LOST_LINE_END.split(line) if "   " in line and TAG.match(line) else [line]
        for piece in pieces:
            tag, value = _split_tag(piece)
            if tag in ("TY", "ER") and start:
                yield start, tagged, repaired
                start, tagged, repaired = 0, [], ()
            if tag == "TY":
                start = number
            if start and len(tagged) <= MOST_LINES and (tag or value):
                tagged.append((tag, value))
                repaired = ("two tags on one line",) if len(pieces) > 1 else repaired
    if start:
        yield start, tagged, repaired


def _split_tag(line: str) -> tuple[str, str]:
    """The tag and the value of a line; no tag for a line that goes on.

    >>> _split_tag("TI  - On ice"), _split_tag("ER  -"), _split_tag("II - our second study")
    (('TI', 'On ice'), ('ER', ''), ('', 'II - our second study'))
    """
    tag = TAG.match(line) or LONG_TAG.match(line)
    if tag is None or (tag.re is TAG and tag[2] and tag[1] not in OURS):
        return "", line.strip()
    return tag[1], line[tag.end() :].strip()


FORMAT = Format("RIS", (".ris",), read, starts_with(r"(?:\d+\.\s+)?TY {1,3}- *\w"), cut)
