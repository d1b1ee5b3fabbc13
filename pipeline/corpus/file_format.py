"""What a format is: its name, the endings of its files, how they begin, and its reader."""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from pipeline.corpus.record import Record, Rejected
from pipeline.corpus.sources import Source
from pipeline.errors import CorpusError

Row = TypeVar("Row")
ROWS_AT_ONCE = 2048
Reader = Callable[[Source, str], Iterator[Record | Rejected]]
# Some thousand rows one after another, which are read when it is called.
Piece = Callable[[], Iterable[Record | Rejected]]


def never(_start: str) -> bool:
    """For a format that only the ending of a file names."""
    return False


def starts_with(pattern: str, flags: re.RegexFlag = re.NOFLAG) -> Callable[[str], bool]:
    """Whether a text matches a pattern at its start, blank lines left out."""
    compiled = re.compile(rf"\s*(?:{pattern})", flags)
    return lambda start: compiled.match(start) is not None


def in_pieces(rows: Iterable[Row]) -> Iterator[list[Row]]:
    """Lists of some thousand rows; those before a CorpusError are a last list, before it is raised."""
    piece: list[Row] = []
    try:
        for row in rows:
            piece.append(row)
            if len(piece) >= ROWS_AT_ONCE:
                yield piece
                piece = []
    except CorpusError:
        if piece:
            yield piece
        raise
    if piece:
        yield piece


@dataclass(frozen=True)
class Format:
    """A format of files, ours or another package's (entry points of the group `paperatlas.readers`).

    endings: of its files, the usual one first. read: (source, encoding) -> its records, or rejects with a reason.
    begins: whether a text, the first 64 KB of a file, begins as files of this format do, whatever the file's ending.
    cut: (source, encoding) -> the same rows in pieces, where cutting a file is cheaper than reading it: then several
    processes can share a large file.
    """

    name: str
    endings: tuple[str, ...]
    read: Reader
    begins: Callable[[str], bool] = never
    cut: Callable[[Source, str], Iterator[Piece]] | None = None

    def pieces(self, source: Source, encoding: str) -> Iterator[Piece]:
        """The rows of a file in pieces."""
        if self.cut is not None:
            yield from self.cut(source, encoding)
            return
        for piece in in_pieces(self.read(source, encoding)):
            yield partial(iter, piece)
