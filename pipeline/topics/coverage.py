"""Phrases, vectors, topics -> how well each phrase covers its topic.

A name should fit the papers of its topic and no others. Papers are ranked by the similarity of their vectors to the
phrase's: the coverage is the area under the ROC curve, the chance that a paper of the topic is more similar to it than
one outside (Hanley and McNeil, 1982). A phrase about a corner of the topic ranks only the corner's papers high.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

MOST_INSIDE, MOST_OUTSIDE = 400, 2_000  # papers compared, evenly spaced among all
LEAST = 0.05  # what is left of the weight of a phrase that ranks a topic's papers no better than chance


def coverages(
    phrases: Sequence[NDArray[np.float32]], vectors: NDArray[np.float32], topics: NDArray[np.int32]
) -> list[NDArray[np.float64]]:
    """For each topic 0..t-1 the coverage of each of its phrases, in [0, 1]; 0.5 is what chance gives.

    phrases: for each topic (p, d) float32 unit vectors; vectors: (n, d) of papers; topics: (n,) of papers, -1 noise.
    """
    rows = np.flatnonzero(topics != -1)
    rows = rows[np.argsort(topics[rows], kind="stable")]
    starts = np.searchsorted(topics[rows], np.arange(len(phrases) + 1))
    found = []
    for number, of_topic in enumerate(phrases):
        first, end = starts[number], starts[number + 1]
        inside, outside = rows[first:end], np.concatenate([rows[:first], rows[end:]])
        if not len(inside) or not len(outside) or not len(of_topic):
            found.append(np.full(len(of_topic), 0.5))
            continue
        near = vectors[_spaced(inside, MOST_INSIDE)] @ of_topic.T
        far = vectors[_spaced(np.sort(outside), MOST_OUTSIDE)] @ of_topic.T
        found.append(np.array([area_under_curve(near[:, i], far[:, i]) for i in range(len(of_topic))]))
    return found


def factor_of(coverage: float) -> float:
    """What the weight of a phrase is multiplied by: how much better than chance it covers its topic, at least 0.05.

    >>> factor_of(1.0), factor_of(0.75), factor_of(0.5), factor_of(0.2)
    (1.0, 0.5, 0.05, 0.05)
    """
    return max(LEAST, 2 * coverage - 1)


def _spaced(rows: NDArray[np.int64], most: int) -> NDArray[np.int64]:
    """At most so many of the rows, evenly spaced."""
    return rows if len(rows) <= most else rows[np.linspace(0, len(rows) - 1, most).astype(np.int64)]


def area_under_curve(inside: NDArray[np.float32], outside: NDArray[np.float32]) -> float:
    """The share of pairs (inside, outside) in which the first is larger; ties count half.

    >>> area_under_curve(np.array([0.9, 0.5], np.float32), np.array([0.5, 0.1], np.float32))
    0.875
    """
    ordered = np.sort(np.round(outside, 5))
    values = np.round(inside, 5)
    below = np.searchsorted(ordered, values, side="left") + np.searchsorted(ordered, values, side="right")
    return float(round(below.mean() / (2 * len(ordered)), 6))
