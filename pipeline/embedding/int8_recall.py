"""int8 vectors, full vectors of the same papers -> the share of nearest papers kept, and whether that is enough."""

import logging

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import ConfigError

LOG = logging.getLogger(__name__)
SAMPLED = 1_000  # papers compared
NEAREST = 10
LEAST_RECALL = 0.90


def sample_rows(papers: int) -> list[int]:
    """The papers that are compared: a thousand evenly spaced, or all; in the order of hashes that is a random sample.

    >>> sample_rows(3), len(sample_rows(5_000))
    ([0, 1, 2], 1000)
    """
    return [int(row) for row in np.linspace(0, papers - 1, min(papers, SAMPLED))]


def require_recall(coarse: NDArray[np.float32], exact: NDArray[np.float32], precision: str) -> None:
    """Raises ConfigError where too few of the nearest papers are kept. precision: that of the exact vectors."""
    recall = recall_of(coarse, exact, k=NEAREST)
    LOG.info("int8: %.3f of the %d nearest papers in %s are kept", recall, NEAREST, precision)
    if recall < LEAST_RECALL:
        raise ConfigError(
            f'embedding.precision = "int8": among {len(exact):,} papers of this corpus it keeps {recall:.3f} of the'
            f" {NEAREST} nearest that {precision} finds, less than {LEAST_RECALL:.2f};"
            ' set embedding.precision = "auto"'
        )


def recall_of(coarse: NDArray[np.float32], exact: NDArray[np.float32], *, k: int) -> float:
    """Share of the k nearest by exact vectors that are among the k nearest by coarse ones; 1 for fewer than two rows.

    Both (n, d) float32 unit rows of the same papers. Of fewer than k others all are nearest.
    """
    k = min(k, len(exact) - 1)
    if k < 1:
        return 1.0
    kept = np.zeros((len(exact), len(exact)), dtype=bool)
    np.put_along_axis(kept, _most_similar(coarse, k), values=True, axis=1)
    return float(np.take_along_axis(kept, _most_similar(exact, k), axis=1).mean())


def _most_similar(vectors: NDArray[np.float32], k: int) -> NDArray[np.int64]:
    similarity = np.round(vectors @ vectors.T, 6)
    np.fill_diagonal(similarity, -np.inf)
    return np.argsort(-similarity, axis=1, kind="stable")[:, :k]
