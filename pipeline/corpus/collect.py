"""Papers and rejects -> Corpus: one row for each distinct text, in an order that depends on nothing but the texts."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipeline.corpus.cleaning import STEPS
from pipeline.corpus.deduplication import Described, find_works
from pipeline.corpus.extras import ExtraColumns
from pipeline.corpus.paper_ids import PaperIds
from pipeline.corpus.record import Paper, Rejected, text_hash, text_of
from pipeline.corpus.tables import CorpusTables

ROWS_AT_ONCE = 8192

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
    ]
)
_REJECTED = pa.schema([*_PLACE, ("id", pa.string()), ("reason", pa.string())])


@dataclass(frozen=True)
class CleanedTexts:
    """titles, abstracts: n texts as they are embedded, in row order. steps: papers that each step changed."""

    titles: tuple[str, ...]
    abstracts: tuple[str, ...]
    steps: Mapping[str, int]

    def __len__(self) -> int:
        return len(self.titles)

    @cached_property
    def texts(self) -> list[str]:
        """What is embedded of each paper: title, a stop, abstract."""
        return [text_of(title, abstract) for title, abstract in zip(self.titles, self.abstracts, strict=True)]


@dataclass(frozen=True)
class Corpus:
    """The papers kept, and a record of every row read: kept + duplicates + rejected = read.

    tables: papers are n rows ordered by the sha256 of their text, columns id title abstract authors year and whatever
    else the source had; sources also have the format of each paper and its position among all rows read (from 0).
    text_hashes: that sha256 for each row. cleaned: the texts that are embedded. vectors: (n, d) float32 as the source
    gave them, not normalised, or None.
    """

    tables: CorpusTables
    text_hashes: tuple[bytes, ...]
    cleaned: CleanedTexts
    vectors: NDArray[np.float32] | None = None

    def __post_init__(self) -> None:
        for name, rows in (("text_hashes", len(self.text_hashes)), ("cleaned", len(self.cleaned))):
            if rows != len(self):
                raise ValueError(f"{name} has {rows} rows for {len(self)} papers")

    def __len__(self) -> int:
        return int(self.tables.papers.num_rows)

    @cached_property
    def ids(self) -> PaperIds:
        """Row of every id, those of duplicates included."""
        return PaperIds.of_tables(self.tables.papers, self.tables.duplicates)

    @property
    def hash_array(self) -> NDArray[np.uint8]:
        """(n, 32) uint8 text_hashes, increasing."""
        return np.frombuffer(b"".join(self.text_hashes), dtype=np.uint8).reshape(-1, 32)


def collect(papers: Iterable[Paper | Rejected], *, merge: bool = True) -> Corpus:
    """The corpus of these rows. merge: whether records of one work become one paper.

    An id used for several texts stays with the text whose sha256 is smallest; among rows with one text, the one
    with the smallest content hash is kept, then the smallest id: never the one that came first.
    """
    extras = ExtraColumns()
    rejects: list[Rejected] = []
    batches: list[pa.RecordBatch] = []
    waiting: list[tuple[int, Paper]] = []
    read = 0
    for paper in papers:
        if isinstance(paper, Rejected):
            rejects.append(paper)
        else:
            waiting.append((read, paper))
        read += 1
        if len(waiting) >= ROWS_AT_ONCE:
            batches.append(_to_batch(waiting, extras))
            waiting = []
    batches.append(_to_batch(waiting, extras))
    rows = pa.Table.from_batches(batches, schema=_ROWS)
    conflicting = _id_conflicts(rows)
    rejects += _conflict_rejects(rows.filter(pa.array(conflicting)))
    rows = rows.filter(pa.array(~conflicting))
    order, kept_of = _kept_rows(rows)
    kept = rows.take(order)
    reasons = ["same text"] * rows.num_rows
    if merge:
        kept, kept_of, reasons = _merge_works(kept, kept_of, extras)
    papers = kept.select(["id", "title", "abstract", "authors", "year"])
    tables = CorpusTables(
        papers=extras.add_to(papers, kept.column("extra")),
        sources=kept.select(["id", "source", "row", "position", "format"]),
        duplicates=_duplicates(rows, kept, kept_of, reasons),
        rejected=_rejected_table(rejects),
    )
    if tables.read != read:
        raise ValueError(f"{len(kept)} kept, with duplicates and rejected rows {tables.read}, are not the {read} read")
    return Corpus(
        tables=tables,
        text_hashes=tuple(kept.column("text_hash").to_pylist()),
        cleaned=CleanedTexts(
            titles=tuple(kept.column("cleaned_title").to_pylist()),
            abstracts=tuple(kept.column("cleaned_abstract").to_pylist()),
            steps=_count_steps(kept.column("cleaned")),
        ),
        vectors=_vectors(kept.column("vector")),
    )


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
        }
        for position, paper in papers
    ]
    return pa.RecordBatch.from_pylist(rows, schema=_ROWS)


def _hash_words(column: pa.ChunkedArray) -> NDArray[np.uint64]:
    """(n, 4) big-endian words of 32-byte hashes, which compare as the hashes do."""
    joined = b"".join(column.to_pylist())
    return np.frombuffer(joined, dtype=">u8").reshape(-1, 4).astype(np.uint64)


def _id_conflicts(rows: pa.Table) -> NDArray[np.bool_]:
    """Which rows use an id that belongs to another text."""
    codes = rows.column("id").combine_chunks().dictionary_encode().indices.to_numpy()
    words = _hash_words(rows.column("text_hash"))
    order = np.lexsort((*words.T[::-1], codes))
    firsts = np.unique(codes[order], return_index=True)[1]
    surviving = words[order][firsts][codes]
    return np.asarray((words != surviving).any(axis=1))


def _kept_rows(rows: pa.Table) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Row numbers of the papers kept, ordered by text hash; and for every row, which of them stands for it."""
    words, contents = _hash_words(rows.column("text_hash")), _hash_words(rows.column("content_hash"))
    ids = rows.column("id").to_pylist()
    id_rank = np.empty(len(ids), dtype=np.int64)
    id_rank[sorted(range(len(ids)), key=ids.__getitem__)] = np.arange(len(ids))
    order = np.lexsort((id_rank, *contents.T[::-1], *words.T[::-1]))
    sorted_words = words[order]
    starts = np.ones(len(order), dtype=bool)
    starts[1:] = (sorted_words[1:] != sorted_words[:-1]).any(axis=1)
    kept_of = np.empty(len(order), dtype=np.int64)
    kept_of[order] = np.cumsum(starts) - 1
    return order[starts], kept_of


def _count_steps(cleaned: pa.ChunkedArray) -> dict[str, int]:
    """How many papers each step of cleaning changed."""
    counts = Counter(step for steps in cleaned.to_pylist() for step in steps.split())
    return {step: counts[step] for step in STEPS if counts[step]}


def _merge_works(
    kept: pa.Table, kept_of: NDArray[np.int64], extras: ExtraColumns
) -> tuple[pa.Table, NDArray[np.int64], list[str]]:
    """One row for each work; which of them stands for every row read, and why."""
    columns = ("id", "title", "abstract", "authors", "year", "extra", "content_hash")
    values = zip(*(kept.column(name).to_pylist() for name in columns), strict=True)
    records = [
        Described(paper, title, abstract, authors, year, json.loads(extra) if extra else {}, content)
        for paper, title, abstract, authors, year, extra, content in values
    ]
    works = find_works(records)
    if not works.reasons:
        return kept, kept_of, ["same text"] * len(kept_of)
    extra = kept.column("extra").to_pylist()
    for number, links in works.links.items():
        extra[number] = extras.encode({**records[number].extra, **links})
    kept = kept.set_column(kept.column_names.index("extra"), "extra", pa.array(extra, pa.string()))
    standing = np.array(works.kept)
    own = np.flatnonzero(standing == np.arange(len(standing)))
    reasons = [works.reasons.get(number, "same text") for number in kept_of.tolist()]
    return kept.take(own), np.searchsorted(own, standing[kept_of]), reasons


def _duplicates(rows: pa.Table, kept: pa.Table, kept_of: NDArray[np.int64], reasons: Sequence[str]) -> pa.Table:
    extra = np.ones(len(kept_of), dtype=bool)
    kept_positions = kept.column("position").to_numpy()
    extra[np.isin(rows.column("position").to_numpy(), kept_positions)] = False
    copies = rows.filter(pa.array(extra))
    return pa.table(
        {
            "id": copies.column("id"),
            "kept_id": kept.column("id").take(pa.array(kept_of[extra])),
            "reason": pa.array([reasons[row] for row in np.flatnonzero(extra).tolist()], pa.string()),
            "source": copies.column("source"),
            "row": copies.column("row"),
        }
    ).sort_by([("kept_id", "ascending"), ("id", "ascending"), ("source", "ascending"), ("row", "ascending")])


def _conflict_rejects(rows: pa.Table) -> list[Rejected]:
    places = rows.select(["source", "row", "id"]).to_pylist()
    return [Rejected(**place, reason="its id is used for another text") for place in places]


def _rejected_table(rejects: list[Rejected]) -> pa.Table:
    ordered = sorted(rejects, key=lambda reject: (reject.source, reject.row))
    fields = [{name: getattr(reject, name) for name in _REJECTED.names} for reject in ordered]
    return pa.Table.from_pylist(fields, schema=_REJECTED)


def _vectors(column: pa.ChunkedArray) -> NDArray[np.float32] | None:
    """(n, d) float32 of the source's own vectors; a missing or short one becomes NaN, for the checks to find."""
    lists = [] if column.null_count == len(column) else column.to_pylist()
    if not lists:
        return None
    width = max(len(vector) for vector in lists if vector is not None)
    empty = [float("nan")] * width
    return np.array([v if v is not None and len(v) == width else empty for v in lists], dtype=np.float32)
