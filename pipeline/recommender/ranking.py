"""Query, candidates -> their order by four parts: dense cosine, TF-IDF cosine, sentence match, references.

The dense cosine is that to the candidate as it stands among its nearest papers. The parts are z-scored over the
candidates, before any filter, and summed with the weights of the config: so a filter never changes the order of the
papers that pass it. The text is one side, references the other: the sum of its parts is z-scored before they meet.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.config import SimilarConfig
from pipeline.embedding.embedding import Sentences
from pipeline.recommender.query import Query
from pipeline.recommender.related_papers import RelatedPapers
from pipeline.words.tfidf import Lexical


@dataclass(frozen=True)
class Ranked:
    """Candidates, best first, all row-aligned. similarity: plain cosine of the embeddings, in [-1, 1].

    lexical: TF-IDF cosine in [0, 1]; sentences: mean of best matches both ways, in [-1, 1]; each None where the atlas
    has no such part. fused: weighted sum of the z-scored parts; only its order means anything. references: how much
    alike their references are, NaN where nothing is known; None where it is not of the papers asked about.
    """

    rows: NDArray[np.int64]
    similarity: NDArray[np.float64]
    lexical: NDArray[np.float64] | None
    sentences: NDArray[np.float64] | None
    fused: NDArray[np.float64]
    references: NDArray[np.float64] | None = None

    def kept(self, keep: NDArray[np.bool_] | NDArray[np.int64]) -> "Ranked":
        """The candidates at some places, or where a mask is true."""
        parts = (self.rows, self.similarity, self.lexical, self.sentences, self.fused, self.references)
        return Ranked(*(None if part is None else part[keep] for part in parts))  # type: ignore[arg-type]


@dataclass(frozen=True)
class Candidates:
    """rows: (c,) of papers; similarity: (c,) their cosines. basis: the first so many are the fixed candidates that the
    parts are z-scored over; any others, found for a filter, are measured by the same mean and deviation.
    """

    rows: NDArray[np.int64]
    similarity: NDArray[np.float64]
    basis: int


def rank(
    query: Query,
    candidates: Candidates,
    *,
    lexical: Lexical | None,
    sentences: Sentences | None,
    config: SimilarConfig,
    related: RelatedPapers | None = None,
    among: NDArray[np.float64] | None = None,
) -> Ranked:
    """The candidates in their final order; ties by cosine, then by row.

    among: (c,) cosines to the candidates as they stand among their nearest; None counts the plain ones.
    """
    rows, similarity, basis = candidates.rows, candidates.similarity, candidates.basis
    parts: list[tuple[float, NDArray[np.float64]]] = [(config.dense, similarity if among is None else among)]
    by_words = lexical.cosines(query.terms, query.weights, rows) if lexical is not None else None
    if by_words is not None:
        parts.append((config.lexical, by_words))
    by_sentences = None
    if sentences is not None and query.sentences is not None:
        by_sentences = sentence_matches(query.sentences, sentences, rows)
        parts.append((config.sentences, by_sentences))
    by_references = None if related is None else related.likeness(rows)
    weight = 0.0 if related is None else related.weight
    fused = fuse(parts, basis, related=None if by_references is None else (weight, by_references))
    order = np.lexsort((rows, -similarity, -fused))
    return Ranked(rows, similarity, by_words, by_sentences, fused, by_references).kept(order)


def fuse(
    parts: Sequence[tuple[float, NDArray[np.float64]]],
    basis: int,
    *,
    related: tuple[float, NDArray[np.float64]] | None = None,
) -> NDArray[np.float64]:
    """Sum of the parts, each z-scored and times its weight; (c,) of one query's candidates, or (b, c) of several.

    related: the weight of references beside the text, whose parts are then one, however many there are, and how much
    alike they are, NaN where nothing is known: there they decide nothing.
    """
    text = np.sum([weight * z_scores(values, basis) for weight, values in parts], axis=0)
    if related is None or related[0] == 0:
        return np.asarray(np.round(text, 7))
    return np.asarray(np.round(z_scores(text, basis) + related[0] * known_z_scores(related[1], basis), 7))


def z_scores(values: NDArray[np.float64], basis: int) -> NDArray[np.float64]:
    """Values less the mean of the first `basis`, in their standard deviations; all zero where those do not differ.

    values: (c,), or (b, c), each row by itself.

    >>> z_scores(np.array([1.0, 3.0, 5.0]), 2).tolist(), z_scores(np.array([2.0, 2.0]), 2).tolist()
    ([-1.0, 1.0, 3.0], [0.0, 0.0])
    """
    fixed = values[..., :basis]
    if not fixed.size:
        return np.zeros_like(values)
    deviation = fixed.std(axis=-1, keepdims=True)
    centred = values - fixed.mean(axis=-1, keepdims=True)
    return np.asarray(np.divide(centred, deviation, out=np.zeros_like(values), where=deviation > 1e-12))


def known_z_scores(values: NDArray[np.float64], basis: int) -> NDArray[np.float64]:
    """The same by the mean and deviation of the values that are known, those not NaN; 0, the mean, for the others.

    >>> known_z_scores(np.array([1.0, np.nan, 3.0, 5.0]), 3).tolist()
    [-1.0, 0.0, 1.0, 3.0]
    """
    known = ~np.isnan(values)
    plain, counted = np.where(known, values, 0.0), known[..., :basis]
    count = np.maximum(counted.sum(axis=-1, keepdims=True), 1)
    centred = np.where(known, plain - plain[..., :basis].sum(axis=-1, keepdims=True) / count, 0.0)
    deviation = np.sqrt((np.where(counted, centred[..., :basis], 0.0) ** 2).sum(axis=-1, keepdims=True) / count)
    return np.asarray(np.divide(centred, deviation, out=np.zeros_like(plain), where=deviation > 1e-12))


def sentence_matches(query: NDArray[np.int8], sentences: Sentences, rows: NDArray[np.int64]) -> NDArray[np.float64]:
    """For each paper: the mean cosine of the query's sentences to their best match there, and back, averaged.

    A paper without sentences matches as the worst of the others do.
    """
    starts, counts = sentences.offsets[rows], sentences.offsets[rows + 1] - sentences.offsets[rows]
    matches = np.full(len(rows), np.nan)
    some = np.flatnonzero(counts)
    if len(some) and len(query):
        firsts = np.concatenate([[0], np.cumsum(counts[some])[:-1]])
        within = np.arange(counts.sum()) - np.repeat(firsts, counts[some])
        cosines = int8_cosines(query, sentences.vectors[np.repeat(starts[some], counts[some]) + within])
        there = np.maximum.reduceat(cosines, firsts, axis=1).mean(axis=0)
        back = np.add.reduceat(cosines.max(axis=0), firsts) / counts[some]
        matches[some] = (there + back) / 2
    worst = np.nanmin(matches) if np.isfinite(matches).any() else 0.0
    return np.asarray(np.round(np.where(np.isnan(matches), worst, matches), 7), dtype=np.float64)


def sentence_cosines(query: NDArray[np.int8], sentences: Sentences, row: int) -> NDArray[np.float64]:
    """(s, t) cosines of the query's sentences to those of one paper."""
    return int8_cosines(query, sentences.vectors[int(sentences.offsets[row]) : int(sentences.offsets[row + 1])])


def int8_cosines(left: NDArray[np.int8], right: NDArray[np.int8]) -> NDArray[np.float64]:
    """(s, t) cosines of int8 rows, the same whatever the other rows are; a zero row is like nothing.

    A float32 product of int8 vectors is exact, and so independent of how it is blocked, while every partial sum is a
    whole number below 2**24: to 1,040 dimensions. Beyond, float64 is used.
    """
    exact = np.float32 if left.shape[1] * 127**2 < 2**24 else np.float64
    left, right = left.astype(exact), right.astype(exact)
    lengths = [np.sqrt(np.einsum("ij,ij->i", rows, rows).astype(np.float64)) for rows in (left, right)]
    norms = np.outer(*lengths)
    products = (left @ right.T).astype(np.float64)
    return np.asarray(np.divide(products, norms, out=products, where=norms > 0))
