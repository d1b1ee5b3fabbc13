"""Papers and rejects -> Corpus: one row for each distinct text, in an order that depends on nothing but the texts."""

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipeline.corpus.cleaning import STEPS
from pipeline.corpus.corpus import CleanedTexts, Corpus
from pipeline.corpus.corpus_tables import CorpusTables
from pipeline.corpus.deduplication import WorkRecord, find_works
from pipeline.corpus.extras import ExtraColumns
from pipeline.corpus.record import Paper, Rejected, id_from_text, text_hash

ROWS_AT_ONCE = 8192
SAME_ID = "an id that another text has"

_PLACE = [("source", pa.string()), ("row", pa.int64())]
_ROWS = pa.schema(
    [
        ("id", pa.string()),
        ("title", pa.string()),
        ("abstract", pa.string()),
        ("authors", pa.list_(pa.string())),
        ("year", pa.int32()),
        ("extra", pa.string()),
        ("vector", pa.list_(pa.float32())),
        ("text_hash", pa.binary(32)),
        ("content_hash", pa.binary(32)),
        *_PLACE,
        ("position", pa.int64()),
        ("format", pa.string()),
        ("cleaned_title", pa.string()),
        ("cleaned_abstract", pa.string()),
        ("cleaned", pa.string()),
        ("repaired", pa.string()),
    ]
)
_REJECTED = pa.schema([*_PLACE, ("id", pa.string()), ("reason", pa.string())])


@dataclass(frozen=True)
class _Kept:
    """papers: n rows of _ROWS, one for each paper kept, ordered by text hash.

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
    rows, rejects = _to_table(papers, extras)
    read = rows.num_rows + len(rejects)
    kept = _keep_distinct(rows)
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
            titles=tuple(kept.papers.column("cleaned_title").to_pylist()),
            abstracts=tuple(kept.papers.column("cleaned_abstract").to_pylist()),
            steps=_count_steps(kept.papers.column("cleaned")),
        ),
        repaired=_count_repairs(rows.column("repaired"), changed),
        vectors=_vectors(kept.papers.column("vector")),
    )


def _to_table(papers: Iterable[Paper | Rejected], extras: ExtraColumns) -> tuple[pa.Table, list[Rejected]]:
    """The papers as rows of _ROWS, and the rejects."""
    rejects: list[Rejected] = []
    batches: list[pa.RecordBatch] = []
    waiting: list[tuple[int, Paper]] = []
    for position, paper in enumerate(papers):
        if isinstance(paper, Rejected):
            rejects.append(paper)
        else:
            waiting.append((position, paper))
        if len(waiting) >= ROWS_AT_ONCE:
            batches.append(_to_batch(waiting, extras))
            waiting = []
    batches.append(_to_batch(waiting, extras))
    return pa.Table.from_batches(batches, schema=_ROWS), rejects


def _to_batch(papers: list[tuple[int, Paper]], extras: ExtraColumns) -> pa.RecordBatch:
    rows = [
        {
            "id": paper.id,
            "title": paper.title,
            "abstract": paper.abstract,
            "authors": paper.authors,
            "year": paper.year,
            "extra": extras.encode(paper.extra),
            "vector": paper.vector,
            "text_hash": text_hash(paper.text),
            "content_hash": paper.content_hash(),
            "source": paper.source,
            "row": paper.row,
            "position": position,
            "format": paper.format,
            "cleaned_title": paper.title if paper.cleaned is None else paper.cleaned.title,
            "cleaned_abstract": paper.abstract if paper.cleaned is None else paper.cleaned.abstract,
            "cleaned": "" if paper.cleaned is None else " ".join(paper.cleaned.steps),
            "repaired": "\n".join(paper.repaired),
        }
        for position, paper in papers
    ]
    return pa.RecordBatch.from_pylist(rows, schema=_ROWS)


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
    words, contents = _hash_words(rows.column("text_hash")), _hash_words(rows.column("content_hash"))
    ids = rows.column("id").to_pylist()
    id_rank = np.empty(len(ids), dtype=np.int64)
    id_rank[sorted(range(len(ids)), key=ids.__getitem__)] = np.arange(len(ids))
    order = np.lexsort((id_rank, *contents.T[::-1], *words.T[::-1]))
    sorted_words = words[order]
    starts = np.ones(len(order), dtype=bool)
    starts[1:] = (sorted_words[1:] != sorted_words[:-1]).any(axis=1)
    paper_of = np.empty(len(order), dtype=np.int64)
    paper_of[order] = np.cumsum(starts) - 1
    return _Kept(rows.take(order[starts]), paper_of, ["same text"] * rows.num_rows)


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
    columns = ("id", "title", "abstract", "authors", "year", "extra", "content_hash")
    values = zip(*(papers.column(name).to_pylist() for name in columns), strict=True)
    records = [
        WorkRecord(paper, title, abstract, authors, year, json.loads(extra) if extra else {}, content)
        for paper, title, abstract, authors, year, extra, content in values
    ]
    works = find_works(records)
    if not works.reasons:
        return kept
    encoded = papers.column("extra").to_pylist()
    for number, inherited in works.inherited.items():
        encoded[number] = extras.encode({**records[number].extra, **inherited})
    papers = papers.set_column(papers.column_names.index("extra"), "extra", pa.array(encoded, pa.string()))
    representative = np.array(works.kept)
    remaining = np.flatnonzero(representative == np.arange(len(representative)))
    reasons = [works.reasons.get(number, "same text") for number in kept.paper_of.tolist()]
    return _Kept(papers.take(remaining), np.searchsorted(remaining, representative[kept.paper_of]), reasons)


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
