"""text hash <-> vector, on disk: append-only files that survive a kill at any moment.

A space is a folder of vectors that may stand for one another: one model digest, precision and way to treat long
texts. Each process that embeds appends to a segment of its own (`embedding.cache_segments`). A record counts only if
its checksum fits, so a torn end is simply not there. Beyond the size limit the segments used longest ago are dropped
whole. A cache that cannot be read or written costs time, never a run: it says so once, and the run goes on without.
"""

import hashlib
import json
import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from pipeline.atomic_write import write_atomically
from pipeline.embedding.cache_segments import (
    DESCRIPTION,
    SegmentReader,
    SegmentWriter,
    own_files,
    record_type,
    segments_in,
    size_of,
    spaces_in,
    vector_files,
)
from pipeline.embedding.embedding import EmbeddingInfo, EncodedText
from pipeline.errors import RunFolderError

LOG = logging.getLogger(__name__)
DESCRIBED = ("model", "backend", "precision", "long_text")
LONGEST_DESCRIPTION = 2**16  # bytes
MOST_DIMENSIONS = 2**20
UNKNOWN = "unknown model (space.json is missing or damaged)"


def space_name(info: EmbeddingInfo, prompt: str) -> str:
    """Folder name of a space: everything that decides the bits of a vector."""
    parts = [info.backend, info.model_digest, info.precision, info.long_text, info.max_tokens, info.dimensions, prompt]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:32]


@dataclass(frozen=True)
class CacheInfo:
    """What the cache holds: vectors and bytes of each space, by the model's name.

    The number of vectors is None where a space no longer says how long they are.
    """

    folder: Path
    spaces: tuple[tuple[str, int | None, int], ...]

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
        self._limit = limit_bytes
        self._writer: SegmentWriter | None = None
        self._warned: set[str] = set()
        self._info = info

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, at: TracebackType | None) -> None:
        self._try_to("write", self._close)
        self._try_to("write", lambda: drop_oldest(self._root, self._limit))

    def lookup(self, hashes: Sequence[bytes], *, sentences: bool) -> Iterator[tuple[int, EncodedText]]:
        """(position in `hashes`, result) of each text that is there, with its sentences if they are wanted."""
        wanted = {text_hash: position for position, text_hash in enumerate(hashes)}
        reader = SegmentReader(self._space, self._info.dimensions)
        segments: list[Path] = []
        self._try_to("read", lambda: segments.extend(vector_files(self._space)))
        for path in segments:
            if not wanted:
                return
            try:
                yield from reader.find(path, wanted, sentences=sentences)
            except OSError as problem:
                self._warn("read", problem)

    def add(self, text_hash: bytes, encoded: EncodedText, *, sentences: bool) -> None:
        """Append one result; none any more once the cache could not be written."""
        if "write" not in self._warned:
            self._try_to("write", lambda: self._append(text_hash, encoded, sentences=sentences))

    def _append(self, text_hash: bytes, encoded: EncodedText, *, sentences: bool) -> None:
        if self._writer is None:
            self._writer = SegmentWriter(self._space, self._info.dimensions)
        self._writer.add(text_hash, encoded, sentences=sentences)

    def _close(self) -> None:
        if self._writer is not None:
            self._writer.close()
        if self._space.is_dir():
            self._describe()

    def _describe(self) -> None:
        """Says beside the vectors whose they are; only for people, so a folder of that name does no harm."""
        path = self._space / DESCRIPTION
        described = {name: getattr(self._info, name) for name in (*DESCRIBED, "dimensions")}
        content = json.dumps(described).encode()
        if not path.is_dir() and _start_of(path) != content:
            write_atomically(path, content)

    def _try_to(self, do: str, action: Callable[[], None]) -> None:
        try:
            action()
        except OSError as problem:
            if self._writer is not None and do == "write":
                self._writer.abandon()
                self._writer = None
            self._warn(do, problem)

    def _warn(self, do: str, problem: OSError) -> None:
        """One line for each of reading and writing."""
        if do in self._warned:
            return
        self._warned.add(do)
        done, meanwhile = {
            "read": ("read", "texts in it are embedded again"),
            "write": ("written", "the run goes on and keeps no more vectors"),
        }[do]
        LOG.warning(
            "%s: the vector cache cannot be %s: %s; %s; free some space, set PAPERATLAS_CACHE to another folder,"
            " or embedding.cache = false",
            self._root,
            done,
            problem.strerror or problem,
            meanwhile,
        )


def _start_of(path: Path) -> bytes | None:
    """The first 64 KB of a file; None where there is none."""
    if not path.is_file():
        return None
    with path.open("rb") as file:
        return file.read(LONGEST_DESCRIPTION)


def drop_oldest(folder: Path, limit_bytes: float) -> None:
    """Delete segments, the one used longest ago first, until the rest fits. Raises OSError."""
    segments = segments_in(folder)
    total = sum(segments.values())
    for path, size in segments.items():
        if total <= limit_bytes:
            return
        for ending in (".vectors", ".sentences"):
            path.with_suffix(ending).unlink(missing_ok=True)
        total -= size


def cache_info(folder: Path) -> CacheInfo:
    """What is in a cache folder; an empty one where there is none. Raises RunFolderError where that cannot be read."""
    try:
        return CacheInfo(folder, tuple(_measure(space) for space in spaces_in(folder) if own_files(space)))
    except OSError as problem:
        raise RunFolderError(f"{folder}: cannot be read: {problem.strerror}") from None


def _measure(space: Path) -> tuple[str, int | None, int]:
    """The model's name, vectors and bytes of a space."""
    files = [path for path in own_files(space) if path.suffix in (".vectors", ".sentences")]
    name, dimensions = _described(space / DESCRIPTION)
    vectors = None
    if dimensions is not None:
        record = record_type(dimensions).itemsize
        vectors = sum(size_of([file]) // record for file in files if file.suffix == ".vectors")
    return name, vectors, size_of(files)


def _described(path: Path) -> tuple[str, int | None]:
    """The model's name and the dimensions of its vectors, as a space describes itself."""
    try:
        described = json.loads(_start_of(path) or b"")
        names = [described[name] for name in DESCRIBED]
        dimensions = described["dimensions"]
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return UNKNOWN, None
    if not all(isinstance(name, str) for name in names) or type(dimensions) is not int:
        return UNKNOWN, None
    return (", ".join(names), dimensions) if 0 < dimensions < MOST_DIMENSIONS else (UNKNOWN, None)


def clear_cache(folder: Path) -> None:
    """Delete every vector in a cache folder, and nothing that the cache did not write.

    Raises RunFolderError where that is not allowed.
    """
    try:
        for space in spaces_in(folder):
            for path in own_files(space):
                path.unlink(missing_ok=True)
            with suppress(OSError):  # somebody else's files are in it
                space.rmdir()
    except OSError as problem:
        raise RunFolderError(f"{folder}: cannot be deleted: {problem.strerror}") from None
