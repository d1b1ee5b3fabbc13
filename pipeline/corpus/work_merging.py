"""Rows kept of each text -> rows kept of each work: only papers that share a key with another are compared."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipeline.corpus.deduplication import WorkContent, WorkRecord, find_works
from pipeline.corpus.extras import ExtraColumns
from pipeline.corpus.identifiers import IDENTIFIER_FIELDS, plain_name
from pipeline.corpus.paper_rows import content_hashes, decoded
from pipeline.corpus.row_index import RowIndex

KEYS_AT_ONCE = 2**18  # are looked up, so that what that takes does not grow with their number


@dataclass(frozen=True)
class Kept:
    """rows: (n,) of the papers kept, ordered by text hash. text_of: (m,) for every row the number of its text;
    paper_of: (m,) the number of the paper that represents it.

    reasons: why a text is represented by another's paper, by the number of the text. inherited: other fields that a
    paper takes from those it represents, by its number.
    """

    rows: NDArray[np.int64]
    text_of: NDArray[np.int64]
    paper_of: NDArray[np.int64]
    reasons: dict[int, str] = field(default_factory=dict)
    inherited: dict[int, dict[str, object]] = field(default_factory=dict)


def merge_works(rows: RowIndex, kept: Kept, extras: ExtraColumns) -> Kept:
    """One row for each work, which takes over the identifiers of the others. The extras note what they get."""
    candidates = _that_share_keys(rows, kept.rows)
    works = find_works(_work_records(rows, kept.rows[candidates], extras.kinds))
    if not works.reasons:
        return kept
    representative = np.arange(len(kept.rows))
    representative[candidates] = candidates[np.array(works.kept)]
    remaining = np.flatnonzero(representative == np.arange(len(representative)))
    inherited = {int(candidates[number]): added for number, added in works.inherited.items()}
    for added in inherited.values():
        extras.encode(added)
    return Kept(
        rows=kept.rows[remaining],
        text_of=kept.text_of,
        paper_of=np.searchsorted(remaining, representative[kept.text_of]),
        reasons={int(candidates[number]): reason for number, reason in works.reasons.items()},
        inherited={int(np.searchsorted(remaining, number)): added for number, added in inherited.items()},
    )


def that_repeat(keys: NDArray[np.uint64]) -> NDArray[np.int64]:
    """The places of keys that are there more than once.

    >>> that_repeat(np.array([7, 5, 7], dtype=np.uint64)).tolist()
    [0, 2]
    """
    ordered = np.sort(keys)
    repeated = ordered[1:][ordered[1:] == ordered[:-1]]
    del ordered  # as large as the keys
    return places_of(repeated, keys)


def places_of(wanted: NDArray[np.uint64], keys: NDArray[np.uint64]) -> NDArray[np.int64]:
    """The places of keys that are wanted. wanted: in rising order."""
    if not len(wanted):
        return np.zeros(0, dtype=np.int64)
    places = []
    for first in range(0, len(keys), KEYS_AT_ONCE):
        some = keys[first : first + KEYS_AT_ONCE]
        nearest = wanted[np.minimum(np.searchsorted(wanted, some), len(wanted) - 1)]
        places.append(np.flatnonzero(nearest == some) + first)
    return np.concatenate(places) if places else np.zeros(0, dtype=np.int64)


def _that_share_keys(rows: RowIndex, kept: NDArray[np.int64]) -> NDArray[np.int64]:
    """The numbers of papers kept that have a key in common with another."""
    places = that_repeat(rows.keys)
    number_of = np.full(len(rows), -1, dtype=np.int64)
    number_of[kept] = np.arange(len(kept))
    numbers = number_of[rows.papers_of_keys(places)]
    keys, numbers = rows.keys[places[numbers >= 0]], numbers[numbers >= 0]
    return np.unique(numbers[that_repeat(keys)])


def _work_records(rows: RowIndex, numbers: NDArray[np.int64], extra_names: Iterable[str]) -> list[WorkRecord]:
    """The papers, with those other fields that may identify them, which are looked for by their names in JSON."""
    keys = [json.dumps(name) for name in map(str, extra_names) if plain_name(name) in IDENTIFIER_FIELDS]
    papers = rows.take(numbers, ("id", "title", "authors", "year", "extra"))
    columns: Sequence[list[object]] = [papers.column(name).to_pylist() for name in papers.column_names]
    return [
        WorkRecord(
            paper,
            title,
            authors,
            year,
            decoded(extra) if any(key in extra for key in keys) else {},
            partial(_content_of, rows, row),
        )
        for row, paper, title, authors, year, extra in zip(numbers.tolist(), *columns, strict=True)
    ]


def _content_of(rows: RowIndex, row: int) -> WorkContent:
    paper = pa.Table.from_batches([rows.batch_of(row)])
    extra = decoded(paper.column("extra")[0].as_py())
    return WorkContent(paper.column("abstract")[0].as_py(), extra, content_hashes(paper)[0])
