"""Phrases, keywords -> which papers hold which keyword, and which keywords go together.

Two keywords go together where papers that hold one hold the other more often than by chance: normalised pointwise
mutual information (NPMI; Bouma, 2009), counted on papers.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from pipeline.topics.keywords import Keyword
from pipeline.topics.phrases import Phrases


@dataclass(frozen=True)
class Holders:
    """The papers that hold each phrase. count: all papers of the corpus."""

    phrases: Phrases
    count: int

    def held(self, keywords: Sequence[Keyword]) -> NDArray[np.bool_]:
        """(n, k) whether each paper holds each keyword."""
        held = np.zeros((self.count, len(keywords)), dtype=np.bool_)
        for column, keyword in enumerate(keywords):
            phrase = self._phrase[keyword.words]
            held[self._papers[self._starts[phrase] : self._starts[phrase + 1]], column] = True
        return held

    @cached_property
    def _phrase(self) -> dict[tuple[str, ...], int]:
        return {words: number for number, words in enumerate(self.phrases.words)}

    @cached_property
    def _papers(self) -> NDArray[np.int32]:
        return self.phrases.papers[np.argsort(self.phrases.phrase, kind="stable")]

    @cached_property
    def _starts(self) -> NDArray[np.int64]:
        return np.concatenate([[0], np.cumsum(np.bincount(self.phrases.phrase, minlength=len(self.phrases.words)))])


def npmi_of_pairs(held: NDArray[np.bool_]) -> NDArray[np.float64]:
    """(k, k) in [-1, 1] of all pairs of columns: 1 where two are always held together, -1 where never.

    >>> npmi_of_pairs(np.array([[1, 1, 0], [1, 1, 0], [0, 0, 1], [0, 0, 0]], dtype=bool)).tolist()
    [[1.0, 1.0, -1.0], [1.0, 1.0, -1.0], [-1.0, -1.0, 1.0]]
    """
    columns = held.astype(np.float32)
    together = (columns.T @ columns).astype(np.float64) / max(len(held), 1)
    alone = together.diagonal()
    by_chance = np.outer(alone, alone)
    sometimes = (together > 0) & (together < 1)
    values = np.where(together > 0, 1.0, -1.0)
    values[sometimes] = np.log(together[sometimes] / by_chance[sometimes]) / -np.log(together[sometimes])
    return np.asarray(np.round(values, 9), dtype=np.float64)
