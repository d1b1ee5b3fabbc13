"""Query, references of the atlas -> the papers related to it by references, how much that counts, and in words."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.config import SimilarConfig
from pipeline.references import ReferenceList, StoredReferences

AUTO = 0.5  # weight of references where it is "auto" and more papers than COVERED have any
COVERED = 0.5
COUPLED = 50  # candidates for their references alone: more add nothing (measured, benchmarks/RESULTS.md)
SHOWN_WORKS = 5
NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")


@dataclass(frozen=True)
class RelatedPapers:
    """Papers related to those asked about, by increasing row. values: how much alike their references are, above 0.

    weight: of the part in the order of similar papers.
    """

    stored: StoredReferences
    rows: NDArray[np.int64]
    values: NDArray[np.float64]
    weight: float

    def likeness(self, rows: NDArray[np.int64]) -> NDArray[np.float64]:
        """(r,) how much alike some papers are; NaN where nothing is known."""
        return self.stored.likeness((self.rows, self.values), rows)

    def candidates(self) -> NDArray[np.int64]:
        """Rows of the most alike, ties by row; none where the part does not count."""
        if self.weight == 0:
            return np.zeros(0, dtype=np.int64)
        return self.rows[np.lexsort((self.rows, -self.values))[:COUPLED]]


@dataclass(frozen=True)
class SharedReferences:
    """What references say of a paper and those asked about.

    shared: names of works that both cite, the most telling first, at most five; count: how many both cite. cites:
    whether it cites one of those asked about; cited_by: whether one of those cites it.
    """

    shared: tuple[str, ...]
    count: int
    cites: bool
    cited_by: bool

    def __str__(self) -> str:
        """In words.

        >>> str(SharedReferences(("Larsen 2002", "Moe 2001", "Berg 2003"), 3, cites=True, cited_by=False))
        'cites it; both cite Larsen 2002 and two more'
        >>> str(SharedReferences(("Larsen 2002", "Moe 2001"), 2, cites=False, cited_by=True))
        'cited by it; both cite Larsen 2002 and Moe 2001'
        """
        said = ["cites it"] * self.cites + ["cited by it"] * self.cited_by
        return "; ".join([*said, *([f"both cite {_listed(self.shared, self.count)}"] if self.count else [])])


def _listed(names: Sequence[str], count: int) -> str:
    if count <= 2:
        return " and ".join(names)
    return f"{names[0]} and {NUMBERS[count - 1] if count <= len(NUMBERS) else count - 1} more"


def references_weight(stored: StoredReferences | None, config: SimilarConfig) -> float:
    """The weight of references in the order: that of the config, which "auto" makes depend on their coverage."""
    if stored is None:
        return 0.0
    if config.references != "auto":
        return config.references
    return AUTO if stored.share > COVERED else 0.0


def related_papers(
    stored: StoredReferences | None, asked: ReferenceList | None, *, weight: float
) -> RelatedPapers | None:
    """The papers related to those asked about; None where no references of these are known."""
    if stored is None or asked is None or not asked.known:
        return None
    return RelatedPapers(stored, *stored.related(asked), weight)


def shared_references(
    stored: StoredReferences | None, asked: ReferenceList | None, *, row: int
) -> SharedReferences | None:
    """What references say of one paper and those asked about; None where they say nothing."""
    if stored is None or asked is None:
        return None
    works = stored.shared(asked, row)
    cites = bool(np.isin(asked.rows, stored.paper(row)[0]).any())
    cited_by = bool((asked.works == row).any())
    if not (works or cites or cited_by):
        return None
    return SharedReferences(tuple(map(stored.name, works[:SHOWN_WORKS])), len(works), cites, cited_by)
