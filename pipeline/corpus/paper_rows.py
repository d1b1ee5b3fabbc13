"""Papers -> blocks of rows, with what the duplicate search compares; and back out of them what is asked for."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from hashlib import sha256
from itertools import islice
from typing import Protocol

import numpy as np
import pyarrow as pa

from pipeline.corpus.arrow_columns import (
    bytes_array,
    encoded_array,
    number_array,
    optional_numbers,
    text_array,
    text_lists_array,
)
from pipeline.corpus.batch_store import Batches
from pipeline.corpus.cleaning import Cleaned, Cleaner
from pipeline.corpus.extras import ExtraColumns
from pipeline.corpus.plain_texts import are_plain
from pipeline.corpus.record import Paper, Rejected, hash_content, text_hash, text_of
from pipeline.corpus.work_keys import work_keys

ROWS_AT_ONCE = 2048

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
        ("content_hash", pa.binary()),  # only of papers with vectors, which this table rounds; see content_hashes
        *PLACE,
        ("position", pa.int64()),  # among the rows of its block
        ("format", pa.string()),
        ("cleaned_title", pa.string()),  # null where cleaning changed nothing
        ("cleaned_abstract", pa.string()),
        ("cleaned", pa.string()),
        ("repaired", pa.string()),
        ("keys", pa.binary()),  # 8 bytes each; see work_keys
    ]
)


class WritableBatches(Batches, Protocol):
    """Where batches are put."""

    def add(self, batch: pa.RecordBatch) -> int:
        """Keeps a batch; its number."""
        ...


@dataclass(frozen=True)
class Block:
    """Rows that were read one after another. read: how many; kinds: of their other fields, as ExtraColumns notes them.

    batches, number: where the papers among them are kept, as rows of ROWS.
    """

    read: int
    rejects: Sequence[Rejected]
    kinds: Mapping[str, Set[str]]
    batches: Batches
    number: int

    def load(self) -> pa.RecordBatch:
        """The papers."""
        return self.batches.load(self.number)


def to_blocks(papers: Iterable[Paper | Rejected], store: WritableBatches) -> Iterator[Block]:
    """The papers and rejects in blocks, what is in them kept in the store."""
    rows = iter(papers)
    while block := list(islice(rows, ROWS_AT_ONCE)):
        yield to_block(block, store)


def to_block(rows: Sequence[Paper | Rejected], store: WritableBatches, cleaner: Cleaner | None = None) -> Block:
    """One block of them all. cleaner: for papers that are not cleaned yet."""
    extras = ExtraColumns()
    papers = [(place, row) for place, row in enumerate(rows) if isinstance(row, Paper)]
    batch = to_batch(papers, extras, cleaner)
    rejects = [row for row in rows if isinstance(row, Rejected)]
    return Block(len(rows), rejects, extras.kinds, store, store.add(batch))


def to_batch(
    papers: Sequence[tuple[int, Paper]], extras: ExtraColumns, cleaner: Cleaner | None = None
) -> pa.RecordBatch:
    """Papers as rows of ROWS, with their positions."""
    rows = [paper for _, paper in papers]
    texts = _embedded_texts(rows, cleaner)
    cleaned = texts.cleaned
    columns = {
        "id": text_array([paper.id for paper in rows]),
        "title": encoded_array(texts.titles),
        "abstract": encoded_array(texts.abstracts),
        "authors": text_lists_array([paper.authors for paper in rows]),
        "year": optional_numbers([paper.year for paper in rows], pa.int32(), np.int32),
        "extra": text_array([extras.encode(paper.extra) for paper in rows]),
        "vector": _vector_array([paper.vector for paper in rows]),
        "text_hash": number_array(np.frombuffer(b"".join(texts.hashes), np.uint8).reshape(-1, 32), pa.binary(32)),
        "content_hash": bytes_array([None if paper.vector is None else paper.content_hash() for paper in rows]),
        "source": text_array([paper.source for paper in rows]),
        "row": _whole_numbers([paper.row for paper in rows]),
        "position": _whole_numbers([position for position, _ in papers]),
        "format": text_array([paper.format for paper in rows]),
        "cleaned_title": text_array([None if one is None else one.title for one in cleaned]),
        "cleaned_abstract": text_array([None if one is None else one.abstract for one in cleaned]),
        "cleaned": text_array([_steps(paper, own) for paper, own in zip(rows, cleaned, strict=True)]),
        "repaired": text_array(["\n".join(paper.repaired) for paper in rows]),
        "keys": bytes_array([work_keys(paper) for paper in rows]),
    }
    return pa.RecordBatch.from_arrays([columns[name] for name in ROWS.names], schema=ROWS)


@dataclass(frozen=True)
class _EmbeddedTexts:
    """titles, abstracts: as UTF-8. cleaned: None where cleaning changed nothing. hashes: sha256 of what is embedded."""

    titles: list[bytes]
    abstracts: list[bytes]
    cleaned: list[Cleaned | None]
    hashes: list[bytes]


def _embedded_texts(papers: Sequence[Paper], cleaner: Cleaner | None) -> _EmbeddedTexts:
    titles, abstracts = [paper.title.encode() for paper in papers], [paper.abstract.encode() for paper in papers]
    plain = are_plain(
        [paper.title for paper in papers], [paper.abstract for paper in papers], encoded=[*titles, *abstracts]
    )
    cleaned: list[Cleaned | None] = []
    hashes = []
    for paper, title, abstract, is_plain in zip(papers, titles, abstracts, plain, strict=True):
        own = paper.cleaned
        if own is None and cleaner is not None and not is_plain:
            own = cleaner.clean(paper.title, paper.abstract)
        cleaned.append(own if own is not None and own.steps else None)
        if is_plain and cleaned[-1] is None:
            hashes.append(sha256(title + b". " + abstract if title and abstract else title or abstract).digest())
        else:
            whole = paper if own is None else own
            hashes.append(text_hash(text_of(whole.title, whole.abstract)))
    return _EmbeddedTexts(titles, abstracts, cleaned, hashes)


def _steps(paper: Paper, own: Cleaned | None) -> str:
    """The names of the steps of cleaning that changed what is shown or what is embedded."""
    embedded = () if own is None else own.steps
    return " ".join(dict.fromkeys((*paper.shown_steps, *embedded))) if paper.shown_steps else " ".join(embedded)


def _whole_numbers(values: Sequence[int]) -> pa.Array:
    return number_array(np.array(values, dtype=np.int64), pa.int64())


def _vector_array(vectors: Sequence[tuple[float, ...] | None]) -> pa.Array:
    kind = ROWS.field("vector").type
    return pa.array(vectors, kind) if any(vectors) else pa.nulls(len(vectors), kind)


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
