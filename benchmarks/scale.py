"""How time and memory grow: each stage of a whole run at several sizes, and the exponent between the sizes.

The papers are evenly spaced rows of one file, so that a small corpus is like a large one. Each run is a process of its
own with vectors given: those of --vectors (one row a paper of the file), or a stand-in of that many rows made from
real ones (--like): each new vector lies between two of those that are neighbours, with noise.

    python -m benchmarks.scale --papers FILE --like VECTORS.npy [--sizes 10000 30000 100000]
"""

import argparse
import gzip
import math
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.common import machine, run_measured
from pipeline.atlas import StageCost, read_manifest
from pipeline.neighbours import find_neighbours

NEIGHBOURS = 50
NOISE = 0.35  # length of the noise beside a vector of length 1


def vectors_between(real: NDArray[np.float32], count: int, *, seed: int = 0) -> NDArray[np.float32]:
    """(count, d) unit rows, each between a real one and one of its neighbours, with noise."""
    rng = np.random.default_rng(seed)
    near = find_neighbours(real, k=NEIGHBOURS).indices
    first = rng.integers(0, len(real), count)
    second = near[first, rng.integers(0, near.shape[1], count)]
    share = rng.uniform(0, 1, (count, 1)).astype(np.float32)
    noise = rng.normal(scale=NOISE / math.sqrt(real.shape[1]), size=(count, real.shape[1])).astype(np.float32)
    rows = share * real[first] + (1 - share) * real[second] + noise
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), dtype=np.float32)


def write_sample(papers: Path, vectors: NDArray[np.float32], size: int, folder: Path) -> Path:
    """A config for `size` papers with their vectors, evenly spaced rows of the file."""
    with gzip.open(papers, "rt", encoding="utf-8") as file:
        lines = file.readlines()
    rows = np.linspace(0, len(lines) - 1, min(size, len(lines))).astype(np.int64)
    (folder / "papers.jsonl").write_text("".join(lines[row] for row in rows.tolist()), encoding="utf-8")
    np.save(folder / "vectors.npy", vectors[rows])
    config = folder / "scale.toml"
    config.write_text('[corpus]\nfiles = ["papers.jsonl"]\n[embedding]\nbackend = "vectors"\nvectors = "vectors.npy"\n')
    return config


def measure(config: Path) -> tuple[float, float, tuple[StageCost, ...]]:
    """Seconds and peak memory in GB of a whole run, all its processes counted, and what each stage cost."""
    run = config.parent / "run"
    command = [sys.executable, "-m", "pipeline", "run", str(config), "--output", str(run), "--quiet"]
    seconds, memory, _ = run_measured(command, env=os.environ | {"PAPERATLAS_CACHE": str(config.parent / "cache")})
    return seconds, memory, read_manifest(run).stages


def exponent(sizes: tuple[int, int], costs: tuple[float, float]) -> float:
    """The power of the number of papers by which a cost grows between two sizes.

    >>> exponent((10, 100), (1.0, 100.0))
    2.0
    """
    return round(math.log(costs[1] / costs[0]) / math.log(sizes[1] / sizes[0]), 2)


def print_table(sizes: Sequence[int], measured: Sequence[tuple[float, float, tuple[StageCost, ...]]]) -> None:
    """A row for each stage: seconds at each size, its exponent between the last two, and the peak by its end."""
    names = [stage.stage for stage in measured[0][2]]
    print(f"| stage | {' | '.join(f'{size:,}' for size in sizes)} | exponent | peak by its end, GB |")
    print("|---|" + "---|" * (len(sizes) + 2))
    for name in names:
        costs = [next(stage for stage in run[2] if stage.stage == name) for run in measured]
        seconds = [max(cost.seconds, 0.01) for cost in costs]
        power = exponent((sizes[-2], sizes[-1]), (seconds[-2], seconds[-1])) if len(sizes) > 1 else "-"
        row = " | ".join(f"{value:.1f}" for value in seconds)
        print(f"| {name} | {row} | {power} | {(costs[-1].peak_memory_mb or 0) / 1000:.2f} |")
    whole = " | ".join(f"{seconds:.0f}" for seconds, *_ in measured)
    print(f"| whole process | {whole} | | {' / '.join(f'{memory:.2f}' for _, memory, _ in measured)} |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--papers", type=Path, required=True, help="JSON lines, gzipped")
    given = parser.add_mutually_exclusive_group(required=True)
    given.add_argument("--vectors", type=Path, help="npy file, one row a paper of the file")
    given.add_argument("--like", type=Path, help="npy file of real vectors that a stand-in is made from")
    parser.add_argument("--sizes", type=int, nargs="+", default=[10_000, 30_000, 100_000])
    asked = parser.parse_args()
    with gzip.open(asked.papers, "rb") as file:
        total = sum(1 for _ in file)
    vectors = np.load(asked.vectors) if asked.vectors else vectors_between(np.load(asked.like), total)
    print(machine("numpy", "scipy", "umap-learn", "hdbscan"))
    measured = []
    for size in asked.sizes:
        with tempfile.TemporaryDirectory() as folder:
            measured.append(measure(write_sample(asked.papers, vectors, size, Path(folder))))
            stages = ", ".join(f"{stage.stage} {stage.seconds:.1f} s" for stage in measured[-1][2])
            print(f"{size:,} papers: {measured[-1][0]:.0f} s, {measured[-1][1]:.2f} GB: {stages}", flush=True)
    print_table(asked.sizes, measured)


if __name__ == "__main__":
    main()
