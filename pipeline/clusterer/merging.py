"""Topics, neighbour graph -> fewer topics: the two whose neighbours say most nearly the same are joined, step by step.

The agglomerative information bottleneck (Slonim and Tishby, NIPS 1999) on the same joint distribution that
`clusterer.choice` scores: joining topics a and b loses (p_a + p_b) JS(a, b) of the information that a paper's topic
has about its neighbours' topics, JS the Jensen-Shannon divergence weighted by p_a and p_b. The pair that loses least
goes first; of equals the pair with the smaller numbers.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.clusterer.tree import number_by_size


@dataclass(frozen=True)
class Merge:
    """Topic `gone` joins topic `kept`, both numbers of the topics before any merge; kept < gone. lost: in nats."""

    kept: int
    gone: int
    lost: float


def merge_order(joint: NDArray[np.float64]) -> list[Merge]:
    """All t - 1 merges of t topics, in order. joint: (t, t) share of neighbour pairs between each two topics.

    >>> near = np.array([[0.3, 0.1, 0.0], [0.1, 0.2, 0.0], [0.0, 0.0, 0.3]])
    >>> [(merge.kept, merge.gone) for merge in merge_order(near)]
    [(0, 1), (0, 2)]
    """
    table = joint.astype(np.float64)
    losses = np.full(table.shape, np.inf)
    for row in range(len(table) - 1):
        losses[row, row + 1 :] = _losses(table, row, np.arange(row + 1, len(table)))
    alive = np.ones(len(table), dtype=bool)
    merges = []
    for _ in range(len(table) - 1):
        kept, gone = divmod(int(losses.argmin()), len(table))
        merges.append(Merge(kept, gone, float(losses[kept, gone])))
        table[kept] += table[gone]
        alive[gone] = False
        losses[gone, :] = losses[:, gone] = np.inf
        others = np.flatnonzero(alive)
        others = others[others != kept]
        losses[np.minimum(kept, others), np.maximum(kept, others)] = _losses(table, kept, others)
    return merges


def _losses(table: NDArray[np.float64], row: int, others: NDArray[np.int64]) -> NDArray[np.float64]:
    """(m,) nats lost by joining `row` with each of the others, rounded so that equal pairs compare equal."""
    joined = table[row] + table[others]
    lost = _sum_x_log_x(table[row][None]) + _sum_x_log_x(table[others]) - _sum_x_log_x(joined)
    margins = table[[row]].sum(axis=1), table[others].sum(axis=1), joined.sum(axis=1)
    own, other, both = (_x_log_x(margin) for margin in margins)
    return np.asarray(np.round(lost - own - other + both, 12))


def _sum_x_log_x(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(_x_log_x(rows).sum(axis=1))


def _x_log_x(shares: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(shares * np.log(np.where(shares > 0, shares, 1.0)))


def groups_after(merges: Sequence[Merge], topics: int, count: int) -> NDArray[np.int32]:
    """(t,) group of each topic once only `count` groups are left; groups keep the number of their first topic."""
    group = np.arange(topics, dtype=np.int32)
    for merge in merges[: max(0, topics - count)]:
        group[group == merge.gone] = merge.kept
    return group


def merge_topics(topics: NDArray[np.int32], group: NDArray[np.int32]) -> NDArray[np.int32]:
    """(n,) topics after their groups, numbered anew by falling size; -1 stays -1."""
    merged = np.where(topics == -1, -1, group[topics])
    return number_by_size(merged.astype(np.int64))
