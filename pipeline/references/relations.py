"""Works that papers cite -> how the papers are related: direct citation, bibliographic coupling, co-citation.

Each is a sparse matrix; symmetric where it says so. Rows of papers are those of the corpus.
"""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pipeline.references.works import CitedWorks

if TYPE_CHECKING:
    from scipy.sparse import csr_array

MOST_PRODUCTS = 10_000_000  # pairs of papers multiplied at a time, which bounds the memory
MOST_CITING = 2_000  # a work that more papers cite tells none of them from another


def direct_citation(works: CitedWorks) -> "csr_array":
    """(n, n) float32, 1 where the paper of the row cites that of the column; not symmetric."""
    from scipy.sparse import csr_array

    pairs = works.citations
    rows = works.row_of[pairs[:, 1]]
    citing, cited = pairs[rows >= 0, 0], rows[rows >= 0]
    shape = (len(works.papers), len(works.papers))
    return csr_array((np.ones(len(citing), dtype=np.float32), (citing, cited)), shape=shape)


def direct_relatedness(works: CitedWorks) -> "csr_array":
    """(n, n) float32 in [0, 1], symmetric: a citation in either direction, divided by the number of such links of a
    paper (Waltman and van Eck 2012, 10.1002/asi.22748, equation 1), the mean of the values from both ends.
    """
    cites = direct_citation(works)
    links = cites.maximum(cites.T).tocsr()
    shares = _scaled(links, rows=_inverse(np.asarray(links.sum(axis=1), dtype=np.float64)))
    return ((shares + shares.T) * np.float32(0.5)).tocsr()


def rarity(works: CitedWorks) -> NDArray[np.float64]:
    """(w,) weight of each work, ln((m + 1) / c), with c the papers that cite it, m the papers that cite anything: the
    inverse document frequency (Spärck Jones 1972, 10.1108/eb026526); above 0 also for what everybody cites.
    """
    pairs = works.citations
    cited_by = np.bincount(pairs[:, 1], minlength=len(works))
    citing = len(np.unique(pairs[:, 0]))
    return np.log((citing + 1) / np.maximum(cited_by, 1)) * (cited_by > 0)


def coupling(works: CitedWorks, *, strongest: int | None = None) -> "csr_array":
    """(n, n) float32 in [0, 1], symmetric, 0 on the diagonal: bibliographic coupling (Kessler 1963,
    10.1002/asi.5090140103), the references two papers share, each weighted by its rarity, as the cosine of the two
    weighted lists (Salton's measure: Glänzel and Czerwon 1996, 10.1007/BF02093621).

    strongest: keep the links among each paper's strongest alone, of equal ones those to smaller rows. Works that more
    than MOST_CITING papers cite count in the length of a list but link nobody, which bounds work and memory.
    """
    from scipy.sparse import csr_array, vstack

    lists = _unit_lists(works)
    cited_by = np.bincount(lists.indices, minlength=len(works))
    linking = np.flatnonzero((cited_by > 1) & (cited_by <= MOST_CITING))
    shared = lists[:, linking].tocsr()
    turned = shared.T.tocsr()
    work = np.diff(turned.indptr)[shared.indices]  # multiplications that each reference costs
    products = np.concatenate([[0], np.cumsum(work)])[shared.indptr]
    blocks, start = [], 0
    while start < shared.shape[0]:
        end = max(int(np.searchsorted(products, products[start] + MOST_PRODUCTS, side="right")) - 1, start + 1)
        block = (shared[start:end] @ turned).tocsr()
        blocks.append(_without_self(block, start=start, strongest=strongest))
        start = end
    shape = (len(works.papers), len(works.papers))
    links = vstack(blocks, format="csr") if blocks else csr_array(shape, dtype=np.float32)
    return links.maximum(links.T).tocsr() if strongest is not None else links


def cocitation(works: CitedWorks) -> tuple[NDArray[np.int64], "csr_array"]:
    """The works that at least two papers cite, increasing, and (v, v) float32 how many papers cite both of each pair of
    them (Small 1973, 10.1002/asi.4630240406): symmetric, 0 on the diagonal.
    """
    from scipy.sparse import csr_array

    pairs = works.citations
    cited_by = np.bincount(pairs[:, 1], minlength=len(works))
    often = np.flatnonzero(cited_by > 1)
    number = np.full(len(works), -1, dtype=np.int64)
    number[often] = np.arange(len(often))
    kept = pairs[number[pairs[:, 1]] >= 0]
    ones = np.ones(len(kept), dtype=np.float32)
    lists = csr_array((ones, (kept[:, 0], number[kept[:, 1]])), shape=(len(works.papers), len(often)))
    return often, _without_self((lists.T @ lists).tocsr(), start=0, strongest=None)


def cosine(counts: "csr_array", sizes: NDArray[np.float64]) -> "csr_array":
    """Co-occurrence counts over the root of the product of both sizes (Salton's measure), in [0, 1]. sizes: how often
    each occurs at all.
    """
    roots = _inverse(np.sqrt(np.asarray(sizes, dtype=np.float64)))
    return _scaled(counts, rows=roots, columns=roots)


def association_strength(counts: "csr_array") -> "csr_array":
    """2 m c / (s t), with c the co-occurrences of two, s and t the sums of their rows, m half the sum of all: observed
    over expected co-occurrences (van Eck and Waltman 2009, 10.1002/asi.21075); above 1 where two go together.
    """
    sums = np.asarray(counts.sum(axis=1), dtype=np.float64)
    inverse = _inverse(sums)
    return _scaled(counts, rows=inverse * sums.sum(), columns=inverse)


def _unit_lists(works: CitedWorks) -> "csr_array":
    """(n, w) float32: row i holds the rarity of the works that paper i cites, scaled to length 1."""
    from scipy.sparse import csr_array

    pairs, weights = works.citations, rarity(works)
    values = weights[pairs[:, 1]]
    lengths = np.sqrt(np.bincount(pairs[:, 0], values**2, minlength=len(works.papers)))
    unit = (values / lengths[pairs[:, 0]]).astype(np.float32)
    return csr_array((unit, (pairs[:, 0], pairs[:, 1])), shape=(len(works.papers), len(works)))


def _without_self(block: "csr_array", *, start: int, strongest: int | None) -> "csr_array":
    """Rows from `start` on without their own column, and with the strongest links of each row alone."""
    from scipy.sparse import csr_array

    rows = np.repeat(np.arange(block.shape[0]), np.diff(block.indptr))
    kept = block.indices != rows + start
    rows, columns, values = rows[kept], block.indices[kept], block.data[kept]
    if strongest is not None:
        starts = np.searchsorted(rows, np.arange(block.shape[0] + 1))
        among = np.ones(len(rows), dtype=bool)
        for row in np.flatnonzero(np.diff(starts) > strongest).tolist():
            own = slice(starts[row], starts[row + 1])
            among[own] = _are_strongest(values[own], columns[own], count=strongest)
        rows, columns, values = rows[among], columns[among], values[among]
    return csr_array((values, (rows, columns)), shape=block.shape)


def _are_strongest(values: NDArray[np.float32], columns: NDArray[np.int32], *, count: int) -> NDArray[np.bool_]:
    """Whether each value is among the `count` largest, of equal ones those of the smaller columns."""
    least = np.partition(values, -count)[-count]
    strongest: NDArray[np.bool_] = values > least
    equal = np.flatnonzero(values == least)
    strongest[equal[np.argsort(columns[equal])][: count - np.count_nonzero(strongest)]] = True
    return strongest


def _inverse(values: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.divide(1.0, values, out=np.zeros_like(values), where=values > 0)


def _scaled(
    matrix: "csr_array", *, rows: NDArray[np.float64], columns: NDArray[np.float64] | None = None
) -> "csr_array":
    """A matrix with row i multiplied by rows[i], and column j by columns[j]."""
    from scipy.sparse import csr_array

    factors = np.repeat(rows, np.diff(matrix.indptr))
    factors = factors if columns is None else factors * columns[matrix.indices]
    values = (matrix.data * factors).astype(np.float32)
    return csr_array((values, matrix.indices, matrix.indptr), shape=matrix.shape)
