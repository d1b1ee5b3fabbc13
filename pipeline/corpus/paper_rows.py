"""Papers -> rows of one table, a batch at a time; and back out of it what few of them are asked for."""

import json
from collections.abc import Iterable

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.corpus.cleaning import Cleaned
from pipeline.corpus.extras import ExtraColumns
from pipeline.corpus.record import Paper, Rejected, hash_content, text_hash

ROWS_AT_ONCE = 8192

PLACE = [("source", pa.string()), ("row", pa.int64())]
ROWS = pa.schema(
    [
        ("id", pa.string()),
        ("title", pa.string()),
        ("abstract", pa.string()),
        ("authors", pa.list_(pa.string())),
        ("year", pa.int32()),
        ("extra", pa.string()),
        ("vector", pa.list_(pa.float32())),
        ("text_hash", pa.binary(32)),
        ("content_hash", pa.binary(32)),  # only of papers with vectors, which this table rounds; see content_hashes
        *PLACE,
        ("position", pa.int64()),
        ("format", pa.string()),
        ("cleaned_title", pa.string()),  # null where cleaning changed nothing
        ("cleaned_abstract", pa.string()),
        ("cleaned", pa.string()),
        ("repaired", pa.string()),
    ]
)


def to_table(papers: Iterable[Paper | Rejected], extras: ExtraColumns) -> tuple[pa.Table, list[Rejected]]:
    """The papers as rows of ROWS, and the rejects."""
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
    return pa.Table.from_batches(batches, schema=ROWS), rejects


def _to_batch(papers: list[tuple[int, Paper]], extras: ExtraColumns) -> pa.RecordBatch:
    cleaned = [paper.cleaned or Cleaned(paper.title, paper.abstract, ()) for _, paper in papers]
    columns = {
        "id": [paper.id for _, paper in papers],
        "title": [paper.title for _, paper in papers],
        "abstract": [paper.abstract for _, paper in papers],
        "authors": [paper.authors for _, paper in papers],
        "year": [paper.year for _, paper in papers],
        "extra": [extras.encode(paper.extra) for _, paper in papers],
        "vector": [paper.vector for _, paper in papers],
        "text_hash": [text_hash(paper.text) for _, paper in papers],
        "content_hash": [None if paper.vector is None else paper.content_hash() for _, paper in papers],
        "source": [paper.source for _, paper in papers],
        "row": [paper.row for _, paper in papers],
        "position": [position for position, _ in papers],
        "format": [paper.format for _, paper in papers],
        "cleaned_title": [one.title if one.steps else None for one in cleaned],
        "cleaned_abstract": [one.abstract if one.steps else None for one in cleaned],
        "cleaned": [" ".join(one.steps) for one in cleaned],
        "repaired": ["\n".join(paper.repaired) for _, paper in papers],
    }
    return pa.RecordBatch.from_arrays([pa.array(columns[one.name], one.type) for one in ROWS], schema=ROWS)


def cleaned_texts(papers: pa.Table, column: str) -> tuple[str, ...]:
    """A column as it is embedded."""
    return tuple(pc.coalesce(papers.column(f"cleaned_{column}"), papers.column(column)).to_pylist())


def content_hashes(papers: pa.Table) -> list[bytes]:
    """Each paper's content hash, which only papers need that another may be a copy of."""
    names = ("title", "abstract", "authors", "year", "extra", "content_hash")
    values = zip(*(papers.column(name).to_pylist() for name in names), strict=True)
    return [
        known or hash_content(title, abstract, authors, year=year, extra=decoded(extra))
        for title, abstract, authors, year, extra, known in values
    ]


def decoded(extra: str) -> dict[str, object]:
    """The other fields of a paper, from their JSON."""
    return json.loads(extra) if extra else {}
