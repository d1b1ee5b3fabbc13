"""Neighbours, cited works -> the edges of a graph of papers, each pair once, by kind: text, coupling, citation."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pipeline.neighbours import Neighbours
from pipeline.references import StoredReferences
from pipeline.references.relations import MOST_CITING

if TYPE_CHECKING:
    from scipy.sparse import csr_array

MOST_PRODUCTS = 10_000_000  # pairs multiplied at a time, which bounds the memory


@dataclass(frozen=True)
class Edges:
    """Edges of one kind, e of them, sorted by source, then target. sources, targets: (e,) numbers of papers; source <
    target unless they have a direction. weights: (e,) above 0.
    """

    kind: str
    sources: NDArray[np.int64]
    targets: NDArray[np.int64]
    weights: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.sources)


def text_edges(neighbours: Neighbours) -> Edges:
    """Pairs of which one is among the neighbours of the other; weight: their cosine, only those above 0."""
    papers, k = neighbours.indices.shape
    rows = np.repeat(np.arange(papers, dtype=np.int64), k)
    others = neighbours.indices.ravel().astype(np.int64)
    weights = neighbours.similarities.ravel()
    alike = weights > 0
    rows, others, weights = rows[alike], others[alike], weights[alike]
    pairs, first = np.unique(np.minimum(rows, others) * papers + np.maximum(rows, others), return_index=True)
    return Edges("text", *np.divmod(pairs, max(papers, 1)), weights[first])


def citation_edges(references: StoredReferences) -> Edges:
    """From each paper to the papers that it cites; weight 1."""
    papers = len(references)
    citing = np.repeat(np.arange(papers, dtype=np.int64), np.diff(references.offsets))
    inside = references.works < papers
    sources, targets = citing[inside], references.works[inside].astype(np.int64)
    return Edges("citation", sources, targets, np.ones(len(sources), dtype=np.float32))


def coupling_edges(references: StoredReferences, *, strongest: int) -> Edges:
    """Papers that share references; weight: the cosine of their lists, rare works counting more, as
    `pipeline.references.coupling` has it. strongest: kept of each, of equal ones those to smaller rows.
    """
    from scipy.sparse import csr_array

    shape = (len(references), int(references.works.max(initial=-1)) + 1)
    lists = csr_array((references.weights, references.works, references.offsets), shape=shape)
    cited_by = np.bincount(references.works, minlength=shape[1])
    lists = lists[:, np.flatnonzero((cited_by > 1) & (cited_by <= MOST_CITING))].tocsr()
    return _products("coupling", lists, strongest=strongest)


def cocitation_edges(references: StoredReferences, *, strongest: int) -> Edges:
    """Papers that another paper cites both; weight: by how many (Small 1973, 10.1002/asi.4630240406).

    strongest: kept of each, of equal ones those to smaller rows. Works outside the corpus are no papers of the graph.
    """
    from scipy.sparse import csr_array

    cites, shape = citation_edges(references), (len(references), len(references))
    return _products(
        "cocitation", csr_array((cites.weights, (cites.targets, cites.sources)), shape), strongest=strongest
    )


def _products(kind: str, rows: "csr_array", *, strongest: int) -> Edges:
    """The pairs of rows whose product is above 0, in blocks of rows. strongest: pairs kept of each row."""
    from scipy.sparse import csr_array, vstack

    papers, turned = rows.shape[0], rows.T.tocsr()
    work = np.diff(turned.indptr)[rows.indices]  # multiplications that each entry costs
    products = np.concatenate([[0], np.cumsum(work)])[rows.indptr]
    blocks, start = [], 0
    while start < papers:
        end = max(int(np.searchsorted(products, products[start] + MOST_PRODUCTS, side="right")) - 1, start + 1)
        blocks.append(_strongest((rows[start:end] @ turned).tocsr(), start=start, count=strongest))
        start = end
    links = vstack(blocks, format="csr") if blocks else csr_array((papers, papers), dtype=np.float32)
    return _upper(kind, links.maximum(links.T).tocsr())


def _strongest(block: "csr_array", *, start: int, count: int) -> "csr_array":
    """Rows from `start` on, without their own column, and with the `count` largest values of each row alone."""
    from scipy.sparse import csr_array

    rows = np.repeat(np.arange(block.shape[0]), np.diff(block.indptr))
    others = block.indices != rows + start
    rows, columns, values = rows[others], block.indices[others], block.data[others]
    order = np.lexsort((columns, -values, rows))
    rows, columns, values = rows[order], columns[order], values[order]
    kept = np.arange(len(rows)) - np.searchsorted(rows, rows) < count
    return csr_array((values[kept], (rows[kept], columns[kept])), shape=block.shape)


def _upper(kind: str, links: "csr_array") -> Edges:
    """The pairs of a symmetric matrix, each once."""
    links.sort_indices()
    rows = np.repeat(np.arange(links.shape[0], dtype=np.int64), np.diff(links.indptr))
    above = links.indices > rows
    return Edges(kind, rows[above], links.indices[above].astype(np.int64), links.data[above])


def among(edges: Edges, rows: NDArray[np.int64], *, papers: int) -> Edges:
    """The edges between some papers alone, by their places in rows, (m,) increasing; papers: n, of all."""
    place = np.full(papers, -1, dtype=np.int64)
    place[rows] = np.arange(len(rows))
    sources, targets = place[edges.sources], place[edges.targets]
    kept = (sources >= 0) & (targets >= 0)
    return Edges(edges.kind, sources[kept], targets[kept], edges.weights[kept])


def merged(edges: Sequence[Edges], *, papers: int) -> Edges:
    """All kinds as one, without direction, weights of a pair added up."""
    sources = np.concatenate([one.sources for one in edges] or [np.zeros(0, np.int64)])
    targets = np.concatenate([one.targets for one in edges] or [np.zeros(0, np.int64)])
    weights = np.concatenate([one.weights for one in edges] or [np.zeros(0, np.float32)])
    keys = np.minimum(sources, targets) * papers + np.maximum(sources, targets)
    pairs, number = np.unique(keys, return_inverse=True)
    sums = np.bincount(number, weights, minlength=len(pairs)).astype(np.float32)
    return Edges("all", *np.divmod(pairs, max(papers, 1)), sums)
