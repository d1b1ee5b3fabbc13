"""Blocks of rows -> RowIndex: what the duplicate search needs of every paper in memory, and the rest when asked for."""

import itertools
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipeline.corpus.arrow_columns import numbers_of, row_numbers
from pipeline.corpus.paper_rows import ROWS, Block
from pipeline.corpus.work_keys import KEY_BYTES

ROWS_IN_MEMORY = 8  # given one by one, before what the system read around them is let go
HASH_WORDS = 4  # of 8 bytes in a sha256


@dataclass
class RowIndex:
    """The m papers of all blocks, in the order they were read in; a row number counts papers alone.

    hashes: (m, 4) uint64, big-endian words of the texts' hashes, which compare as the hashes do. positions: (m,) among
    all rows read. keys: (k,) uint64, those of each paper after those of the one before it; see work_keys. repaired:
    rows mended, by what was wrong.
    """

    blocks: Sequence[Block]
    hashes: NDArray[np.uint64] = field(init=False)
    positions: NDArray[np.int64] = field(init=False)
    keys: NDArray[np.uint64] = field(init=False)
    repaired: Counter[str] = field(init=False)
    _starts: NDArray[np.int64] = field(init=False)  # (b + 1,) first paper of each block
    _key_starts: NDArray[np.int64] = field(init=False)  # (m + 1,) first key of each paper
    _rows_given: int = 0  # one by one

    def __post_init__(self) -> None:
        """Copies what is needed a block at a time, into arrays that are there once, so that blocks can be let go."""
        papers, keys = [0], [0]
        for block in self.blocks:
            column = block.load().column("keys")
            papers.append(len(column))
            keys.append(int(_key_ends(column)[-1] - _key_ends(column)[0]) // KEY_BYTES)
            block.batches.let_go()
        self._starts, key_starts = np.cumsum(papers), np.cumsum(keys)
        self.hashes = np.empty((self._starts[-1], HASH_WORDS), dtype=np.uint64)
        self.positions = np.empty(self._starts[-1], dtype=np.int64)
        self.keys = np.empty(key_starts[-1], dtype=np.uint64)
        self._key_starts = np.zeros(self._starts[-1] + 1, dtype=np.int64)
        self.repaired = Counter()
        read = 0
        for number, block in enumerate(self.blocks):
            own = slice(self._starts[number], self._starts[number + 1])
            batch = block.load()
            hashes = numbers_of(batch.column("text_hash"), ">u8", width=HASH_WORDS)
            self.hashes[own] = hashes.reshape(-1, HASH_WORDS)
            self.positions[own] = numbers_of(batch.column("position"), np.int64) + read
            ends = _key_ends(batch.column("keys"))
            self._key_starts[own.start + 1 : own.stop + 1] = (ends[1:] - ends[0]) // KEY_BYTES + key_starts[number]
            content = np.frombuffer(batch.column("keys").buffers()[2] or b"", dtype=np.uint8)[ends[0] : ends[-1]]
            self.keys[key_starts[number] : key_starts[number + 1]] = content.copy().view(np.uint64)
            kinds = Counter(text for text in batch.column("repaired").to_pylist() if text)
            for text, times in kinds.items():
                self.repaired.update(dict.fromkeys(text.split("\n"), times))
            read += block.read
            block.batches.let_go()

    @property
    def id_keys(self) -> NDArray[np.uint64]:
        """(m,) the key of each paper's id, its first."""
        return self.keys[self._key_starts[:-1]]

    def papers_of_keys(self, places: NDArray[np.int64]) -> NDArray[np.int64]:
        """The paper that has the key at each place."""
        return np.searchsorted(self._key_starts, places, side="right") - 1

    def __len__(self) -> int:
        return len(self.positions)

    @cached_property
    def read(self) -> int:
        """Rows read, rejects too."""
        return sum(block.read for block in self.blocks)

    def batch_of(self, row: int) -> pa.RecordBatch:
        """One row, by itself."""
        block = int(np.searchsorted(self._starts, row, side="right")) - 1
        self._rows_given += 1
        if self._rows_given % ROWS_IN_MEMORY == 0:
            self.blocks[block].batches.let_go()
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


def _key_ends(column: pa.Array) -> NDArray[np.int64]:
    """(m + 1,) where the keys of each paper of a column end, in bytes, after where the first begin."""
    if not len(column):
        return np.zeros(1, dtype=np.int64)
    offsets = np.frombuffer(column.buffers()[1], dtype=np.int32)
    return offsets[column.offset : column.offset + len(column) + 1].astype(np.int64)
