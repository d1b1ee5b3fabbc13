"""Paths, globs, folders, archives -> sources: found, decompressed, decoded line by line."""

import gzip
import hashlib
import io
import os
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from pipeline.errors import CorpusError

LONGEST_LINE = 16 * 2**20
LARGEST_WHOLE = 512 * 2**20  # of a file that has to be read whole before its first paper is known
MOST_EXPANSION = 200  # times its size that a compressed file may become ...
EXPANSION_FREE = 16 * 2**20  # ... beyond this many bytes
MOST_MEMBERS = 20_000
MOST_EMPTY = 1_000_000  # lines in a row
COMPRESSIONS = (".gz", ".zst")
GZIP, ZSTD, ZIP = b"\x1f\x8b", b"\x28\xb5\x2f\xfd", b"PK\x03\x04"
WIDE = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}


@dataclass(frozen=True)
class Source:
    """A file to read, or one inside a ZIP archive.

    gathered: it was found in a folder or an archive, where files that are no papers may lie beside it; listed: it is
    one of several that a glob, a folder or an archive gave.
    """

    path: Path
    member: str | None = None
    gathered: bool = False
    listed: bool = False

    def __str__(self) -> str:
        return str(self.path) if self.member is None else f"{self.path}/{self.member}"

    @property
    def name(self) -> str:
        """What rows are said to come from: the file's name as text, whatever bytes it is made of."""
        own = shown_name(self.path)
        return own if self.member is None else f"{own}/{self.member.encode(errors='replace').decode()}"

    @property
    def stem(self) -> str:
        """The file's own name without its endings."""
        name = Path(self.member or shown_name(self.path)).name
        return name.partition(".")[0] or name

    @property
    def suffix(self) -> str:
        """The ending that names the format, compression aside: 'papers.jsonl.gz' is '.jsonl'."""
        suffixes = [suffix.lower() for suffix in Path(self.member or self.path).suffixes]
        while suffixes and suffixes[-1] in COMPRESSIONS:
            suffixes.pop()
        return suffixes[-1] if suffixes else ""

    def open(self) -> BinaryIO:
        """The bytes, decompressed. Raises CorpusError for a file that cannot be opened.

        Reading raises CorpusError where a small file expands without end.
        """
        try:
            if self.member is not None:
                return _open_member(self)
            start = _first_bytes(self.path)
            if start.startswith(GZIP):
                return _guarded(gzip.open(self.path, "rb"), self.path.stat().st_size, str(self))
            if start.startswith(ZSTD):
                import zstandard

                return _guarded(zstandard.open(self.path, "rb"), self.path.stat().st_size, str(self))
            return self.path.open("rb")
        except OSError as problem:
            raise CorpusError(f"{self}: cannot be read: {problem.strerror or problem}") from None

    def read_whole(self) -> bytes:
        """All bytes. Raises CorpusError where there are more than 512 MB, or the file is damaged."""
        with self.open() as file, damage_told(self):
            content = file.read(LARGEST_WHOLE + 1)
        if len(content) > LARGEST_WHOLE:
            raise CorpusError(
                f"{self}: larger than {LARGEST_WHOLE // 2**20} MB, and this format has to be read whole;"
                " split it, or convert it to JSONL"
            )
        return content


def _first_bytes(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(8)


def _open_member(source: Source) -> BinaryIO:
    try:
        with zipfile.ZipFile(source.path) as archive:
            info = archive.getinfo(source.member or "")
            return _guarded(archive.open(info), max(info.compress_size, 1), str(source))
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError, KeyError) as problem:
        raise CorpusError(f"{source}: cannot be taken out of the archive: {problem}") from None


def _guarded(file: object, size: int, name: str) -> BinaryIO:
    return io.BufferedReader(_Guarded(file, size, name))  # type: ignore[arg-type,return-value,unused-ignore]


class _Guarded(io.RawIOBase):
    """A decompressed stream that ends in an error where it becomes far larger than text can."""

    def __init__(self, file: object, size: int, name: str) -> None:
        self._file, self._size, self._name, self._given = file, size, name, 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        content: bytes = self._file.read(len(buffer))  # type: ignore[attr-defined]
        self._given += len(content)
        if self._given > EXPANSION_FREE and self._given > MOST_EXPANSION * self._size:
            raise CorpusError(
                f"{self._name}: expands to more than {MOST_EXPANSION} times its size: damaged, or made to fill memory"
            )
        buffer[: len(content)] = content
        return len(content)

    def close(self) -> None:
        if not self.closed:
            self._file.close()  # type: ignore[attr-defined]
        super().close()


@contextmanager
def damage_told(source: Source, line: Callable[[], int] | None = None) -> Iterator[None]:
    """Turns what a damaged compressed file raises into one CorpusError. line: how far one has come."""
    import zstandard

    try:
        yield
    except (EOFError, zlib.error, zstandard.ZstdError, gzip.BadGzipFile, zipfile.BadZipFile) as problem:
        after = "" if line is None else f" after line {line()}"
        raise CorpusError(f"{source}: damaged{after}: {problem}; copy or download the file again") from None
    except OSError as problem:
        raise CorpusError(f"{source}: cannot be read: {problem.strerror or problem}") from None


def find_files(patterns: Sequence[str], folder: Path) -> list[Path]:
    """The files that paths, globs and folders name, relative ones from `folder`; each once, in a fixed order."""
    return list(dict.fromkeys(path for found in _expand(patterns, folder) for path in found.paths))


@dataclass(frozen=True)
class _Found:
    """What one pattern names."""

    paths: list[Path]
    gathered: bool
    listed: bool


def _expand(patterns: Sequence[str], folder: Path) -> Iterator[_Found]:
    for pattern in patterns:
        named = folder / pattern
        if any(sign in pattern for sign in "*?[") and not _exists(named):
            matches = sorted(path for path in _glob(folder, pattern) if path.is_file())
            if not matches:
                raise CorpusError(f"{named}: no file matches; a glob starts from the config's folder")
            yield _Found(matches, gathered=False, listed=len(matches) > 1)
        elif _exists(named) and named.is_dir():
            inside = sorted(path for path in named.rglob("*") if path.is_file() and not _hidden(path, named))
            if not inside:
                raise CorpusError(f"{named}: a folder without files")
            yield _Found(inside, gathered=True, listed=True)
        else:
            yield _Found([existing_file(named)], gathered=False, listed=False)


def _hidden(path: Path, folder: Path) -> bool:
    return any(part.startswith((".", "__MACOSX")) for part in path.relative_to(folder).parts)


def find_sources(patterns: Sequence[str], folder: Path) -> list[Source]:
    """The same, ZIP archives opened: each file inside is a source of its own."""
    sources: dict[tuple[Path, str | None], Source] = {}
    for found in _expand(patterns, folder):
        for path in found.paths:
            for source in open_archive(Source(path, gathered=found.gathered, listed=found.listed)):
                sources.setdefault((path, source.member), source)
    return list(sources.values())


def open_archive(source: Source) -> list[Source]:
    """The files inside where this is a ZIP archive and no spreadsheet, else the file itself."""
    path = source.path
    try:
        if not _first_bytes(path).startswith(ZIP) or source.suffix == ".xlsx":
            return [source]
        with zipfile.ZipFile(path) as archive:
            names = [info.filename for info in archive.infolist() if not info.is_dir()]
    except zipfile.BadZipFile as problem:
        if source.gathered:  # one of many: its reader will tell it
            return [source]
        raise CorpusError(f"{path}: damaged: {problem}; copy or download the file again") from None
    except OSError as problem:
        raise CorpusError(f"{path}: cannot be read: {problem.strerror or problem}") from None
    if "[Content_Types].xml" in names:
        return [source]
    if len(names) > MOST_MEMBERS:
        raise CorpusError(f"{path}: more than {MOST_MEMBERS:,} files in one archive; unpack it into a folder")
    shown = sorted(name for name in names if not any(part.startswith((".", "__MACOSX")) for part in name.split("/")))
    return [Source(path, name, gathered=True, listed=True) for name in shown]


def _glob(folder: Path, pattern: str) -> Iterator[Path]:
    absolute = Path(pattern)
    try:
        if absolute.is_absolute():
            return iter(list(Path(absolute.anchor).glob(str(absolute.relative_to(absolute.anchor)))))
        return iter(list(folder.glob(pattern)))
    except (ValueError, NotImplementedError) as problem:
        raise CorpusError(f"{pattern}: not a glob: {problem}; e.g. papers/*.jsonl or **/*.jsonl") from None


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:  # a name too long for the file system
        return False


def shown_name(path: Path) -> str:
    """The file's name as text, whatever bytes it is made of."""
    return os.fsencode(path.name).decode(errors="replace")


def existing_file(path: Path, *, hint: str = "paths in a config start from the config's folder") -> Path:
    """The path, where a file is there. Raises CorpusError, which ends with the hint where there is nothing."""
    if not _exists(path):
        raise CorpusError(f"{path}: no such file; {hint}")
    if path.is_dir():
        raise CorpusError(f"{path}: a folder, not a file; name its files, e.g. {path / '*.jsonl'}")
    return path


def input_digest(files: Sequence[Path], *, ordered: bool = False) -> str:
    """sha256 over the bytes of all files; their order counts only where vectors are aligned with the rows read."""
    digests = []
    for path in files:
        try:
            with path.open("rb") as file:
                digests.append(hashlib.file_digest(file, "sha256").hexdigest())
        except OSError as problem:
            raise CorpusError(f"{path}: cannot be read: {problem.strerror}") from None
    return hashlib.sha256("\n".join(digests if ordered else sorted(digests)).encode()).hexdigest()


def read_lines(source: Source, encoding: str) -> Iterator[tuple[int, str]]:
    """(line number from 1, line with its ending). Bytes that do not decode come back as lone surrogates.

    UTF-16 that starts with its mark is read as that, whatever encoding is asked for. Raises CorpusError for what no
    row can mend: a NUL byte, a damaged compressed file, an unknown encoding.
    """
    number = 0
    try:
        with damage_told(source, lambda: number), source.open() as file:
            empty = 0
            for number, line in enumerate(_split_lines(file, source, encoding), start=1):
                empty = empty + 1 if len(line) <= 2 else 0
                if empty > MOST_EMPTY:
                    raise CorpusError(f"{source}: {MOST_EMPTY:,} empty lines in a row up to line {number:,}: no papers")
                if "\0" in line:
                    raise CorpusError(
                        f"{source}: NUL byte in line {number}: a binary file, or UTF-16 text"
                        ' (then set corpus.encoding = "utf-16")'
                    )
                yield number, line.removeprefix("\ufeff") if number == 1 else line
    except LookupError:
        raise CorpusError(
            f"corpus.encoding = {encoding!r}: Python knows no such encoding; try utf-8 or latin-1"
        ) from None
    except UnicodeError:
        raise CorpusError(f"{source}: not {encoding} text; set corpus.encoding to the file's own") from None


def _split_lines(file: BinaryIO, source: Source, encoding: str) -> Iterator[str]:
    encoding = _marked(file, encoding)
    if "\n".encode(encoding) != b"\n":  # UTF-16 and its kin: lines can be found only after decoding
        with io.TextIOWrapper(file, encoding=encoding, newline="") as text:
            yield from text
        return
    while line := file.readline(LONGEST_LINE + 1):
        if len(line) > LONGEST_LINE:
            raise CorpusError(f"{source}: a line longer than {LONGEST_LINE // 2**20} MB; is this one paper per line?")
        yield line.decode(encoding, errors="surrogateescape")


def _marked(file: BinaryIO, encoding: str) -> str:
    peek = getattr(file, "peek", None)
    start = peek(2)[:2] if peek else b""
    return WIDE.get(start, encoding)


def undecodable(text: str) -> bool:
    r"""Whether a text holds lone surrogates: bytes that did not decode, or broken \\u escapes."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return True
    return False
