"""Parts of some pieces one after another -> one file of the store of shards, and back.

A file is the length of what is told as JSON (8 bytes, little-endian), that, and the papers as Arrow's record batches.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import pyarrow as pa
from pydantic import BaseModel

from pipeline.corpus.batch_store import ALIGNMENT, BatchStore
from pipeline.corpus.paper_rows import ROWS, Block, WritableBatches
from pipeline.corpus.record import Rejected
from pipeline.corpus.source_parts import Part, Step, Walk, to_part
from pipeline.workers.shard_store import ShardStore, read_whole, write_whole

LENGTH_BYTES = 8


@dataclass
class Stretch:
    """What becomes one file, part by part; `known` where it is in the store already. failed: whether a source could
    not be read.
    """

    store: ShardStore
    name: str
    known: bool = False
    failed: bool = False
    _parts: list[Part] = field(default_factory=list)
    _batches: BatchStore = field(default_factory=BatchStore)

    @classmethod
    def begin(cls, store: ShardStore, name: str) -> "Stretch":
        """Known where its file is whole, and all of it could be read: what could not may be mended meanwhile."""
        parts = stored_parts(store, name, BatchStore())
        return cls(store, name, known=parts is not None and not any(part.error for part in parts))

    def add(self, step: Step, walk: Walk) -> None:
        """Reads the next piece, if it is not known."""
        if self.known:
            return
        part = to_part(step, walk, self._batches)
        self.failed |= bool(part.error)
        self._parts.append(part)

    def finish(self) -> None:
        """Writes the file, if it is not there, and lets the papers go."""
        if self.known:
            return
        batches = [self._batches.load(number).serialize() for number in range(len(self._batches))]
        told = _File(parts=[_told(part) for part in self._parts], lengths=[len(batch) for batch in batches])
        header = told.model_dump_json().encode()
        header += b" " * (-(LENGTH_BYTES + len(header)) % ALIGNMENT)
        length = len(header).to_bytes(LENGTH_BYTES, "little")
        write_whole(self.store, self.name, b"".join([length, header, *batches]))
        self.known, self._parts, self._batches = True, [], BatchStore()


def stored_parts(store: ShardStore, name: str, batches: WritableBatches) -> list[Part] | None:
    """The parts of a file, their papers put into other batches; None where it is missing or damaged."""
    content = read_whole(store, name)
    if content is None:
        return None
    start = LENGTH_BYTES + int.from_bytes(content[:LENGTH_BYTES], "little")
    told = _File.model_validate_json(content[LENGTH_BYTES:start])
    papers = _papers(pa.py_buffer(content).slice(start), told.lengths)
    return [_part(part, papers, batches) for part in told.parts]


def _papers(content: pa.Buffer, lengths: Sequence[int]) -> Iterator[pa.RecordBatch]:
    start = 0
    for length in lengths:
        yield pa.ipc.read_record_batch(content.slice(start, length), ROWS)
        start += length


class _Told(BaseModel):
    """A part as JSON, but for its papers. read: None where it has none; rejects: source, row, reason and id of each."""

    source: int
    piece: int
    error: str
    layouts: list[tuple[str, ...]]
    read: int | None = None
    kinds: dict[str, frozenset[str]] = {}
    rejects: list[tuple[str, int, str, str | None]] = []


class _File(BaseModel):
    """lengths: bytes of each batch of papers."""

    parts: list[_Told]
    lengths: list[int]


def _told(part: Part) -> _Told:
    told = _Told(source=part.source, piece=part.piece, error=part.error, layouts=list(part.layouts))
    if (block := part.block) is not None:
        rejects = [(one.source, one.row, one.reason, one.id) for one in block.rejects]
        kinds = {name: frozenset(values) for name, values in block.kinds.items()}
        told = told.model_copy(update={"read": block.read, "kinds": kinds, "rejects": rejects})
    return told


def _part(told: _Told, papers: Iterator[pa.RecordBatch], batches: WritableBatches) -> Part:
    """What `_told` was given; the next of the papers are its own."""
    block = None
    if told.read is not None:
        rejects = [Rejected(*one) for one in told.rejects]
        block = Block(told.read, rejects, told.kinds, batches, batches.add(next(papers)))
    return Part(told.source, told.piece, block, told.layouts, told.error)
