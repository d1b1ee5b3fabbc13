"""Topics -> colours that people with colour blindness tell apart, neighbours on the map never alike.

Okabe and Ito's eight colours (Color Universal Design, 2008) without black, and three darker companions that keep their
distance under simulated deuteranopia; on a dark ground the companions are light instead. With more topics than colours,
topics that lie side by side get different ones.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

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


def topic_colours(centres: NDArray[np.float64]) -> Sequence[str]:
    """One colour a topic, in order. centres: (t, 2) where each topic lies on the map."""
    return [PALETTE[number] for number in topic_colour_numbers(centres)]


def topic_colour_numbers(centres: NDArray[np.float64]) -> list[int]:
    """Numbers of colours: each topic takes the least used that none of the nearest topics before it has."""
    chosen: list[int] = []
    used = np.zeros(len(PALETTE))
    for number, centre in enumerate(centres):
        distances = ((centres[:number] - centre) ** 2).sum(axis=1)
        near = np.argsort(distances, kind="stable")[:NEAREST]
        cost = used.copy()
        for rank, other in enumerate(near):
            cost[chosen[other]] += 1000 * (NEAREST - rank)
        colour = int(cost.argmin())
        chosen.append(colour)
        used[colour] += 1
    return chosen


def scale() -> list[str]:
    """Stops of a scale of numbers from low to high: viridis, which stays a scale without colour."""
    import matplotlib as mpl

    stops = mpl.colormaps["viridis"](np.linspace(0.08, 0.96, STOPS))
    return ["#" + "".join(f"{round(255 * part):02x}" for part in stop[:3]) for stop in stops]
