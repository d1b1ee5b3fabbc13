"""Papers added, papers there -> how much the corpus has changed, and whether its topics should be found anew."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

FARTHEST = 0.05  # of the papers of the run that are farthest from their nearest
FAR_DUE = 0.2  # share of the papers added that are as far as those, from which on a run is due
FEWEST_FAR = 3  # papers that are as far: one or two are no topic
ADDED_DUE = 0.2  # papers added since the run, beside those of the run
LESS_SURE_DUE = 0.15  # by how much less the vote is of one mind


@dataclass(frozen=True)
class Drift:
    """added_share: papers added since the run, beside those of the run. far_share: of the papers added now, how many
    are farther from their nearest paper than 95 % of the papers of the run are from theirs. strength, strength_before:
    mean share of the vote that the nearest topic got, of the papers added now and of those of the run. reasons: why a
    new run is due; empty where it is not.
    """

    added_share: float
    far_share: float
    strength: float
    strength_before: float
    reasons: tuple[str, ...]

    @property
    def due(self) -> bool:
        """Whether the topics should be found anew."""
        return bool(self.reasons)


def measure_drift(
    *,
    papers: int,
    added: int,
    nearest_before: NDArray[np.float32],
    nearest_new: NDArray[np.float32],
    strength_before: NDArray[np.float32],
    strength_new: NDArray[np.float32],
) -> Drift:
    """papers: of the run itself; added: since then, those of now included. nearest: cosine with the most similar paper.

    nearest_before, strength_before: of papers of the run; nearest_new, strength_new: of those added now.
    """
    limit = float(np.quantile(nearest_before, FARTHEST)) if len(nearest_before) else -1.0
    far = float((nearest_new < limit).mean()) if len(nearest_new) else 0.0
    sure, before = _mean(strength_new), _mean(strength_before)
    drift = Drift(round(added / papers, 4), round(far, 4), sure, before, ())
    return replace(drift, reasons=tuple(_reasons(drift, far_papers=round(far * len(nearest_new)))))


def _mean(values: NDArray[np.float32]) -> float:
    return round(float(values.mean(dtype=np.float64)), 4) if len(values) else 0.0


def _reasons(drift: Drift, *, far_papers: int) -> Iterator[str]:
    if drift.added_share > ADDED_DUE:
        yield f"the papers added since the run are {drift.added_share:.0%} of those it was made of"
    if drift.far_share > FAR_DUE and far_papers >= FEWEST_FAR:
        yield f"{drift.far_share:.0%} of the papers added are far from all others: there may be new topics"
    if drift.strength < drift.strength_before - LESS_SURE_DUE:
        yield (
            f"the topics of the papers added are less sure (strength {drift.strength:.2f}) than those of the run"
            f" ({drift.strength_before:.2f})"
        )
