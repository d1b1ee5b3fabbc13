"""The selected cut -> what should make its reader careful, in sentences."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from pipeline.clusterer.assignment import assign_corpus
from pipeline.clusterer.selection import CutScore, Selection
from pipeline.clusterer.tree import Cut, cut_tree
from pipeline.neighbours import Neighbours

GIANT = 0.5  # one topic with more than this share of the papers ...
GIANT_BESIDE = 4.0  # ... and so many times the next
MOSTLY_NOISE = 0.6
NUDGE = 1.1  # a slightly different smallest size of topics
UNSTABLE = 0.75  # adjusted mutual information with the topics of that size, below which they are not the same
FEWEST_PAPERS = 16


def find_warnings(
    selection: Selection, neighbours: Neighbours, vectors: NDArray[np.float32], *, granularity: str | int = "auto"
) -> tuple[str, ...]:
    """Sentences about a giant topic, nearly all noise, topics that a small change would change, or a number missed.

    granularity: what was asked for. Below 16 papers only a missed number is reported.
    """
    if selection.cut is None or selection.selected is None or selection.nearest is None:
        return ()
    missed = tuple(_missed(selection, selection.cut.count, granularity))
    if len(vectors) < FEWEST_PAPERS:
        return missed
    agreement = None
    if selection.merged_to is None:
        agreement = _when_nudged(selection.cut, selection.nearest, neighbours, vectors=vectors)
    return missed + tuple(_dangers(selection.nearest, selection.scores[selection.selected], agreement))


def _missed(selection: Selection, count: int, granularity: str | int) -> Iterator[str]:
    best = max(selection.scores, key=lambda score: score.score).count
    if isinstance(granularity, int) and count != granularity:
        yield f"{granularity} topics were asked for; the tree of these papers has at most {count}"
    if granularity == "fine" and count < 2 * best:
        yield f"no cut has twice as many topics as the best, {best}; these {count} are the finest"


def _dangers(nearest: NDArray[np.int32], score: CutScore, agreement: float | None) -> Iterator[str]:
    sizes = np.sort(np.bincount(nearest))[::-1]
    if sizes[0] > GIANT * len(nearest) and (len(sizes) < 2 or sizes[0] > GIANT_BESIDE * sizes[1]):
        yield f"one topic holds {sizes[0] / len(nearest):.0%} of the papers: the others may be mere fringes of it"
    if score.noise > MOSTLY_NOISE:
        yield f"{score.noise:.0%} of the papers lie between topics: this corpus has few dense places"
    if agreement is not None and agreement < UNSTABLE:
        yield f"a slightly different smallest size would give other topics (agreement {agreement:.2f} of 1)"


def _when_nudged(
    cut: Cut, nearest: NDArray[np.int32], neighbours: Neighbours, *, vectors: NDArray[np.float32]
) -> float | None:
    """Lowest agreement with the topics of a tenth smaller and a tenth larger size on the same tree."""
    from sklearn.metrics import adjusted_mutual_info_score

    if cut.tree is None:
        return None
    size = cut.min_cluster_size
    agreements = []
    for nudged in (min(size - 1, round(size / NUDGE)), max(size + 1, round(size * NUDGE))):
        cuts = cut_tree(cut.tree, min_cluster_size=nudged, methods=(cut.method,)) if nudged >= 2 else ()
        other = next((other for other in cuts if other.max_cluster_share == cut.max_cluster_share), None)
        if other is not None:
            vote = assign_corpus(vectors, neighbours, other.topics).nearest_topic if other.count else nearest * 0
            agreements.append(float(adjusted_mutual_info_score(nearest, vote)))
    return min(agreements, default=None)
