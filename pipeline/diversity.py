"""Ranked papers or phrases -> an order that repeats itself less: maximal marginal relevance.

Carbonell and Goldstein, 1998: each next one is that with the highest (1 - d) relevance - d closeness to the nearest
one already taken. Relevance is a score scaled to [0, 1] over the candidates, closeness the cosine.
"""

import numpy as np
from numpy.typing import NDArray


def diversify(relevance: NDArray[np.float64], vectors: NDArray[np.float32], *, diversity: float, k: int) -> list[int]:
    """Places of the k taken, in their new order; diversity 0 keeps the old one.

    relevance: (c,) falling; vectors: (c, d) float32 unit rows of the same candidates; diversity in [0, 1].
    """
    count = min(k, len(relevance))
    if diversity == 0 or count == 0:
        return list(range(count))
    span = relevance.max() - relevance.min()
    scaled = (relevance - relevance.min()) / span if span > 0 else np.ones_like(relevance)
    closest = np.full(len(relevance), -np.inf)
    taken: list[int] = []
    for _ in range(count):
        closeness = np.where(np.isfinite(closest), closest, 0.0)
        value = np.round((1 - diversity) * scaled - diversity * closeness, 9)
        value[taken] = -np.inf
        best = int(value.argmax())
        taken.append(best)
        closest = np.maximum(closest, vectors.astype(np.float64) @ vectors[best].astype(np.float64))
    return taken
