"""Works that papers cite -> how much of them is known: papers with references, references matched, by source."""

from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.references.match_records import WAYS
from pipeline.references.works import CitedWorks


@dataclass(frozen=True)
class SourceCoverage:
    """References that one source gave. source: "" where it is not known. papers: that have references of it.

    named: whose first author and year are known. with_id: that have a DOI or other id. in_corpus: that are papers of
    the corpus. shared: that are works which another paper cites too.
    """

    source: str
    papers: int
    references: int
    named: int
    with_id: int
    in_corpus: int
    shared: int


@dataclass(frozen=True)
class ReferenceCoverage:
    """How far the references of papers reach. A paper without references is one whose source gave none, not one that
    cites nothing.

    works: different works cited. in_corpus: of these, papers of the corpus. unreadable: references that say nothing.
    repeated: references to a work that the paper cites already; to_itself: to the paper itself; to_later: to a work of
    a later year than the paper's. longest: references of the paper that has most. collisions: references whose id
    another work has; refused: matches not made, since they would have joined two papers, or two works of different
    DOI. ways: pairs joined by each way, of WAYS.
    """

    papers: int
    papers_with_references: int
    references: int
    works: int
    in_corpus: int
    unreadable: int
    repeated: int
    to_itself: int
    to_later: int
    longest: int
    collisions: int
    refused: int
    ways: dict[str, int]
    sources: tuple[SourceCoverage, ...]

    @property
    def share(self) -> float:
        """Share of the papers that have references, in [0, 1]; 0 without papers."""
        return self.papers_with_references / self.papers if self.papers else 0.0

    def to_json(self) -> dict[str, object]:
        """Its fields by name."""
        return asdict(self)


def count_coverage(works: CitedWorks) -> ReferenceCoverage:
    """The counts of works."""
    citing, cited = works.lists.citing, works.cited
    readable = cited >= 0
    pairs = citing[readable] * max(len(works), 1) + cited[readable]
    per_paper = np.bincount(citing, minlength=1)
    years = np.array([paper.year or 0 for paper in works.papers], dtype=np.int64)
    ways = np.bincount(works.evidence[:, 2], minlength=len(WAYS)).tolist()
    return ReferenceCoverage(
        papers=len(works.papers),
        papers_with_references=int(np.count_nonzero(per_paper)),
        references=len(works.lists),
        works=len(works),
        in_corpus=int(np.count_nonzero(works.row_of >= 0)),
        unreadable=int(np.count_nonzero(~readable)),
        repeated=len(pairs) - len(np.unique(pairs)),
        to_itself=int(np.count_nonzero(works.row_of[cited[readable]] == citing[readable])),
        to_later=int(np.count_nonzero((years[citing] > 0) & (_cited_years(works, years) > years[citing]))),
        longest=int(per_paper.max()),
        collisions=works.collisions,
        refused=works.refused,
        ways={way: count for way, count in zip(WAYS, ways, strict=True) if count},
        sources=_by_source(works),
    )


def _cited_years(works: CitedWorks, years: NDArray[np.int64]) -> NDArray[np.int64]:
    """(r,) year of what each reference cites: of the paper that it is, else its own; 0 where it is not known."""
    own = np.array([one.year or 0 for one in works.parsed], dtype=np.int64)
    rows = np.full(len(works.lists), -1, dtype=np.int64)
    rows[works.cited >= 0] = works.row_of[works.cited[works.cited >= 0]]
    return np.where(rows >= 0, years[rows], own[works.lists.cited]) if len(rows) else rows


def _by_source(works: CitedWorks) -> tuple[SourceCoverage, ...]:
    """By falling number of references, then by name."""
    names = sorted(set(works.lists.sources))
    number = {name: at for at, name in enumerate(names)}
    of_reference = np.array([number[name] for name in works.lists.sources], dtype=np.int64)[works.lists.cited]
    named = np.array([bool(one.author and one.year) for one in works.parsed], dtype=bool)
    with_id = np.array([bool(one.ids) for one in works.parsed], dtype=bool)
    cited = works.cited
    readable = cited >= 0
    in_corpus, shared = np.zeros((2, len(cited)), dtype=bool)
    in_corpus[readable] = works.row_of[cited[readable]] >= 0
    citing_papers = np.bincount(works.citations[:, 1], minlength=len(works))
    shared[readable] = citing_papers[cited[readable]] > 1
    sources = []
    for at, name in enumerate(names):
        mine = of_reference == at
        counts = (named[works.lists.cited], with_id[works.lists.cited], in_corpus, shared)
        sources.append(
            SourceCoverage(
                name,
                len(np.unique(works.lists.citing[mine])),
                int(mine.sum()),
                *(int(np.count_nonzero(one & mine)) for one in counts),
            )
        )
    return tuple(sorted(sources, key=lambda one: (-one.references, one.source)))
