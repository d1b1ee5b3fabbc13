"""Texts -> Lexical: TF-IDF of every paper, as plain arrays that a query opens with mmap.

Weights are (1 + log tf) (1 + log(n / df)), rows of length 1. No weight is negative, however frequent the word.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from pipeline.words.stop_words import FUNCTION_WORDS
from pipeline.words.tokens import TOKEN, TokenNumbers, fold, prose

DECIMALS = 7  # of cosines
BLOCK = 4_096  # papers whose words are counted at once


@dataclass(frozen=True)
class Lexical:
    """offsets: (n + 1,) int64; paper i has the entries offsets[i] to offsets[i + 1] of terms and weights.

    terms: (m,) int32 numbers of words, increasing within a paper; weights: (m,) float32. idf: (v,) float32 of each
    word. words: the v words in alphabetical order, joined by line ends, as (b,) uint8.
    """

    offsets: NDArray[np.int64]
    terms: NDArray[np.int32]
    weights: NDArray[np.float32]
    idf: NDArray[np.float32]
    words: NDArray[np.uint8]

    def __post_init__(self) -> None:
        if not len(self.terms) == len(self.weights) == self.offsets[-1]:
            raise ValueError(f"{len(self.terms)} terms and {len(self.weights)} weights for {self.offsets[-1]} entries")

    @cached_property
    def vocabulary(self) -> list[str]:
        """Word of each number."""
        return self.words.tobytes().decode().split("\n") if len(self.words) else []

    @cached_property
    def _numbers(self) -> dict[str, int]:
        return {word: number for number, word in enumerate(self.vocabulary)}

    def paper(self, row: int) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
        """Terms and weights of one paper."""
        entries = slice(int(self.offsets[row]), int(self.offsets[row + 1]))
        return self.terms[entries], self.weights[entries]

    def entries(self, rows: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.float32]]:
        """The entries of some papers, one paper after another: position in `rows`, term and weight of each entry."""
        starts, counts = self.offsets[rows], self.offsets[rows + 1] - self.offsets[rows]
        entries = np.arange(counts.sum()) + np.repeat(starts - (np.cumsum(counts) - counts), counts)
        return np.repeat(np.arange(len(rows)), counts), self.terms[entries], self.weights[entries]

    def query(self, text: str) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
        """Terms and weights of any text, a row of length 1; words that no paper has are left out; may be empty."""
        counts = {self._numbers[word]: count for word, count in count_words(text).items() if word in self._numbers}
        terms = np.array(sorted(counts), dtype=np.int32)
        frequencies = np.array([counts[term] for term in terms.tolist()], dtype=np.float64)
        return terms, _unit_weights(frequencies, self.idf[terms].astype(np.float64))

    def cosines(
        self, terms: NDArray[np.int32], weights: NDArray[np.float32], rows: NDArray[np.int64]
    ) -> NDArray[np.float64]:
        """(r,) TF-IDF cosine of a query to each of some papers, in [0, 1], whatever the other papers are."""
        query = np.zeros(len(self.idf))
        query[terms] = weights
        papers, paper_terms, paper_weights = self.entries(rows)
        return np.asarray(
            np.round(np.bincount(papers, query[paper_terms] * paper_weights, minlength=len(rows)), DECIMALS)
        )

    def all_cosines(self, terms: NDArray[np.int32], weights: NDArray[np.float32]) -> NDArray[np.float64]:
        """(n,) TF-IDF cosine of a query to every paper, in [0, 1]."""
        query = np.zeros(len(self.idf))
        query[terms] = weights
        shared = np.flatnonzero((query > 0)[self.terms])
        papers = np.searchsorted(self.offsets, shared, side="right") - 1
        products = query[self.terms[shared]] * self.weights[shared]
        return np.asarray(np.round(np.bincount(papers, products, minlength=len(self.offsets) - 1), DECIMALS))


def count_words(text: str) -> Counter[str]:
    """How often each word occurs, singular and plural as one, function words and single letters left out.

    >>> sorted(count_words("The GANs of a GAN: x^2 and GAN's.").items())
    [('gan', 3)]
    """
    return Counter(word for word in map(_counted_as, TOKEN.findall(prose(text))) if word is not None)


def _counted_as(token: str) -> str | None:
    """The word that a token counts as, None for one that does not count."""
    word = fold(token)
    return word if len(word) > 1 and word not in FUNCTION_WORDS else None


def build_lexical(texts: Sequence[str]) -> Lexical:
    """TF-IDF of these texts, in their order."""
    vocabulary, offsets, terms, frequencies = _count_terms(texts)
    idf = 1 + np.log(len(texts) / np.bincount(terms, minlength=len(vocabulary)))
    weights = np.empty(len(terms), dtype=np.float32)
    for start, end in pairwise(offsets.tolist()):
        weights[start:end] = _unit_weights(frequencies[start:end], idf[terms[start:end]])
    words = np.frombuffer("\n".join(vocabulary).encode(), dtype=np.uint8)
    return Lexical(offsets, terms, weights, idf.astype(np.float32), words)


def _count_terms(
    texts: Sequence[str],
) -> tuple[list[str], NDArray[np.int64], NDArray[np.int32], NDArray[np.float64]]:
    """The words in alphabetical order; then offsets and terms as in Lexical, and how often each paper has each."""
    numbers = TokenNumbers()
    tokens = [numbers.of(text) for text in texts]
    words = [_counted_as(token) for token in numbers]
    vocabulary = sorted({word for word in words if word is not None})
    term_of_word = {word: term for term, word in enumerate(vocabulary)}
    term_of_token = np.array([-1 if word is None else term_of_word[word] for word in words], dtype=np.int64)
    width, held, counts = max(len(vocabulary), 1), [], []
    for start in range(0, len(texts), BLOCK):
        block = tokens[start : start + BLOCK]
        paper = np.repeat(np.arange(start, start + len(block)), [len(one) for one in block])
        term = term_of_token[np.concatenate(block)]
        cells, often = np.unique((paper * width + term)[term >= 0], return_counts=True)
        held.append(cells)
        counts.append(often)
    cells = np.concatenate([np.zeros(0, np.int64), *held])
    offsets = np.searchsorted(cells, np.arange(len(texts) + 1) * width).astype(np.int64)
    return vocabulary, offsets, (cells % width).astype(np.int32), np.concatenate([np.zeros(0), *counts])


def _unit_weights(frequencies: NDArray[np.float64], idf: NDArray[np.float64]) -> NDArray[np.float32]:
    weights = (1 + np.log(frequencies)) * idf
    length = float(np.sqrt((weights**2).sum()))
    return np.asarray(weights / length if length > 0 else weights, dtype=np.float32)
