"""Atlas -> precomputed neighbours: what `similar` answers for every paper, as arrays for a map without a server."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.atlas import AtlasData
from pipeline.neighbours import nearest
from pipeline.recommender.query import query_of_row
from pipeline.recommender.ranking import Candidates, rank
from pipeline.recommender.reasons import shared_terms
from pipeline.recommender.recommend import near_duplicates

BLOCK = 512
TERMS = 3


@dataclass(frozen=True)
class PrecomputedSimilar:
    """rows: (n, k) int32, best first, -1 where there are no more. similarities: (n, k) float32 cosines.

    terms: (n, k, 3) int32 numbers of the words that both use, those that add most to the similarity first; -1 where
    there are fewer.
    """

    rows: NDArray[np.int32]
    similarities: NDArray[np.float32]
    terms: NDArray[np.int32]


def precompute_similar(
    atlas: AtlasData, *, k: int, advance: Callable[[int], None] = lambda _: None
) -> PrecomputedSimilar:
    """The k papers most like each paper, in the order that `similar` gives them."""
    n, config = len(atlas), atlas.manifest.config.similar
    lists = PrecomputedSimilar(
        np.full((n, k), -1, np.int32), np.zeros((n, k), np.float32), np.full((n, k, TERMS), -1, np.int32)
    )
    for start in range(0, n, BLOCK):
        own = np.arange(start, min(start + BLOCK, n))
        near = nearest(atlas.vectors, atlas.vectors[own], k=max(config.candidates, k), own_rows=own)
        for row, rows, cosines in zip(own.tolist(), near.indices, near.similarities, strict=True):
            query = query_of_row(atlas, row)
            basis = min(config.candidates, len(rows))
            candidates = Candidates(rows.astype(np.int64), cosines.astype(np.float64), basis=basis)
            ranked = rank(query, candidates, lexical=atlas.lexical, sentences=atlas.sentences, config=config)
            places = np.flatnonzero(~near_duplicates(query, ranked))[:k]
            lists.rows[row, : len(places)] = ranked.rows[places]
            lists.similarities[row, : len(places)] = ranked.similarity[places]
            if atlas.lexical is not None:
                lists.terms[row, : len(places)] = shared_terms(atlas.lexical, query, ranked.rows[places], count=TERMS)
        advance(len(own))
    return lists
