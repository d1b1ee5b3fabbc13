"""The neighbours of 40,000 vectors in shards of 1,000, by an executor: prints the sha256 of all of them.

python -m tests.torture.ray_driver FOLDER EXECUTOR [ADDRESS]
"""

import hashlib
import sys
from pathlib import Path

import numpy as np

from pipeline.neighbours import find_in_shards
from pipeline.workers import open_executor
from pipeline.workers.executors import ExecutorOptions
from pipeline.workers.shard_store import FolderStore
from pipeline.workers.shards import Shards

PAPERS, DIMENSIONS, SHARD, K = 40_000, 64, 1_000, 15


def planted_vectors() -> np.ndarray:
    """Unit vectors around 200 planted centres, the first hundred of them twice."""
    rng = np.random.default_rng(7)
    centres = rng.normal(size=(200, DIMENSIONS))
    rows = centres[rng.integers(0, 200, PAPERS)] + 0.8 * rng.normal(size=(PAPERS, DIMENSIONS))
    rows[-100:] = rows[:100]
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def main(folder: str, kind: str, address: str | None = None) -> None:
    with open_executor(kind, ExecutorOptions(address=address)) as executor:
        shards = Shards(FolderStore(Path(folder)), executor, SHARD)
        found = find_in_shards(planted_vectors(), k=K, shards=shards)
    digest = hashlib.sha256(found.indices.tobytes() + found.similarities.tobytes()).hexdigest()
    sys.stdout.write(f"{digest}\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
