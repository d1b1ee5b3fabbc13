"""Paths and globs -> open files: found, decompressed, decoded line by line."""

import gzip
import hashlib
import io
import os
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

from pipeline.errors import CorpusError

LONGEST_LINE = 16 * 2**20
COMPRESSIONS = (".gz", ".zst")


def find_files(patterns: Sequence[str], folder: Path) -> list[Path]:
    """The files that paths and globs name, relative ones from `folder`; each once, in a fixed order."""
    found: dict[Path, None] = {}
    for pattern in patterns:
        if any(sign in pattern for sign in "*?[") and not _exists(folder / pattern):
            matches = sorted(path for path in _glob(folder, pattern) if path.is_file())
            if not matches:
                raise CorpusError(f"{folder / pattern}: no file matches; a glob starts from the config's folder")
            found |= dict.fromkeys(matches)
        else:
            found[existing_file(folder / pattern)] = None
    return list(found)


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
    if _exists(path) and path.is_dir():
        raise CorpusError(f"{path}: a folder, not a file; name its files, e.g. {path / '*.jsonl'}")
    if not _exists(path):
        raise CorpusError(f"{path}: no such file; {hint}")
    return path


def format_suffix(path: Path) -> str:
    """The ending that names the format, compression aside: 'papers.jsonl.gz' is '.jsonl'."""
    suffixes = [suffix.lower() for suffix in path.suffixes]
    while suffixes and suffixes[-1] in COMPRESSIONS:
        suffixes.pop()
    return suffixes[-1] if suffixes else ""


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


def open_bytes(path: Path) -> BinaryIO:
    """The file's bytes, decompressed by its ending."""
    try:
        if path.suffix.lower() == ".gz":
            return io.BufferedReader(gzip.open(path, "rb"))
        if path.suffix.lower() == ".zst":
            import zstandard

            return io.BufferedReader(zstandard.open(path, "rb"))
        return path.open("rb")
    except OSError as problem:
        raise CorpusError(f"{path}: cannot be read: {problem.strerror}") from None


def read_lines(path: Path, encoding: str) -> Iterator[tuple[int, str]]:
    """(line number from 1, line with its ending). Bytes that do not decode come back as lone surrogates.

    Raises CorpusError for what no row can mend: a NUL byte, a damaged compressed file, an unknown encoding.
    """
    import zstandard

    number = 0
    try:
        with open_bytes(path) as file:
            for number, line in enumerate(_split_lines(file, path, encoding), start=1):
                if "\0" in line:
                    raise CorpusError(
                        f"{path}: NUL byte in line {number}: a binary file, or UTF-16 text"
                        ' (then set corpus.encoding = "utf-16")'
                    )
                yield number, line.removeprefix("\ufeff") if number == 1 else line
    except LookupError:
        raise CorpusError(
            f"corpus.encoding = {encoding!r}: Python knows no such encoding; try utf-8 or latin-1"
        ) from None
    except UnicodeError:
        raise CorpusError(f"{path}: not {encoding} text; set corpus.encoding to the file's own") from None
    except (EOFError, zlib.error, zstandard.ZstdError, gzip.BadGzipFile) as problem:
        raise CorpusError(f"{path}: damaged after line {number}: {problem}; copy or download the file again") from None
    except OSError as problem:
        raise CorpusError(f"{path}: cannot be read: {problem.strerror or problem}") from None


def _split_lines(file: BinaryIO, path: Path, encoding: str) -> Iterator[str]:
    if "\n".encode(encoding) != b"\n":  # UTF-16 and its kin: lines can be found only after decoding
        with io.TextIOWrapper(file, encoding=encoding, newline="") as text:
            yield from text
        return
    while line := file.readline(LONGEST_LINE + 1):
        if len(line) > LONGEST_LINE:
            raise CorpusError(f"{path}: a line longer than {LONGEST_LINE // 2**20} MB; is this one paper per line?")
        yield line.decode(encoding, errors="surrogateescape")


def undecodable(text: str) -> bool:
    r"""Whether a text holds lone surrogates: bytes that did not decode, or broken \\u escapes."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return True
    return False
