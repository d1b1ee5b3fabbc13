"""Topic, links -> a reading list through the years: from its papers cited most and early to the recent work.

The papers of the topic are cut by year into as many spans as the list has steps, each with as many papers, one cited
often counting for several. One paper of each span is taken such that the sum over the list is largest: how much the
topic cites each (without references: how near it is to their centre), how strongly it is linked with the paper asked
about and with the one before it; in the first span early years count beside, in the last late ones. A list whose steps
hang together is a coherent chain (Shahaf and Guestrin 2010, 10.1145/1835804.1835884); dynamic programming finds the
best.
"""

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from pipeline.recommender.reading_path_links import PaperLinks, Rows

CITED, NEARNESS, LINKED = 1.0, 1.5, 0.75  # weights of the three
EARLY, RECENT = 0.25, 1.0  # what the first year of the first span, and the last year of the last, add
VERSION = -1.0  # in place of the strength of a link between two versions of one paper
SHARE, EACH = 1 / 3, 10  # of the papers, and papers for each step at least: the nearest, of which the list is made
MOST = 60  # papers of a span that are compared with those of the next
DATED = 0.5  # share of the papers that must have a year for the list to follow the years


def tell_story(links: PaperLinks, start: int, members: Rows, *, steps: int) -> list[int]:
    """Rows of at most `steps` papers among members, in the order in which to read them; start is none of them.

    Where start is a member, the list is made of the third of the papers nearest to it, ten for each step at least, so
    that it stays on its subject in a topic that has several. By year, of papers of one year those cited more first;
    where fewer than half of the papers have a year, those cited most first and of as many citations the nearest.
    """
    among = np.zeros(len(links.atlas), dtype=bool)
    among[members] = True
    around, members = bool(among[start]), members[members != start]
    if not len(members) or steps < 1:
        return []
    cited = links.cited_by(among)[members]
    nearness = links.strengths(np.full(len(members), start), members)
    nearness[links.versions(np.full(len(members), start), members)] = VERSION
    if around:
        near = _nearest(nearness, max(steps * EACH, int(len(members) * SHARE)))
        members, cited, nearness = members[near], cited[near], nearness[near]
    years = np.array([year or 0 for year in links.atlas.column("year").to_pylist()], dtype=np.int64)[members]
    if np.mean(years > 0) < DATED:
        order = np.lexsort((members, -nearness, -cited))[:steps]
        return [int(row) for row in members[order]]
    dated = years > 0
    members, cited, nearness, years = members[dated], cited[dated], nearness[dated], years[dated]
    own = CITED * _standing(links, members, cited) + NEARNESS * nearness
    order = np.lexsort((members, -cited, years))
    spans = [order[span] for span in _spans(1 + np.log2(1 + cited[order]), steps)]
    if len(spans) > 1:
        own[spans[0]] += EARLY * (1 - _places_of_years(years[spans[0]]))
        own[spans[-1]] += RECENT * _places_of_years(years[spans[-1]])
    best = [span[np.argsort(-own[span], kind="stable")[:MOST]] for span in spans]
    chosen = _best_chain([members[span] for span in best], [own[span] for span in best], links)
    return [int(members[span[place]]) for span, place in zip(best, chosen, strict=True)]


def _nearest(nearness: NDArray[np.float64], count: int) -> Rows:
    """Places of the nearest papers, increasing; of equally near ones the first."""
    return np.sort(np.argsort(-np.round(nearness, 6), kind="stable")[:count])


def _standing(links: PaperLinks, members: Rows, cited: Rows) -> NDArray[np.float64]:
    """(m,) in [0, 1]: how often each paper is cited, as a share of the most, in logarithms; where none is cited, its
    cosine with the mean of the papers.
    """
    if cited.any():
        return np.asarray(np.log1p(cited) / np.log1p(cited.max()))
    vectors = np.asarray(links.atlas.vectors[members], dtype=np.float64)
    centre = vectors.mean(axis=0)
    cosines = vectors @ centre / max(float(np.linalg.norm(centre)), 1e-12)
    return np.asarray(np.round(np.clip(cosines, 0.0, 1.0), 6))


def _places_of_years(years: Rows) -> NDArray[np.float64]:
    """Where each year lies between the first and the last, in [0, 1]; one half where they are one."""
    length = int(years.max() - years.min())
    return np.asarray((years - years.min()) / length if length else np.full(len(years), 0.5), dtype=np.float64)


def _spans(weights: NDArray[np.float64], count: int) -> list[NDArray[np.int64]]:
    """Places in order, cut into at most `count` spans of about equal weight, none empty."""
    places = np.arange(len(weights))
    if len(weights) <= count:
        return [places[at : at + 1] for at in range(len(weights))]
    middles = np.cumsum(weights) - weights / 2
    span = np.minimum((middles * count / weights.sum()).astype(np.int64), count - 1)
    if len(np.unique(span)) < count:
        return list(np.array_split(places, count))
    return [places[span == at] for at in range(count)]


def _best_chain(spans: list[Rows], own: list[NDArray[np.float64]], links: PaperLinks) -> list[int]:
    """The place of the paper taken of each span."""
    total, before = own[0], []
    for (earlier, later), gain in zip(pairwise(spans), own[1:], strict=True):
        left, right = np.repeat(earlier, len(later)), np.tile(later, len(earlier))
        strengths = np.where(links.versions(left, right), VERSION, links.strengths(left, right))
        sums = total[:, None] + LINKED * strengths.reshape(len(earlier), len(later))
        before.append(sums.argmax(axis=0))
        total = sums.max(axis=0) + gain
    places = [int(total.argmax())]
    for choices in reversed(before):
        places.append(int(choices[places[-1]]))
    return places[::-1]
