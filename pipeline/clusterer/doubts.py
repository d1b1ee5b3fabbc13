"""The choice of a cut -> what should make its reader careful, in words."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from pipeline.clusterer.assignment import assign_corpus
from pipeline.clusterer.choice import Choice, Scored
from pipeline.clusterer.tree import Cut, cut_tree
from pipeline.neighbours import Neighbours

GIANT = 0.5  # one topic with more than this share of the papers ...
GIANT_BESIDE = 4.0  # ... and so many times the next
MOSTLY_NOISE = 0.6
NUDGE = 1.1  # a slightly different smallest size of topics
SWAYED = 0.75  # adjusted mutual information with the topics of that size, below which they are not the same
FEWEST_PAPERS = 16


def find_doubts(
    choice: Choice, neighbours: Neighbours, vectors: NDArray[np.float32], *, asked: str | int = "auto"
) -> tuple[str, ...]:
    """Sentences about a giant topic, nearly all noise, topics that a small change would change, or a number missed.

    asked: the granularity. Below 16 papers only a missed number is told.
    """
    if choice.cut is None or choice.taken is None:
        return ()
    missed = tuple(_missed(choice, choice.cut.count, asked))
    if len(vectors) < FEWEST_PAPERS:
        return missed
    nearest = assign_corpus(vectors, neighbours, choice.cut.topics).nearest_topic
    agreement = None if choice.merged_to else _when_nudged(choice.cut, nearest, neighbours, vectors)
    return missed + tuple(_dangers(nearest, choice.curve[choice.taken], agreement))


def _missed(choice: Choice, count: int, asked: str | int) -> Iterator[str]:
    best = max(choice.curve, key=lambda scored: scored.score).count
    if isinstance(asked, int) and count != asked:
        yield f"{asked} topics were asked for; the tree of these papers has at most {count}"
    if asked == "fine" and count < 2 * best:
        yield f"no cut has twice as many topics as the best, {best}; these {count} are the finest"


def _dangers(nearest: NDArray[np.int32], taken: Scored, agreement: float | None) -> Iterator[str]:
    sizes = np.sort(np.bincount(nearest))[::-1]
    if sizes[0] > GIANT * len(nearest) and (len(sizes) < 2 or sizes[0] > GIANT_BESIDE * sizes[1]):
        yield f"one topic holds {sizes[0] / len(nearest):.0%} of the papers: the others may be mere fringes of it"
    if taken.noise > MOSTLY_NOISE:
        yield f"{taken.noise:.0%} of the papers lie between topics: this corpus has few dense places"
    if agreement is not None and agreement < SWAYED:
        yield f"a slightly different smallest size would give other topics (agreement {agreement:.2f} of 1)"


def _when_nudged(
    cut: Cut, nearest: NDArray[np.int32], neighbours: Neighbours, vectors: NDArray[np.float32]
) -> float | None:
    """Lowest agreement with the topics of a tenth smaller and a tenth larger size on the same tree."""
    from sklearn.metrics import adjusted_mutual_info_score

    if cut.tree is None:
        return None
    size = cut.min_cluster_size
    agreements = []
    for nudged in (min(size - 1, round(size / NUDGE)), max(size + 1, round(size * NUDGE))):
        cuts = cut_tree(cut.tree, min_cluster_size=nudged, methods=(cut.method,)) if nudged >= 2 else ()
        other = next((other for other in cuts if other.cap == cut.cap), None)
        if other is not None:
            found = assign_corpus(vectors, neighbours, other.topics).nearest_topic if other.count else nearest * 0
            agreements.append(float(adjusted_mutual_info_score(nearest, found)))
    return min(agreements, default=None)
