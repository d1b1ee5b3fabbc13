"""Ranked papers or phrases -> an order that repeats itself less: maximal marginal relevance (MMR).

Carbonell and Goldstein, 1998: each next one is that with the highest (1 - d) relevance - d similarity to the most
similar one already selected. Relevance is a score scaled to [0, 1] over the candidates, similarity the cosine.
"""

import numpy as np
from numpy.typing import NDArray


def select_by_mmr(
    relevance: NDArray[np.float64], vectors: NDArray[np.float32], *, diversity: float, k: int
) -> list[int]:
    """Places of the k selected, in their new order; diversity 0 keeps the old one.

    relevance: (c,) falling; vectors: (c, d) float32 unit rows of the same candidates; diversity in [0, 1].
    """
    count = min(k, len(relevance))
    if diversity == 0 or count == 0:
        return list(range(count))
    span = relevance.max() - relevance.min()
    scaled = (relevance - relevance.min()) / span if span > 0 else np.ones_like(relevance)
    highest = np.full(len(relevance), -np.inf)
    selected: list[int] = []
    for _ in range(count):
        similarity = np.where(np.isfinite(highest), highest, 0.0)
        value = np.round((1 - diversity) * scaled - diversity * similarity, 9)
        value[selected] = -np.inf
        best = int(value.argmax())
        selected.append(best)
        highest = np.maximum(highest, vectors.astype(np.float64) @ vectors[best].astype(np.float64))
    return selected
