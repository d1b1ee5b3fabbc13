"""Column `references` of papers -> one flat list: which paper cites, and which of the distinct references it cites."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from pipeline.corpus.cited_references import REFERENCES, to_references

PARTS = ("raw", "id", "source")
LARGE = pa.large_list(pa.struct([(name, pa.large_string()) for name in PARTS]))  # more than 2 GB of text


@dataclass(frozen=True)
class ReferenceLists:
    """The references of n papers, r in all, u of them distinct.

    citing: (r,) row of the paper of each reference, never decreasing. cited: (r,) number of the distinct reference.
    raw, ids, sources: u texts each, as the column has them.
    """

    papers: int
    citing: NDArray[np.int64]
    cited: NDArray[np.int64]
    raw: Sequence[str]
    ids: Sequence[str]
    sources: Sequence[str]

    def __post_init__(self) -> None:
        if len(self.citing) != len(self.cited):
            raise ValueError(f"{len(self.citing)} citing papers for {len(self.cited)} references")

    def __len__(self) -> int:
        return len(self.cited)


def read_reference_lists(column: pa.ChunkedArray | pa.Array | None, *, papers: int) -> ReferenceLists:
    """The references in a column: lists of structs as the reader makes them, or texts, objects or numbers of any kind,
    alone or in lists. None, for papers without such a column, has no reference.
    """
    if column is None:
        nobody = np.zeros(0, dtype=np.int64)
        return ReferenceLists(papers, nobody, nobody, (), (), ())
    if column.type != REFERENCES:
        lists = [to_references(_listed(value), source="") for value in column.to_pylist()]
        column = pa.array(lists, REFERENCES)
    chunks = column.chunks if isinstance(column, pa.ChunkedArray) else [column]
    whole = pa.concat_arrays([chunk.cast(LARGE) for chunk in chunks] or [pa.array([], LARGE)])
    citing = pc.list_parent_indices(whole)
    parts = pc.list_flatten(whole)
    encoded = [pc.struct_field(parts, name).dictionary_encode(null_encoding="encode") for name in PARTS]
    values = [[text or "" for text in one.dictionary.to_pylist()] for one in encoded]
    codes = [_integers(one.indices) for one in encoded]
    joined = (codes[0] * len(values[1]) + codes[1]) * len(values[2]) + codes[2]
    distinct, cited = np.unique(joined, return_inverse=True)
    rest, of_source = np.divmod(distinct, max(len(values[2]), 1))
    of_raw, of_id = np.divmod(rest, max(len(values[1]), 1))
    texts = [[known[at] for at in of.tolist()] for known, of in zip(values, (of_raw, of_id, of_source), strict=True)]
    return ReferenceLists(papers, _integers(citing), cited, *texts)


def _integers(array: pa.Array) -> NDArray[np.int64]:
    """Integers without gaps as an array; not by `to_numpy`, which loads pandas."""
    whole = array.cast(pa.int64())
    if not len(whole):
        return np.zeros(0, dtype=np.int64)
    return np.frombuffer(whole.buffers()[1], dtype=np.int64)[whole.offset : whole.offset + len(whole)]


def _listed(value: object) -> object:
    """A value as `to_references` takes it: a number is the id of one reference."""
    return [str(value)] if isinstance(value, int | float) and not isinstance(value, bool) else value
