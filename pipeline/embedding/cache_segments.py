"""Folder of the vector cache -> spaces, segments, and the records in them that are whole.

A segment is a file of fixed-size records, `<number>.vectors`, with sentence vectors beside it in `<number>.sentences`.
Every checksum also covers the name of the space, and that of sentences the hash of their text: a segment that was moved
to another space, or sentences beside another's vectors, are as good as not there. Whatever else lies in the folder
belongs to somebody else: it is neither read nor counted nor removed.
"""

import logging
import os
import re
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from pipeline.embedding.embedding import EncodedText

LOG = logging.getLogger(__name__)
SPACE = re.compile(r"[0-9a-f]{32}")
SEGMENT = re.compile(r"\d{6,9}\.(?:vectors|sentences)")
DESCRIPTION = "space.json"
DRAFT = ".writing-"  # how names of half-written descriptions begin
RECORDS_PER_SYNC = 512
RECORDS_AT_ONCE = 4096
NO_SENTENCES = -1


def record_type(dimensions: int) -> np.dtype[np.void]:
    """One record: hash of the text, its tokens, its sentences and where they are, the vector, a checksum of it all."""
    fields = [("hash", "V32"), ("tokens", "<u4"), ("sentences", "<i4"), ("offset", "<u8")]
    return np.dtype([*fields, ("vector", "<f4", (dimensions,)), ("crc", "<u4")])


def spaces_in(folder: Path) -> list[Path]:
    """Every space of a cache folder, by name; none where there is no such folder. Raises OSError."""
    try:
        return sorted(path for path in folder.iterdir() if SPACE.fullmatch(path.name) and path.is_dir())
    except (FileNotFoundError, NotADirectoryError):
        return []


def own_files(space: Path) -> list[Path]:
    """The files of a space that the cache wrote: segments, the description, drafts of it; none where it is gone.

    Raises OSError.
    """
    try:
        return sorted(path for path in space.iterdir() if _is_own(path.name) and path.is_file())
    except FileNotFoundError:
        return []


def _is_own(name: str) -> bool:
    return name == DESCRIPTION or name.startswith(DRAFT) or SEGMENT.fullmatch(name) is not None


def vector_files(space: Path) -> list[Path]:
    """The segments of a space, the newest first; none where there is no such space. Raises OSError."""
    return [path for path in reversed(own_files(space)) if path.suffix == ".vectors"]


def segments_in(folder: Path) -> Mapping[Path, int]:
    """Every segment, as its path without ending, with its size in bytes; the one used longest ago first.

    Raises OSError.
    """
    files: dict[Path, list[_Stat]] = {}
    for space in spaces_in(folder):
        for path in own_files(space):
            if SEGMENT.fullmatch(path.name):
                files.setdefault(path.with_suffix(""), []).append(_stat(path))
    used = {segment: max(stat.used for stat in stats) for segment, stats in files.items()}
    ordered = sorted(files, key=lambda segment: (used[segment], segment))
    return {segment: sum(stat.size for stat in files[segment]) for segment in ordered}


@dataclass(frozen=True)
class _Stat:
    """Bytes of a file, and when it was last used in nanoseconds; both 0 where it is not there."""

    size: int = 0
    used: int = 0


def _stat(path: Path) -> _Stat:
    try:
        status = path.stat()
    except FileNotFoundError:  # another process may have dropped it meanwhile
        return _Stat()
    return _Stat(status.st_size, status.st_mtime_ns)


def size_of(paths: Sequence[Path]) -> int:
    """Bytes of these files; those that are gone count nothing."""
    return sum(_stat(path).size for path in paths)


class SegmentReader:
    """Finds texts in the segments of one space."""

    def __init__(self, space: Path, dimensions: int) -> None:
        self._type, self._dimensions = record_type(dimensions), dimensions
        self._space = space.name.encode()

    def find(self, path: Path, wanted: dict[bytes, int], *, sentences: bool) -> Iterator[tuple[int, EncodedText]]:
        """(position, result) of each text of a segment that is wanted (hash -> position), which it is no longer then.

        Raises OSError where the file cannot be read.
        """
        hits = 0
        for records in self._read(path):
            names = records["hash"].tobytes()
            for row in range(len(records)):
                name = names[32 * row : 32 * row + 32]
                if name in wanted and (encoded := self._load(records[row], path, sentences=sentences)) is not None:
                    hits += 1
                    yield wanted.pop(name), encoded
        if hits:
            with suppress(OSError):  # a cache that others may write; or it was dropped meanwhile
                os.utime(path)

    def _read(self, path: Path) -> Iterator[NDArray[np.void]]:
        """The whole records of a segment; none where another process has dropped it meanwhile."""
        try:
            file = path.open("rb")
        except FileNotFoundError:
            LOG.info("%s: dropped by another process", path)
            return
        with file:
            while content := file.read(self._type.itemsize * RECORDS_AT_ONCE):
                whole = len(content) // self._type.itemsize
                yield np.frombuffer(content, dtype=self._type, count=whole)

    def _load(self, record: np.void, path: Path, *, sentences: bool) -> EncodedText | None:
        content = record.tobytes()
        if _checksum(content[:-4], self._space) != record["crc"]:
            return None
        vectors, spans = np.zeros((0, self._dimensions), np.int8), np.zeros((0, 2), np.int32)
        if sentences:
            loaded = self._read_sentences(path.with_suffix(".sentences"), record, content[:32])
            if loaded is None:
                return None
            vectors, spans = loaded
        return EncodedText(np.array(record["vector"], dtype=np.float32), int(record["tokens"]), vectors, spans)

    def _read_sentences(
        self, blob: Path, record: np.void, text_hash: bytes
    ) -> tuple[NDArray[np.int8], NDArray[np.int32]] | None:
        """Sentence vectors and their spans; None where they were not kept, are damaged, or cannot be read."""
        count = int(record["sentences"])
        if count == NO_SENTENCES or not blob.is_file():
            return None
        try:
            with blob.open("rb") as file:
                file.seek(int(record["offset"]))
                payload, crc = file.read(count * (8 + self._dimensions)), file.read(4)
        except OSError as problem:
            LOG.info("%s: %s", blob, problem.strerror)
            return None
        if _checksum(payload, self._space, text_hash).to_bytes(4, "little") != crc:
            return None
        spans = np.frombuffer(payload[: 8 * count], dtype="<i4").reshape(-1, 2).astype(np.int32)
        return np.frombuffer(payload[8 * count :], dtype=np.int8).reshape(-1, self._dimensions), spans


class SegmentWriter:
    """A new segment of a space, appended to until it is closed. Every method raises OSError where that fails."""

    def __init__(self, space: Path, dimensions: int) -> None:
        space.mkdir(parents=True, exist_ok=True)
        self._type, self._space = record_type(dimensions), space.name.encode()
        self._path, self._vectors, self._sentences = _new_segment(space)
        self._unsynced = 0

    def add(self, text_hash: bytes, encoded: EncodedText, *, sentences: bool) -> None:
        """Append one result."""
        record = np.zeros((), dtype=self._type)
        record["hash"] = np.void(text_hash)
        record["tokens"] = encoded.tokens
        record["sentences"] = NO_SENTENCES
        record["vector"] = encoded.vector
        if sentences:
            record["sentences"] = len(encoded.sentence_vectors)
            record["offset"] = self._sentences.tell()
            payload = encoded.sentence_spans.astype("<i4").tobytes() + encoded.sentence_vectors.tobytes()
            self._sentences.write(payload + _checksum(payload, self._space, text_hash).to_bytes(4, "little"))
        record["crc"] = _checksum(record.tobytes()[:-4], self._space)
        self._vectors.write(record.tobytes())
        self._unsynced += 1
        if self._unsynced >= RECORDS_PER_SYNC:
            self._sync()

    def _sync(self) -> None:
        for file in (self._sentences, self._vectors):  # in this order: a record must never point at nothing
            file.flush()
            os.fsync(file.fileno())
        self._unsynced = 0

    def close(self) -> None:
        """Everything on the disk."""
        try:
            self._sync()
        finally:
            self._sentences.close()
            self._vectors.close()

    def abandon(self) -> None:
        """Close after a failure, whatever of the last records arrives; a segment without any is removed."""
        paths = [self._path, self._path.with_suffix(".sentences")]
        for file in (self._sentences, self._vectors):
            with suppress(OSError):  # the failure that led here, once more
                file.close()
        with suppress(OSError):
            if not size_of(paths):
                for path in paths:
                    path.unlink(missing_ok=True)


def _new_segment(space: Path) -> tuple[Path, BinaryIO, BinaryIO]:
    """Path of the vectors, and both files, of a number nobody else has: creating the first exclusively claims it."""
    number = max((int(path.stem) for path in own_files(space) if SEGMENT.fullmatch(path.name)), default=0)
    while True:
        number += 1
        path = space / f"{number:06d}.vectors"
        try:
            vectors = path.open("xb")
        except FileExistsError:
            continue
        try:
            return path, vectors, path.with_suffix(".sentences").open("xb")
        except OSError as problem:
            vectors.close()
            path.unlink(missing_ok=True)
            if not isinstance(problem, FileExistsError):
                raise


def _checksum(content: bytes, *belongs_to: bytes) -> int:
    """CRC-32 of a content and of what it belongs to, which is not stored beside it."""
    return zlib.crc32(content, zlib.crc32(b"".join(belongs_to)))
