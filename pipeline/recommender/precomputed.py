"""Atlas -> precomputed neighbours: what `similar` answers for every paper, as arrays for a map without a server.

The same candidates in the same order, but for a block of papers at once: cosines from the run where it still has them,
words from sparse rows, references paper by paper, scores and order row by row of (b, c) arrays.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.atlas import AtlasData
from pipeline.neighbours import Neighbours, nearest
from pipeline.neighbours.exact_search import rescore
from pipeline.recommender.query import query_of_row
from pipeline.recommender.ranking import fuse, sentence_matches
from pipeline.recommender.recommend import SAME_MEANING, SAME_WORDS
from pipeline.recommender.related_papers import COUPLED, references_weight, related_papers
from pipeline.recommender.surroundings import all_among_nearest, cosines_to
from pipeline.words.shared_entries import SharedEntries
from pipeline.workers.machine import core_count
from pipeline.workers.threads import in_threads

BLOCK = 512
COMPILED_FROM = 5_000  # papers, whose candidates are a million pairs
TERMS = 3
WORKS = 2  # shared references that are named; of more the first, and how many


@dataclass(frozen=True)
class SharedWorks:
    """works: (n, k, 2) int32 numbers of the works that a paper and one similar to it both cite, the most telling first,
    -1 where there are fewer. counts: (n, k) int32 how many both cite.
    """

    works: NDArray[np.int32]
    counts: NDArray[np.int32]


@dataclass(frozen=True)
class PrecomputedSimilar:
    """rows: (n, k) int32, best first, -1 where there are no more. similarities: (n, k) float32 cosines.

    terms: (n, k, 3) int32 numbers of the words that both use, those that add most to the similarity first; -1 where
    there are fewer. references: None where the atlas keeps none.
    """

    rows: NDArray[np.int32]
    similarities: NDArray[np.float32]
    terms: NDArray[np.int32]
    references: SharedWorks | None = None


def precompute_similar(
    atlas: AtlasData, *, k: int, advance: Callable[[int], None] = lambda _: None
) -> PrecomputedSimilar:
    """The k papers most like each paper, in the order that `similar` gives them."""
    n = len(atlas)
    lists = PrecomputedSimilar(
        np.full((n, k), -1, np.int32),
        np.zeros((n, k), np.float32),
        np.full((n, k, TERMS), -1, np.int32),
        SharedWorks(np.full((n, k, WORKS), -1, np.int32), np.zeros((n, k), np.int32))
        if atlas.references is not None
        else None,
    )
    words = None if atlas.lexical is None else SharedEntries.of_words(atlas.lexical, compiled=n >= COMPILED_FROM)
    stored = atlas.references
    cited = None if stored is None else SharedEntries(stored.offsets, stored.works, stored.weights)
    weight = references_weight(stored, atlas.manifest.config.similar)
    among = all_among_nearest(atlas.vectors, atlas.neighbours)

    def fill(start: int) -> int:
        own = np.arange(start, min(start + BLOCK, n))
        block = _block(atlas, own, _candidates(atlas, own, k), weight=weight)
        rows, similarities = _best(atlas, own, block, words=words, among=among, k=k)
        lists.rows[own, : rows.shape[1]], lists.similarities[own, : rows.shape[1]] = rows, similarities
        papers, places = np.nonzero(rows >= 0)
        left, right = own[papers], rows[papers, places]
        if words is not None:
            lists.terms[left, places] = words.most_telling(left, right, most=TERMS)[0]
        if cited is not None and lists.references is not None:
            works, counts = cited.most_telling(left, right, most=WORKS)
            lists.references.works[left, places], lists.references.counts[left, places] = works, counts
        return len(own)

    for done in in_threads(fill, range(0, n, BLOCK), threads=core_count()):
        advance(done)
    return lists


def _candidates(atlas: AtlasData, own: NDArray[np.int64], k: int) -> Neighbours:
    """The nearest papers of some, as many as `similar` ranks: those the run found, or looked for again."""
    wanted = max(atlas.manifest.config.similar.candidates, k)
    there = atlas.candidates
    if there is not None and there.k >= min(wanted, len(atlas) - 1):
        return Neighbours(there.indices[own, :wanted], there.similarities[own, :wanted])
    return nearest(atlas.vectors, atlas.vectors[own], k=wanted, own_rows=own)


@dataclass(frozen=True)
class _Block:
    """The candidates of b papers: those of the embedding, then those found by references.

    rows: (b, c) int32, -1 where a paper has fewer; similarity: (b, c) float64 cosines. basis: how many the scores are
    standardised over. alike: (b, c) by references, NaN where nothing is known; None where they do not count.
    """

    rows: NDArray[np.int32]
    similarity: NDArray[np.float64]
    basis: int
    alike: NDArray[np.float64] | None = None


def _block(atlas: AtlasData, own: NDArray[np.int64], candidates: Neighbours, *, weight: float) -> _Block:
    """The candidates with those that references add. weight: of references; 0 for none."""
    basis = min(atlas.manifest.config.similar.candidates, candidates.k)
    similarity = candidates.similarities.astype(np.float64)
    stored = atlas.references
    if stored is None or weight == 0:
        return _Block(candidates.indices, similarity, basis)
    related = [related_papers(stored, stored.list_of([row]), weight=weight) for row in own.tolist()]
    rows = np.pad(candidates.indices, ((0, 0), (0, COUPLED)), constant_values=-1)
    similarity = np.pad(similarity, ((0, 0), (0, COUPLED)))
    alike = np.full(rows.shape, np.nan)
    for place, (row, papers) in enumerate(zip(own.tolist(), related, strict=True)):
        if papers is None:
            continue
        more = papers.candidates()
        more = more[~np.isin(more, candidates.indices[place])]
        end = candidates.k + len(more)
        rows[place, candidates.k : end] = more
        nobody = np.zeros(len(more), dtype=np.int64)
        similarity[place, candidates.k : end] = rescore(
            atlas.vectors, atlas.vectors[[row]], query_rows=nobody, columns=more
        )
        alike[place, :end] = papers.likeness(rows[place, :end].astype(np.int64))
    return _Block(rows, similarity, basis, alike)


def _best(
    atlas: AtlasData,
    own: NDArray[np.int64],
    block: _Block,
    *,
    words: SharedEntries | None,
    among: NDArray[np.float32],
    k: int,
) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """(b, at most k) rows and similarities of the best candidates; -1 and 0 where the rest are other versions.

    among: (n, d) every paper as it stands among its nearest.
    """
    config = atlas.manifest.config.similar
    pairs = zip(atlas.vectors[own], np.maximum(block.rows, 0), strict=True)
    parts = [(config.dense, np.array([cosines_to(vector, among.take(rows, axis=0)) for vector, rows in pairs]))]
    left_out = block.rows < 0
    other_version = block.similarity >= SAME_MEANING
    if words is not None:
        left = np.repeat(own, block.rows.shape[1])
        by_words = words.cosines(left, np.maximum(block.rows, 0).ravel()).reshape(block.rows.shape)
        parts.append((config.lexical, by_words))
        other_version &= by_words >= SAME_WORDS
    if atlas.sentences is not None:
        parts.append((config.sentences, _by_sentences(atlas, own, block.rows)))
    weight = references_weight(atlas.references, config)
    fused = fuse(parts, block.basis, related=None if block.alike is None else (weight, block.alike))
    left_out |= other_version
    order = np.lexsort((block.rows, -block.similarity, np.where(left_out, np.inf, -fused)), axis=1)[:, :k]
    none = np.take_along_axis(left_out, order, axis=1)
    rows = np.take_along_axis(block.rows, order, axis=1)
    similarities = np.take_along_axis(block.similarity, order, axis=1)
    return np.where(none, -1, rows).astype(np.int32), np.where(none, 0, similarities).astype(np.float32)


def _by_sentences(atlas: AtlasData, own: NDArray[np.int64], rows: NDArray[np.int32]) -> NDArray[np.float64]:
    """(b, c) sentence matches; equal ones, which weigh nothing, for a paper that has no sentences itself."""
    matches = np.zeros(rows.shape)
    if atlas.sentences is not None:
        for place, row in enumerate(own.tolist()):
            sentences, there = query_of_row(atlas, row).sentences, rows[place] >= 0
            if sentences is not None:
                matches[place, there] = sentence_matches(
                    sentences, atlas.sentences, rows[place, there].astype(np.int64)
                )
    return matches
