"""A million papers made from real ones, run whole: seconds and peak of each stage, and recall on the real rows.

Each made paper has a text of its own, sentences of a paper and of one of its 50 nearest mixed, and a vector between the
two plus noise. So much noise is added that the median cosine of a paper to its nearest is that of the real papers
within 0.02, which is printed.

    python -m benchmarks.million --papers FILE --vectors VECTORS.npy [--size 1000000]

FILE: JSON lines, gzipped, with as many papers as VECTORS has rows, in the same order.
"""

import argparse
import gzip
import json
import os
import re
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.common import machine, run_measured
from pipeline.atlas import load_atlas, read_manifest
from pipeline.neighbours import Neighbours, find_neighbours

NEIGHBOURS = 50
SENTENCE = re.compile(r"(?<=[.!?])\s+")
BLOCK = 20_000
ASKED = 1_000  # real papers whose recall is measured
CONFIG = '[corpus]\nfiles = ["papers.jsonl"]\n[embedding]\nbackend = "vectors"\nvectors = "vectors.npy"\n'


def made_vectors(
    real: NDArray[np.float32], near: Neighbours, count: int, *, noise: float, seed: int
) -> tuple[NDArray[np.float32], NDArray[np.int64], NDArray[np.int64]]:
    """(count, d) unit rows between a real one and one of its neighbours, and the rows of the two."""
    rng = np.random.default_rng(seed)
    first = rng.integers(0, len(real), count)
    second = near.indices[first, rng.integers(0, NEIGHBOURS, count)].astype(np.int64)
    made = np.empty((count, real.shape[1]), np.float32)
    for start in range(0, count, BLOCK):
        rows = slice(start, min(start + BLOCK, count))
        share = rng.uniform(0.2, 0.8, (len(first[rows]), 1)).astype(np.float32)
        drawn = rng.normal(scale=noise / real.shape[1] ** 0.5, size=made[rows].shape).astype(np.float32)
        mixed = share * real[first[rows]] + (1 - share) * real[second[rows]] + drawn
        made[rows] = mixed / np.linalg.norm(mixed, axis=1, keepdims=True)
    return made, first, second


def made_papers(
    papers: Sequence[Mapping[str, Any]], first: NDArray[np.int64], second: NDArray[np.int64], *, seed: int
) -> Iterator[dict[str, object]]:
    """Papers whose sentences are drawn from two real ones."""
    rng = np.random.default_rng(seed)
    sentences = [SENTENCE.split(paper["abstract"]) for paper in papers]
    for number, (one, other) in enumerate(zip(first.tolist(), second.tolist(), strict=True)):
        pool = sentences[one] + sentences[other]
        chosen = rng.permutation(len(pool))[: max(3, len(pool) // 2)]
        title = f"{papers[one]['title']} and {papers[other]['title']}"
        yield {
            "id": f"made-{number}",
            "title": f"{title} {number}",
            "abstract": " ".join(pool[place] for place in chosen),
        }


def write(
    folder: Path, papers: Sequence[Mapping[str, Any]], real: NDArray[np.float32], *, size: int, noise: float
) -> None:
    """The real papers, the made ones after them, their vectors, and a config."""
    near = find_neighbours(real, k=NEIGHBOURS)
    made, first, second = made_vectors(real, near, size - len(real), noise=noise, seed=1)
    vectors = np.concatenate([real, made])
    np.save(folder / "vectors.npy", vectors)
    asked = np.linspace(0, len(vectors) - 1, ASKED).astype(np.int64)
    nearest = np.array([np.sort(np.delete(vectors @ vectors[row], row))[-1] for row in asked[:200]])
    print(
        f"median cosine to the nearest: real {np.median(near.similarities[:, 0]):.3f}, all {np.median(nearest):.3f}",
        flush=True,
    )
    with (folder / "papers.jsonl").open("w", encoding="utf-8") as file:
        for paper in papers:
            file.write(json.dumps({"id": paper["id"], "title": paper["title"], "abstract": paper["abstract"]}) + "\n")
        for made_paper in made_papers(papers, first, second, seed=2):
            file.write(json.dumps(made_paper) + "\n")
    (folder / "million.toml").write_text(CONFIG, encoding="utf-8")


def recall(run: Path, *, k: int = 15) -> float:
    """Of the exact nearest of evenly spaced papers, the share that the run has."""
    atlas = load_atlas(run)
    rows = np.linspace(0, len(atlas) - 1, ASKED).astype(np.int64)
    found = 0
    for row in rows.tolist():
        cosines = atlas.vectors @ atlas.vectors[row]
        cosines[row] = -2
        exact = np.argpartition(-cosines, k)[:k]
        found += len(np.intersect1d(exact, atlas.neighbours.indices[row, :k]))
    return found / (k * len(rows))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--papers", type=Path, required=True)
    parser.add_argument("--vectors", type=Path, required=True)
    parser.add_argument("--size", type=int, default=1_000_000)
    parser.add_argument("--noise", type=float, default=0.9, help="length of the noise beside a vector of length 1")
    parser.add_argument("--folder", type=Path, help="kept, and used again where it holds the papers")
    asked = parser.parse_args()
    print(machine("numpy", "umap-learn", "hdbscan", "pyarrow"))
    with tempfile.TemporaryDirectory() as temporary:
        folder = asked.folder or Path(temporary)
        if not (folder / "million.toml").exists():
            folder.mkdir(exist_ok=True)
            with gzip.open(asked.papers, "rt", encoding="utf-8") as file:
                papers = [json.loads(line) for line in file]
            write(folder, papers, np.load(asked.vectors), size=asked.size, noise=asked.noise)
        run = folder / "run"
        command = [
            sys.executable,
            "-m",
            "pipeline",
            "run",
            str(folder / "million.toml"),
            "--output",
            str(run),
            "--quiet",
        ]
        seconds, memory, _ = run_measured(command, env=os.environ | {"PAPERATLAS_CACHE": str(folder / "cache")})
        stages = ", ".join(f"{stage.stage} {stage.seconds:.0f} s" for stage in read_manifest(run).stages)
        print(f"{asked.size:,} papers: {seconds:.0f} s, {memory:.2f} GB: {stages}", flush=True)
        print(f"recall@15 {recall(run):.4f}")


if __name__ == "__main__":
    main()
