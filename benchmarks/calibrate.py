"""How fast this machine is now: what stands beside every benchmark whose result is in seconds.

The rate of one fixed product of float32 matrices, and the seconds of one fixed UMAP fit once it is compiled: medians of
five rounds, with the least and the most.

    python -m benchmarks.calibrate
"""

import statistics
import time
from collections.abc import Callable

import numpy as np

from benchmarks.common import machine
from pipeline.neighbours import find_neighbours
from pipeline.reducer.umap import plan_reducer, reduce

ROUNDS = 5
ROWS, COLUMNS, DIMENSIONS = 4_096, 20_000, 384
FITTED = 2_000


def seconds_of(do: Callable[[], object]) -> list[float]:
    """Of each of five rounds, after one that is not counted."""
    do()
    spent = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        do()
        spent.append(time.perf_counter() - start)
    return spent


def main() -> None:
    rng = np.random.default_rng(0)
    left, right = (rng.random((count, DIMENSIONS), dtype=np.float32) for count in (ROWS, COLUMNS))
    rates = [2e-9 * ROWS * COLUMNS * DIMENSIONS / spent for spent in seconds_of(lambda: left @ right.T)]
    centres = rng.normal(size=(20, DIMENSIONS))[np.arange(FITTED) % 20] + rng.normal(size=(FITTED, DIMENSIONS))
    vectors = (centres / np.linalg.norm(centres, axis=1, keepdims=True)).astype(np.float32)
    near, plan = find_neighbours(vectors, k=30), plan_reducer(FITTED, n_components=2, n_neighbors=30)
    fits = seconds_of(lambda: reduce(vectors, near, plan=plan, min_dist=0.1, seed=0))
    print(machine("numpy", "umap-learn"))
    for name, values, unit in (("matrix product", rates, "GFLOP/s"), ("UMAP fit", fits, "s")):
        print(f"{name}: {statistics.median(values):.3g} {unit} ({min(values):.3g} to {max(values):.3g})")


if __name__ == "__main__":
    main()
