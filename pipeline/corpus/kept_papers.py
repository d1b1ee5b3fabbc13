"""Rows kept -> the tables of the papers, written a part at a time, into a temporary file where they are many."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipeline.corpus.arrow_columns import number_array, text_array
from pipeline.corpus.batch_store import BatchStore
from pipeline.corpus.cleaning import STEPS
from pipeline.corpus.extras import ExtraColumns
from pipeline.corpus.paper_rows import decoded
from pipeline.corpus.paper_texts import ArrowTexts
from pipeline.corpus.row_index import RowIndex
from pipeline.corpus.work_merging import Kept

PAPERS_AT_ONCE = 8192
KNOWN = ("id", "title", "abstract", "authors", "year")
SOURCES = ("id", "source", "row", "position", "format")
TEXTS = ("cleaned_title", "cleaned_abstract")


@dataclass(frozen=True)
class WrittenPapers:
    """papers, sources: as in CorpusTables, n rows each. titles, abstracts: n, as they are embedded. steps: papers that
    each step of cleaning changed. vectors: (n, d) float32, or None.
    """

    papers: pa.Table
    sources: pa.Table
    titles: ArrowTexts
    abstracts: ArrowTexts
    steps: Mapping[str, int]
    vectors: NDArray[np.float32] | None


def write_kept(rows: RowIndex, kept: Kept, extras: ExtraColumns, *, ids: Mapping[int, str]) -> WrittenPapers:
    """The papers in their order. ids: of those that have another than their source gave, by their number."""
    stores = [BatchStore() for _ in range(3)]
    steps: Counter[str] = Counter()
    vectors: list[pa.ChunkedArray] = []
    schemas: list[pa.Schema] = []
    for part in _parts(rows, kept, extras, ids=ids):
        steps.update(part.column("cleaned").to_pylist())
        vectors.append(part.column("vector"))
        known = extras.add_to(part.select(list(KNOWN)), part.column("extra"))
        tables = (known, part.select(list(SOURCES)), part.select(list(TEXTS)))
        for table, store in zip(tables, stores, strict=True):
            columns = [column.combine_chunks() for column in table.columns]
            store.add(pa.RecordBatch.from_arrays(columns, schema=table.schema))
        schemas = [table.schema for table in tables]
    papers, sources, texts = (store.table(schema) for store, schema in zip(stores, schemas, strict=True))
    return WrittenPapers(
        papers=papers,
        sources=sources,
        titles=ArrowTexts(papers.column("title"), texts.column("cleaned_title")),
        abstracts=ArrowTexts(papers.column("abstract"), texts.column("cleaned_abstract")),
        steps=_count_steps(steps),
        vectors=_to_vectors(vectors),
    )


def _parts(rows: RowIndex, kept: Kept, extras: ExtraColumns, *, ids: Mapping[int, str]) -> Iterator[pa.Table]:
    """Some thousand papers at a time, with the ids and other fields that are theirs; one empty part where none is."""
    for first in range(0, max(len(kept.rows), 1), PAPERS_AT_ONCE):
        numbers = range(first, min(first + PAPERS_AT_ONCE, len(kept.rows)))
        part = rows.take(kept.rows[first : numbers.stop])
        part = _with(part, "position", number_array(rows.positions[kept.rows[first : numbers.stop]], pa.int64()))
        if changed := [number for number in numbers if number in ids]:
            own = part.column("id").to_pylist()
            for number in changed:
                own[number - first] = ids[number]
            part = _with(part, "id", text_array(own))
        if inheriting := [number for number in numbers if number in kept.inherited]:
            encoded = part.column("extra").to_pylist()
            for number in inheriting:
                encoded[number - first] = extras.encode({**decoded(encoded[number - first]), **kept.inherited[number]})
            part = _with(part, "extra", text_array(encoded))
        yield part


def _with(table: pa.Table, name: str, values: pa.Array) -> pa.Table:
    return table.set_column(table.column_names.index(name), table.schema.field(name), values)


def _count_steps(cleaned: Mapping[str, int]) -> dict[str, int]:
    """How many papers each step of cleaning changed. cleaned: papers by the steps that changed them."""
    counts: Counter[str] = Counter()
    for steps, papers in cleaned.items():
        counts.update(dict.fromkeys(steps.split(), papers))
    return {step: counts[step] for step in STEPS if counts[step]}


def _to_vectors(parts: list[pa.ChunkedArray]) -> NDArray[np.float32] | None:
    """(n, d) float32 of the source's vectors; a missing or short one becomes NaN, for the checks to reject."""
    if all(part.null_count == len(part) for part in parts):
        return None
    lists = [vector for part in parts for vector in part.to_pylist()]
    width = max(len(vector) for vector in lists if vector is not None)
    empty = [float("nan")] * width
    return np.array([v if v is not None and len(v) == width else empty for v in lists], dtype=np.float32)
