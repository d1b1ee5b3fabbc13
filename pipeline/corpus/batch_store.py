"""Batches of rows -> kept in memory while they are few, else in a temporary file that is mapped into memory.

Pages of a mapped file that were read can be let go, so that memory does not grow with the file.
"""

import mmap
import tempfile
import weakref
from typing import IO, Protocol

import pyarrow as pa

MOST_IN_MEMORY = 8 * 2**20  # bytes, beyond which batches are moved to a file
ALIGNMENT = 64  # bytes, at which Arrow wants its buffers


def let_go(mapped: mmap.mmap) -> None:
    """Takes the pages of a file that were read out of this process's memory, where the system can."""
    if hasattr(mmap, "MADV_DONTNEED"):
        mapped.madvise(mmap.MADV_DONTNEED)


class Batches(Protocol):
    """Where batches are kept."""

    def load(self, number: int) -> pa.RecordBatch:
        """The batch of this number, from 0."""
        ...

    def let_go(self) -> None:
        """Takes what was read out of this process's memory, where it is in a file."""
        ...


class MappedFile:
    """A file of batches, in the order they were added in. places: start and length of each."""

    def __init__(self, file: IO[bytes], schema: pa.Schema) -> None:
        self._file, self._schema = file, schema
        self.places: list[tuple[int, int]] = []
        weakref.finalize(self, file.close)  # the mapping stays, for the tables made of it
        self._map: mmap.mmap | None = None
        self._bytes: pa.Buffer | None = None

    def add(self, batch: pa.RecordBatch) -> int:
        """Writes a batch; its number."""
        content = batch.serialize()
        self.places.append((self._file.tell(), len(content)))
        self._file.write(content)
        self._file.write(b"\0" * (-len(content) % ALIGNMENT))
        return len(self.places) - 1

    def load(self, number: int) -> pa.RecordBatch:
        """A batch, its buffers in the mapped file."""
        start, length = self.places[number]
        if self._bytes is None or start + length > len(self._bytes):
            self._file.flush()
            self._map = mmap.mmap(self._file.fileno(), 0, access=mmap.ACCESS_READ)
            self._bytes = pa.py_buffer(self._map)
        return pa.ipc.read_record_batch(self._bytes.slice(start, length), self._schema)

    def flush(self) -> None:
        """What was added is in the file when this returns."""
        self._file.flush()

    def let_go(self) -> None:
        """Takes what was read out of this process's memory, where the system can; the file has it still."""
        if self._map is not None:
            let_go(self._map)


class BatchStore:
    """Batches of one schema in the order they were added in."""

    def __init__(self) -> None:
        self._batches: list[pa.RecordBatch] = []
        self._size = 0
        self._file: MappedFile | None = None

    def __len__(self) -> int:
        return len(self._batches) + (len(self._file.places) if self._file else 0)

    def add(self, batch: pa.RecordBatch) -> int:
        """Keeps a batch; its number."""
        if self._file is not None:
            return self._file.add(batch)
        self._batches.append(batch)
        self._size += batch.nbytes
        if self._size > MOST_IN_MEMORY:
            self._file = MappedFile(tempfile.TemporaryFile(prefix="paperatlas-"), batch.schema)  # noqa: SIM115
            for one in self._batches:
                self._file.add(one)
            self._batches = []
        return len(self) - 1

    def load(self, number: int) -> pa.RecordBatch:
        """The batch of this number, from 0."""
        return self._batches[number] if self._file is None else self._file.load(number)

    def let_go(self) -> None:
        """Takes what was read out of this process's memory, where it is in a file."""
        if self._file is not None:
            self._file.let_go()

    def table(self, schema: pa.Schema) -> pa.Table:
        """All batches as one table, which keeps the file for as long as it lives."""
        return pa.Table.from_batches([self.load(number) for number in range(len(self))], schema=schema)
