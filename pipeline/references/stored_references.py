"""Works that papers cite -> plain arrays that a query opens with mmap: which papers share references or cite one.

How alike two papers are by their references is the cosine of their lists, each work weighted by its rarity, as in
`coupling`, and DIRECT more where one cites the other.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from pipeline.references.parsed_reference import ParsedReference
from pipeline.references.relations import MOST_CITING
from pipeline.references.works import CitedWorks
from pipeline.words.display import shorten

DIRECT = 0.1  # what a citation counts, beside a cosine: measured, benchmarks/RESULTS.md
DECIMALS = 7  # of cosines
LONGEST_TITLE = 40  # characters, where a work is named by its title


@dataclass(frozen=True)
class ReferenceList:
    """What is asked about: rows of papers, and what they cite together.

    works: (m,) increasing; weights: (m,) float64, of length at most 1. known: whether one of them has references.
    """

    rows: tuple[int, ...]
    works: NDArray[np.int64]
    weights: NDArray[np.float64]
    known: bool


@dataclass(frozen=True)
class StoredReferences:
    """The references of n papers, those alone that tell of another paper: works in the corpus, or cited twice at least.

    offsets: (n + 1,) int64; paper i has the entries offsets[i] to offsets[i + 1] of works and weights. works: (m,)
    int32, increasing within a paper; below n the row of the paper that the work is. weights: (m,) float32, the rarity
    of the works, in rows of length 1 with those left out. counts: (n,) int32 different works that each paper cites, as
    far as is known; 0 where its source gave none. names: short names of the n papers, then of the other works, joined
    by line ends, as (b,) uint8.
    """

    offsets: NDArray[np.int64]
    works: NDArray[np.int32]
    weights: NDArray[np.float32]
    counts: NDArray[np.int32]
    names: NDArray[np.uint8]

    def __post_init__(self) -> None:
        if not len(self.works) == len(self.weights) == self.offsets[-1]:
            raise ValueError(f"{len(self.works)} works and {len(self.weights)} weights for {self.offsets[-1]} entries")
        if len(self.counts) != len(self):
            raise ValueError(f"counts has {len(self.counts)} rows for {len(self)} papers")

    def __len__(self) -> int:
        return len(self.offsets) - 1

    @property
    def share(self) -> float:
        """Share of the papers that have references, in [0, 1]."""
        return float(np.count_nonzero(self.counts)) / max(len(self), 1)

    def name(self, work: int) -> str:
        """A work as "Larsen 2002", or by its title or identifier where nobody says who wrote it."""
        return self._names[work]

    @cached_property
    def _names(self) -> list[str]:
        return self.names.tobytes().decode().split("\n")

    @cached_property
    def _citing(self) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.float32]]:
        """Where the papers that cite each work begin, then these papers, and the work's weight in each."""
        entries = np.arange(len(self.works), dtype=np.int64)
        order = (
            np.sort(self.works.astype(np.int64) << 32 | entries) & 0xFFFFFFFF
        )  # a stable argsort, several times faster
        papers = np.repeat(np.arange(len(self), dtype=np.int32), np.diff(self.offsets))[order]
        most = max(len(self), int(self.works.max(initial=-1)) + 1)
        starts = np.concatenate([[0], np.cumsum(np.bincount(self.works, minlength=most))])
        return starts, papers, np.asarray(self.weights)[order]

    def paper(self, row: int) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
        """Works and weights of one paper."""
        entries = slice(int(self.offsets[row]), int(self.offsets[row + 1]))
        return self.works[entries], self.weights[entries]

    def citing(self, work: int) -> NDArray[np.int32]:
        """Rows of the papers that cite a work, increasing."""
        starts, papers, _ = self._citing
        return papers[int(starts[work]) : int(starts[work + 1])]

    def list_of(self, rows: Iterable[int]) -> ReferenceList:
        """What some papers cite together: the sum of their lists, scaled to length 1 with the works left out here."""
        own = tuple(rows)
        with_references = [row for row in own if self.counts[row] > 0]
        lists = [self.paper(row) for row in with_references]
        works, place = np.unique(
            np.concatenate([np.zeros(0, np.int64), *(one for one, _ in lists)]), return_inverse=True
        )
        apart = np.concatenate([np.zeros(0), *(one for _, one in lists)])
        weights = np.bincount(place, apart, minlength=len(works))
        # The works left out are cited by one paper alone, and so are what each list lacks to length 1.
        length = float(np.sqrt((weights**2).sum() + max(len(lists) - (apart**2).sum(), 0.0)))
        return ReferenceList(own, works, np.asarray(weights / max(length, 1e-12), np.float64), bool(lists))

    def shared(self, asked: ReferenceList, row: int) -> list[int]:
        """The works that a paper and those asked about cite, the one that adds most to their likeness first."""
        works, weights = self.paper(row)
        place = np.minimum(np.searchsorted(asked.works, works), max(len(asked.works) - 1, 0))
        both = np.flatnonzero(asked.works[place] == works) if len(asked.works) else np.zeros(0, np.int64)
        order = np.lexsort((works[both], -asked.weights[place[both]] * weights[both]))
        return [int(work) for work in works[both[order]]]

    def related(self, asked: ReferenceList) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """The papers that share references with those asked about, or cite one or are cited, by increasing row, and how
        much alike they are: above 0, at most 1 + DIRECT.

        Works that more than MOST_CITING papers cite link nobody, as in `coupling`.
        """
        starts, papers, weights = self._citing
        first, last = starts[asked.works], starts[asked.works + 1]
        linking = np.flatnonzero(last - first <= MOST_CITING)
        counts = (last - first)[linking]
        entries = np.arange(counts.sum()) + np.repeat(first[linking] - (np.cumsum(counts) - counts), counts)
        products = np.repeat(asked.weights[linking], counts) * weights[entries]
        alike = np.bincount(papers[entries], products, minlength=len(self)).astype(np.float64).round(DECIMALS)
        cited = asked.works[asked.works < len(self)]
        direct = np.concatenate([cited, *(self.citing(row).astype(np.int64) for row in asked.rows)])
        alike[np.unique(direct)] += DIRECT
        alike[list(asked.rows)] = 0
        rows = np.flatnonzero(alike)
        return rows, alike[rows]

    def likeness(
        self, related: tuple[NDArray[np.int64], NDArray[np.float64]], rows: NDArray[np.int64]
    ) -> NDArray[np.float64]:
        """(r,) how much alike some papers are, by what `related` found; NaN where a paper has no references and is not
        cited by those asked about either, so that nothing is known.
        """
        others, values = related
        place = np.minimum(np.searchsorted(others, rows), max(len(others) - 1, 0))
        found = others[place] == rows if len(others) else np.zeros(len(rows), dtype=bool)
        alike = np.where(self.counts[rows] > 0, 0.0, np.nan)
        alike[found] = values[place[found]]
        return alike


def store_references(works: CitedWorks) -> StoredReferences | None:
    """The arrays of the works that papers cite; None where no paper has references."""
    if not len(works.citations):
        return None
    stored, others = link_papers(works.citations, works.row_of, papers=len(works.papers))
    named = [short_name([paper]) for paper in works.papers]
    order, starts = works.references_of
    for work in others.tolist():
        named.append(short_name([works.parsed[one] for one in order[starts[work] : starts[work + 1]].tolist()]))
    return StoredReferences(
        stored.offsets, stored.works, stored.weights, stored.counts, np.frombuffer("\n".join(named).encode(), np.uint8)
    )


def link_papers(
    citations: NDArray[np.int64], row_of: NDArray[np.int64], *, papers: int
) -> tuple[StoredReferences, NDArray[np.int64]]:
    """The arrays of citations, without names, and the works that are no papers, in the order of their numbers.

    citations, row_of: as in CitedWorks.
    """
    citing, cited = citations.T
    cited_by = np.bincount(cited, minlength=len(row_of))
    rarity = np.log((len(np.unique(citing)) + 1) / np.maximum(cited_by, 1))
    weights = rarity[cited]
    lengths = np.sqrt(np.bincount(citing, weights**2, minlength=papers))
    others = np.flatnonzero((row_of < 0) & (cited_by > 1))
    number = row_of.copy()
    number[others] = papers + np.arange(len(others))
    kept = np.flatnonzero(number[cited] >= 0)
    kept = kept[np.lexsort((number[cited[kept]], citing[kept]))]
    stored = StoredReferences(
        offsets=np.concatenate([[0], np.cumsum(np.bincount(citing[kept], minlength=papers))]).astype(np.int64),
        works=number[cited[kept]].astype(np.int32),
        weights=(weights[kept] / lengths[citing[kept]]).astype(np.float32),
        counts=np.bincount(citing, minlength=papers).astype(np.int32),
        names=np.zeros(0, np.uint8),
    )
    return stored, others


def short_name(records: Sequence[ParsedReference]) -> str:
    """How a reader calls a work, by the first of its records that can tell: author and year, else title, else id.

    >>> short_name([ParsedReference(title="Frost"), ParsedReference(author="Larsen", year=2002)])
    'Larsen 2002'
    >>> short_name([ParsedReference(title="Frost", year=1999)]), short_name([ParsedReference(ids=("doi:10.1000/x",))])
    ('"Frost" 1999', '10.1000/x')
    """
    for record in records:
        if record.author and record.year:
            return shorten(f"{record.author} {record.year}", LONGEST_TITLE)
    for record in records:
        if title := record.title or record.source:
            return " ".join([f'"{shorten(title, LONGEST_TITLE)}"', *([str(record.year)] if record.year else [])])
    for record in records:
        if record.author or record.ids:
            return shorten(record.author or record.ids[0].partition(":")[2], LONGEST_TITLE)
    return "a work without a name"
