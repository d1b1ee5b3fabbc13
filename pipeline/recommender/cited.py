"""References -> which papers of the atlas they are: by DOI, then arXiv id, then title, then the whole text."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.atlas import AtlasData
from pipeline.corpus.identifiers import IDENTIFIER_FIELDS, Identifiers, identify, plain_name
from pipeline.corpus.references import Reference

WAYS = ("DOI", "arXiv id", "title", "text")  # the surest first


@dataclass(frozen=True)
class Match:
    """One reference found. by: how it was found, one of WAYS."""

    reference: str
    id: str
    by: str


@dataclass(frozen=True)
class Cited:
    """What became of a list of references.

    rows: papers of the atlas that are among them, increasing. unmatched: names of those that are no paper of the atlas.
    """

    rows: NDArray[np.int64]
    matches: tuple[Match, ...]
    unmatched: tuple[str, ...]

    @property
    def ways(self) -> dict[str, int]:
        """How many papers were found in each way, every paper counted once, by the surest."""
        best: dict[str, str] = {}
        for match in sorted(self.matches, key=lambda match: -WAYS.index(match.by)):
            best[match.id] = match.by
        return {way: list(best.values()).count(way) for way in WAYS if way in best.values()}

    def to_json(self) -> dict[str, Any]:
        return {"matches": [asdict(match) for match in self.matches], "unmatched": list(self.unmatched)}


def find_cited(atlas: AtlasData, references: Iterable[Reference]) -> Cited:
    """The references among the papers of the atlas; one that fits several papers is all of them."""
    known = _known(atlas)
    matches, unmatched, rows = [], [], set()
    for reference in references:
        by, fitting = known.look_up(reference.identifiers)
        if not fitting and reference.text_hash is not None:
            by, fitting = "text", [row for row in atlas.rows_of_hashes([reference.text_hash]).tolist() if row >= 0]
        rows |= set(fitting)
        matches += [Match(reference.name, atlas.ids.ids[row], by) for row in fitting]
        unmatched += [] if fitting else [reference.name]
    return Cited(np.array(sorted(rows), dtype=np.int64), tuple(matches), tuple(unmatched))


@dataclass(frozen=True)
class _Index:
    """Rows of the atlas by what identifies them."""

    dois: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    arxiv: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    titles: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))

    def add(self, row: int, identifiers: Identifiers) -> None:
        for doi in identifiers.dois:
            self.dois[doi].append(row)
        for name in identifiers.arxiv:
            self.arxiv[name].append(row)
        if identifiers.title:
            self.titles[identifiers.title].append(row)

    def look_up(self, identifiers: Identifiers) -> tuple[str, list[int]]:
        """How a reference was matched, and the rows it fits, none twice."""
        keys = (("DOI", self.dois, identifiers.dois), ("arXiv id", self.arxiv, identifiers.arxiv))
        for by, rows, names in (*keys, ("title", self.titles, (identifiers.title,))):
            fitting = sorted({row for name in names if name in rows for row in rows[name]})
            if fitting:
                return by, fitting
        return "", []


def _known(atlas: AtlasData) -> _Index:
    known = _Index()
    for row, fields in enumerate(_fields(atlas)):
        known.add(row, identify(fields))
    for duplicate in atlas.ids.duplicates:
        known.add(atlas.ids.row(duplicate), identify({"id": duplicate}))
    return known


def _fields(atlas: AtlasData) -> Iterator[Mapping[str, Any]]:
    """The fields of every paper that say what it is, in row order."""
    names = [name for name in atlas.column_names if name == "title" or plain_name(name) in IDENTIFIER_FIELDS]
    columns = [atlas.column(name).to_pylist() for name in names]
    for values in zip(*columns, strict=True):
        yield dict(zip(names, values, strict=True))
