"""Neighbours, core topics -> the nearest and the second topic of every paper, by a vote of its neighbours.

HDBSCAN leaves the papers between topics as noise. Each paper, noise or not, also gets its nearest
topic: its neighbours vote with their similarity. The same vote assigns papers that were not in the corpus.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from pipeline.neighbours import Neighbours

NOISE = -1
TABLE_CELLS = 2**22  # rows x topics counted at once


@dataclass(frozen=True)
class Assignment:
    """Row-aligned results of the vote.

    nearest_topic: (n,) int32, never -1 where any topic exists. strength: (n,) float32 in [0, 1], the share of
    the neighbours' vote that the nearest topic got; 0 where no neighbour has a topic. second_topic: (n,) int32,
    the runner-up, -1 where no other topic got a vote.
    """

    nearest_topic: NDArray[np.int32]
    strength: NDArray[np.float32]
    second_topic: NDArray[np.int32]


def assign_topics(
    neighbours: Neighbours, topics: NDArray[np.int32], *, own: NDArray[np.int32] | None = None
) -> Assignment:
    """The vote for each row of `neighbours`; ties go to the larger topic, which has the smaller number.

    topics: (n,) int32 core topic of every paper of the corpus, -1 for noise. own: (m,) the voters' own core
    topics: where not -1, that is the nearest topic whatever the vote. Where no neighbour has a topic, nearest is
    left at -1 for `fill_by_mean_vector`.
    """
    count, width = len(neighbours.indices), int(topics.max(initial=0)) + 1
    nearest = np.full(count, NOISE, dtype=np.int32)
    second = np.full(count, NOISE, dtype=np.int32)
    strength = np.zeros(count, dtype=np.float32)
    block = max(1, TABLE_CELLS // width)
    for start in range(0, count, block):
        part = slice(start, start + block)
        votes = _count_votes(neighbours.indices[part], neighbours.similarities[part], topics, width=width)
        rows = np.arange(len(votes))
        whole = votes.sum(axis=1)
        best = np.where(whole > 0, votes.argmax(axis=1), NOISE)
        if own is not None:
            best = np.where(own[part] == NOISE, best, own[part])
        nearest[part] = best
        share = np.divide(votes[rows, best], whole, out=np.zeros(len(rows)), where=(whole > 0) & (best != NOISE))
        strength[part] = np.round(share, 6)
        votes[rows, best] = 0.0
        second[part] = np.where(votes.max(axis=1) > 0, votes.argmax(axis=1), NOISE)
    return Assignment(nearest, strength, second)


@dataclass(frozen=True)
class VoteShare:
    """topic: (n,) int32 that got a certain place in the vote, -1 where none did; share: (n,) of the vote, in [0, 1]."""

    topic: NDArray[np.int32]
    share: NDArray[np.float64]


def vote_shares(neighbours: Neighbours, topics: NDArray[np.int32]) -> tuple[VoteShare, VoteShare]:
    """The winner and the runner-up of the vote in each row, whatever topic the paper itself is in."""
    count, width = len(neighbours.indices), int(topics.max(initial=0)) + 1
    places = [VoteShare(np.full(count, NOISE, dtype=np.int32), np.zeros(count)) for _ in range(2)]
    block = max(1, TABLE_CELLS // width)
    for start in range(0, count, block):
        part = slice(start, start + block)
        votes = _count_votes(neighbours.indices[part], neighbours.similarities[part], topics, width=width)
        whole = np.maximum(votes.sum(axis=1), np.finfo(float).tiny)
        rows = np.arange(len(votes))
        for place in places:
            best = votes.argmax(axis=1)
            shares = votes[rows, best] / whole
            place.topic[part] = np.where(shares > 0, best, NOISE)
            place.share[part] = shares
            votes[rows, best] = 0.0
    return places[0], places[1]


def _count_votes(
    indices: NDArray[np.int32], similarities: NDArray[np.float32], topics: NDArray[np.int32], *, width: int
) -> NDArray[np.float64]:
    """(rows, topics) summed similarity of the neighbours in each topic; a negative similarity is no vote."""
    votes = topics[indices]
    weights = np.maximum(similarities.astype(np.float64), 0.0)
    row_of, column_of = np.nonzero(votes != NOISE)
    cells = row_of * width + votes[row_of, column_of]
    table = np.bincount(cells, weights=weights[row_of, column_of], minlength=len(indices) * width)
    return np.round(table.reshape(len(indices), width), 9)


def mean_vectors(vectors: NDArray[np.float32], topics: NDArray[np.int32]) -> NDArray[np.float32]:
    """(t, d) float32 unit mean of the papers of each topic 0..t-1; all zeros for one without papers, or whose papers
    cancel out.
    """
    members = np.flatnonzero(topics != NOISE)
    members = members[np.argsort(topics[members], kind="stable")]
    numbers, starts = np.unique(topics[members], return_index=True)
    sums = np.zeros((int(topics.max(initial=NOISE)) + 1, vectors.shape[1]))
    for number, (start, end) in zip(numbers.tolist(), pairwise([*starts.tolist(), len(members)]), strict=True):
        sums[number] = vectors[members[start:end]].astype(np.float64).sum(axis=0)
    lengths = np.linalg.norm(sums, axis=1, keepdims=True)
    means = np.divide(sums, lengths, out=np.zeros_like(sums), where=lengths > 1e-9)
    return np.asarray(means, dtype=np.float32)


def assign_corpus(vectors: NDArray[np.float32], neighbours: Neighbours, topics: NDArray[np.int32]) -> Assignment:
    """The vote for the papers of the corpus itself; a paper none of whose neighbours has a topic goes to the topic
    whose mean vector is most similar, with strength 0. Every topic 0..t-1 must have a paper.
    """
    assigned = assign_topics(neighbours, topics, own=topics)
    return fill_by_mean_vector(assigned, vectors, corpus_vectors=vectors, topics=topics)


def fill_by_mean_vector(
    assignment: Assignment,
    queries: NDArray[np.float32],
    *,
    corpus_vectors: NDArray[np.float32],
    topics: NDArray[np.int32],
) -> Assignment:
    """The same assignment, queries still without a topic given the one whose mean vector is most similar; strength 0.

    queries: (m, d), row-aligned with the assignment; corpus_vectors: (n, d) and topics: (n,) of the corpus.
    """
    lost = np.flatnonzero(assignment.nearest_topic == NOISE)
    if not len(lost) or topics.max(initial=NOISE) == NOISE:
        return assignment
    means = mean_vectors(corpus_vectors, topics).astype(np.float64)
    similarities = np.round(queries[lost].astype(np.float64) @ means.T, 7)
    similarities[:, ~means.any(axis=1)] = -2.0
    nearest = assignment.nearest_topic.copy()
    nearest[lost] = similarities.argmax(axis=1)
    return Assignment(nearest, assignment.strength, assignment.second_topic)
