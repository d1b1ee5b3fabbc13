"""Papers announced in the last months, atlas -> the topics that got more of them than their share of the run."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.atlas import AtlasData
from pipeline.trends.statistics import difference_p, significant
from pipeline.watch.watch_state import NewsCount

GROWTH_DAYS = 90  # of news that are counted together
FEWEST = 3  # new papers of a topic that can be called growing


@dataclass(frozen=True)
class GrowingTopic:
    """new: papers announced, of `total` in all topics. expected: as many as its share of the papers before says."""

    topic: int
    label: str
    new: int
    total: int
    expected: float


def growing_topics(atlas: AtlasData, counts: Sequence[NewsCount]) -> tuple[GrowingTopic, ...]:
    """The topics whose share of the papers announced is significantly larger than their share of those before.

    Fisher's exact test, at a false discovery rate of 5 % over the topics that have any; noise counts for its
    nearest topic. The most surplus first.
    """
    announced: Counter[int] = Counter()
    for one in counts:
        announced.update(one.topics)
    topics = sorted(topic for topic in announced if announced[topic])
    total = announced.total()
    nearest = Counter(atlas.column("nearest_topic").to_pylist())
    before = len(atlas) - total
    if not topics or before < 1:
        return ()
    new = np.array([announced[topic] for topic in topics], dtype=np.int64)
    rest = np.array([max(nearest[topic] - announced[topic], 0) for topic in topics], dtype=np.int64)
    p = difference_p(new, np.full_like(new, total), rest=rest, rest_totals=np.full_like(new, before))
    expected = total * rest / before
    grows = significant(p) & (new > expected) & (new >= FEWEST)
    growing = [
        GrowingTopic(topics[place], atlas.topic(topics[place]).label, int(new[place]), total, float(expected[place]))
        for place in np.flatnonzero(grows).tolist()
    ]
    return tuple(sorted(growing, key=lambda one: (one.expected - one.new, one.topic)))
