"""Cuts of the trees -> the one whose topics the papers' neighbours support best, or as many topics as were asked for.

Each cut is scored on the neighbour graph of the embedding, never on the reduced points and without any label. Let T
be a paper's topic and N the topic of one of its neighbours (all papers assigned by the vote). The mutual information
I(T; N) grows with the number of topics as long as neighbours share them; I / H(T), the uncertainty coefficient
(Theil, 1970), is the share of a topic that its neighbours predict and falls as topics are split for no reason. The
score is I (I / H)^2 sqrt(H2 / H): information, weighted by the square of its predictability, with H2 the collision
entropy (Renyi's, of order 2), which falls below H where one topic holds much of the corpus. Noise beyond 30 % of the
papers is taken off the score, percent by percent. `benchmarks/granularity.py` prints the regret of this rule against
the best cut, over corpora of 2 to 82 categories.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from pipeline.clusterer.assignment import assign_corpus
from pipeline.clusterer.merging import groups_after, merge_order, merge_topics
from pipeline.clusterer.tree import Cut
from pipeline.neighbours import Neighbours

NOISE_ALLOWED = 0.3
FEWEST_SCORED, MOST_SCORED = 12, 50
CLOSE_ABOVE = 1.5  # asked for a number of topics, cuts with up to so many times as many are compared by score
MERGED_CUTS = 3  # as many of the best cuts, and of the best of about so many topics, are tried


@dataclass(frozen=True)
class CutScore:
    """A cut with its score, in nats; higher is better, and scores of two corpora do not compare.

    max_cluster_share: largest share of the papers that a topic may have, None without a limit. count: of topics. noise,
    largest: share of the papers that no core topic holds, and that are nearest to the largest topic. fits: how many
    UMAP fits gave exactly these topics.
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
    """The cut selected, and the score of every different cut, in the order tried.

    selected: place of the cut's score. merged_to: number of topics that its own were merged to, None where they stayed.
    nearest: (n,) int32 topic of every paper by the vote. cut, selected and nearest are None where no cut told two
    topics apart.
    """

    cut: Cut | None = None
    scores: tuple[CutScore, ...] = ()
    selected: int | None = None
    merged_to: int | None = None
    nearest: NDArray[np.int32] | None = None


@dataclass(frozen=True)
class _ScoredCut:
    """A cut, the vote for its topics, and their score."""

    cut: Cut
    nearest: NDArray[np.int32]
    score: CutScore


def select_cut(
    cuts: Iterable[Cut],
    neighbours: Neighbours,
    vectors: NDArray[np.float32],
    *,
    granularity: str | int = "auto",
    by_agreement: bool = False,
) -> Selection:
    """The cut of at least two topics with the highest score; of equals the first.

    vectors: (n, d), for papers that get no vote. granularity: "auto", "coarse" (at most half as many topics as the best
    cut), "fine" (the best of those with at least twice as many) or a number of topics; to have fewer, topics of a finer
    cut are merged. by_agreement: the cut that most fits agree on comes first, and the score decides between equals:
    among a handful of papers one neighbour more or less would sway the score.
    """
    different: dict[bytes, list[Cut]] = {}
    for cut in cuts:
        if cut.count >= 2:
            different.setdefault(cut.topics.tobytes(), []).append(cut)
    tried = [_score(equal[0], neighbours, vectors, fits=len(equal)) for equal in different.values()]
    if not tried:
        return Selection()
    ranked = sorted(range(len(tried)), key=lambda i: (-tried[i].score.fits * by_agreement, -tried[i].score.score, i))
    best = tried[ranked[0]].score.count
    if granularity == "auto":
        return _selection(tried, ranked[0])
    if granularity == "fine":
        enough = [i for i in ranked if tried[i].score.count >= 2 * best]
        return _selection(tried, enough[0] if enough else _finest(tried))
    if granularity == "coarse":
        return _of_number(tried, ranked, neighbours, vectors=vectors, count=max(2, best // 2), fewer_too=True)
    return _of_number(tried, ranked, neighbours, vectors=vectors, count=int(granularity), fewer_too=False)


def _selection(tried: Sequence[_ScoredCut], place: int) -> Selection:
    scored = tried[place]
    return Selection(scored.cut, tuple(one.score for one in tried), place, None, scored.nearest)


def _finest(tried: Sequence[_ScoredCut]) -> int:
    return max(range(len(tried)), key=lambda i: (tried[i].score.count, -i))


def _of_number(
    tried: Sequence[_ScoredCut],
    ranked: Sequence[int],
    neighbours: Neighbours,
    *,
    vectors: NDArray[np.float32],
    count: int,
    fewer_too: bool,
) -> Selection:
    """The best-scored of a few good cuts after their topics were merged until `count` are left.

    ranked: places of the cuts, the best first. Good are the best cuts of all that have enough topics, and the best of
    those that have few more; fewer_too: the best of those with fewer as well.
    """
    enough = [i for i in ranked if tried[i].score.count >= count]
    if not enough:
        return _selection(tried, _finest(tried))
    most = max(min(tried[i].score.count for i in enough), CLOSE_ABOVE * count)
    good = {*enough[:MERGED_CUTS], *[i for i in enough if tried[i].score.count <= most][:MERGED_CUTS]}
    if fewer_too:
        good |= set([i for i in ranked if tried[i].score.count < count][:1])
    merged = {i: _merged(tried[i], neighbours, vectors, count=count) for i in sorted(good)}
    place = max(merged, key=lambda i: (merged[i].score.score, -i))
    return Selection(
        cut=merged[place].cut,
        scores=tuple(one.score for one in tried),
        selected=place,
        merged_to=count if tried[place].score.count > count else None,
        nearest=merged[place].nearest,
    )


def _merged(scored: _ScoredCut, neighbours: Neighbours, vectors: NDArray[np.float32], *, count: int) -> _ScoredCut:
    """The cut with its topics merged until `count` are left; as it is where it has no more."""
    if scored.score.count <= count:
        return scored
    topics = merge_to(scored.cut.topics, scored.nearest, neighbours, count=count)
    return _score(replace(scored.cut, topics=topics), neighbours, vectors, fits=1)


def _score(cut: Cut, neighbours: Neighbours, vectors: NDArray[np.float32], *, fits: int) -> _ScoredCut:
    nearest = assign_corpus(vectors, neighbours, cut.topics).nearest_topic
    noise = float((cut.topics == -1).mean())
    score = CutScore(
        min_samples=cut.min_samples,
        min_cluster_size=cut.min_cluster_size,
        method=cut.method,
        max_cluster_share=cut.max_cluster_share,
        count=cut.count,
        noise=noise,
        largest=float(np.bincount(nearest).max() / len(nearest)),
        score=score_assigned(nearest, neighbours) * (1 - max(0.0, noise - NOISE_ALLOWED)),
        fits=fits,
    )
    return _ScoredCut(cut, nearest, score)


def merge_to(
    topics: NDArray[np.int32], nearest: NDArray[np.int32], neighbours: Neighbours, *, count: int
) -> NDArray[np.int32]:
    """(n,) the core topics merged until `count` are left, numbered anew by size. nearest: (n,) the vote for them."""
    merges = merge_order(joint_of(nearest, neighbours))
    return merge_topics(topics, groups_after(merges, int(topics.max()) + 1, count))


def score_assigned(assigned: NDArray[np.int32], neighbours: Neighbours) -> float:
    """I (I / H)^2 sqrt(H2 / H) in nats, of the topic of every paper; 0 where all are one topic."""
    joint = joint_of(assigned, neighbours)
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


def joint_of(assigned: NDArray[np.int32], neighbours: Neighbours) -> NDArray[np.float64]:
    """The joint distribution that cuts are scored on and topics merged by."""
    return joint_distribution(assigned, neighbours.indices[:, : neighbours_scored(len(assigned))])


def joint_distribution(topics: NDArray[np.int32], indices: NDArray[np.int32]) -> NDArray[np.float64]:
    """(t, t) share of neighbour pairs between each two topics, symmetric, summing to 1."""
    count = int(topics.max()) + 1
    cells = topics[:, None].astype(np.int64) * count + topics[indices]
    pairs = np.bincount(cells.ravel(), minlength=count * count).reshape(count, count).astype(np.float64)
    return np.asarray((pairs + pairs.T) / (2 * pairs.sum()))


def _sum_x_log_x(shares: NDArray[np.float64]) -> float:
    positive = shares[shares > 0]
    return float((positive * np.log(positive)).sum())
