"""Papers there, papers new -> tables and arrays of both, in the order of the text hashes."""

import json
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from pipeline.embedding.embedding import Sentences


@dataclass(frozen=True)
class Joined:
    """order: (n + m,) for each row of the result, its number in the n papers there followed by the m new ones.

    place: (n + m,) the other way round.
    """

    order: NDArray[np.int64]
    place: NDArray[np.int64]


def join_hashes(before: NDArray[np.uint8], new: NDArray[np.uint8]) -> Joined:
    """before, new: (n, 32) and (m, 32) sha256 of texts."""
    words = np.concatenate([before, new]).reshape(-1, 32).copy().view(">u8").astype(np.uint64)
    order = np.lexsort(words.T[::-1])
    place = np.empty(len(order), dtype=np.int64)
    place[order] = np.arange(len(order))
    return Joined(order, place)


def join_tables(before: pa.Table, new: pa.Table) -> pa.Table:
    """Rows of both; a column that one lacks is empty there, one of two types takes the first's, or becomes text."""
    for name in set(before.column_names) & set(new.column_names):
        wanted = before.schema.field(name).type
        if new.schema.field(name).type == wanted:
            continue
        try:
            new = new.set_column(new.column_names.index(name), name, new.column(name).cast(wanted))
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
            before = before.set_column(before.column_names.index(name), name, _as_text(before.column(name)))
            new = new.set_column(new.column_names.index(name), name, _as_text(new.column(name)))
    return pa.concat_tables([before, new], promote_options="default").combine_chunks()


def _as_text(values: pa.ChunkedArray) -> pa.ChunkedArray:
    if pa.types.is_list(values.type):
        texts = [None if value is None else json.dumps(value) for value in values.to_pylist()]
        return pa.chunked_array([pa.array(texts, pa.string())])
    return pc.cast(values, pa.string())


def join_sentences(before: Sentences, new: Sentences, joined: Joined) -> Sentences:
    """Sentences of both, in the order of the papers."""
    offsets = np.concatenate([before.offsets, new.offsets[1:] + before.offsets[-1]])
    starts, ends = offsets[:-1][joined.order], offsets[1:][joined.order]
    rows = np.concatenate([np.arange(start, end) for start, end in zip(starts, ends, strict=True)]).astype(np.int64)
    return Sentences(
        vectors=np.concatenate([before.vectors, new.vectors])[rows],
        spans=np.concatenate([before.spans, new.spans])[rows],
        offsets=np.concatenate([[0], np.cumsum(ends - starts)]).astype(np.int64),
    )


def rows_as_text(table: pa.Table) -> pa.Table:
    """Every column as text, as tables read from CSV have them."""
    return pa.table({name: pc.cast(table.column(name), pa.string()) for name in table.column_names})
