"""text hash <-> vector, on disk: append-only files that survive a kill at any moment.

A space is a folder of vectors that may stand for one another: one model digest, precision and way to treat long
texts. Each process that embeds appends to a segment of its own: fixed-size records in `<number>.vectors`, sentence
vectors in `<number>.sentences`. A record counts only if its checksum fits, so a torn end is simply not there. Beyond
the size limit the segments used longest ago are dropped whole.
"""

import hashlib
import json
import logging
import os
import shutil
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

import numpy as np
from numpy.typing import NDArray

from pipeline.atomic_write import write_atomically
from pipeline.embedding.embedding import EmbeddingInfo, EncodedText
from pipeline.errors import RunFolderError

LOG = logging.getLogger(__name__)
RECORDS_PER_SYNC = 512
NO_SENTENCES = -1
DESCRIBED = ("model", "backend", "precision", "long_text", "dimensions")


def space_name(info: EmbeddingInfo, prompt: str) -> str:
    """Folder name of a space: everything that decides the bits of a vector."""
    parts = [info.backend, info.model_digest, info.precision, info.long_text, info.max_tokens, info.dimensions, prompt]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:32]


def _record_type(dimensions: int) -> np.dtype[np.void]:
    fields = [("hash", "V32"), ("tokens", "<u4"), ("sentences", "<i4"), ("offset", "<u8")]
    return np.dtype([*fields, ("vector", "<f4", (dimensions,)), ("crc", "<u4")])


@dataclass(frozen=True)
class CacheInfo:
    """What the cache holds: vectors and bytes of each space, by the model's name."""

    folder: Path
    spaces: tuple[tuple[str, int, int], ...]

    @property
    def size(self) -> int:
        return sum(size for *_, size in self.spaces)


class VectorCache:
    """One space of the cache, open for reading and for appending. Use as a context manager."""

    def __init__(
        self, folder: Path, info: EmbeddingInfo, *, prompt: str = "", limit_bytes: float = float("inf")
    ) -> None:
        self._root = folder
        self._space = folder / space_name(info, prompt)
        self._type = _record_type(info.dimensions)
        self._limit = limit_bytes
        self._writer: _SegmentWriter | None = None
        self._info = info

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, at: TracebackType | None) -> None:
        with _named_errors(self._root):
            if self._writer is not None:
                self._writer.close()
            drop_oldest(self._root, self._limit)

    def lookup(self, hashes: Sequence[bytes], *, sentences: bool) -> Iterator[tuple[int, EncodedText]]:
        """(position in `hashes`, result) of each text that is there, with its sentences if they are wanted."""
        wanted = {text_hash: position for position, text_hash in enumerate(hashes)}
        for path in sorted(self._space.glob("*.vectors"), reverse=True):
            records = _read_records(path, self._type)
            names = records["hash"].tobytes()
            blob = path.with_suffix(".sentences")
            hits = 0
            for row in range(len(records)):
                name = names[32 * row : 32 * row + 32]
                if name in wanted and (encoded_text := self._load(records[row], blob, sentences=sentences)) is not None:
                    yield wanted.pop(name), encoded_text
                    hits += 1
            if hits:
                with suppress(FileNotFoundError):  # another process may have dropped it meanwhile
                    os.utime(path)
            if not wanted:
                return

    def _load(self, record: np.void, blob: Path, *, sentences: bool) -> EncodedText | None:
        if zlib.crc32(record.tobytes()[:-4]) != record["crc"]:
            return None
        dimensions = self._info.dimensions
        vectors, spans = np.zeros((0, dimensions), np.int8), np.zeros((0, 2), np.int32)
        if sentences:
            loaded = _read_sentences(blob, int(record["offset"]), int(record["sentences"]), dimensions=dimensions)
            if loaded is None:
                return None
            vectors, spans = loaded
        return EncodedText(np.array(record["vector"], dtype=np.float32), int(record["tokens"]), vectors, spans)

    def add(self, text_hash: bytes, encoded: EncodedText, *, sentences: bool) -> None:
        """Append one result. Raises RunFolderError where the disk is full: what was written before stays good."""
        with _named_errors(self._root):
            if self._writer is None:
                self._writer = _SegmentWriter(self._space, self._type)
                described = {name: getattr(self._info, name) for name in DESCRIBED}
                write_atomically(self._space / "space.json", json.dumps(described).encode())
            self._writer.add(text_hash, encoded, sentences=sentences)


@contextmanager
def _named_errors(folder: Path) -> Iterator[None]:
    """An OSError as a line that names the cache and the ways out."""
    try:
        yield
    except OSError as problem:
        raise RunFolderError(
            f"{folder}: the vector cache cannot be written: {problem.strerror}; free some space, set"
            " PAPERATLAS_CACHE to another folder, or embedding.cache = false"
        ) from None


class _SegmentWriter:
    def __init__(self, space: Path, record_type: np.dtype[np.void]) -> None:
        space.mkdir(parents=True, exist_ok=True)
        self._type = record_type
        self._vectors, self._sentences = _new_segment(space)
        self._unsynced = 0

    def add(self, text_hash: bytes, encoded: EncodedText, *, sentences: bool) -> None:
        record = np.zeros((), dtype=self._type)
        record["hash"] = np.void(text_hash)
        record["tokens"] = encoded.tokens
        record["sentences"] = NO_SENTENCES
        record["vector"] = encoded.vector
        if sentences:
            record["sentences"] = len(encoded.sentence_vectors)
            record["offset"] = self._sentences.tell()
            payload = encoded.sentence_spans.astype("<i4").tobytes() + encoded.sentence_vectors.tobytes()
            self._sentences.write(payload + zlib.crc32(payload).to_bytes(4, "little"))
        record["crc"] = zlib.crc32(record.tobytes()[:-4])
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
        try:
            self._sync()
        finally:
            self._sentences.close()
            self._vectors.close()


def _new_segment(space: Path) -> tuple[BinaryIO, BinaryIO]:
    """Files of a segment number nobody else has: creating the first one exclusively claims it."""
    numbers = [int(path.stem) for path in space.glob("*.vectors") if path.stem.isdecimal()]
    number = max(numbers, default=0)
    while True:
        number += 1
        try:
            vectors = (space / f"{number:06d}.vectors").open("xb")
        except FileExistsError:
            continue
        return vectors, (space / f"{number:06d}.sentences").open("wb")


def _read_records(path: Path, record_type: np.dtype[np.void]) -> NDArray[np.void]:
    """The whole records of a segment; none where another process has dropped it meanwhile."""
    try:
        whole = path.stat().st_size // record_type.itemsize
        if whole:
            return np.memmap(path, dtype=record_type, mode="r", shape=(whole,))
    except FileNotFoundError:
        LOG.info("%s: dropped by another process", path)
    return np.zeros(0, dtype=record_type)


def _read_sentences(
    blob: Path, offset: int, count: int, *, dimensions: int
) -> tuple[NDArray[np.int8], NDArray[np.int32]] | None:
    """Sentence vectors and their spans; None where they were not kept, are damaged, or their segment was dropped."""
    if count == NO_SENTENCES:
        return None
    try:
        with blob.open("rb") as file:
            file.seek(offset)
            payload = file.read(count * (8 + dimensions))
            crc = file.read(4)
    except FileNotFoundError:
        return None
    if zlib.crc32(payload).to_bytes(4, "little") != crc:
        return None
    spans = np.frombuffer(payload[: 8 * count], dtype="<i4").reshape(-1, 2).astype(np.int32)
    return np.frombuffer(payload[8 * count :], dtype=np.int8).reshape(-1, dimensions), spans


def _segments(folder: Path) -> Mapping[Path, int]:
    """Every segment with its size in bytes, its sentences included, the one used longest ago first."""
    used = {path: _stat(path) for path in folder.glob("*/*.vectors")}
    paths = sorted(used, key=lambda path: (used[path].used, path))
    return {path: used[path].size + _stat(path.with_suffix(".sentences")).size for path in paths}


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


def drop_oldest(folder: Path, limit_bytes: float) -> None:
    """Delete segments, the one used longest ago first, until the rest fits."""
    segments = _segments(folder)
    total = sum(segments.values())
    for path, size in segments.items():
        if total <= limit_bytes:
            return
        path.unlink(missing_ok=True)
        path.with_suffix(".sentences").unlink(missing_ok=True)
        total -= size


def cache_info(folder: Path) -> CacheInfo:
    """What is in a cache folder; an empty one where there is none."""
    spaces: list[tuple[str, int, int]] = []
    for description in sorted(folder.glob("*/space.json")):
        described = json.loads(description.read_text())
        files = [*description.parent.glob("*.vectors"), *description.parent.glob("*.sentences")]
        record = _record_type(described.pop("dimensions")).itemsize
        vectors = sum(_stat(file).size // record for file in files if file.suffix == ".vectors")
        spaces.append((", ".join(described.values()), vectors, sum(_stat(file).size for file in files)))
    return CacheInfo(folder, tuple(spaces))


def clear_cache(folder: Path) -> None:
    """Delete every vector in a cache folder. Raises RunFolderError where that is not allowed."""
    try:
        for space in folder.glob("*/space.json"):
            shutil.rmtree(space.parent)
    except OSError as problem:
        raise RunFolderError(f"{folder}: cannot be deleted: {problem.strerror}") from None
