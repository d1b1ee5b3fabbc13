"""Corpus: the papers kept, in the order of their texts' hashes, with the tables of every row read."""

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import accumulate
from typing import overload

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from pipeline.corpus.corpus_tables import CorpusTables
from pipeline.corpus.paper_ids import PaperIds
from pipeline.corpus.record import text_of


class ArrowTexts(Sequence[str]):
    """n texts in Arrow's memory, each made a Python text when it is asked for.

    shown: n texts. cleaned: in their place where it is not null; in chunks of the same lengths.
    """

    def __init__(self, shown: pa.ChunkedArray, cleaned: pa.ChunkedArray) -> None:
        self._chunks = list(zip(shown.chunks, cleaned.chunks, strict=True))
        self._ends = list(accumulate(len(chunk) for chunk in shown.chunks))

    def __len__(self) -> int:
        return self._ends[-1] if self._ends else 0

    @overload
    def __getitem__(self, row: int) -> str: ...

    @overload
    def __getitem__(self, row: slice) -> list[str]: ...

    def __getitem__(self, row: int | slice) -> str | list[str]:
        if isinstance(row, slice):
            return [self[one] for one in range(*row.indices(len(self)))]
        place = row + len(self) if row < 0 else row
        if not 0 <= place < len(self):
            raise IndexError(f"row {row} of {len(self)} texts")
        chunk = bisect_right(self._ends, place)
        shown, cleaned = self._chunks[chunk]
        place -= self._ends[chunk] - len(shown)
        text = cleaned[place].as_py()
        return str(shown[place].as_py() if text is None else text)

    def __iter__(self) -> Iterator[str]:
        for shown, cleaned in self._chunks:
            yield from pc.coalesce(cleaned, shown).to_pylist()


@dataclass(frozen=True)
class CleanedTexts:
    """titles, abstracts: n texts as they are embedded, in row order. steps: papers that each step changed."""

    titles: Sequence[str]
    abstracts: Sequence[str]
    steps: Mapping[str, int]

    def __len__(self) -> int:
        return len(self.titles)

    @cached_property
    def texts(self) -> list[str]:
        """What is embedded of each paper: title, a stop, abstract."""
        return [text_of(title, abstract) for title, abstract in zip(self.titles, self.abstracts, strict=True)]


@dataclass(frozen=True)
class Corpus:
    """The papers kept, and a record of every row read: kept + duplicates + rejected = read.

    tables: papers are n rows ordered by the sha256 of their text, columns id title abstract authors year and whatever
    else the source had; sources also have the format of each paper and its position among all rows read (from 0).
    hash_array: (n, 32) uint8, that sha256 for each row, increasing. cleaned: the texts that are embedded. vectors:
    (n, d) float32 as the source gave them, not normalised, or None. repaired: rows that had to be mended to be read, by
    what was wrong with them.
    """

    tables: CorpusTables
    hash_array: NDArray[np.uint8]
    cleaned: CleanedTexts
    vectors: NDArray[np.float32] | None = None
    repaired: Mapping[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name, rows in (("hash_array", len(self.hash_array)), ("cleaned", len(self.cleaned))):
            if rows != len(self):
                raise ValueError(f"{name} has {rows} rows for {len(self)} papers")

    def __len__(self) -> int:
        return int(self.tables.papers.num_rows)

    @cached_property
    def ids(self) -> PaperIds:
        """Row of every id, those of duplicates included."""
        return PaperIds.of_tables(self.tables.papers, self.tables.duplicates)

    @cached_property
    def text_hashes(self) -> tuple[bytes, ...]:
        """The hashes as bytes."""
        return tuple(row.tobytes() for row in self.hash_array)
