"""The index of a large corpus beside comparing with every paper: time to make it, size, recall, time of a query.

The vectors are a stand-in made from real ones: each lies between two that are neighbours, with noise, and queries are
papers of it. Recall is that of the 200 candidates from which similar papers are ranked.

    python -m benchmarks.large_index --like VECTORS.npy [--papers 1000000] [--queries 100] [--folder FOLDER]
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from benchmarks.common import machine
from benchmarks.scale import NEIGHBOURS, NOISE
from pipeline.neighbours import ExactIndex, ensure_index, find_neighbours, lance_index, open_index
from pipeline.neighbours.lance_index import index_folder

CANDIDATES = 200
BLOCK = 20_000
REFINED = (10, 20)


def write_between(real: np.ndarray, count: int, path: Path) -> np.ndarray:
    """`benchmarks.scale.vectors_between`, block by block into a file, memory-mapped."""
    rng = np.random.default_rng(0)
    near = find_neighbours(real, k=NEIGHBOURS).indices
    rows = np.lib.format.open_memmap(path, mode="w+", dtype=np.float32, shape=(count, real.shape[1]))
    for start in range(0, count, BLOCK):
        size = min(BLOCK, count - start)
        first = rng.integers(0, len(real), size)
        second = near[first, rng.integers(0, near.shape[1], size)]
        share = rng.uniform(0, 1, (size, 1))
        noise = rng.normal(scale=NOISE / np.sqrt(real.shape[1]), size=(size, real.shape[1]))
        block = share * real[first] + (1 - share) * real[second] + noise
        rows[start : start + size] = block / np.linalg.norm(block, axis=1, keepdims=True)
    rows.flush()
    return np.load(path, mmap_mode="r")


def milliseconds(do: Callable[[], object]) -> tuple[float, float]:
    """Of the clock, and of processor time in all threads."""
    clock, processor = time.perf_counter(), time.process_time()
    do()
    return 1000 * (time.perf_counter() - clock), 1000 * (time.process_time() - processor)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--like", type=Path, required=True, help="npy file of real vectors that a stand-in is made from"
    )
    parser.add_argument("--papers", type=int, default=1_000_000)
    parser.add_argument("--queries", type=int, default=100)
    parser.add_argument("--folder", type=Path, help="where vectors and index are written, and removed again")
    asked = parser.parse_args()
    print(machine("lancedb", "numpy"))
    lance_index.INDEXED_FROM = min(lance_index.INDEXED_FROM, asked.papers)
    with tempfile.TemporaryDirectory(dir=asked.folder) as folder:
        run = Path(folder) / "run"
        vectors = write_between(np.load(asked.like), asked.papers, Path(folder) / "vectors.npy")
        wall, cpu = time.perf_counter(), time.process_time()
        assert ensure_index(vectors, run, "digest")
        size = sum(path.stat().st_size for path in index_folder(run).rglob("*") if path.is_file())
        print(
            f"{asked.papers:,} papers: made in {time.perf_counter() - wall:.0f} s ({time.process_time() - cpu:.0f} s of"
            f" processor time), {size / 1e9:.2f} GB",
            flush=True,
        )
        rows = np.random.default_rng(1).choice(asked.papers, asked.queries, replace=False)
        print_queries(vectors, run, rows)


def print_queries(vectors: np.ndarray, run: Path, rows: np.ndarray) -> None:
    index, exact = open_index(vectors, run, "digest"), ExactIndex(vectors)
    queries = np.array(vectors[rows])
    truth = exact.nearest(queries, k=CANDIDATES).indices
    index.nearest(queries[:2], k=CANDIDATES)
    every = milliseconds(lambda: exact.nearest(queries[:1], k=CANDIDATES))
    print(f"compared with every paper: {every[0]:.0f} ms a query, {every[1]:.0f} of processor time")
    for refined in REFINED:
        lance_index.REFINED = refined
        kept, times = [], []
        for query, nearest in zip(queries, truth, strict=True):
            times.append(milliseconds(lambda query=query: index.nearest(query[None], k=CANDIDATES)))
            kept.append(np.isin(nearest, index.nearest(query[None], k=CANDIDATES).indices[0]))
        within, (clock, processor) = np.array(kept), np.array(times).T
        print(
            f"{refined} scored for each: recall of the {CANDIDATES} candidates {within.mean():.4f} (lowest"
            f" {within.mean(axis=1).min():.3f}), of the nearest ten {within[:, :10].mean():.4f};"
            f" {statistics.median(clock):.1f} ms a query (95th of 100 {np.percentile(clock, 95):.1f}),"
            f" {statistics.median(processor):.1f} of processor time",
            flush=True,
        )


if __name__ == "__main__":
    main()
