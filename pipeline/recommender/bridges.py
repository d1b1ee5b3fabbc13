"""Atlas -> the papers between two topics: those whose neighbours support a second topic nearly as much as the first."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from pipeline.atlas import AtlasData
from pipeline.clusterer.assignment import NOISE, vote_shares


@dataclass(frozen=True)
class Bridge:
    """One paper between two topics. shares: of its neighbours' vote for each, in [0, 1], the first not smaller."""

    id: str
    title: str
    topics: tuple[int, int]
    labels: tuple[str, str]
    shares: tuple[float, float]

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def find_bridges(atlas: AtlasData, *, margin: float = 0.1, least: float = 0.25) -> list[Bridge]:
    """Papers with two topics that each get at least `least` of the vote and differ by at most `margin`.

    Ordered by pair of topics, then by the smaller share, the largest first.
    """
    first, second = vote_shares(atlas.neighbours, atlas.column("topic").to_numpy())
    ids, titles = atlas.column("id"), atlas.column("title")
    bridges = []
    for row in np.flatnonzero(
        (second.topic != NOISE) & (second.share >= least) & (first.share - second.share <= margin)
    ):
        topics = int(first.topic[row]), int(second.topic[row])
        bridges.append(
            Bridge(
                id=ids[int(row)].as_py(),
                title=titles[int(row)].as_py(),
                topics=topics,
                labels=(atlas.topic(topics[0]).label, atlas.topic(topics[1]).label),
                shares=(round(float(first.share[row]), 6), round(float(second.share[row]), 6)),
            )
        )
    return sorted(bridges, key=lambda bridge: (sorted(bridge.topics), -bridge.shares[1], bridge.id))
