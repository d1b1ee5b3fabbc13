"""Atlas -> how strongly its papers are linked, by text and references, and the best route between two of them.

The strength of a link is 1 - (1 - t)(1 - c)(1 - d): t the cosine of the two vectors, c that of their lists of
references (bibliographic coupling, as in `pipeline.references.coupling`), d CITATION where one cites the other: each
kind of evidence can only add to the others, and text alone counts where references are missing.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from pipeline.atlas import AtlasData
from pipeline.recommender.recommend import SAME_MEANING, SAME_WORDS
from pipeline.references import StoredReferences

CITATION = 0.25  # what a citation adds to the strength of a link
POWER = 2.0  # of distances along a route: above 1, several short steps are better than one long
NEAR = 3_000  # papers nearest to both ends, among which a route is looked for first
Rows = NDArray[np.int64]


@dataclass(frozen=True)
class PaperLinks:
    """The links of an atlas. references: None where no paper has any."""

    atlas: AtlasData
    references: StoredReferences | None

    def cosines(self, left: Rows, right: Rows) -> NDArray[np.float64]:
        """(p,) cosine of the vectors of each pair."""
        vectors, cosines = self.atlas.vectors, np.empty(len(left))
        for start in range(0, len(left), 8192):
            part = slice(start, start + 8192)
            cosines[part] = np.einsum("ij,ij->i", vectors[left[part]], vectors[right[part]], dtype=np.float64)
        return np.round(cosines, 6)

    def coupled(self, left: Rows, right: Rows) -> NDArray[np.float64]:
        """(p,) cosine of the lists of references of each pair, in [0, 1]; 0 without references."""
        if self._cited is None:
            return np.zeros(len(left))
        return self._cited.cosines(left, right)

    def versions(self, left: Rows, right: Rows) -> NDArray[np.bool_]:
        """(p,) whether the papers of each pair are versions of each other, by the rule of `similar`."""
        alike = self.cosines(left, right) >= SAME_MEANING
        if self._words is not None and alike.any():
            alike[alike] = self._words.cosines(left[alike], right[alike]) >= SAME_WORDS
        return alike

    def cites(self, left: Rows, right: Rows) -> NDArray[np.bool_]:
        """(p,) whether the first of each pair cites the second."""
        return np.zeros(len(left), dtype=bool) if self._cited is None else self._cited.look_up(left, right)[0]

    def strengths(self, left: Rows, right: Rows) -> NDArray[np.float64]:
        """(p,) strength of the link of each pair, in [0, 1]."""
        text = np.clip(self.cosines(left, right), 0.0, 1.0)
        direct = self.cites(left, right) | self.cites(right, left)
        return 1 - (1 - text) * (1 - self.coupled(left, right)) * np.where(direct, 1 - CITATION, 1.0)

    def cited_by(self, among: NDArray[np.bool_]) -> Rows:
        """(n,) how many papers of a mask cite each paper."""
        cited = np.zeros(len(self.atlas), dtype=np.int64)
        if self.references is None:
            return cited
        citing = np.repeat(np.arange(len(self.atlas)), np.diff(self.references.offsets))
        inside = (self.references.works < len(self.atlas)) & among[citing]
        return cited + np.bincount(self.references.works[inside], minlength=len(self.atlas))

    def pairs(self, among: NDArray[np.bool_]) -> tuple[Rows, Rows]:
        """The pairs of papers of a mask that are linked: neighbours of the run, and papers of which one cites the
        other; each once, the smaller row first.
        """
        papers, k = self.atlas.neighbours.indices.shape
        left = np.repeat(np.arange(papers, dtype=np.int64), k)
        right = self.atlas.neighbours.indices.ravel().astype(np.int64)
        if self.references is not None:
            citing = np.repeat(np.arange(papers, dtype=np.int64), np.diff(self.references.offsets))
            inside = self.references.works < papers
            left = np.concatenate([left, citing[inside]])
            right = np.concatenate([right, self.references.works[inside].astype(np.int64)])
        kept = among[left] & among[right] & (left != right)
        left, right = left[kept], right[kept]
        keys = np.sort(np.minimum(left, right) * papers + np.maximum(left, right))
        keys = keys[np.diff(keys, prepend=-1) > 0]
        return np.divmod(keys, max(papers, 1))

    @cached_property
    def _cited(self) -> "_WeightedLists | None":
        own = self.references
        return None if own is None else _WeightedLists(own.offsets, own.works, own.weights)

    @cached_property
    def _words(self) -> "_WeightedLists | None":
        own = self.atlas.lexical
        return None if own is None else _WeightedLists(own.offsets, own.terms, own.weights)


@dataclass(frozen=True)
class _WeightedLists:
    """Sparse rows of length at most 1: n lists of items, increasing within each, with weights."""

    offsets: Rows
    items: NDArray[np.int32]
    weights: NDArray[np.float32]

    def cosines(self, left: Rows, right: Rows) -> NDArray[np.float64]:
        """(p,) product of the two lists of each pair, in [0, 1]."""
        starts = self.offsets[left]
        counts = self.offsets[left + 1] - starts
        pairs = np.repeat(np.arange(len(left)), counts)
        entries = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts) + starts[pairs]
        found, place = self.look_up(right[pairs], self.items[entries])
        products = self.weights[entries][found].astype(np.float64) * self.weights[place[found]]
        sums = np.bincount(pairs[found], products, minlength=len(left)).astype(np.float64)
        return np.asarray(np.round(np.clip(sums, 0.0, 1.0), 6))

    def look_up(self, rows: Rows, items: NDArray[np.int64] | NDArray[np.int32]) -> tuple[NDArray[np.bool_], Rows]:
        """Whether each list holds each item, and where that stands in the arrays."""
        if not len(self._keys):
            return np.zeros(len(rows), dtype=bool), np.zeros(len(rows), dtype=np.int64)
        wanted = rows * self._width + np.minimum(items, self._width - 1)
        place = np.minimum(np.searchsorted(self._keys, wanted), len(self._keys) - 1)
        return (self._keys[place] == wanted) & (items < self._width), place

    @cached_property
    def _width(self) -> int:
        return int(self.items.max(initial=-1)) + 1

    @cached_property
    def _keys(self) -> Rows:
        """Every entry as one number, increasing."""
        rows = np.repeat(np.arange(len(self.offsets) - 1, dtype=np.int64), np.diff(self.offsets))
        return rows * self._width + self.items


def best_route(links: PaperLinks, ends: tuple[int, int], *, k: int) -> list[int]:
    """Rows from one end to the other, at most k with both: the route whose distances 1 - strength, each to the power
    of two, have the smallest sum. That is the path of a Pathfinder network (Schvaneveldt, Durso and Dearholt 1989,
    10.1016/S0079-7421(08)60539-3) with Minkowski's r = 2 and at most q = k - 1 links. Empty where there is none.

    A link between two versions of one paper counts as none at all where another will do. Looked for among the NEAR
    papers nearest to both ends first, then among all.
    """
    vectors = links.atlas.vectors
    everyone = np.ones(len(vectors), dtype=bool)
    if len(vectors) <= NEAR:
        return _route_among(links, ends, k=k, among=everyone)
    cosines = np.asarray(vectors @ (vectors[ends[0]].astype(np.float64) + vectors[ends[1]]))
    near = np.zeros(len(vectors), dtype=bool)
    near[np.argsort(-np.round(cosines, 6), kind="stable")[:NEAR]] = True
    near[list(ends)] = True
    return _route_among(links, ends, k=k, among=near) or _route_among(links, ends, k=k, among=everyone)


def fewest_papers(links: PaperLinks, ends: tuple[int, int]) -> int | None:
    """How many papers the shortest route has, both ends counted; None where no route joins them."""
    left, right = links.pairs(np.ones(len(links.atlas), dtype=bool))
    reached = np.zeros(len(links.atlas), dtype=bool)
    reached[ends[0]] = True
    count, before = 1, 0
    while not reached[ends[1]]:
        if before == (before := int(reached.sum())):
            return None
        now = reached.copy()
        now[right[reached[left]]] = True
        now[left[reached[right]]] = True
        reached, count = now, count + 1
    return count


def _route_among(links: PaperLinks, ends: tuple[int, int], *, k: int, among: NDArray[np.bool_]) -> list[int]:
    left, right = links.pairs(among)
    costs = (1 - np.where(links.versions(left, right), 0.0, links.strengths(left, right))) ** POWER
    sources, targets = np.concatenate([left, right]), np.concatenate([right, left])
    order = np.lexsort((sources, targets))
    sources, targets, costs = sources[order], targets[order], np.concatenate([costs, costs])[order]
    reached, starts = np.unique(targets, return_index=True)
    total = np.full(len(among), np.inf)
    total[ends[0]] = 0.0
    before = []
    for _ in range(k - 1):
        if not len(reached):
            break
        sums = total[sources] + costs
        least = np.minimum.reduceat(sums, starts)
        first = _first_at(sums, least, starts)
        better = least < total[reached] - 1e-12
        came_from = np.full(len(among), -1, dtype=np.int64)
        came_from[reached[better]] = sources[first[better]]
        total[reached[better]] = least[better]
        before.append(came_from)
        if not better.any():
            break
    return _walk_back(before, ends)


def _first_at(sums: NDArray[np.float64], least: NDArray[np.float64], starts: Rows) -> Rows:
    """Where each group's least sum stands first."""
    lengths = np.diff(np.append(starts, len(sums)))
    places = np.flatnonzero(sums == np.repeat(least, lengths))
    return places[np.searchsorted(places, starts)]


def _walk_back(before: list[Rows], ends: tuple[int, int]) -> list[int]:
    """The route, from what each round of links improved; empty where the end was never reached."""
    route, row = [ends[1]], ends[1]
    for came_from in reversed(before):
        if came_from[row] >= 0:
            row = int(came_from[row])
            route.append(row)
    return route[::-1] if row == ends[0] else []
