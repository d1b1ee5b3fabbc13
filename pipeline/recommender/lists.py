"""Atlas -> for every paper at once what `similar` would answer, as plain arrays: for a map that must do without."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.atlas import Atlas
from pipeline.neighbours import nearest
from pipeline.recommender.query import query_of_row
from pipeline.recommender.ranking import rank
from pipeline.recommender.reasons import shared_terms
from pipeline.recommender.recommend import near_duplicates, settings_of

BLOCK = 512
TERMS = 3


@dataclass(frozen=True)
class SimilarLists:
    """rows: (n, k) int32, best first, -1 where there are no more. similarities: (n, k) float32 cosines.

    terms: (n, k, 3) int32 numbers of the words that both say, the most telling first, -1 where there are fewer.
    """

    rows: NDArray[np.int32]
    similarities: NDArray[np.float32]
    terms: NDArray[np.int32]


def similar_lists(atlas: Atlas, *, k: int, advance: Callable[[int], None] = lambda _: None) -> SimilarLists:
    """The k papers most like each paper, in the order that `similar` gives them."""
    n, config = len(atlas), settings_of(atlas)
    found = SimilarLists(
        np.full((n, k), -1, np.int32), np.zeros((n, k), np.float32), np.full((n, k, TERMS), -1, np.int32)
    )
    for start in range(0, n, BLOCK):
        own = np.arange(start, min(start + BLOCK, n))
        near = nearest(atlas.vectors, atlas.vectors[own], k=max(config.candidates, k), own_rows=own)
        for row, rows, cosines in zip(own.tolist(), near.indices, near.similarities, strict=True):
            query = query_of_row(atlas, row)
            ranked = rank(
                query,
                rows.astype(np.int64),
                cosines.astype(np.float64),
                basis=min(config.candidates, len(rows)),
                lexical=atlas.lexical,
                sentences=atlas.sentences,
                config=config,
            )
            places = np.flatnonzero(~near_duplicates(query, ranked))[:k]
            found.rows[row, : len(places)] = ranked.rows[places]
            found.similarities[row, : len(places)] = ranked.similarity[places]
            if atlas.lexical is not None:
                found.terms[row, : len(places)] = shared_terms(atlas.lexical, query, ranked.rows[places], count=TERMS)
        advance(len(own))
    return found
