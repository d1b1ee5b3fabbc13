"""Blocks of rows -> RowIndex: what the duplicate search needs of every paper in memory, and the rest when asked for."""

import itertools
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TypeVar

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipeline.corpus.arrow_columns import numbers_of, row_numbers
from pipeline.corpus.paper_rows import ROWS, Block
from pipeline.corpus.work_keys import KEY_BYTES

Number = TypeVar("Number", bound=np.generic)
HASH_WORDS = 4  # of 8 bytes in a sha256


@dataclass
class RowIndex:
    """The m papers of all blocks, in the order they were read in; a row number counts papers alone.

    hashes: (m, 4) uint64, big-endian words of the texts' hashes, which compare as the hashes do. positions: (m,) among
    all rows read. keys: (k,) uint64 of all papers, key_rows: (k,) the paper that has each; see work_keys. id_keys: (m,)
    those of the ids. repaired: rows mended, by what was wrong.
    """

    blocks: Sequence[Block]
    hashes: NDArray[np.uint64] = field(init=False)
    positions: NDArray[np.int64] = field(init=False)
    keys: NDArray[np.uint64] = field(init=False)
    key_rows: NDArray[np.int64] = field(init=False)
    id_keys: NDArray[np.uint64] = field(init=False)
    repaired: Counter[str] = field(init=False)
    _starts: NDArray[np.int64] = field(init=False)

    def __post_init__(self) -> None:
        parts = _Parts()
        for block in self.blocks:
            parts.add(block)
            block.batches.let_go()
        self._starts = np.array(parts.starts, dtype=np.int64)
        self.hashes = _joined(parts.hashes, np.uint64).reshape(-1, HASH_WORDS)
        self.positions = _joined(parts.positions, np.int64)
        self.keys = _joined(parts.keys, np.uint64)
        self.key_rows = _joined(parts.key_rows, np.int64)
        self.id_keys = _joined(parts.id_keys, np.uint64)
        self.repaired = parts.repaired

    def __len__(self) -> int:
        return len(self.positions)

    @cached_property
    def read(self) -> int:
        """Rows read, rejects too."""
        return sum(block.read for block in self.blocks)

    def batch_of(self, row: int) -> pa.RecordBatch:
        """One row, by itself."""
        block = int(np.searchsorted(self._starts, row, side="right")) - 1
        return self.blocks[block].load().slice(row - int(self._starts[block]), 1)

    def take(self, rows: NDArray[np.int64], columns: Sequence[str] = tuple(ROWS.names)) -> pa.Table:
        """These rows, in this order, as one chunk."""
        schema = pa.schema([ROWS.field(name) for name in columns])
        in_order = np.argsort(rows, kind="stable")
        ordered = rows[in_order]
        numbers = np.searchsorted(self._starts, ordered, side="right") - 1
        edges = [0, *(np.flatnonzero(np.diff(numbers)) + 1).tolist(), len(rows)]
        pieces = []
        for first, end in itertools.pairwise(edges):
            if first < end:
                block = int(numbers[first])
                wanted = row_numbers(ordered[first:end] - self._starts[block])
                pieces.append(self.blocks[block].load().select(list(columns)).take(wanted))
                self.blocks[block].batches.let_go()
        back = np.empty(len(rows), dtype=np.int64)
        back[in_order] = np.arange(len(rows))
        return pa.Table.from_batches(pieces, schema=schema).combine_chunks().take(row_numbers(back))


@dataclass
class _Parts:
    """The arrays of each block, until they are joined."""

    starts: list[int] = field(default_factory=list)
    hashes: list[NDArray[np.uint64]] = field(default_factory=list)
    positions: list[NDArray[np.int64]] = field(default_factory=list)
    keys: list[NDArray[np.uint64]] = field(default_factory=list)
    key_rows: list[NDArray[np.int64]] = field(default_factory=list)
    id_keys: list[NDArray[np.uint64]] = field(default_factory=list)
    repaired: Counter[str] = field(default_factory=Counter)
    _papers: int = 0
    _read: int = 0

    def add(self, block: Block) -> None:
        """Copies what is needed, so that the block's own memory can be let go."""
        batch = block.load()
        count = batch.num_rows
        self.starts.append(self._papers)
        self.hashes.append(numbers_of(batch.column("text_hash"), ">u8", width=HASH_WORDS).astype(np.uint64))
        self.positions.append(numbers_of(batch.column("position"), np.int64).astype(np.int64) + self._read)
        lengths, keys = _keys_of(batch.column("keys"))
        self.keys.append(keys)
        self.key_rows.append(np.repeat(np.arange(self._papers, self._papers + count), lengths))
        self.id_keys.append(keys[np.cumsum(lengths) - lengths])
        kinds = Counter(text for text in batch.column("repaired").to_pylist() if text)
        for text, times in kinds.items():
            self.repaired.update(dict.fromkeys(text.split("\n"), times))
        self._papers += count
        self._read += block.read


def _keys_of(column: pa.Array) -> tuple[NDArray[np.int64], NDArray[np.uint64]]:
    """How many keys each paper has, and all of them."""
    _, ends, content = column.buffers()
    offsets = np.frombuffer(ends, dtype=np.int32)[column.offset : column.offset + len(column) + 1]
    if not len(column):
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.uint64)
    keys = np.frombuffer(content, dtype=np.uint8)[offsets[0] : offsets[-1]]
    return np.diff(offsets).astype(np.int64) // KEY_BYTES, keys.copy().view(np.uint64)


def _joined(arrays: Sequence[NDArray[Number]], dtype: type[Number]) -> NDArray[Number]:
    return np.concatenate(arrays) if arrays else np.zeros(0, dtype=dtype)
