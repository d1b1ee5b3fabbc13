"""Topics -> colours that people with colour blindness can tell apart, different for neighbours on the map.

Okabe and Ito's eight colours (Color Universal Design, 2008) without black, and three darker companions that keep their
distance under simulated deuteranopia; on a dark background the companions are light instead. Where there are more
topics than colours, topics that lie side by side get different ones.
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
NEAREST = 6  # topics around each that get other colours, as far as there are enough
STOPS = 16


def topic_colour_numbers(centres: NDArray[np.float64], fixed: Mapping[int, int] | None = None) -> list[int]:
    """Place in the palette for each topic: the least used colour that none of the nearest topics before it has.

    centres: (t, 2); fixed: colours of an earlier run, by the topic's row.
    """
    chosen = dict(fixed or {})
    counts = np.bincount(list(chosen.values()), minlength=len(PALETTE)).astype(np.float64)
    for number, centre in enumerate(centres):
        if number in chosen:
            continue
        others = np.array(sorted(chosen), dtype=np.int64)
        distances = ((centres[others] - centre) ** 2).sum(axis=1)
        near = others[np.argsort(distances, kind="stable")[:NEAREST]]
        cost = counts.copy()
        for rank, other in enumerate(near.tolist()):
            cost[chosen[other]] += 1000 * (NEAREST - rank)
        chosen[number] = int(cost.argmin())
        counts[chosen[number]] += 1
    return [chosen[number] for number in range(len(centres))]


def with_colours(hierarchy: TopicHierarchy, grouping: Grouping, coordinates: NDArray[np.float32]) -> TopicHierarchy:
    """The hierarchy with a colour for each topic, its earlier one where it comes from an earlier run.

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


def scale() -> tuple[str, ...]:
    """Sixteen colours of numbers from low to high, "#rrggbb": viridis, which stays ordered in greyscale."""
    import matplotlib as mpl

    stops = mpl.colormaps["viridis"](np.linspace(0.08, 0.96, STOPS))
    return tuple("#" + "".join(f"{round(255 * part):02x}" for part in stop[:3]) for stop in stops)
