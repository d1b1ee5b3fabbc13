"""The topics selected -> what should make their reader careful, in sentences."""

from collections.abc import Iterator

import numpy as np

from pipeline.clusterer.assignment import NOISE
from pipeline.clusterer.selection import Selection

GIANT = 0.5  # one topic with more than this share of the papers ...
GIANT_BESIDE = 4.0  # ... and so many times the next
MOSTLY_NOISE = 0.6
UNSTABLE = 0.6  # adjusted mutual information of the fits, below which they found different topics
FEWEST_AT_EDGE = 12  # so few topics may well be all there are
FEWEST_PAPERS = 16


def find_warnings(
    selection: Selection, *, finest: int, granularity: str | int = "auto", settled: bool = False
) -> tuple[str, ...]:
    """Sentences about a number missed, a number at the edge of those tried, a giant topic, nearly all noise, or fits
    that disagree.

    finest: the most topics that every fit has. granularity: what was asked for; settled: whether the smallest topic was
    given. Below 16 papers only a missed number is reported.
    """
    if selection.core is None:
        return ()
    missed = tuple(_missed(selection, finest, granularity))
    if len(selection.core) < FEWEST_PAPERS:
        return missed
    at_edge = granularity == "auto" and not settled and selection.wanted >= finest > FEWEST_AT_EDGE
    return missed + tuple(_dangers(selection, at_edge=at_edge))


def _missed(selection: Selection, finest: int, granularity: str | int) -> Iterator[str]:
    if isinstance(granularity, int) and selection.count != granularity:
        yield f"{granularity} topics were asked for; these papers gave {selection.count}"
    if granularity == "fine" and selection.wanted > finest:
        yield f"no clustering has twice as many topics as the best; these {selection.count} are the finest"


def _dangers(selection: Selection, *, at_edge: bool) -> Iterator[str]:
    if selection.core is None or selection.nearest is None:
        return
    sizes = np.sort(np.bincount(selection.nearest))[::-1]
    noise = float((selection.core == NOISE).mean())
    if at_edge:
        yield (
            f"{selection.count} topics are the most that were tried, and the score was highest there: with a smaller"
            " clusterer.min_cluster_size and a clusterer.granularity there may be more"
        )
    if sizes[0] > GIANT * len(selection.core) and (len(sizes) < 2 or sizes[0] > GIANT_BESIDE * sizes[1]):
        share = f"{sizes[0] / len(selection.core):.0%}"
        yield f"one topic holds {share} of the papers: the others may be mere fringes of it"
    if noise > MOSTLY_NOISE:
        yield f"{noise:.0%} of the papers lie between topics: this corpus has few dense places"
    if selection.agreement is not None and selection.agreement < UNSTABLE:
        yield f"other random seeds would give other topics (agreement of the fits {selection.agreement:.2f} of 1)"
