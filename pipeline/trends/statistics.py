"""Counts -> shares with their uncertainty, trends over the years, and which of many findings to believe."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Z95 = 1.959964
STEPS = 50
CONVERGED = 1e-9
LONGEST_STEP = 2.0


def wilson(counts: NDArray[np.int64], totals: NDArray[np.int64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Low and high end of the 95 % score interval of each share (Wilson, 1927); 0 and 1 where the total is 0.

    >>> [end.round(3).tolist() for end in wilson(np.array([0, 5, 0]), np.array([10, 10, 0]))]
    [[0.0, 0.237, 0.0], [0.278, 0.763, 1.0]]
    """
    n = np.maximum(totals, 1).astype(np.float64)
    share = counts / n
    scale = 1 + Z95**2 / n
    middle = (share + Z95**2 / (2 * n)) / scale
    half = Z95 * np.sqrt(share * (1 - share) / n + Z95**2 / (4 * n * n)) / scale
    low = np.where(counts == 0, 0.0, np.maximum(middle - half, 0.0))
    high = np.where(counts == totals, 1.0, np.minimum(middle + half, 1.0))
    return np.asarray(low), np.asarray(high)


@dataclass(frozen=True)
class Slope:
    """Change of the log odds in a unit of time; low, high: its 95 % interval; p: of no change at all."""

    value: float
    low: float
    high: float
    p: float


def log_odds_slope(times: NDArray[np.float64], counts: NDArray[np.int64], totals: NDArray[np.int64]) -> Slope | None:
    """Logistic regression of counts out of totals on time; None where fewer than three times have papers.

    Firth's penalty (Biometrika, 1993) keeps it finite where a topic has all its papers in one period. Where periods
    scatter more than chance explains, the interval is as much wider (quasi-likelihood; Wedderburn, 1974), with
    Student's t of the periods less two.
    """
    from scipy.stats import t as student

    there = totals > 0
    free = int(there.sum()) - 2
    if free < 1:
        return None
    n, k = totals[there].astype(np.float64), counts[there].astype(np.float64)
    middle = float(np.average(times[there], weights=n))
    design = np.column_stack([np.ones(free + 2), times[there] - middle])
    # Of a topic without papers only the penalty speaks: half a paper on either side.
    start = np.log((k.sum() + 0.5) / (n.sum() - k.sum() + 0.5))
    found, covariance, chance = _firth(design, k, n, np.array([start, 0.0]))
    scatter = max(1.0, float(((k - n * chance) ** 2 / np.maximum(n * chance * (1 - chance), 1e-12)).sum()) / free)
    error = float(np.sqrt(covariance[1, 1] * scatter))
    reach = float(student.ppf(0.975, free)) * error
    value = float(found[1])
    return Slope(value, value - reach, value + reach, float(2 * student.sf(abs(value) / error, free)))


def _firth(
    design: NDArray[np.float64], k: NDArray[np.float64], n: NDArray[np.float64], start: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Coefficients, their covariance, and the probability in each period."""
    found = start
    for _ in range(STEPS):
        chance = _logistic(design @ found)
        weight = n * chance * (1 - chance)
        covariance = np.linalg.inv(design.T @ (design * weight[:, None]) + 1e-12 * np.eye(2))
        leverage = weight * np.einsum("ij,jk,ik->i", design, covariance, design)
        step = covariance @ (design.T @ (k - n * chance + leverage * (0.5 - chance)))
        longest = float(np.abs(step).max())
        found = found + step * min(1.0, LONGEST_STEP / max(longest, CONVERGED))
        if longest < CONVERGED:
            break
    return found, np.asarray(covariance, dtype=np.float64), chance


def _logistic(values: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(1 / (1 + np.exp(-np.clip(values, -30, 30))))


def difference_p(
    counts: NDArray[np.int64], totals: NDArray[np.int64], rest: NDArray[np.int64], rest_totals: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Fisher's exact p of equal shares inside and outside, twice the smaller tail.

    >>> difference_p(*(np.array([number]) for number in (3, 3, 0, 3))).round(3).tolist()
    [0.1]
    """
    from scipy.stats import hypergeom

    everything, of_topic = totals + rest_totals, counts + rest
    above = hypergeom.sf(counts - 1, everything, of_topic, totals)
    below = hypergeom.cdf(counts, everything, of_topic, totals)
    return np.asarray(np.minimum(2 * np.minimum(above, below), 1.0))


def believed(p: NDArray[np.float64], *, wrong: float = 0.05) -> NDArray[np.bool_]:
    """Which of many findings to report so that at most this share of those reported is wrong.

    Benjamini and Hochberg, 1995. p: any shape.

    >>> believed(np.array([0.001, 0.04, 0.03, 0.5])).tolist()
    [True, False, False, False]
    """
    flat = np.sort(p, axis=None)
    passing = flat <= wrong * np.arange(1, flat.size + 1) / max(flat.size, 1)
    limit = flat[passing].max() if passing.any() else -1.0
    return np.asarray(p <= limit)
