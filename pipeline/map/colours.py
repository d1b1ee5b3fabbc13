"""Topics -> colours that people with colour blindness tell apart, neighbours on the map never alike.

Okabe and Ito's eight colours (Color Universal Design, 2008) without black, and three darker companions that keep their
distance under simulated deuteranopia; on a dark ground the companions are light instead. With more topics than colours,
topics that lie side by side get different ones.
"""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from pipeline.topics.grouping import Grouping
from pipeline.topics.topic import TopicHierarchy

PALETTE = (
    *("#0072B2", "#E69F00", "#009E73", "#D55E00", "#56B4E9", "#CC79A7", "#B8A800"),
    *("#00406B", "#7A3B00", "#5C2E7E"),
)
DARK_PALETTE = (
    *("#2F95D6", "#E69F00", "#18B68A", "#E8702A", "#7CCBF5", "#DD93BC", "#D8C93A"),
    *("#B7D9F2", "#F2C9A5", "#C3A3E0"),
)
NOISE_COLOUR, DARK_NOISE = "#C9CDD2", "#4B5360"
NEAREST = 6  # topics around each that must look different
STOPS = 16


def topic_colour_numbers(centres: NDArray[np.float64], fixed: Mapping[int, int] | None = None) -> list[int]:
    """Numbers of colours: each topic takes the least used that none of the nearest topics before it has.

    fixed: colours that topics have already, by the topic's place.
    """
    chosen = dict(fixed or {})
    used = np.bincount(list(chosen.values()), minlength=len(PALETTE)).astype(np.float64)
    for number, centre in enumerate(centres):
        if number in chosen:
            continue
        others = np.array(sorted(chosen), dtype=np.int64)
        distances = ((centres[others] - centre) ** 2).sum(axis=1)
        near = others[np.argsort(distances, kind="stable")[:NEAREST]]
        cost = used.copy()
        for rank, other in enumerate(near.tolist()):
            cost[chosen[other]] += 1000 * (NEAREST - rank)
        chosen[number] = int(cost.argmin())
        used[chosen[number]] += 1
    return [chosen[number] for number in range(len(centres))]


def with_colours(hierarchy: TopicHierarchy, grouping: Grouping, coordinates: NDArray[np.float32]) -> TopicHierarchy:
    """The hierarchy with a colour for each topic, the one it had in an earlier run where it had one.

    A subtopic has the colour of its topic, an area that of its largest topic. coordinates: (n, 2) of the map.
    """
    centres = [np.median(coordinates[grouping.core == number], axis=0) for number in range(len(grouping.ids))]
    numbers = topic_colour_numbers(np.array(centres, dtype=np.float64).reshape(-1, 2), grouping.colours)
    colours = dict(zip(grouping.ids, numbers, strict=True))
    largest = {area.id: hierarchy.of_area(area.id)[0].id for area in hierarchy.areas}
    subtopics = (subtopic for subtopic in hierarchy.subtopics if subtopic.parent is not None)
    return TopicHierarchy(
        tuple(replace(topic, colour=colours[topic.id]) for topic in hierarchy.topics),
        tuple(replace(area, colour=colours[largest[area.id]]) for area in hierarchy.areas),
        tuple(replace(subtopic, colour=colours[subtopic.parent or 0]) for subtopic in subtopics),
    )


def scale() -> list[str]:
    """Stops of a scale of numbers from low to high: viridis, which stays a scale without colour."""
    import matplotlib as mpl

    stops = mpl.colormaps["viridis"](np.linspace(0.08, 0.96, STOPS))
    return ["#" + "".join(f"{round(255 * part):02x}" for part in stop[:3]) for stop in stops]
