"""Texts of papers -> the tokens of each text by number, and how often each paper has each word."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from pipeline.words.stop_words import FUNCTION_WORDS
from pipeline.words.tokens import TOKEN, TokenNumbers, fold, prose

BLOCK = 4_096  # papers at once


@dataclass(frozen=True)
class TokenisedTexts:
    """The texts of some papers, one after another, each paper's title before its abstract.

    tokens: the distinct tokens in the order in which they are met. numbers: (t,) int32 of the tokens of all texts;
    lengths: (2n,) int64 tokens of each text.
    """

    tokens: tuple[str, ...]
    numbers: NDArray[np.int32]
    lengths: NDArray[np.int64]

    def of_papers(self, papers: NDArray[np.int64]) -> "TokenisedTexts":
        """The texts of some papers alone, and what they are made of. papers: (m,) rising."""
        if len(papers) == len(self.lengths) // 2:
            return self
        kept = np.zeros(len(self.lengths) // 2, dtype=np.bool_)
        kept[papers] = True
        kept = np.repeat(kept, 2)
        numbers = self.numbers[np.repeat(kept, self.lengths)]
        known, first, place = np.unique(numbers, return_index=True, return_inverse=True)
        order = np.argsort(first)
        renumbered = np.empty(len(known), dtype=np.int32)
        renumbered[order] = np.arange(len(known))
        return TokenisedTexts(
            tuple(self.tokens[number] for number in known[order].tolist()), renumbered[place], self.lengths[kept]
        )


def join_texts(parts: Sequence[TokenisedTexts]) -> TokenisedTexts:
    """The texts of all parts, as if they had been one: the numbers do not depend on where parts begin."""
    if len(parts) == 1:
        return parts[0]
    tokens: dict[str, int] = {}
    numbers = [np.zeros(0, np.int32)]
    for part in parts:
        own = np.array([tokens.setdefault(token, len(tokens)) for token in part.tokens], dtype=np.int32)
        numbers.append(own[part.numbers])
    lengths = [np.zeros(0, np.int64), *(part.lengths for part in parts)]
    return TokenisedTexts(tuple(tokens), np.concatenate(numbers), np.concatenate(lengths))


@dataclass(frozen=True)
class WordCounts:
    """words: distinct words of some papers. lengths: (n,) int64 how many of them each paper has; numbers, often: (m,)
    int32 which, one paper after another, and how often each stands there.
    """

    words: tuple[str, ...]
    lengths: NDArray[np.int64]
    numbers: NDArray[np.int32]
    often: NDArray[np.int32]

    def blocks(self, size: int) -> Iterator["WordCounts"]:
        """The same of so many papers at a time."""
        ends = np.concatenate([np.zeros(1, np.int64), np.cumsum(self.lengths)])
        for first in range(0, len(self.lengths), size):
            lengths = self.lengths[first : first + size]
            part = slice(ends[first], ends[first + len(lengths)])
            yield WordCounts(self.words, lengths, self.numbers[part], self.often[part])


@dataclass(frozen=True)
class CountedPapers:
    """Some papers: their texts as tokens, and their words counted."""

    texts: TokenisedTexts
    counts: WordCounts


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


def count_texts(texts: Iterable[str]) -> WordCounts:
    """The words of papers that are one text each; texts are read once, some thousand at a time."""
    counting, remaining = _Counting(), iter(texts)
    while block := list(islice(remaining, BLOCK)):
        counting.add(block, texts=1)
    return counting.to_counts()


def count_papers(titles: Sequence[str], abstracts: Sequence[str]) -> CountedPapers:
    """The tokens of each title and abstract, and the words of both together; read once, some thousand at a time."""
    counting, remaining = _Counting(), zip(titles, abstracts, strict=True)
    numbers, lengths = [np.zeros(0, np.int32)], [np.zeros(0, np.int64)]
    while block := [text for paper in islice(remaining, BLOCK) for text in paper]:
        tokens, counts = counting.add(block, texts=2)
        numbers.append(tokens)
        lengths.append(counts)
    texts = TokenisedTexts(tuple(counting.tokens), np.concatenate(numbers), np.concatenate(lengths))
    return CountedPapers(texts, counting.to_counts())


@dataclass(frozen=True)
class _Counting:
    """What was counted so far. words: number of every folded word, in the order in which they are met."""

    tokens: TokenNumbers = field(default_factory=TokenNumbers)
    words: dict[str, int] = field(default_factory=dict)
    _word_of_token: list[int] = field(default_factory=list)  # -1 for one that does not count
    _blocks: list[WordCounts] = field(default_factory=list)

    def add(self, block: Sequence[str], *, texts: int) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
        """The next papers, each of so many texts: the numbers of their tokens, and how many each text has."""
        tokens = [self.tokens.of(text) for text in block]
        for token in islice(self.tokens, len(self._word_of_token), None):
            folded = _counted_as(token)
            self._word_of_token.append(-1 if folded is None else self.words.setdefault(folded, len(self.words)))
        numbers, lengths = np.concatenate(tokens), np.array([len(one) for one in tokens], dtype=np.int64)
        word = np.array(self._word_of_token, dtype=np.int64)[numbers]
        papers, width = len(block) // texts, max(len(self.words), 1)
        paper = np.repeat(np.arange(len(block)) // texts, lengths)
        cells, often = np.unique((paper * width + word)[word >= 0], return_counts=True)
        counted = np.bincount(cells // width, minlength=papers)
        self._blocks.append(WordCounts((), counted, (cells % width).astype(np.int32), often.astype(np.int32)))
        return numbers, lengths

    def to_counts(self) -> WordCounts:
        """The words of all papers."""
        blocks = [WordCounts((), np.zeros(0, np.int64), np.zeros(0, np.int32), np.zeros(0, np.int32)), *self._blocks]
        columns = (
            np.concatenate([getattr(block, name) for block in blocks]) for name in ("lengths", "numbers", "often")
        )
        return WordCounts(tuple(self.words), *columns)
