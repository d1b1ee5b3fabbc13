"""Cuts of the trees -> the one whose topics say most about the papers' neighbours, or as many topics as were asked for.

Each cut is scored on the neighbour graph of the embedding, never on the reduced points and without any label. Let T
be a paper's topic and N the topic of one of its neighbours (all papers assigned by the vote). The mutual information
I(T; N) grows with the number of topics as long as neighbours share them; I / H(T), the uncertainty coefficient
(Theil, 1970), is the share of a topic that its neighbours tell and falls as topics are split for no reason. The score
is I (I / H)^2 sqrt(H2 / H): information, trusted by the square of its predictability, with H2 the collision entropy
(Renyi's, of order 2), which falls below H where one topic swallows much of the corpus. Noise beyond 30 % of the papers
is taken off the score, percent by percent. `benchmarks/granularity.py`
prints what this rule costs against the best cut, over corpora of 2 to 82 categories.
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
class Scored:
    """A cut with its score, in nats; higher is better, and scores of two corpora do not compare.

    noise, largest: share of the papers that no core topic holds, and that are nearest to the largest topic. fits: how
    many UMAP fits gave exactly these topics.
    """

    min_samples: int
    min_cluster_size: int
    method: str
    cap: float | None
    count: int
    noise: float
    largest: float
    score: float
    fits: int


@dataclass(frozen=True)
class Choice:
    """The cut taken, and every different cut tried, in the order tried. Both cut and taken are None where none was.

    taken: its place in the curve. merged_to: number of topics that its own were joined to, None where they stayed.
    """

    cut: Cut | None
    curve: tuple[Scored, ...]
    taken: int | None = None
    merged_to: int | None = None


def choose_cut(
    cuts: Iterable[Cut],
    neighbours: Neighbours,
    vectors: NDArray[np.float32],
    *,
    granularity: str | int = "auto",
    by_agreement: bool = False,
) -> Choice:
    """The cut of at least two topics with the highest score; of equals the first.

    vectors: (n, d), for papers that get no vote. granularity: "auto", "coarse" (at most half as many topics as the best
    cut), "fine" (the best of those with at least twice as many) or a number of topics; to have fewer, topics of a finer
    cut are joined. by_agreement: the cut that most fits agree on comes first, and the score decides between equals:
    among a handful of papers one neighbour more or less would sway the score.
    """
    different: dict[bytes, list[Cut]] = {}
    for cut in cuts:
        if cut.count >= 2:
            different.setdefault(cut.topics.tobytes(), []).append(cut)
    tried = [same[0] for same in different.values()]
    curve = tuple(_score(same, neighbours, vectors) for same in different.values())
    if not curve:
        return Choice(None, ())
    order = sorted(range(len(curve)), key=lambda i: (-curve[i].fits * by_agreement, -curve[i].score, i))
    best = curve[order[0]].count
    if granularity == "auto":
        return Choice(tried[order[0]], curve, order[0])
    if granularity == "fine":
        enough = [i for i in order if curve[i].count >= 2 * best]
        taken = enough[0] if enough else _finest(curve)
        return Choice(tried[taken], curve, taken)
    count = max(2, best // 2) if granularity == "coarse" else int(granularity)
    asked = _Asked(count, fewer_too=granularity == "coarse")
    return _of_number(asked, tried, curve, order, neighbours, vectors)


@dataclass(frozen=True)
class _Asked:
    """count: of topics asked for. fewer_too: whether a cut of fewer may be better."""

    count: int
    fewer_too: bool


def _of_number(
    asked: _Asked,
    tried: Sequence[Cut],
    curve: Sequence[Scored],
    order: Sequence[int],
    neighbours: Neighbours,
    vectors: NDArray[np.float32],
) -> Choice:
    """The best-scored of a few good cuts after their topics were joined until so many are left.

    order: places of the cuts, the best first. Good are the best cuts of all that have enough topics, and the best of
    those that have few more.
    """
    enough = [i for i in order if curve[i].count >= asked.count]
    if not enough:
        finest = _finest(curve)
        return Choice(tried[finest], tuple(curve), finest)
    most = max(min(curve[i].count for i in enough), CLOSE_ABOVE * asked.count)
    good = {*enough[:MERGED_CUTS], *[i for i in enough if curve[i].count <= most][:MERGED_CUTS]}
    if asked.fewer_too:
        good |= set([i for i in order if curve[i].count < asked.count][:1])
    best: tuple[float, int, NDArray[np.int32]] | None = None
    for i in sorted(good):
        topics = tried[i].topics
        if curve[i].count > asked.count:
            topics = merge_to(topics, asked.count, neighbours, vectors)
        score = _score([replace(tried[i], topics=topics)], neighbours, vectors).score
        if best is None or score > best[0]:
            best = score, i, topics
    assert best is not None
    _, taken, topics = best
    merged_to = asked.count if curve[taken].count > asked.count else None
    return Choice(replace(tried[taken], topics=topics), tuple(curve), taken, merged_to)


def _finest(curve: Sequence[Scored]) -> int:
    return max(range(len(curve)), key=lambda i: (curve[i].count, -i))


def _score(same: Sequence[Cut], neighbours: Neighbours, vectors: NDArray[np.float32]) -> Scored:
    cut = same[0]
    assigned = assign_corpus(vectors, neighbours, cut.topics).nearest_topic
    noise = float((cut.topics == -1).mean())
    return Scored(
        min_samples=cut.min_samples,
        min_cluster_size=cut.min_cluster_size,
        method=cut.method,
        cap=cut.cap,
        count=cut.count,
        noise=noise,
        largest=float(np.bincount(assigned).max() / len(assigned)),
        score=score_assigned(assigned, neighbours) * (1 - max(0.0, noise - NOISE_ALLOWED)),
        fits=len(same),
    )


def merge_to(
    topics: NDArray[np.int32], count: int, neighbours: Neighbours, vectors: NDArray[np.float32]
) -> NDArray[np.int32]:
    """(n,) the same core topics joined until `count` are left, numbered anew by size."""
    assigned = assign_corpus(vectors, neighbours, topics).nearest_topic
    merges = merge_order(joint_of(assigned, neighbours))
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
