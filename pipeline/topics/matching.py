"""Topics of two runs on papers that both have -> which topic of one is which of the other.

Two topics are the same where they share enough of their papers (Jaccard index), each matched at most once: the pairs
that together have most in common (assignment problem, Kuhn 1955).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

SAME = 0.3  # least Jaccard index of two topics that are one


@dataclass(frozen=True)
class Overlap:
    """before, after: the topics' ids, increasing. table: papers that are in each topic before and each after."""

    before: NDArray[np.int64]
    after: NDArray[np.int64]
    table: NDArray[np.int64]

    @property
    def jaccard(self) -> NDArray[np.float64]:
        """Jaccard index of each two topics, counted on the shared papers."""
        union = self.table.sum(axis=1, keepdims=True) + self.table.sum(axis=0) - self.table
        return np.asarray(self.table / np.maximum(union, 1))


def overlap_of(before: NDArray[np.int64], after: NDArray[np.int64]) -> Overlap:
    """before, after: (m,) topic of each shared paper in two runs."""
    first, rows = np.unique(before, return_inverse=True)
    second, columns = np.unique(after, return_inverse=True)
    table = np.zeros((len(first), len(second)), dtype=np.int64)
    np.add.at(table, (rows, columns), 1)
    return Overlap(first.astype(np.int64), second.astype(np.int64), table)


def match_topics(overlap: Overlap) -> dict[int, int]:
    """Topic after -> the topic before that it continues.

    >>> match_topics(overlap_of(np.array([4, 4, 4, 7, 7]), np.array([0, 0, 1, 1, 1])))
    {0: 4, 1: 7}
    """
    from scipy.optimize import linear_sum_assignment

    jaccard = np.round(overlap.jaccard, 9)
    rows, columns = linear_sum_assignment(-jaccard)
    matched = {
        int(overlap.after[column]): int(overlap.before[row])
        for row, column in zip(rows, columns, strict=True)
        if jaccard[row, column] >= SAME
    }
    return dict(sorted(matched.items()))
