"""Query -> the papers that are ranked for it: the nearest by embedding, and those that references or a filter add."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from pipeline.neighbours import Index
from pipeline.neighbours.exact_search import rescore
from pipeline.recommender.query import Query
from pipeline.recommender.ranking import Candidates
from pipeline.recommender.related_papers import RelatedPapers


def nearest_candidates(index: Index, query: Query, *, count: int, among: NDArray[np.bool_] | None = None) -> Candidates:
    """The nearest papers that are not asked about, of some papers or of all."""
    nearest = index.nearest(query.vector[None], k=count + len(query.rows), among=among)
    free = ~np.isin(nearest.indices[0], query.rows)
    rows, cosines = nearest.indices[0][free][:count], nearest.similarities[0][free][:count]
    return Candidates(rows.astype(np.int64), cosines.astype(np.float64), basis=len(rows))


def with_related(
    candidates: Candidates, query: Query, *, vectors: NDArray[np.float32], related: RelatedPapers
) -> Candidates:
    """The candidates and the papers most alike by references, with their cosines."""
    rows = related.candidates()
    rows = rows[~np.isin(rows, query.rows)]
    own = np.zeros(len(rows), dtype=np.int64)
    cosines = rescore(vectors, query.vector[None], query_rows=own, columns=rows)
    return joined(candidates, Candidates(rows, cosines, basis=len(rows)))


def joined(candidates: Candidates, more: Candidates) -> Candidates:
    """Both, each paper once; scores are still standardised over the basis of the first."""
    new = ~np.isin(more.rows, candidates.rows)
    return replace(
        candidates,
        rows=np.concatenate([candidates.rows, more.rows[new]]),
        similarity=np.concatenate([candidates.similarity, more.similarity[new]]),
    )
