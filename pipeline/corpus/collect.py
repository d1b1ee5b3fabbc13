"""Papers and rejects -> Corpus: one row for each distinct text, in an order that depends on nothing but the texts."""

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipeline.corpus.cleaning import STEPS
from pipeline.corpus.corpus import CleanedTexts, Corpus
from pipeline.corpus.corpus_tables import CorpusTables
from pipeline.corpus.deduplication import WorkContent, WorkRecord, find_works
from pipeline.corpus.extras import ExtraColumns
from pipeline.corpus.identifiers import IDENTIFIER_FIELDS, plain_name
from pipeline.corpus.paper_rows import PLACE, cleaned_texts, content_hashes, decoded, to_table
from pipeline.corpus.record import Paper, Rejected, id_from_text

SAME_ID = "an id that another text has"

_REJECTED = pa.schema([*PLACE, ("id", pa.string()), ("reason", pa.string())])


@dataclass(frozen=True)
class _Kept:
    """papers: n rows of ROWS, one for each paper kept, ordered by text hash.

    paper_of, reasons: for every row read, the number of the paper that represents it, and why where that is another.
    """

    papers: pa.Table
    paper_of: NDArray[np.int64]
    reasons: list[str]


def collect(papers: Iterable[Paper | Rejected], *, merge: bool = True) -> Corpus:
    """The corpus of these rows. merge: whether records of one work become one paper.

    Among rows with one text, the one with the smallest content hash is kept, then the smallest id: never the one that
    came first. An id that several papers have is then the one's whose text has the smallest sha256; the others get
    ids made from their texts.
    """
    extras = ExtraColumns()
    rows, rejects = to_table(papers, extras)
    read = rows.num_rows + len(rejects)
    kept = _keep_distinct(rows)
    rows = rows.select(["id", "source", "row", "position", "repaired"])  # the texts of copies leave memory
    if merge:
        kept = _merge_works(kept, extras)
    kept, changed = _with_distinct_ids(kept)
    known_fields = kept.papers.select(["id", "title", "abstract", "authors", "year"])
    tables = CorpusTables(
        papers=extras.add_to(known_fields, kept.papers.column("extra")),
        sources=kept.papers.select(["id", "source", "row", "position", "format"]),
        duplicates=_duplicates(rows, kept),
        rejected=_rejected_table(rejects),
    )
    if tables.read != read:
        count = kept.papers.num_rows
        raise ValueError(f"{count} kept, with duplicates and rejected rows {tables.read}, are not the {read} read")
    return Corpus(
        tables=tables,
        text_hashes=tuple(kept.papers.column("text_hash").to_pylist()),
        cleaned=CleanedTexts(
            titles=cleaned_texts(kept.papers, "title"),
            abstracts=cleaned_texts(kept.papers, "abstract"),
            steps=_count_steps(kept.papers.column("cleaned")),
        ),
        repaired=_count_repairs(rows.column("repaired"), changed),
        vectors=_vectors(kept.papers.column("vector")),
    )


def _hash_words(column: pa.ChunkedArray) -> NDArray[np.uint64]:
    """(n, 4) big-endian words of 32-byte hashes, which compare as the hashes do."""
    joined = b"".join(column.to_pylist())
    return np.frombuffer(joined, dtype=">u8").reshape(-1, 4).astype(np.uint64)


def _with_distinct_ids(kept: _Kept) -> tuple[_Kept, int]:
    """The papers, each with an id of its own, and how many got another than their source gave.

    Papers are ordered by text hash: the first with an id keeps it.
    """
    ids, hashes = kept.papers.column("id").to_pylist(), kept.papers.column("text_hash").to_pylist()
    used: set[str] = set()
    distinct = []
    for paper, name in zip(ids, hashes, strict=True):
        own = id_from_text(paper, name) if paper in used else paper
        used.add(own)
        distinct.append(own)
    changed = sum(own != paper for own, paper in zip(distinct, ids, strict=True))
    if not changed:
        return kept, 0
    column = kept.papers.column_names.index("id")
    return replace(kept, papers=kept.papers.set_column(column, "id", pa.array(distinct, pa.string()))), changed


def _keep_distinct(rows: pa.Table) -> _Kept:
    """One row for each text."""
    words = _hash_words(rows.column("text_hash"))
    order = np.lexsort(words.T[::-1])
    sorted_words = words[order]
    starts = np.ones(len(order), dtype=bool)
    starts[1:] = (sorted_words[1:] != sorted_words[:-1]).any(axis=1)
    order = _with_ordered_copies(rows, order, starts)
    paper_of = np.empty(len(order), dtype=np.int64)
    paper_of[order] = np.cumsum(starts) - 1
    return _Kept(rows.take(order[starts]), paper_of, ["same text"] * rows.num_rows)


def _with_ordered_copies(rows: pa.Table, order: NDArray[np.int64], starts: NDArray[np.bool_]) -> NDArray[np.int64]:
    """The order, rows of one text by their content hash, then their id. starts: where another text begins."""
    text_of_row = np.cumsum(starts)
    has_copy = ~starts | np.append(~starts[1:], False)
    numbers = order[has_copy]
    copies = rows.take(numbers)
    keys = zip(text_of_row[has_copy].tolist(), content_hashes(copies), copies.column("id").to_pylist(), strict=True)
    ordered = [number for _, number in sorted(zip(keys, numbers.tolist(), strict=True))]
    order = order.copy()
    order[has_copy] = ordered
    return order


def _count_steps(cleaned: pa.ChunkedArray) -> dict[str, int]:
    """How many papers each step of cleaning changed."""
    counts = Counter(step for steps in cleaned.to_pylist() for step in steps.split())
    return {step: counts[step] for step in STEPS if counts[step]}


def _count_repairs(repaired: pa.ChunkedArray, ids_changed: int) -> dict[str, int]:
    """How many rows read had to be mended, by what was wrong with them, the most frequent first."""
    counts = Counter(kind for kinds in repaired.to_pylist() if kinds for kind in kinds.split("\n"))
    counts[SAME_ID] += ids_changed
    return {kind: counts[kind] for kind in sorted(counts, key=lambda kind: (-counts[kind], kind)) if counts[kind]}


def _merge_works(kept: _Kept, extras: ExtraColumns) -> _Kept:
    """One row for each work, which takes over the identifiers of the others."""
    papers = kept.papers
    works = find_works(_work_records(papers, extras.names))
    if not works.reasons:
        return kept
    encoded = papers.column("extra").to_pylist()
    for number, inherited in works.inherited.items():
        encoded[number] = extras.encode({**decoded(encoded[number]), **inherited})
    papers = papers.set_column(papers.column_names.index("extra"), "extra", pa.array(encoded, pa.string()))
    representative = np.array(works.kept)
    remaining = np.flatnonzero(representative == np.arange(len(representative)))
    reasons = [works.reasons.get(number, "same text") for number in kept.paper_of.tolist()]
    return _Kept(papers.take(remaining), np.searchsorted(remaining, representative[kept.paper_of]), reasons)


def _work_records(papers: pa.Table, extra_names: Iterable[str]) -> list[WorkRecord]:
    """The papers, with those other fields that may identify them, which are looked for by their names in JSON."""
    keys = [json.dumps(name) for name in map(str, extra_names) if plain_name(name) in IDENTIFIER_FIELDS]
    columns = (papers.column(name).to_pylist() for name in ("id", "title", "authors", "year", "extra"))
    return [
        WorkRecord(
            paper,
            title,
            authors,
            year,
            decoded(extra) if any(key in extra for key in keys) else {},
            partial(_content_of, papers, number),
        )
        for number, (paper, title, authors, year, extra) in enumerate(zip(*columns, strict=True))
    ]


def _content_of(papers: pa.Table, number: int) -> WorkContent:
    paper = papers.slice(number, 1)
    extra = decoded(paper.column("extra")[0].as_py())
    return WorkContent(paper.column("abstract")[0].as_py(), extra, content_hashes(paper)[0])


def _duplicates(rows: pa.Table, kept: _Kept) -> pa.Table:
    is_copy = np.ones(rows.num_rows, dtype=bool)
    kept_positions = kept.papers.column("position").to_numpy()
    is_copy[np.isin(rows.column("position").to_numpy(), kept_positions)] = False
    copies = rows.filter(pa.array(is_copy))
    return pa.table(
        {
            "id": copies.column("id"),
            "kept_id": kept.papers.column("id").take(pa.array(kept.paper_of[is_copy])),
            "reason": pa.array([kept.reasons[row] for row in np.flatnonzero(is_copy).tolist()], pa.string()),
            "source": copies.column("source"),
            "row": copies.column("row"),
        }
    ).sort_by([("kept_id", "ascending"), ("id", "ascending"), ("source", "ascending"), ("row", "ascending")])


def _rejected_table(rejects: list[Rejected]) -> pa.Table:
    ordered = sorted(rejects, key=lambda reject: (reject.source, reject.row))
    fields = [{name: getattr(reject, name) for name in _REJECTED.names} for reject in ordered]
    return pa.Table.from_pylist(fields, schema=_REJECTED)


def _vectors(column: pa.ChunkedArray) -> NDArray[np.float32] | None:
    """(n, d) float32 of the source's vectors; a missing or short one becomes NaN, for the checks to reject."""
    lists = [] if column.null_count == len(column) else column.to_pylist()
    if not lists:
        return None
    width = max(len(vector) for vector in lists if vector is not None)
    empty = [float("nan")] * width
    return np.array([v if v is not None and len(v) == width else empty for v in lists], dtype=np.float32)
