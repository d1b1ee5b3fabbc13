"""Topics, labels of a column -> measures of their agreement."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Agreement:
    """papers: how many have a label. ami, ari: adjusted mutual information, adjusted Rand index; 0 by chance, 1 equal.

    v_measure: harmonic mean of homogeneity and completeness, in [0, 1]. purity: share of the papers that have the most
    frequent label of their topic, in [0, 1].
    """

    papers: int
    ami: float
    ari: float
    v_measure: float
    purity: float


def agreement(topics: NDArray[np.int64], labels: NDArray[np.int64]) -> Agreement:
    """topics, labels: (m,) of the papers that have a label."""
    from sklearn.metrics import adjusted_mutual_info_score, adjusted_rand_score, v_measure_score

    return Agreement(
        papers=len(topics),
        ami=float(adjusted_mutual_info_score(labels, topics)),
        ari=float(adjusted_rand_score(labels, topics)),
        v_measure=float(v_measure_score(labels, topics)),
        purity=purity(topics, labels),
    )


def purity(topics: NDArray[np.int64], labels: NDArray[np.int64]) -> float:
    """Share of the papers that have the most frequent label of their topic.

    >>> purity(np.array([0, 0, 0, 1, 1]), np.array([7, 7, 8, 8, 9]))
    0.6
    """
    _, rows = np.unique(topics, return_inverse=True)
    _, columns = np.unique(labels, return_inverse=True)
    table = np.zeros((int(rows.max()) + 1, int(columns.max()) + 1), dtype=np.int64)
    np.add.at(table, (rows, columns), 1)
    return float(table.max(axis=1).sum() / len(topics))
