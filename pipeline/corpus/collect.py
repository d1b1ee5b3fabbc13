"""Papers and rejects -> Corpus: one row for each distinct text, in an order that depends on nothing but the texts."""

import sys
from collections.abc import Iterable, Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipeline.corpus.arrow_columns import row_numbers, text_array
from pipeline.corpus.batch_store import BatchStore
from pipeline.corpus.corpus import CleanedTexts, Corpus
from pipeline.corpus.corpus_tables import CorpusTables
from pipeline.corpus.extras import ExtraColumns
from pipeline.corpus.kept_papers import WrittenPapers, write_kept
from pipeline.corpus.paper_rows import PLACE, Block, content_hashes, to_blocks
from pipeline.corpus.record import Paper, Rejected, id_from_text
from pipeline.corpus.row_index import RowIndex
from pipeline.corpus.work_keys import key_of
from pipeline.corpus.work_merging import Kept, merge_works, places_of, that_repeat

SAME_ID = "an id that another text has"
SAME_TEXT = "same text"
COPIES_AT_ONCE = 8192

_REJECTED = pa.schema([*PLACE, ("id", pa.string()), ("reason", pa.string())])


def collect(papers: Iterable[Paper | Rejected], *, merge: bool = True) -> Corpus:
    """The corpus of these rows. merge: whether records of one work become one paper.

    Among rows with one text, the one with the smallest content hash is kept, then the smallest id: never the one that
    came first. An id that several papers have is then the one's whose text has the smallest sha256; the others get
    ids made from their texts.
    """
    return collect_blocks(list(to_blocks(papers, BatchStore())), merge=merge)


def collect_blocks(blocks: Sequence[Block], *, merge: bool = True) -> Corpus:
    """The same of rows in blocks."""
    extras = ExtraColumns()
    for block in blocks:
        extras.note(block.kinds)
    rows = RowIndex(blocks)
    kept = _keep_distinct(rows)
    if merge:
        kept = merge_works(rows, kept, extras)
    ids = _distinct_ids(rows, kept.rows)
    written = write_kept(rows, kept, extras, ids=ids)
    rejects = [reject for block in blocks for reject in block.rejects]
    tables = CorpusTables(
        papers=written.papers,
        sources=written.sources,
        duplicates=_duplicates(rows, kept, written),
        rejected=_rejected_table(rejects),
    )
    if tables.read != rows.read:
        count = tables.papers.num_rows
        raise ValueError(f"{count} kept, with duplicates and rejected rows {tables.read}, are not the {rows.read} read")
    return Corpus(
        tables=tables,
        hash_array=_as_bytes(rows.hashes[kept.rows]),
        cleaned=CleanedTexts(titles=written.titles, abstracts=written.abstracts, steps=written.steps),
        repaired=_count_repairs(rows, len(ids)),
        vectors=written.vectors,
    )


def _keep_distinct(rows: RowIndex) -> Kept:
    """One row for each text."""
    order = np.lexsort(rows.hashes.T[::-1])
    starts = np.zeros(len(order), dtype=bool)
    starts[:1] = True
    for words in rows.hashes.T:
        ordered = words[order]
        starts[1:] |= ordered[1:] != ordered[:-1]
    order = _with_ordered_copies(rows, order, starts)
    text_of = np.empty(len(order), dtype=np.int64)
    text_of[order] = np.cumsum(starts) - 1
    return Kept(order[starts], text_of, text_of)


def _as_bytes(hashes: NDArray[np.uint64]) -> NDArray[np.uint8]:
    """(n, 32) the bytes of hashes in big-endian words, in the place of these."""
    if sys.byteorder == "little":
        hashes.byteswap(inplace=True)
    return hashes.view(np.uint8)


def _with_ordered_copies(rows: RowIndex, order: NDArray[np.int64], starts: NDArray[np.bool_]) -> NDArray[np.int64]:
    """The order, rows of one text by their content hash, then their id. starts: where another text begins."""
    texts = np.cumsum(starts)
    has_copy = ~starts | np.append(~starts[1:], False)
    numbers = order[has_copy]
    keys: list[tuple[int, bytes, str]] = []
    for first in range(0, len(numbers), COPIES_AT_ONCE):
        copies = rows.take(numbers[first : first + COPIES_AT_ONCE])
        some = texts[has_copy][first : first + COPIES_AT_ONCE].tolist()
        keys += zip(some, content_hashes(copies), copies.column("id").to_pylist(), strict=True)
    order = order.copy()
    order[has_copy] = [number for _, number in sorted(zip(keys, numbers.tolist(), strict=True))]
    return order


def _distinct_ids(rows: RowIndex, kept: NDArray[np.int64]) -> dict[int, str]:
    """The papers whose id another has, by number: id of its own.

    Papers are ordered by text hash: the first with an id keeps it. Only ids that are there twice are looked at, and
    those that are like one that was made.
    """
    keys = rows.id_keys[kept]
    involved = that_repeat(keys)
    while True:
        changed = _told_apart(rows, kept, involved)
        made = [key_of("id", name) for name in changed.values()]
        found = places_of(np.sort(np.frombuffer(b"".join(made), dtype=np.uint64)), keys)
        wider = np.union1d(involved, found)
        if len(wider) == len(involved):
            return changed
        involved = wider


def _told_apart(rows: RowIndex, kept: NDArray[np.int64], numbers: NDArray[np.int64]) -> dict[int, str]:
    ids = rows.take(kept[numbers], ("id", "text_hash"))
    used: set[str] = set()
    changed: dict[int, str] = {}
    columns = (ids.column(name).to_pylist() for name in ("id", "text_hash"))
    for number, paper, text in zip(numbers.tolist(), *columns, strict=True):
        own = id_from_text(paper, text) if paper in used else paper
        used.add(own)
        if own != paper:
            changed[number] = own
    return changed


def _count_repairs(rows: RowIndex, ids_changed: int) -> dict[str, int]:
    """How many rows read had to be mended, by what was wrong with them, the most frequent first."""
    counts = rows.repaired.copy()
    counts[SAME_ID] += ids_changed
    return {kind: counts[kind] for kind in sorted(counts, key=lambda kind: (-counts[kind], kind)) if counts[kind]}


def _duplicates(rows: RowIndex, kept: Kept, written: WrittenPapers) -> pa.Table:
    is_copy = np.ones(len(rows), dtype=bool)
    is_copy[kept.rows] = False
    numbers = np.flatnonzero(is_copy)
    copies = rows.take(numbers, ("id", "source", "row"))
    return pa.table(
        {
            "id": copies.column("id"),
            "kept_id": written.papers.column("id").take(row_numbers(kept.paper_of[numbers])),
            "reason": text_array([kept.reasons.get(text, SAME_TEXT) for text in kept.text_of[numbers].tolist()]),
            "source": copies.column("source"),
            "row": copies.column("row"),
        }
    ).sort_by([("kept_id", "ascending"), ("id", "ascending"), ("source", "ascending"), ("row", "ascending")])


def _rejected_table(rejects: list[Rejected]) -> pa.Table:
    ordered = sorted(rejects, key=lambda reject: (reject.source, reject.row))
    fields = [{name: getattr(reject, name) for name in _REJECTED.names} for reject in ordered]
    return pa.Table.from_pylist(fields, schema=_REJECTED)
