"""Texts -> Lexical: TF-IDF of every paper, as plain arrays that a query opens with mmap.

Weights are (1 + log tf) (1 + log(n / df)), rows of length 1. No weight is negative, however frequent the word.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from pipeline.words.counting import BLOCK, WordCounts, count_texts, count_words

DECIMALS = 7  # of cosines
NUMBER = re.compile(r"[\d.,-]*")  # figures alone


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

    def are_numbers(self, terms: NDArray[np.int32]) -> NDArray[np.bool_]:
        """(t,) whether each word is figures alone ("1995", "2.5"): they count, but are no reason to be shown."""
        vocabulary = self.vocabulary
        return np.array([NUMBER.fullmatch(vocabulary[term]) is not None for term in terms.tolist()], dtype=bool)

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


def build_lexical(texts: Iterable[str]) -> Lexical:
    """TF-IDF of these texts, in their order; they are read once, some thousand at a time."""
    return weigh_words([count_texts(texts)])


def weigh_words(parts: Sequence[WordCounts]) -> Lexical:
    """TF-IDF of the papers of all parts, one part after another; words numbered in alphabetical order."""
    vocabulary = sorted(set().union(*(part.words for part in parts)))
    number = {word: term for term, word in enumerate(vocabulary)}
    held = np.zeros(len(vocabulary), dtype=np.int64)
    for part in parts:
        held += np.bincount(_terms_of(part, number)[part.numbers], minlength=len(vocabulary))
    offsets = np.cumsum(np.concatenate([np.zeros(1, np.int64), *(part.lengths for part in parts)]))
    idf = 1 + np.log((len(offsets) - 1) / held)
    terms, weights = np.empty(offsets[-1], dtype=np.int32), np.empty(offsets[-1], dtype=np.float32)
    paper = 0
    for part in parts:
        term_of_word = _terms_of(part, number)
        for block in part.blocks(BLOCK):
            bounds = offsets[paper : paper + len(block.lengths) + 1]
            own = term_of_word[block.numbers]
            order = np.lexsort((own, np.repeat(np.arange(len(block.lengths)), block.lengths)))
            terms[bounds[0] : bounds[-1]], often = own[order], block.often[order].astype(np.float64)
            for start, end in pairwise((bounds - bounds[0]).tolist()):
                row = terms[bounds[0] + start : bounds[0] + end]
                weights[bounds[0] + start : bounds[0] + end] = _unit_weights(often[start:end], idf[row])
            paper += len(block.lengths)
    words = np.frombuffer("\n".join(vocabulary).encode(), dtype=np.uint8)
    return Lexical(offsets, terms, weights, idf.astype(np.float32), words)


def _terms_of(part: WordCounts, number: Mapping[str, int]) -> NDArray[np.int32]:
    """The number in the whole corpus of each word of a part."""
    return np.array([number[word] for word in part.words], dtype=np.int32)


def _unit_weights(frequencies: NDArray[np.float64], idf: NDArray[np.float64]) -> NDArray[np.float32]:
    weights = (1 + np.log(frequencies)) * idf
    length = float(np.sqrt((weights**2).sum()))
    return np.asarray(weights / length if length > 0 else weights, dtype=np.float32)
