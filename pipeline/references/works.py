"""Papers and what they cite -> works: every reference parsed, matched with the others and with the corpus."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipeline.corpus.cited_references import COLUMN
from pipeline.references.match_records import (
    WAYS,
    keyed,
    match_but_one,
    match_by_id,
    match_by_print,
    match_by_title,
)
from pipeline.references.paper_records import read_paper_records
from pipeline.references.parse_reference import parse_reference
from pipeline.references.parsed_reference import ParsedReference
from pipeline.references.reference_lists import ReferenceLists, read_reference_lists
from pipeline.references.similar_titles import match_similar_titles
from pipeline.references.union_find import UnionFind

NO_WORK = -1


@dataclass(frozen=True)
class MatchEvidence:
    """Two records found to be one work. by: one of WAYS. left, right: as their sources write them; a paper's title."""

    left: str
    right: str
    by: str


@dataclass(frozen=True)
class CitedWorks:
    """n papers, their r references (u distinct ones), and the w works that these are.

    lists: the references. papers: n records, one a paper. parsed: u records, one a distinct reference. work_of: (u,)
    number of the work that each distinct reference is, -1 where it says nothing. row_of: (w,) row of the paper that a
    work is, -1 for works that are no paper of the corpus. evidence: pairs of nodes joined and the number of the way, of
    WAYS; nodes are the n papers, then the u references. refused, collisions: as in UnionFind and match_by_id.
    """

    lists: ReferenceLists
    papers: Sequence[ParsedReference]
    parsed: Sequence[ParsedReference]
    work_of: NDArray[np.int64]
    row_of: NDArray[np.int64]
    evidence: NDArray[np.int64]
    refused: int = 0
    collisions: int = 0

    def __post_init__(self) -> None:
        for name, rows in (("work_of", len(self.work_of)), ("lists", len(self.lists.raw))):
            if rows != len(self.parsed):
                raise ValueError(f"{name} has {rows} rows for {len(self.parsed)} distinct references")

    def __len__(self) -> int:
        return len(self.row_of)

    @property
    def cited(self) -> NDArray[np.int64]:
        """(r,) work of every reference, -1 where it says nothing."""
        return self.work_of[self.lists.cited] if len(self.lists) else np.zeros(0, dtype=np.int64)

    @cached_property
    def citations(self) -> NDArray[np.int64]:
        """(c, 2) paper and work, each pair once, by paper, then work: without references that say nothing, those that
        repeat a work, and those of a paper to itself.
        """
        kept = self.cited >= 0
        citing, cited = self.lists.citing[kept], self.cited[kept]
        others = self.row_of[cited] != citing
        pairs = np.unique(citing[others] * max(len(self), 1) + cited[others])
        return np.column_stack(np.divmod(pairs, max(len(self), 1)))

    @cached_property
    def references_of(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """The distinct references in the order of their works, and (w + 1,) where each work's begin in it."""
        order = np.argsort(self.work_of, kind="stable")
        return order, np.searchsorted(self.work_of[order], np.arange(len(self) + 1))

    def record(self, work: int) -> ParsedReference:
        """What is known of a work: its paper's record, else the parts that most of its references agree on."""
        if self.row_of[work] >= 0:
            return self.papers[int(self.row_of[work])]
        order, starts = self.references_of
        records = [self.parsed[one] for one in order[starts[work] : starts[work + 1]].tolist()]
        ids = Counter(one for record in records for one in record.ids)
        ranked = sorted(ids, key=lambda one: (-ids[one], not one.startswith("doi:"), one))
        return ParsedReference(
            author=_usual(one.author for one in records),
            initials=_usual(one.initials for one in records),
            year=int(_usual(str(one.year or "") for one in records) or 0) or None,
            title=_usual(one.title for one in records),
            source=_usual(one.source for one in records),
            volume=_usual(one.volume for one in records),
            page=_usual(one.page for one in records),
            ids=tuple(ranked),
        )

    def matches(self) -> list[MatchEvidence]:
        """Every pair of records that was joined, in the order of the ways, and why."""
        return [
            MatchEvidence(self._written(left), self._written(right), WAYS[way])
            for left, right, way in self.evidence.tolist()
        ]

    def _written(self, node: int) -> str:
        return self.papers[node].title if node < len(self.papers) else self.lists.raw[node - len(self.papers)]


def find_works(column: Callable[[str], pa.ChunkedArray], names: Sequence[str]) -> CitedWorks:
    """The works that papers cite. column: gives a column of the papers by its name, one of names.

    Papers of the corpus are never joined with each other, even where they share a DOI: the first of them is the work.
    The result depends on the papers and their order alone.
    """
    papers = read_paper_records(column, names)
    lists = read_reference_lists(column(COLUMN) if COLUMN in names else None, papers=len(papers))
    return match_works(papers, lists)


def match_works(papers: Sequence[ParsedReference], lists: ReferenceLists) -> CitedWorks:
    """The works of references, matched with each other and with papers: by id, then by title and year, then by first
    author, year, volume and page, then by these but one, and by nearly the same title.
    """
    if len(papers) != lists.papers:
        raise ValueError(f"{len(papers)} records for {lists.papers} papers")
    texts = zip(lists.raw, lists.ids, lists.sources, strict=True)
    parsed = [parse_reference(raw, identifier=identifier, source=source) for raw, identifier, source in texts]
    nodes = [keyed(one) for one in (*papers, *parsed)]
    rows = [*range(len(papers)), *[-1] * len(parsed)]
    union = UnionFind(rows, [one.record.doi for one in nodes])
    collisions = match_by_id(nodes, union)
    for match in (match_by_title, match_by_print, match_but_one, match_similar_titles):
        match(nodes, union)
    roots = union.roots()[len(papers) :]
    says_nothing = np.fromiter((one.is_empty for one in parsed), dtype=bool, count=len(parsed))
    kept, work_of = np.unique(roots[~says_nothing], return_inverse=True)
    works = np.full(len(parsed), NO_WORK, dtype=np.int64)
    works[~says_nothing] = work_of
    row_of = np.where(kept < len(papers), kept, NO_WORK)
    evidence = np.array([union.left, union.right, union.ways], dtype=np.int64).T.reshape(-1, 3)
    return CitedWorks(lists, papers, parsed, works, row_of, evidence, union.refused, collisions)


def _usual(texts: Iterable[str]) -> str:
    """The commonest text, of those as common the longest, of these the first in order; "" where all are empty."""
    counts = Counter(text for text in texts if text)
    return min(counts, key=lambda text: (-counts[text], -len(text), text), default="")
