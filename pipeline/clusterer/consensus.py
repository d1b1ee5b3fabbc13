"""Several clusterings of the same papers -> one: their topics are matched, and each paper goes where most put it.

The medoid, the clustering that agrees best with the others, names the topics. The topics of every other clustering are
matched with its topics one to one (highest sum of Jaccard indices, the Hungarian method), papers move to the topic that
most clusterings give them, and the matching is done again with the result until nothing moves (plurality voting;
Strehl and Ghosh, JMLR 3, 2002, survey such ensembles).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.clusterer.assignment import NOISE, assign_corpus
from pipeline.clusterer.tree import number_by_size
from pipeline.neighbours import Neighbours

ROUNDS = 5
LEAST_SUPPORT = 0.5  # of the clusterings, below which a paper lies between topics


@dataclass(frozen=True)
class Consensus:
    """core: (n,) int32 topics by falling size, -1 noise. agreement: mean adjusted mutual information of each two
    clusterings, 1 where all are equal or there is only one.
    """

    core: NDArray[np.int32]
    agreement: float


def find_consensus(
    cores: Sequence[NDArray[np.int32]], neighbours: Neighbours, vectors: NDArray[np.float32]
) -> Consensus:
    """The consensus of at least one clustering. cores: (n,) core topics of each, -1 noise.

    A clustering supports a paper's topic fully where the paper is in its core, else by the share of the neighbours'
    vote. A paper whose topic has less than half of the possible support is noise.
    """
    assigned = [assign_corpus(vectors, neighbours, core) for core in cores]
    nearest = [one.nearest_topic for one in assigned]
    support = [
        np.where(core != NOISE, np.float32(1.0), one.strength) for core, one in zip(cores, assigned, strict=True)
    ]
    agreement, reference = medoid(nearest)
    for _ in range(ROUNDS):
        votes, table = _count(nearest, support, reference)
        moved = votes.argmax(axis=1)
        if (moved == reference).all():
            break
        reference = moved
    else:
        _, table = _count(nearest, support, reference)
    supported = np.round(table[np.arange(len(reference)), reference] / len(cores), 6) >= LEAST_SUPPORT
    return Consensus(number_by_size(np.where(supported, reference, NOISE).astype(np.int64)), round(agreement, 6))


def _count(
    nearest: Sequence[NDArray[np.int32]], support: Sequence[NDArray[np.float32]], reference: NDArray[np.int64]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """(n, t) votes and support of every topic of the reference; of equals, the topic that a paper has already leads."""
    shape = len(reference), int(reference.max()) + 1
    votes, table = np.zeros(shape, dtype=np.float32), np.zeros(shape, dtype=np.float32)
    for topics, weight in zip(nearest, support, strict=True):
        matched = match(topics, reference, shape[1])[topics]
        known = np.flatnonzero(matched != NOISE)
        votes[known, matched[known]] += 1
        table[known, matched[known]] += weight[known]
    votes[np.arange(len(reference)), reference] += 0.5
    return votes, table


def medoid(clusterings: Sequence[NDArray[np.int32]]) -> tuple[float, NDArray[np.int64]]:
    """Mean agreement of each two clusterings, and the one that agrees best with the others; of equals the first."""
    from sklearn.metrics import adjusted_mutual_info_score

    count = len(clusterings)
    if count == 1:
        return 1.0, clusterings[0].astype(np.int64)
    table = np.zeros((count, count))
    for i, one in enumerate(clusterings):
        for j in range(i + 1, count):
            table[i, j] = table[j, i] = round(adjusted_mutual_info_score(one, clusterings[j]), 9)
    best = int(np.round(table.sum(axis=1), 9).argmax())
    return float(table.sum() / (count * (count - 1))), clusterings[best].astype(np.int64)


def match(topics: NDArray[np.int32], reference: NDArray[np.int64], count: int) -> NDArray[np.int64]:
    """(t,) the topic of the reference, 0..count-1, that each topic is matched with, one to one; -1 for one left over.

    >>> match(np.array([0, 0, 1, 1]), np.array([1, 1, 0, 0]), 2).tolist()
    [1, 0]
    """
    from scipy.optimize import linear_sum_assignment

    table = np.zeros((int(topics.max()) + 1, count))
    np.add.at(table, (topics, reference), 1.0)
    union = table.sum(axis=1, keepdims=True) + table.sum(axis=0) - table
    rows, columns = linear_sum_assignment(-table / np.maximum(union, 1.0))
    matched = np.full(len(table), NOISE, dtype=np.int64)
    matched[rows] = columns
    return matched
