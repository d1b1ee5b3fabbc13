"""Corpus: the papers kept, in the order of their texts' hashes, with the tables of every row read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from pipeline.corpus.corpus_tables import CorpusTables
from pipeline.corpus.paper_ids import PaperIds
from pipeline.corpus.paper_texts import PaperTexts


@dataclass(frozen=True)
class CleanedTexts:
    """titles, abstracts: n texts as they are embedded, in row order. steps: papers that each step changed."""

    titles: Sequence[str]
    abstracts: Sequence[str]
    steps: Mapping[str, int]

    def __len__(self) -> int:
        return len(self.titles)

    @property
    def texts(self) -> Sequence[str]:
        """What is embedded of each paper: title, a stop, abstract; made when it is asked for."""
        return PaperTexts(self.titles, self.abstracts)


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
