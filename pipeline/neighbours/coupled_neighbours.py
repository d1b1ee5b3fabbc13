"""Neighbours, bibliographic coupling -> Neighbours by both: what shares references comes nearer, for topics.

Each kind of relatedness is divided by its mean over a paper's own links, so that both count by their weights whatever
their scales (Ahlgren, Chen, Colliander and van Eck 2020, 10.1162/qss_a_00027, normalise each by its sum).
"""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pipeline.neighbours.exact_search import Neighbours, rescore

if TYPE_CHECKING:
    from scipy.sparse import csr_array

BLOCK = 2_048  # papers at once


def mix_coupling(
    neighbours: Neighbours, links: "csr_array", *, vectors: NDArray[np.float32], weight: float
) -> Neighbours:
    """The k papers most related to each by text and references together, of its neighbours and those it is coupled to.

    links: (n, n) coupling, in [0, 1], 0 on the diagonal. weight: of references, in [0, 1]; text counts the rest. The
    similarities of a paper stay those of its neighbours by text, in falling order: the r-th most related takes the
    r-th largest, so that scales are those of cosines. A paper without links, or of weight 0, keeps its neighbours.
    """
    if weight == 0 or neighbours.k == 0:
        return neighbours
    indices = np.array(neighbours.indices)
    linked = np.flatnonzero(np.diff(links.indptr))
    for start in range(0, len(linked), BLOCK):
        rows = linked[start : start + BLOCK]
        indices[rows] = _most_related(neighbours, links, rows, vectors=vectors, weight=weight)
    return Neighbours(indices, neighbours.similarities)


def _most_related(
    neighbours: Neighbours, links: "csr_array", rows: NDArray[np.int64], *, vectors: NDArray[np.float32], weight: float
) -> NDArray[np.int32]:
    """(b, k) of some papers that have links, most related first; ties by cosine, then by row."""
    k, n = neighbours.k, len(neighbours.indices)
    counts = np.diff(links.indptr)[rows]
    at = np.arange(counts.sum()) + np.repeat(links.indptr[rows] - (np.cumsum(counts) - counts), counts)
    place = np.concatenate([np.repeat(np.arange(len(rows)), k), np.repeat(np.arange(len(rows)), counts)])
    other = np.concatenate([neighbours.indices[rows].ravel(), links.indices[at]]).astype(np.int64)
    coupling = np.concatenate([np.zeros(k * len(rows)), links.data[at]])
    pairs, pair_of = np.unique(place * n + other, return_inverse=True)
    place, other = np.divmod(pairs, n)
    coupling = np.bincount(pair_of, coupling, minlength=len(pairs))
    cosines = rescore(vectors, vectors[rows], query_rows=place, columns=other)
    text_mean = np.maximum(neighbours.similarities[rows].mean(axis=1, dtype=np.float64), 1e-6)
    link_mean = np.bincount(place, coupling) / np.maximum(np.bincount(place, coupling > 0), 1)
    related = (1 - weight) * cosines / text_mean[place] + weight * coupling / np.maximum(link_mean, 1e-12)[place]
    order = np.lexsort((other, -cosines, -np.round(related, 7), place))
    first = np.searchsorted(place[order], np.arange(len(rows)))
    return np.asarray(other[order[first[:, None] + np.arange(k)]], dtype=np.int32)
