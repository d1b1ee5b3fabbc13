"""Cuts of the tree -> the one whose topics say most about the papers' neighbours.

Each cut is scored on the neighbour graph of the embedding, never on the reduced points and without any label. Let T
be a paper's topic and N the topic of one of its neighbours (all papers assigned by the vote). The mutual information
I(T; N) grows with the number of topics as long as neighbours share them; I / H(T), the uncertainty coefficient
(Theil, 1970), is the share of a topic that its neighbours tell and falls as topics are split for no reason. The score
is I (I / H)^2 sqrt(H2 / H): information, trusted by the square of its predictability, with H2 the collision entropy
(Renyi's, of order 2), which falls below H where one topic swallows much of the corpus. `benchmarks/granularity.py`
prints what this rule costs against the best cut, over corpora of 2 to 82 categories.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.neighbours import Neighbours
from pipeline.topic_assignment import assign_corpus
from pipeline.topic_clusterer import Cut

FEWEST_SCORED, MOST_SCORED = 12, 50


@dataclass(frozen=True)
class Scored:
    """A cut with its score, in nats; higher is better, and scores of two corpora do not compare.

    fits: how many UMAP fits gave exactly these topics.
    """

    min_cluster_size: int
    method: str
    count: int
    noise: float
    score: float
    fits: int


@dataclass(frozen=True)
class Choice:
    """The cut taken, and every different cut tried, in the order tried. The cut is None where no topic was found."""

    cut: Cut | None
    curve: tuple[Scored, ...]


def choose_cut(
    cuts: Iterable[Cut], neighbours: Neighbours, vectors: NDArray[np.float32], *, by_agreement: bool = False
) -> Choice:
    """The cut of at least two topics with the highest score; of equals the first.

    vectors: (n, d), for papers that get no vote. by_agreement: the cut that most fits agree on comes first, and the
    score decides between equals: among a handful of papers one neighbour more or less would sway the score.
    """
    different: dict[bytes, list[Cut]] = {}
    for cut in cuts:
        if cut.count >= 2:
            different.setdefault(cut.topics.tobytes(), []).append(cut)
    tried = [same[0] for same in different.values()]
    curve = tuple(
        Scored(
            min_cluster_size=cut.min_cluster_size,
            method=cut.method,
            count=cut.count,
            noise=float((cut.topics == -1).mean()),
            score=score_cut(cut.topics, neighbours, vectors),
            fits=len(same),
        )
        for cut, same in zip(tried, different.values(), strict=True)
    )
    order = sorted(range(len(tried)), key=lambda i: (-curve[i].fits * by_agreement, -curve[i].score, i))
    return Choice(tried[order[0]] if order else None, curve)


def score_cut(topics: NDArray[np.int32], neighbours: Neighbours, vectors: NDArray[np.float32]) -> float:
    """I (I / H)^2 sqrt(H2 / H) in nats, of the topics that the vote gives every paper; 0 where all are one topic."""
    assigned = assign_corpus(vectors, neighbours, topics).nearest_topic
    joint = joint_distribution(assigned, neighbours.indices[:, : neighbours_scored(len(topics))])
    margin = joint.sum(axis=1)
    entropy = -_sum_x_log_x(margin)
    if entropy <= 0:
        return 0.0
    shared = _sum_x_log_x(joint) + 2 * entropy
    collision_entropy = -float(np.log((margin**2).sum()))
    return float(round(shared * (shared / entropy) ** 2 * (collision_entropy / entropy) ** 0.5, 9))


def neighbours_scored(papers: int) -> int:
    """How many neighbours are looked at: one in 150 papers, between 12 and 50, fewer in a very small corpus.

    With more than a fine topic has papers, no fine cut could score well; with very few, every cut does.

    >>> [neighbours_scored(papers) for papers in (6, 60, 600, 3_000, 20_000)]
    [2, 7, 12, 20, 50]
    """
    return min(MOST_SCORED, max(FEWEST_SCORED, papers // 150), max(2, papers // 8))


def joint_distribution(topics: NDArray[np.int32], indices: NDArray[np.int32]) -> NDArray[np.float64]:
    """(t, t) share of neighbour pairs between each two topics, symmetric, summing to 1."""
    count = int(topics.max()) + 1
    cells = topics[:, None].astype(np.int64) * count + topics[indices]
    pairs = np.bincount(cells.ravel(), minlength=count * count).reshape(count, count).astype(np.float64)
    return np.asarray((pairs + pairs.T) / (2 * pairs.sum()))


def _sum_x_log_x(shares: NDArray[np.float64]) -> float:
    positive = shares[shares > 0]
    return float((positive * np.log(positive)).sum())
