"""Seeded topics, each described by a sentence -> the papers close enough to one of them.

How close is enough is read off the corpus: papers are taken in the order of their similarity to the sentence, and the
threshold stands where being among those taken first predicts best whether a paper's neighbours are among them too: the
first peak of the uncertainty coefficient I(S; N) / H(S), S whether a paper and N whether its neighbour is taken. It
never stands below 0.55 of the similarity of the closest few papers: else "galaxies" takes all of astronomy where
astronomy is what stands apart (thirty sentences for thirty arXiv categories: mean F1 0.465 with that limit, 0.42
without).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.clusterer.assignment import NOISE
from pipeline.clusterer.merging import joint_distribution, neighbours_joined
from pipeline.neighbours import Neighbours

FEWEST = 2
GROWTH = 1.15  # each number of papers tried is about so many times the one before
LEAST_COEFFICIENT = 0.15  # below it the papers taken predict nothing of their neighbours: no paper is close enough
REFINED = 40  # numbers of papers tried around the peak
DROP = 0.9  # a peak stands where the coefficient later falls below so much of it
MOST_OF_CORPUS = 0.6
LEAST_OF_CLOSEST = 0.55
CLOSEST = 5  # papers, fewer in a small corpus


@dataclass(frozen=True)
class SeededPapers:
    """topic: (n,) number of the seeded topic that each paper goes to, -1 for none.

    thresholds: least similarity of each topic's papers to its sentence, None where no paper is close enough.
    """

    topic: NDArray[np.int32]
    thresholds: tuple[float | None, ...] = ()


def assign_seeded(similarities: NDArray[np.float32], neighbours: Neighbours) -> SeededPapers:
    """similarities: (n, m) cosine of every paper with the sentence of each of m topics.

    A paper above several thresholds goes to the topic that it is most similar to.
    """
    rounded = np.round(similarities.astype(np.float64), 6)
    thresholds = tuple(_threshold(column, neighbours) for column in rounded.T)
    limits = np.array([np.inf if limit is None else limit for limit in thresholds])
    close = np.where(rounded >= limits, rounded, -np.inf)
    best = close.argmax(axis=1) if close.size else np.zeros(len(rounded), dtype=np.int64)
    seeded = np.isfinite(close).any(axis=1)
    return SeededPapers(np.where(seeded, best, NOISE).astype(np.int32), thresholds)


def _threshold(similarity: NDArray[np.float64], neighbours: Neighbours) -> float | None:
    """The similarity at the first peak of the coefficient; None where there is no peak high enough."""
    order = np.lexsort((np.arange(len(similarity)), -similarity))
    indices = neighbours.indices[:, : neighbours_joined(len(similarity))]
    # As far as the farthest is not close.
    most = int(min(MOST_OF_CORPUS * len(order), (similarity > similarity[order[-1]]).sum()))

    def coefficient(count: int) -> float:
        taken = np.zeros(len(similarity), dtype=np.int32)
        taken[order[:count]] = 1
        return uncertainty_coefficient(taken, indices)

    best, highest, count = 0, 0.0, FEWEST
    while count <= most:
        value = coefficient(count)
        if value > highest:
            best, highest = count, value
        elif highest >= LEAST_COEFFICIENT and value < DROP * highest:
            break
        count = max(count + 1, int(count * GROWTH))
    if highest < LEAST_COEFFICIENT:
        return None
    around = np.linspace(max(FEWEST, best / GROWTH), min(most, best * GROWTH), REFINED).astype(int)
    best = max(sorted({best, *around.tolist()}), key=coefficient)
    closest = similarity[order[: min(CLOSEST, max(1, len(order) // 50))]].mean()
    return max(float(similarity[order[best - 1]]), round(LEAST_OF_CLOSEST * float(closest), 6))


def uncertainty_coefficient(taken: NDArray[np.int32], indices: NDArray[np.int32]) -> float:
    """I(S; N) / H(S) in [0, 1]: how well being taken predicts whether a neighbour is taken (Theil, 1970)."""
    joint = joint_distribution(taken, indices)
    margin = joint.sum(axis=1)
    entropy = -float((margin * np.log(np.where(margin > 0, margin, 1.0))).sum())
    if entropy <= 0:
        return 0.0
    shared = float((joint * np.log(np.where(joint > 0, joint, 1.0))).sum()) + 2 * entropy
    return round(shared / entropy, 9)
