"""Topics -> colours that people with colour blindness tell apart, neighbours on the map never alike.

Okabe and Ito's eight colours (Color Universal Design, 2008) without black, and three darker companions that keep their
distance under simulated deuteranopia. With more topics than colours, topics that lie side by side get different ones.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

PALETTE = (
    *("#0072B2", "#E69F00", "#009E73", "#D55E00", "#56B4E9", "#CC79A7", "#B8A800"),
    *("#00406B", "#7A3B00", "#5C2E7E"),
)
NOISE_COLOUR = "#C9CDD2"
NEAREST = 6  # topics around each that must look different


def topic_colours(centres: NDArray[np.float64]) -> Sequence[str]:
    """One colour a topic, in order: each takes the least used colour that none of the nearest topics before it has.

    centres: (t, 2) where each topic lies on the map.
    """
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
    return [PALETTE[colour] for colour in chosen]
