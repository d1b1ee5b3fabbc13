"""Scores of many pairs -> the best few of each row, found with heaps by compiled code."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Self

import numpy as np
from numpy.typing import NDArray

NONE_YET = np.float32(-2.0)  # below every cosine


@dataclass(frozen=True)
class BestLists:
    """own: (m,) the rows whose neighbours are wanted. scores: (m, w) float32, each row a heap whose least is first.

    rows: (m, w) int32, what has each score, -1 where there is nothing yet.
    """

    own: NDArray[np.int64]
    rows: NDArray[np.int32]
    scores: NDArray[np.float32]

    @classmethod
    def empty(cls, own: NDArray[np.int64], width: int) -> Self:
        shape = len(own), width
        return cls(own, np.full(shape, -1, dtype=np.int32), np.full(shape, NONE_YET, dtype=np.float32))

    def add(self, places: NDArray[np.int64], members: NDArray[np.int64], scores: NDArray[np.float32]) -> None:
        """Keeps the best of what is there and these: (r, m) scores of the rows at some places with some members."""
        _compiled()((self.rows, self.scores, self.own), places, (members, scores))


def _keep_best(
    kept: tuple[NDArray[np.int32], NDArray[np.float32], NDArray[np.int64]],
    places: NDArray[np.int64],
    offered: tuple[NDArray[np.int64], NDArray[np.float32]],
) -> None:
    """Compiled: a score above the least of its row takes its place and sinks to where it belongs in the heap.

    kept: rows, scores and own of BestLists; offered: members and their scores.
    """
    kept_rows, kept_scores, own = kept
    members, scores = offered
    width = kept_rows.shape[1]
    for line in range(len(places)):
        place = places[line]
        best, named = kept_scores[place], kept_rows[place]
        for column in range(len(members)):
            score = scores[line, column]
            if score <= best[0] or members[column] == own[place]:
                continue
            parent = 0
            while 2 * parent + 1 < width:
                child = 2 * parent + 1
                if child + 1 < width and best[child + 1] < best[child]:
                    child += 1
                if score <= best[child]:
                    break
                best[parent], named[parent] = best[child], named[child]
                parent = child
            best[parent], named[parent] = score, members[column]


def kth_largest(scores: NDArray[np.float32], k: int) -> NDArray[np.float32]:
    """(m,) the k-th largest of each row of (m, n) cosines; k: from 1 to the number of them that are above -2."""
    rows, columns = scores.shape
    best = BestLists.empty(np.full(rows, -1), k)
    best.add(np.arange(rows), np.arange(columns), scores)
    return best.scores[:, 0]


@cache
def _compiled() -> Callable[..., None]:
    """Compiled when it is first needed and kept on disk for later processes."""
    import numba

    compiled: Callable[..., None] = numba.njit(cache=True, nogil=True)(_keep_best)
    return compiled
