"""Source -> its bytes: a file, or a member of a ZIP archive, decompressed up to a limit."""

import gzip
import io
import os
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from pipeline.corpus.wide_text import LOOKED_AT, in_utf8, wide_encoding
from pipeline.errors import CorpusError

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

LARGEST_WHOLE = 512 * 2**20  # bytes of a file that has to be read whole before its first paper is known
MOST_EXPANSION = 200  # times its size that a compressed file may become ...
EXPANSION_FREE = 16 * 2**20  # ... beyond this many bytes
COMPRESSIONS = (".gz", ".zst")
# What zipfile raises for an archive that is damaged, or made by a program of a later day.
DAMAGED_ZIP = (zipfile.BadZipFile, NotImplementedError, RuntimeError, ValueError, LookupError, struct.error, EOFError)
GZIP, ZSTD, ZIP = b"\x1f\x8b", b"\x28\xb5\x2f\xfd", b"PK\x03\x04"
SQLITE = b"SQLite format 3\0"
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # Excel before 2007, and other programs' files


@dataclass(frozen=True)
class Source:
    """A file to read, or one inside a ZIP archive.

    gathered: it came from a folder or an archive, where files that are no papers may lie beside it; listed: it is one
    of several that a glob, a folder or an archive gave.
    """

    path: Path
    member: str | None = None
    gathered: bool = False
    listed: bool = False

    def __str__(self) -> str:
        return str(self.path) if self.member is None else f"{self.path}/{self.member}"

    @property
    def name(self) -> str:
        """The source of its rows in tables and messages: the file's name as text, whatever bytes it is made of."""
        file_name = shown_name(self.path)
        return file_name if self.member is None else f"{file_name}/{self.member.encode(errors='replace').decode()}"

    @property
    def stem(self) -> str:
        """The file's name without folder and endings."""
        name = Path(self.member or shown_name(self.path)).name
        return name.partition(".")[0] or name

    @property
    def suffix(self) -> str:
        """The ending that names the format, compression aside: 'papers.jsonl.gz' is '.jsonl'."""
        suffixes = [suffix.lower() for suffix in Path(self.member or self.path).suffixes]
        while suffixes and suffixes[-1] in COMPRESSIONS:
            suffixes.pop()
        return suffixes[-1] if suffixes else ""

    def open(self) -> io.BufferedReader:
        """The bytes, decompressed; text of UTF-32, or of UTF-16 without a mark, as UTF-8.

        Raises CorpusError for a file that cannot be opened. Reading raises CorpusError where a small file expands
        without end.
        """
        encoding = wide_encoding(self._start())
        file = self._opened()
        return in_utf8(file, encoding) if encoding else file

    def _start(self) -> bytes:
        """The first bytes, decompressed; none where they cannot be read, which whoever reads on is told."""
        with self._opened() as file:
            try:
                with damage_as_error(self):
                    return file.read(LOOKED_AT)
            except CorpusError:
                return b""

    def _opened(self) -> io.BufferedReader:
        try:
            if self.member is not None:
                return _open_member(self)
            start = first_bytes(self.path)
            if start.startswith(GZIP):
                return _limited(gzip.open(self.path, "rb"), self.path.stat().st_size, str(self))
            if start.startswith(ZSTD):
                import zstandard

                return _limited(zstandard.open(self.path, "rb"), self.path.stat().st_size, str(self))
            return self.path.open("rb")
        except OSError as problem:
            raise CorpusError(f"{self}: cannot be read: {problem.strerror or problem}") from None

    def read_whole(self) -> bytes:
        """All bytes. Raises CorpusError where there are more than 512 MB, or the file is damaged."""
        with self.open() as file, damage_as_error(self):
            content = file.read(LARGEST_WHOLE + 1)
        if len(content) > LARGEST_WHOLE:
            raise CorpusError(
                f"{self}: larger than {LARGEST_WHOLE // 2**20} MB, and this format has to be read whole;"
                " split it, or convert it to JSONL"
            )
        return content


def shown_name(path: Path) -> str:
    """The file's name as text, whatever bytes it is made of."""
    return os.fsencode(path.name).decode(errors="replace")


def first_bytes(path: Path) -> bytes:
    """The first 8 bytes, which tell compressed files and archives. Raises OSError."""
    with path.open("rb") as file:
        return file.read(8)


@contextmanager
def damage_as_error(source: Source, line: Callable[[], int] | None = None) -> Iterator[None]:
    """Turns what a damaged compressed file raises into one CorpusError. line: gives the last line read."""
    import zstandard

    try:
        yield
    except (EOFError, zlib.error, zstandard.ZstdError, gzip.BadGzipFile, zipfile.BadZipFile) as problem:
        after = "" if line is None else f" after line {line()}"
        raise CorpusError(f"{source}: damaged{after}: {problem}; copy or download the file again") from None
    except OSError as problem:
        raise CorpusError(f"{source}: cannot be read: {problem.strerror or problem}") from None


def _open_member(source: Source) -> io.BufferedReader:
    try:
        with zipfile.ZipFile(source.path) as archive:
            info = archive.getinfo(source.member or "")
            return _limited(archive.open(info), max(info.compress_size, 1), str(source))
    except DAMAGED_ZIP as problem:
        raise CorpusError(f"{source}: cannot be taken out of the archive: {problem}") from None


class _Stream(Protocol):
    """A decompressed stream, as gzip, zstandard and zipfile give it."""

    def read(self, size: int, /) -> bytes: ...

    def close(self) -> None: ...


def _limited(stream: _Stream, size: int, name: str) -> io.BufferedReader:
    return io.BufferedReader(_LimitedStream(stream, size, name))


class _LimitedStream(io.RawIOBase):
    """A decompressed stream that ends in an error where it becomes far larger than text can. size: compressed bytes."""

    def __init__(self, stream: _Stream, size: int, name: str) -> None:
        self._stream, self._size, self._name, self._bytes_read = stream, size, name, 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "WriteableBuffer") -> int:
        view = memoryview(buffer)
        content = self._stream.read(len(view))
        self._bytes_read += len(content)
        if self._bytes_read > EXPANSION_FREE and self._bytes_read > MOST_EXPANSION * self._size:
            raise CorpusError(
                f"{self._name}: expands to more than {MOST_EXPANSION} times its size: damaged, or made to fill memory"
            )
        view[: len(content)] = content
        return len(content)

    def close(self) -> None:
        if not self.closed:
            self._stream.close()
        super().close()
