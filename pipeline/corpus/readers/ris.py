"""RIS -> records, in the dialects of reference managers, databases and publishers: files cut into references and tags.

The lines are parsed here, not by rispy: that joins a reference without an ER line to the next, stops at a tag of
more than two letters, keeps only the first of most repeated tags, and cuts addresses at ";". Its names of the tags are
ours (readers/ris_fields.py).
"""

import re
from collections.abc import Iterator, Sequence
from functools import partial

from pipeline.corpus.decoding import read_lines
from pipeline.corpus.file_format import Format, Piece, in_pieces
from pipeline.corpus.readers.ris_fields import OURS, to_fields
from pipeline.corpus.record import Record, Rejected
from pipeline.corpus.sources import Source

# Two spaces before the hyphen; one or three where the tag is a known one, as a line of an abstract may begin so.
TAG = re.compile(r"([A-Z][A-Z0-9])(?:  -|( | {3}|\t)-(?=\s|$))")
LONG_TAG = re.compile(r"(PMID|PMCID|DOI) {1,2}-(?=\s|$)")  # which PsycNET writes
# A tag in the middle of a line: the line end before it was lost. Files put one after another lose one after ER.
LOST_LINE_END = re.compile(r"(?<! ) {3,}(?=[A-Z][A-Z0-9]  - )")
END, AFTER_END = "ER  -", re.compile(r"(?<=^ER  -)[ \ufeff]*(?=TY  - *\S)")
INDENTED = re.compile(r"([ \t]+)TY {1,3}-")
LOOKALIKES = str.maketrans("\u00a0\u2013\u2014", " --")  # which word processors write in place of a space and a hyphen
TYPE = re.compile(r"(?:\d+\.\s+)?TY {1,3}- *(?:\w|$)")
LONGEST_HEAD = 50  # lines
# A line above the first reference: none of a table, of markup or of code, which may hold a reference as text.
OF_HEAD = re.compile(r"Content: [^\n]{1,80}|[^,\t{}<>|\"]{1,200}|\"")
MOST_LINES = 100_000
BLANK = (" ", "\t")
ENDS = ("TY", "ER")  # tags at which the reference before them has ended
BARE_END = "ER"
FIRST = ("TI", "T1", "AU", "A1")  # with which one begins whose TY is missing
# Number of its first line, its lines from TY to before ER, repairs.
Reference = tuple[int, list[str], tuple[str, ...]]


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
    for number, lines, repaired in references:
        if len(lines) > MOST_LINES:
            yield Rejected(source, number, f"a reference of more than {MOST_LINES:,} lines")
        else:
            fields = to_fields([_split_tag(line) for line in lines])
            yield Record(source, number, fields, repaired=repaired, decoded=all(map(str.isascii, lines)))


def _references(source: Source, encoding: str) -> Iterator[Reference]:
    start, indent = 0, ""
    lines: list[str] = []
    repaired: tuple[str, ...] = ()
    for number, line in read_lines(source, encoding):
        if start and line[2:6] == "  - " and "   " not in line and not line.startswith(ENDS):  # most lines
            lines += [line] if len(lines) <= MOST_LINES else []
            continue
        line, indent = _straight(line, indent)
        pieces = _pieces(line) if "   " in line or line.startswith(END) else (line,)
        for piece in pieces:
            tag = _border(piece) if piece.startswith(ENDS) else None
            if tag and start:
                yield start, lines, repaired
                start, lines, repaired = 0, [], ()
            if tag == "TY" or (not start and _split_tag(piece)[0] in FIRST):
                start = number
            if start and len(lines) <= MOST_LINES and piece.strip():
                lines.append(piece if tag != "" else f" {piece}")  # which is text, whatever it begins with
                repaired = ("two tags on one line",) if len(pieces) > 1 else repaired
    if start:
        yield start, lines, repaired


def _straight(line: str, indent: str) -> tuple[str, str]:
    """A line without what stands before its tag, and that: some files have their references indented."""
    if not line.isascii():
        line = f"{line[:6].translate(LOOKALIKES)}{line[6:]}"
    if line[:1] in BLANK:
        first = INDENTED.match(line)
        indent = first[1] if first else indent
        line = line.removeprefix(indent)
    return line, indent


def _pieces(line: str) -> Sequence[str]:
    """The tags of a line, where it has several."""
    if line.startswith(END):
        return AFTER_END.split(line)
    return LOST_LINE_END.split(line) if TAG.match(line) else (line,)


def _border(line: str) -> str:
    """TY or ER where a line begins or ends a reference; an abstract may have a line "ER - positive cells"."""
    tag, value = _split_tag(line)
    if (tag == "ER" and any(map(str.isalpha, value))) or (tag == "TY" and line[:5] != "TY  -" and value.count(" ") > 2):
        return ""
    return tag or (BARE_END if line.strip() == BARE_END else "")


def _split_tag(line: str) -> tuple[str, str]:
    """The tag and the value of a line; no tag for a line that goes on the one before.

    >>> _split_tag("TI  - On ice"), _split_tag("ER  -"), _split_tag("II - our second study")
    (('TI', 'On ice'), ('ER', ''), ('', 'II - our second study'))
    """
    if line[2:5] == "  -" and line[:2] in OURS:  # most lines, without a pattern
        return line[:2], line[5:].strip()
    tag = TAG.match(line) or LONG_TAG.match(line)
    if tag is None or (tag.re is TAG and tag[2] and tag[1] not in OURS):
        return "", line.strip()
    return tag[1], line[tag.end() :].strip()


def begins(start: str) -> bool:
    """Whether a text begins with a reference; services write lines of their own above the first."""
    lines = [line for line in map(str.strip, start.split("\n", LONGEST_HEAD)) if line]
    for number, line in enumerate(lines[:LONGEST_HEAD]):
        if TYPE.match(line[:6].translate(LOOKALIKES) + line[6:]):
            return number == 0 or _split_tag((lines[number + 1 :] or [""])[0])[0] != ""
        if not OF_HEAD.fullmatch(line):
            return False
    return False


FORMAT = Format("RIS", (".ris",), read, begins, cut)
