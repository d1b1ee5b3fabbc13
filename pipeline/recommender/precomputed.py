"""Atlas -> precomputed neighbours: what `similar` answers for every paper, as arrays for a map without a server.

The same candidates in the same order, but for a block of papers at once: cosines from the run where it still has them,
words from sparse rows, scores and order row by row of (b, c) arrays.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.atlas import AtlasData
from pipeline.neighbours import Neighbours, nearest
from pipeline.recommender.query import query_of_row
from pipeline.recommender.ranking import fuse, sentence_matches
from pipeline.recommender.recommend import SAME_MEANING, SAME_WORDS
from pipeline.words.shared_words import SharedWords
from pipeline.workers.machine import core_count

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
    n = len(atlas)
    lists = PrecomputedSimilar(
        np.full((n, k), -1, np.int32), np.zeros((n, k), np.float32), np.full((n, k, TERMS), -1, np.int32)
    )
    words = None if atlas.lexical is None else SharedWords(atlas.lexical)

    def fill(start: int) -> int:
        own = np.arange(start, min(start + BLOCK, n))
        rows, similarities = _best(atlas, own, _candidates(atlas, own, k), words=words, k=k)
        lists.rows[own, : rows.shape[1]], lists.similarities[own, : rows.shape[1]] = rows, similarities
        if words is not None:
            papers, places = np.nonzero(rows >= 0)
            lists.terms[own[papers], places] = words.terms(own[papers], rows[papers, places], count=TERMS)
        return len(own)

    pool = ThreadPoolExecutor(core_count())  # the products of numpy and scipy let other threads run
    try:
        for done in pool.map(fill, range(0, n, BLOCK)):
            advance(done)
    finally:
        pool.shutdown(cancel_futures=True)
    return lists


def _candidates(atlas: AtlasData, own: NDArray[np.int64], k: int) -> Neighbours:
    """The nearest papers of some, as many as `similar` ranks: those the run found, or looked for again."""
    wanted = max(atlas.manifest.config.similar.candidates, k)
    there = atlas.candidates
    if there is not None and there.k >= min(wanted, len(atlas) - 1):
        return Neighbours(there.indices[own, :wanted], there.similarities[own, :wanted])
    return nearest(atlas.vectors, atlas.vectors[own], k=wanted, own_rows=own)


def _best(
    atlas: AtlasData, own: NDArray[np.int64], candidates: Neighbours, *, words: SharedWords | None, k: int
) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """(b, at most k) rows and similarities of the best candidates; -1 and 0 where the rest are other versions."""
    config = atlas.manifest.config.similar
    similarity = candidates.similarities.astype(np.float64)
    parts = [(config.dense, similarity)]
    other_version = similarity >= SAME_MEANING
    if words is not None:
        left = np.repeat(own, candidates.k)
        by_words = words.cosines(left, candidates.indices.ravel()).reshape(similarity.shape)
        parts.append((config.lexical, by_words))
        other_version &= by_words >= SAME_WORDS
    if atlas.sentences is not None:
        parts.append((config.sentences, _by_sentences(atlas, own, candidates.indices)))
    fused = fuse(parts, min(config.candidates, candidates.k))
    # Candidates come by falling cosine, ties by row: a stable sort leaves those of equal scores so.
    order = np.argsort(np.where(other_version, np.inf, -fused), axis=1, kind="stable")[:, :k]
    left_out = np.take_along_axis(other_version, order, axis=1)
    rows = np.take_along_axis(candidates.indices, order, axis=1)
    similarities = np.take_along_axis(candidates.similarities, order, axis=1)
    return np.where(left_out, -1, rows).astype(np.int32), np.where(left_out, 0, similarities).astype(np.float32)


def _by_sentences(atlas: AtlasData, own: NDArray[np.int64], rows: NDArray[np.int32]) -> NDArray[np.float64]:
    """(b, c) sentence matches; equal ones, which weigh nothing, for a paper that has no sentences itself."""
    matches = np.zeros(rows.shape)
    if atlas.sentences is not None:
        for place, row in enumerate(own.tolist()):
            sentences = query_of_row(atlas, row).sentences
            if sentences is not None:
                matches[place] = sentence_matches(sentences, atlas.sentences, rows[place].astype(np.int64))
    return matches
