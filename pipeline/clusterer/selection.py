"""Fits -> how many topics: the number whose topics the papers' neighbours support best, or the number asked for.

Each number of topics is scored on the neighbour graph of the embedding, never on the reduced points and without any
label. Let t be the share of 15-nearest-neighbour pairs within one topic (every paper assigned by the vote), and t0 the
same for a random partition with the same entropy (`clusterer.null_model`). The score is (t - t0) / (1 - t0) H2^0.75:
how much of what chance leaves over the topics explain, weighted by the collision entropy H2 of their sizes, for one
topic explains everything and says nothing. The mean over the fits makes a curve; its top is flat, so the number
selected is where a parabola through the top has its vertex, not where the highest point happens to lie.
`benchmarks/granularity.py` compares it with the best number on labelled corpora.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.clusterer.fit import Fit
from pipeline.clusterer.null_model import NullModel, collision_entropy_of, entropy_of, fit_null_model, share_within
from pipeline.neighbours import Neighbours

NEIGHBOURS_SCORED, FEWEST_SCORED = 15, 5
ENTROPY_POWER = 0.75  # 0.6 to 0.9 differ little
GROWTH = 1.1  # each number of topics tried is a tenth larger, or one more
TOP = 0.9  # of the highest score: the top of the curve, wide enough that a sample of the papers has the same
USABLE = 0.4  # times the square root of the papers: about so many topics a reader can use
FEWER, MORE = 3.0, 1.0  # deviations of the logarithm of the number from that: fewer do little harm, more do
FEWEST_IN_TOP = 4  # points that a parabola is laid through; the highest point itself is taken of a narrower top


@dataclass(frozen=True)
class CutScore:
    """A number of topics with its score; higher is better, and scores of two corpora do not compare.

    min_samples, min_cluster_size, method: of the narrow topics that were merged; max_cluster_share: the largest share
    of the papers that they may have, None without a limit. count: of topics. noise: share of the papers between topics,
    largest: share that is nearest to the largest topic, both the mean over the fits. fits: how many there were.
    """

    min_samples: int
    min_cluster_size: int
    method: str
    max_cluster_share: float | None
    count: int
    noise: float
    largest: float
    score: float
    fits: int


@dataclass(frozen=True)
class Selection:
    """The topics selected, and the score of every number of topics tried.

    selected: place of the score whose number is nearest to the topics'. merged_to: their number where narrow topics
    were merged, None where they stayed. wanted: the number looked for, more than there are where no fit has so many.
    core: (n,) int32 topics by falling size, -1 noise. nearest: (n,) int32 topic of every paper by the vote. agreement:
    mean adjusted mutual information of the fits at that number. core, nearest and selected are None where no fit told
    two topics apart.
    """

    core: NDArray[np.int32] | None = None
    nearest: NDArray[np.int32] | None = None
    scores: tuple[CutScore, ...] = ()
    selected: int | None = None
    merged_to: int | None = None
    agreement: float | None = None
    wanted: int = 1

    @property
    def count(self) -> int:
        """How many topics there are."""
        return 1 if self.core is None else int(self.core.max(initial=0)) + 1


def numbers_to_try(most: int) -> list[int]:
    """The numbers of topics that are scored, from 2 to `most`.

    >>> numbers_to_try(30)
    [2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 18, 20, 22, 24, 26, 29, 30]
    """
    numbers = [2] if most >= 2 else []
    while numbers and numbers[-1] < most:
        numbers.append(min(most, max(numbers[-1] + 1, round(numbers[-1] * GROWTH))))
    return numbers


def score_numbers(
    fits: Sequence[Fit], neighbours: Neighbours, vectors: NDArray[np.float32], *, numbers: Sequence[int]
) -> NDArray[np.float64]:
    """(len(numbers), len(fits)) score of every number of topics in every fit."""
    indices = neighbours.indices[:, : neighbours_scored(len(vectors))]
    null = fit_null_model(vectors, indices, most_cells=numbers[-1])
    scores = [[score_topics(fit.nearest_at(number), indices, null) for fit in fits] for number in numbers]
    return np.array(scores)


def usable(numbers: Sequence[int], papers: int) -> NDArray[np.float64]:
    """(len(numbers),) weight in (0, 1] of each number of topics among so many papers, beside what neighbours say.

    Log-normal around 0.4 sqrt(n), far wider below than above. Mardia, Kent and Bibby's rule of thumb for the number of
    clusters is sqrt(n / 2) (Multivariate Analysis, 1979, p. 365); narrow topics by the dozen are what nobody reads.

    >>> usable([2, 20, 40, 160], 2_500).round(2).tolist()
    [0.74, 1.0, 0.79, 0.12]
    """
    away = np.log(np.asarray(numbers, dtype=np.float64) / (USABLE * np.sqrt(papers)))
    return np.asarray(np.exp(-((away / np.where(away < 0, FEWER, MORE)) ** 2) / 2))


def neighbours_scored(papers: int) -> int:
    """How many neighbours of each paper are looked at: 15, fewer in a small corpus.

    >>> [neighbours_scored(papers) for papers in (16, 30, 60, 500)]
    [5, 5, 7, 15]
    """
    return min(NEIGHBOURS_SCORED, max(FEWEST_SCORED, papers // 8))


def score_topics(nearest: NDArray[np.int32], indices: NDArray[np.int32], null: NullModel) -> float:
    """(t - t0) / (1 - t0) H2^0.75 of the topic of every paper; 0 where all are one topic."""
    entropy = entropy_of(nearest)
    if entropy <= 0:
        return 0.0
    by_chance = null.share(entropy)
    explained = (share_within(nearest, indices) - by_chance) / max(1.0 - by_chance, 1e-9)
    return float(round(explained * collision_entropy_of(nearest) ** ENTROPY_POWER, 9))


def best_number(numbers: Sequence[int], scores: NDArray[np.float64]) -> int:
    """The number of topics at the top of the curve of scores, (len(numbers),).

    The top is what lies around the highest score without falling below 90 % of it; a parabola in the logarithm of the
    number is laid through it by least squares.

    >>> best_number([2, 3, 4, 5], np.array([0.2, 0.9, 0.4, 0.3]))
    3
    """
    highest = int(scores.argmax())
    enough = scores >= TOP * scores[highest]
    low = high = highest
    while low > 0 and enough[low - 1]:
        low -= 1
    while high < len(scores) - 1 and enough[high + 1]:
        high += 1
    if high - low + 1 < FEWEST_IN_TOP:
        return int(numbers[highest])
    logs = np.log(np.asarray(numbers[low : high + 1], dtype=np.float64))
    square, linear, _ = np.polyfit(logs, scores[low : high + 1], 2)
    vertex = -linear / (2 * square) if round(square, 9) < 0 else logs[highest - low]
    return round(float(np.exp(np.clip(round(vertex, 9), logs[0], logs[-1]))))


def number_wanted(granularity: str | int, best: int) -> int:
    """How many topics to have: "auto" the best number, "coarse" half of it, "fine" twice as many, or the number itself.

    >>> number_wanted("auto", 9), number_wanted("coarse", 9), number_wanted("coarse", 2), number_wanted(30, 9)
    (9, 4, 2, 30)
    """
    if isinstance(granularity, int):
        return granularity
    return {"auto": best, "coarse": max(2, best // 2), "fine": 2 * best}[granularity]
