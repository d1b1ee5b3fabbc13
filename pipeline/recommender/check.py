"""Draft, its references -> what it may have missed: near papers that it does not cite, and how new it is."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from pipeline.atlas import AtlasData
from pipeline.recommender.cited import Cited
from pipeline.recommender.query import Query
from pipeline.recommender.recommend import Filters, Recommended, similar

NEAREST = 10
OTHER_NEAREST = (5, 20)


@dataclass(frozen=True)
class Novelty:
    """How far a text lies from the corpus, measured as the corpus's own papers lie from each other.

    closeness: mean cosine to its `nearest` nearest papers, in [-1, 1]. percentile: of the corpus's papers, how many
    in a hundred lie closer to theirs; 0 is the least new, 100 the newest. low, high: the range of that figure over
    5, 10 and 20 nearest papers.
    """

    nearest: int
    closeness: float
    percentile: float
    low: float
    high: float


@dataclass(frozen=True)
class Checked:
    """missing: papers near the draft and not cited, best first. novelty: None where fewer than two papers compare."""

    missing: tuple[Recommended, ...]
    novelty: Novelty | None
    cited: Cited | None

    def to_json(self) -> dict[str, Any]:
        return {
            "missing": [paper.to_json() for paper in self.missing],
            "novelty": None if self.novelty is None else asdict(self.novelty),
            "cited": None if self.cited is None else self.cited.to_json(),
        }


def check_draft(atlas: AtlasData, draft: Query, cited: Cited | None, *, k: int) -> Checked:
    """The k papers most like the draft among those not cited, and its novelty."""
    keep = np.ones(len(atlas), dtype=bool)
    if cited is not None:
        keep[cited.rows] = False
    return Checked(tuple(similar(atlas, draft, k=k, filters=Filters(keep=keep))), measure_novelty(atlas, draft), cited)


def measure_novelty(atlas: AtlasData, draft: Query) -> Novelty | None:
    """The draft's place among the corpus's papers by the mean cosine to the nearest others; itself is no other."""
    others = np.ones(len(atlas), dtype=bool)
    others[list(draft.rows)] = False
    similarities = atlas.index.nearest(draft.vector[None], k=max(NEAREST, *OTHER_NEAREST), among=others).similarities[0]
    most = min(len(similarities), atlas.neighbours.k)
    if most < 1:
        return None
    measured = {count: _percentile(atlas, similarities, min(count, most)) for count in (NEAREST, *OTHER_NEAREST)}
    closeness, percentile = measured[NEAREST]
    percentiles = [value for _, value in measured.values()]
    return Novelty(min(NEAREST, most), closeness, percentile, min(percentiles), max(percentiles))


def _percentile(atlas: AtlasData, similarities: np.ndarray[Any, Any], count: int) -> tuple[float, float]:
    """Mean cosine to the `count` nearest, and how many in a hundred of the corpus's papers have a higher one."""
    own = round(float(similarities[:count].astype(np.float64).mean()), 6)
    corpus = np.round(atlas.neighbours.similarities[:, :count].astype(np.float64).mean(axis=1), 6)
    return own, round(100 * float((corpus > own).mean()), 1)
