"""What a format is: its name, the endings of its files, how they begin, and its reader."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from pipeline.corpus.record import Record, Rejected
from pipeline.corpus.sources import Source

Reader = Callable[[Source, str], Iterator[Record | Rejected]]


def never(_start: str) -> bool:
    """For a format that only the ending of a file names."""
    return False


def starts_with(pattern: str, flags: re.RegexFlag = re.NOFLAG) -> Callable[[str], bool]:
    """Whether a text matches a pattern at its start, blank lines left out."""
    compiled = re.compile(rf"\s*(?:{pattern})", flags)
    return lambda start: compiled.match(start) is not None


@dataclass(frozen=True)
class Format:
    """A format of files, ours or another package's (entry points of the group `paperatlas.readers`).

    endings: of its files, the usual one first. read: (source, encoding) -> its records, or rejects with a reason.
    begins: whether a text, the first 64 KB of a file, begins as files of this format do, whatever the file's ending.
    """

    name: str
    endings: tuple[str, ...]
    read: Reader
    begins: Callable[[str], bool] = never
