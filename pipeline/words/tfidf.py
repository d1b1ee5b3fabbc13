"""Texts -> Lexical: TF-IDF of every paper, as plain arrays that a query opens with mmap.

Weights are (1 + log tf) (1 + log(n / df)), rows of length 1. No weight is negative, however frequent the word.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice, pairwise

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


def build_lexical(texts: Iterable[str]) -> Lexical:
    """TF-IDF of these texts, in their order; they are read once, some thousand at a time."""
    counts, remaining = _WordCounts(), iter(texts)
    while block := list(islice(remaining, BLOCK)):
        counts.add(block)
    return counts.to_lexical()


@dataclass(frozen=True)
class _CountedBlock:
    """Some thousand papers, one after another. lengths: distinct words of each; words: their numbers; often: how often
    each stands there.
    """

    lengths: NDArray[np.int64]
    words: NDArray[np.int32]
    often: NDArray[np.int32]


@dataclass(frozen=True)
class _WordCounts:
    """How often each paper has each word. words: number of every folded word, in the order in which they are met."""

    words: dict[str, int] = field(default_factory=dict)
    blocks: list[_CountedBlock] = field(default_factory=list)
    _tokens: TokenNumbers = field(default_factory=TokenNumbers)
    _word_of_token: list[int] = field(default_factory=list)  # -1 for one that does not count

    def add(self, texts: Sequence[str]) -> None:
        """The next papers."""
        tokens = [self._tokens.of(text) for text in texts]
        for token in islice(self._tokens, len(self._word_of_token), None):
            folded = _counted_as(token)
            self._word_of_token.append(-1 if folded is None else self.words.setdefault(folded, len(self.words)))
        word = np.array(self._word_of_token, dtype=np.int64)[np.concatenate(tokens)]
        paper = np.repeat(np.arange(len(texts)), [len(one) for one in tokens])
        width = max(len(self.words), 1)
        cells, often = np.unique((paper * width + word)[word >= 0], return_counts=True)
        lengths = np.bincount(cells // width, minlength=len(texts))
        self.blocks.append(_CountedBlock(lengths, (cells % width).astype(np.int32), often.astype(np.int32)))

    def to_lexical(self) -> Lexical:
        """The weights of all papers, words numbered in alphabetical order."""
        vocabulary = sorted(self.words)
        term_of_word = np.empty(len(vocabulary), dtype=np.int32)
        term_of_word[[self.words[word] for word in vocabulary]] = np.arange(len(vocabulary))
        held = np.zeros(len(vocabulary), dtype=np.int64)
        for block in self.blocks:
            held += np.bincount(term_of_word[block.words], minlength=len(vocabulary))
        offsets = np.cumsum(np.concatenate([np.zeros(1, np.int64), *(block.lengths for block in self.blocks)]))
        idf = 1 + np.log((len(offsets) - 1) / held)
        terms, weights = np.empty(offsets[-1], dtype=np.int32), np.empty(offsets[-1], dtype=np.float32)
        paper = 0
        for block in self.blocks:
            bounds = offsets[paper : paper + len(block.lengths) + 1]
            order = np.lexsort((term_of_word[block.words], np.repeat(np.arange(len(block.lengths)), block.lengths)))
            entries = slice(bounds[0], bounds[-1])
            terms[entries], often = term_of_word[block.words[order]], block.often[order].astype(np.float64)
            for start, end in pairwise((bounds - bounds[0]).tolist()):
                row = terms[bounds[0] + start : bounds[0] + end]
                weights[bounds[0] + start : bounds[0] + end] = _unit_weights(often[start:end], idf[row])
            paper += len(block.lengths)
        words = np.frombuffer("\n".join(vocabulary).encode(), dtype=np.uint8)
        return Lexical(offsets, terms, weights, idf.astype(np.float32), words)


def _unit_weights(frequencies: NDArray[np.float64], idf: NDArray[np.float64]) -> NDArray[np.float32]:
    weights = (1 + np.log(frequencies)) * idf
    length = float(np.sqrt((weights**2).sum()))
    return np.asarray(weights / length if length > 0 else weights, dtype=np.float32)
