"""Topics -> colours that people with colour blindness can tell apart, different for neighbours on the map.

Okabe and Ito's eight colours (Color Universal Design, 2008) without black, and three darker companions that keep their
distance under simulated deuteranopia; on a dark background the companions are light instead. An area has a colour of
its own, its topics have shades of it, so that what belongs together looks related; areas that lie side by side get
different colours, and so do topics where there are no areas.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from pipeline.clusterer.assignment import NOISE
from pipeline.topics.grouping import Grouping
from pipeline.topics.topic import TopicHierarchy

HUES = (
    *("#0072B2", "#E69F00", "#009E73", "#D55E00", "#56B4E9", "#CC79A7", "#B8A800"),
    *("#00406B", "#7A3B00", "#5C2E7E"),
)
DARK_HUES = (
    *("#2F95D6", "#E69F00", "#18B68A", "#E8702A", "#7CCBF5", "#DD93BC", "#D8C93A"),
    *("#B7D9F2", "#F2C9A5", "#C3A3E0"),
)
SHADES = (("#FFFFFF", 0.0), ("#FFFFFF", 0.38), ("#000000", 0.28), ("#FFFFFF", 0.2))  # mixed in, and how much


def mix(colour: str, other: str, share: float) -> str:
    """The colour with that share of another mixed in.

    >>> mix("#0072B2", "#FFFFFF", 0.5)
    '#80B8D8'
    """
    pairs = ((int(colour[at : at + 2], 16), int(other[at : at + 2], 16)) for at in (1, 3, 5))
    return "#" + "".join(f"{round(own + share * (to - own)):02X}" for own, to in pairs)


# The hues, then lighter and darker shades of each: number hue + 10 * shade.
PALETTE = tuple(mix(hue, other, share) for other, share in SHADES for hue in HUES)
DARK_PALETTE = tuple(mix(hue, other, share) for other, share in SHADES for hue in DARK_HUES)
NOISE_COLOUR, DARK_NOISE = "#C9CDD2", "#4B5360"
NEAREST = 6  # topics around each that get other colours, as far as there are enough
STOPS = 16


def hue_numbers(centres: NDArray[np.float64], fixed: Mapping[int, int] | None = None) -> list[int]:
    """The hue of each topic, or area: the least used one that none of the nearest before it has.

    centres: (t, 2) on the map; fixed: those of an earlier run, by row.
    """
    chosen = dict(fixed or {})
    counts = np.bincount(list(chosen.values()), minlength=len(HUES)).astype(np.float64)
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


def shade_numbers(hues: NDArray[np.int64], fixed: Mapping[int, int]) -> list[int]:
    """The colour of each topic: its hue in the shade that fewest topics before it have. fixed: colours by row.

    >>> shade_numbers(np.array([3, 3, 5, 3]), {0: 13})
    [13, 3, 5, 23]
    """
    used = Counter(fixed.values())
    numbers = []
    for row, hue in enumerate(hues.tolist()):
        shades = [hue + shade * len(HUES) for shade in range(len(SHADES))]
        numbers.append(fixed[row] if row in fixed else min(shades, key=lambda number: (used[number], number)))
        used[numbers[-1]] += row not in fixed
    return numbers


def with_colours(hierarchy: TopicHierarchy, grouping: Grouping, coordinates: NDArray[np.float32]) -> TopicHierarchy:
    """The hierarchy with a colour for each topic, its earlier one where it comes from an earlier run.

    A subtopic has the colour of its topic, an area the hue of its topics. coordinates: (n, 2) of the map.
    """
    area_of = grouping.hierarchy.area_of
    areas = len(area_of) > 0
    area_of = _with_lone_topics(area_of)
    groups = np.where(grouping.core == NOISE, NOISE, area_of[grouping.core]) if areas else grouping.core
    count = int(area_of.max()) + 1 if areas else len(grouping.ids)
    centres = [np.median(coordinates[groups == number], axis=0) for number in range(count)]
    earlier = {} if areas else {row: colour % len(HUES) for row, colour in grouping.colours.items()}
    hues = np.array(hue_numbers(np.array(centres, dtype=np.float64).reshape(-1, 2), earlier), dtype=np.int64)
    numbers = shade_numbers(hues[area_of] if areas else hues, grouping.colours)
    colours = dict(zip(grouping.ids, numbers, strict=True))
    subtopics = (subtopic for subtopic in hierarchy.subtopics if subtopic.parent is not None)
    return TopicHierarchy(
        tuple(replace(topic, colour=colours[topic.id]) for topic in hierarchy.topics),
        tuple(replace(area, colour=int(hues[area.id])) for area in hierarchy.areas),
        tuple(replace(subtopic, colour=colours[subtopic.parent or 0]) for subtopic in subtopics),
    )


def _with_lone_topics(area_of: NDArray[np.int32]) -> NDArray[np.int32]:
    """The same, each topic that lies in no area numbered as one of its own, after the areas.

    >>> _with_lone_topics(np.array([0, -1, 1, -1, 0], np.int32)).tolist()
    [0, 2, 1, 3, 0]
    """
    alone = area_of == -1
    return np.where(alone, area_of.max(initial=-1) + np.cumsum(alone), area_of).astype(np.int32)


def scale() -> tuple[str, ...]:
    """Sixteen colours of numbers from low to high, "#rrggbb": viridis, which stays ordered in greyscale."""
    import matplotlib as mpl

    stops = mpl.colormaps["viridis"](np.linspace(0.08, 0.96, STOPS))
    return tuple("#" + "".join(f"{round(255 * part):02x}" for part in stop[:3]) for stop in stops)
