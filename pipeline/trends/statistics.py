"""Counts -> shares with intervals, slopes over time, and which of many tests are significant."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Z95 = 1.959964  # 97.5 % quantile of the normal distribution
STEPS = 50
CONVERGED = 1e-9
LONGEST_STEP = 2.0


def wilson(counts: NDArray[np.int64], totals: NDArray[np.int64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Lower and upper end of the 95 % score interval of each share (Wilson, 1927); 0 and 1 where the total is 0.

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
    """value: change of the log odds in a unit of time; low, high: its 95 % interval; p: that of no change."""

    value: float
    low: float
    high: float
    p: float


def log_odds_slope(times: NDArray[np.float64], counts: NDArray[np.int64], totals: NDArray[np.int64]) -> Slope | None:
    """Logistic regression of counts out of totals on time; None where fewer than three times have papers.

    Firth's penalty (Biometrika, 1993) keeps the slope finite where a topic has all its papers in one period. Under
    overdispersion the interval is widened accordingly (quasi-likelihood; Wedderburn, 1974), with Student's t of the
    number of periods less two.
    """
    from scipy.stats import t as student

    observed = totals > 0
    freedom = int(observed.sum()) - 2
    if freedom < 1:
        return None
    n, k = totals[observed].astype(np.float64), counts[observed].astype(np.float64)
    middle = float(np.average(times[observed], weights=n))
    design = np.column_stack([np.ones(freedom + 2), times[observed] - middle])
    fit = _fit_firth(design, k, n)
    variance = np.maximum(n * fit.probability * (1 - fit.probability), 1e-12)
    dispersion = max(1.0, float(((k - n * fit.probability) ** 2 / variance).sum()) / freedom)
    error = float(np.sqrt(fit.covariance[1, 1] * dispersion))
    half = float(student.ppf(0.975, freedom)) * error
    value = float(fit.coefficients[1])
    return Slope(value, value - half, value + half, float(2 * student.sf(abs(value) / error, freedom)))


@dataclass(frozen=True)
class _LogisticFit:
    """coefficients: (2,) intercept and slope; covariance: (2, 2); probability: in each period."""

    coefficients: NDArray[np.float64]
    covariance: NDArray[np.float64]
    probability: NDArray[np.float64]


def _fit_firth(design: NDArray[np.float64], k: NDArray[np.float64], n: NDArray[np.float64]) -> _LogisticFit:
    """Newton's method on the penalised likelihood. design: (periods, 2); k of n papers are of the topic."""
    # Half a paper on either side, as the penalty amounts to: finite for a topic without papers too.
    coefficients = np.array([np.log((k.sum() + 0.5) / (n.sum() - k.sum() + 0.5)), 0.0])
    for _ in range(STEPS):
        probability = _logistic(design @ coefficients)
        weight = n * probability * (1 - probability)
        covariance = np.linalg.inv(design.T @ (design * weight[:, None]) + 1e-12 * np.eye(2))
        leverage = weight * np.einsum("ij,jk,ik->i", design, covariance, design)
        step = covariance @ (design.T @ (k - n * probability + leverage * (0.5 - probability)))
        longest = float(np.abs(step).max())
        coefficients = coefficients + step * min(1.0, LONGEST_STEP / max(longest, CONVERGED))
        if longest < CONVERGED:
            break
    return _LogisticFit(coefficients, np.asarray(covariance, dtype=np.float64), probability)


def _logistic(values: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(1 / (1 + np.exp(-np.clip(values, -30, 30))))


def difference_p(
    counts: NDArray[np.int64], totals: NDArray[np.int64], *, rest: NDArray[np.int64], rest_totals: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Fisher's exact test that `counts` of `totals` and `rest` of `rest_totals` are equal shares: its p.

    Two-sided: twice the smaller tail.

    >>> three, none = np.array([3]), np.array([0])
    >>> difference_p(three, three, rest=none, rest_totals=three).round(3).tolist()
    [0.1]
    """
    from scipy.stats import hypergeom

    population, successes = totals + rest_totals, counts + rest
    above = hypergeom.sf(counts - 1, population, successes, totals)
    below = hypergeom.cdf(counts, population, successes, totals)
    return np.asarray(np.minimum(2 * np.minimum(above, below), 1.0))


def significant(p: NDArray[np.float64], *, rate: float = 0.05) -> NDArray[np.bool_]:
    """Which of many tests are significant at a false discovery rate (Benjamini and Hochberg, 1995). p: any shape.

    >>> significant(np.array([0.001, 0.04, 0.03, 0.5])).tolist()
    [True, False, False, False]
    """
    flat = np.sort(p, axis=None)
    passing = flat <= rate * np.arange(1, flat.size + 1) / max(flat.size, 1)
    limit = flat[passing].max() if passing.any() else -1.0
    return np.asarray(p <= limit)
