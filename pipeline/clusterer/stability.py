"""Topics, neighbour graph -> resampling stability: how often each topic is recovered when the work is done again.

Every resample takes a random four fifths of the papers and their part of the neighbour graph (all papers of a small
corpus), makes one fit with another seed, none of those the topics come from, and merges its narrow topics to as many. A
topic is recovered where some topic of the resample has more than half in common with it (Jaccard index above 0.5, the
papers of both counted by the vote), the criterion of Hennig (2007), "Cluster-wise assessment of cluster stability".
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.clusterer.assignment import assign_corpus
from pipeline.clusterer.fit import Fit, FitJob
from pipeline.clusterer.selection import Selection
from pipeline.neighbours import Neighbours, restrict

KEPT_SHARE = 0.8
FEWEST_SAMPLED = 50  # a smaller corpus is fitted again whole
RECOVERED = 0.5  # Jaccard index above which two topics are the same one


@dataclass(frozen=True)
class Stability:
    """topics: (t,) share of the resamples in which each topic was recovered, in [0, 1]. resamples: how many there were.

    agreement: mean adjusted mutual information of the resamples' topics with the topics themselves, 1 where all are
    equal.
    """

    topics: NDArray[np.float64]
    resamples: int
    agreement: float


def resample_jobs(papers: int, resamples: int, *, seed: int) -> list[FitJob]:
    """The fits to make: samples and seeds of their own, unlike those of the search."""
    jobs = []
    for number in range(resamples):
        rng = np.random.default_rng([seed, 1, number])
        kept = papers if papers < FEWEST_SAMPLED else round(KEPT_SHARE * papers)
        rows = np.sort(rng.choice(papers, kept, replace=False)).astype(np.int64)
        jobs.append(FitJob(int(rng.integers(2**31)), rows))
    return jobs


def measure_stability(
    selection: Selection,
    jobs: Sequence[FitJob],
    fits: Sequence[Fit | None],
    *,
    neighbours: Neighbours,
    vectors: NDArray[np.float32],
) -> Stability | None:
    """Stability of the topics selected; None where there are none or nothing was resampled. fits: one for each job."""
    if selection.nearest is None or not jobs:
        return None
    from sklearn.metrics import adjusted_mutual_info_score

    recovered, agreements = [], []
    for job, fit in zip(jobs, fits, strict=True):
        rows = np.arange(len(vectors)) if job.rows is None else job.rows
        before, again = selection.nearest[rows], np.zeros(len(rows), dtype=np.int32)
        if fit is not None:
            core = fit.core_at(selection.count)
            again = assign_corpus(vectors[rows], restrict(neighbours, rows), core).nearest_topic
        recovered.append(best_jaccard(before, again, selection.count) > RECOVERED)
        agreements.append(float(adjusted_mutual_info_score(before, again)))
    return Stability(np.mean(recovered, axis=0), len(jobs), round(float(np.mean(agreements)), 6))


def best_jaccard(before: NDArray[np.int32], after: NDArray[np.int32], count: int) -> NDArray[np.float64]:
    """(count,) the highest Jaccard index of each topic 0..count-1 of one labelling with any topic of the other.

    >>> best_jaccard(np.array([0, 0, 1, 1]), np.array([5, 5, 5, 2]), 2).round(2).tolist()
    [0.67, 0.5]
    """
    table = np.zeros((count, int(after.max(initial=0)) + 1))
    np.add.at(table, (before, after), 1.0)
    union = table.sum(axis=1, keepdims=True) + table.sum(axis=0) - table
    return np.asarray(np.divide(table, union, out=np.zeros_like(table), where=union > 0).max(axis=1))
