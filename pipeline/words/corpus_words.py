"""Titles, abstracts -> the words of a corpus: counted once, here or by tasks over shards, with the same result."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import cast

import numpy as np
from numpy.typing import NDArray

from pipeline.version import __version__
from pipeline.words.counting import CountedPapers, TokenisedTexts, WordCounts, count_papers, join_texts
from pipeline.words.tfidf import Lexical, weigh_words
from pipeline.workers.shard_store import Arrays, ShardStore
from pipeline.workers.shards import Orders, Shard, Shards, digest_of, do_shard

STAGE = "words"


@dataclass(frozen=True)
class CorpusWords:
    """The words of n papers. titles, abstracts: as they are embedded. shards: who counts, and keeps what is counted,
    so that a large corpus need not be in memory at once; None for all of it here.
    """

    titles: Sequence[str]
    abstracts: Sequence[str]
    shards: Shards | None = None

    def texts_of(self, rows: NDArray[np.int64]) -> TokenisedTexts:
        """The texts of some papers as tokens. rows: (m,) rising."""
        parts, start = [], 0
        for part in self._parts():
            end = start + len(part.counts.lengths)
            parts.append(part.texts.of_papers(rows[(rows >= start) & (rows < end)] - start))
            start = end
        return join_texts(parts)

    def to_lexical(self) -> Lexical:
        """TF-IDF of all papers."""
        return weigh_words([part.counts for part in self._parts()])

    def _parts(self) -> Iterator[CountedPapers]:
        if self.shards is None or not len(self.titles):
            yield self._whole
            return
        for arrays in self.shards.make(STAGE, count_shard, self._wanted):
            yield _unpacked(arrays)

    @cached_property
    def _whole(self) -> CountedPapers:
        return count_papers(self.titles, self.abstracts)

    @cached_property
    def _wanted(self) -> list[Shard]:
        papers = 0 if self.shards is None else self.shards.papers
        return [self._shard(slice(first, first + papers)) for first in range(0, len(self.titles), papers)]

    def _shard(self, rows: slice) -> Shard:
        titles, abstracts = self.titles[rows], self.abstracts[rows]
        key = digest_of(__version__.encode(), *(text.encode() for text in (*titles, *abstracts)))

        def orders() -> Orders:
            return {"titles": self.titles[rows], "abstracts": self.abstracts[rows]}

        return Shard(key, len(titles), orders)


def count_shard(folder: Path, item: str) -> None:
    """The task of one shard."""
    do_shard(folder, item, _count)


def _count(store: ShardStore, orders: Orders) -> Arrays:  # noqa: ARG001 - all it needs is in the orders
    counted = count_papers(*(cast(list[str], orders[name]) for name in ("titles", "abstracts")))
    texts, counts = counted.texts, counted.counts
    return {
        "tokens": _joined(texts.tokens),
        "text_lengths": texts.lengths,
        "token_numbers": texts.numbers,
        "words": _joined(counts.words),
        "lengths": counts.lengths,
        "numbers": counts.numbers,
        "often": counts.often,
    }


def _joined(words: Sequence[str]) -> NDArray[np.uint8]:
    """The words as UTF-8, a line each."""
    return np.frombuffer("".join(f"{word}\n" for word in words).encode(), dtype=np.uint8)


def _unpacked(arrays: Arrays) -> CountedPapers:
    tokens, words = (tuple(arrays[name].tobytes().decode().split("\n")[:-1]) for name in ("tokens", "words"))
    whole = cast(dict[str, NDArray[np.int32]], arrays)
    lengths = cast(dict[str, NDArray[np.int64]], arrays)
    return CountedPapers(
        TokenisedTexts(tokens, whole["token_numbers"], lengths["text_lengths"]),
        WordCounts(words, lengths["lengths"], whole["numbers"], whole["often"]),
    )
