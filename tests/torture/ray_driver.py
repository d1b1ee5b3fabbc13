"""A whole run of planted papers with vectors of their own, by an executor: prints the sha256 of its files.

python -m tests.torture.ray_driver FOLDER EXECUTOR [ADDRESS]
"""

import hashlib
import json
import sys
from pathlib import Path

import numpy as np

from pipeline.build import run_config
from pipeline.config import parse_config

PAPERS, DIMENSIONS, SHARD, TOPICS = 40_000, 32, 1_000, 40
RUN, WORKING = "run", "run.shards"
UNEQUAL = ("manifest.json", "report.md")  # which say when they were made, and what that took
SYLLABLES = ("ba", "do", "fi", "gu", "ke", "lo", "mi", "nu", "pra", "ro", "se", "tul")


def plant(folder: Path, papers: int = PAPERS) -> None:
    """papers.jsonl and vectors.npy: each paper uses words of its topic, and its vector lies around that of the topic;
    the last hundred repeat the vectors of the first.
    """
    rng = np.random.default_rng(7)
    words = [["".join(rng.choice(SYLLABLES, 4)) for _ in range(30)] for _ in range(TOPICS)]
    topics = rng.integers(0, TOPICS, papers)
    lines = []
    for paper, topic in enumerate(topics.tolist()):
        used = [words[topic][place] for place in rng.integers(0, 30, 14)]
        text = {"title": f"On {used[0]} {used[1]} {paper}", "abstract": f"We find {' '.join(used[2:])} in {paper}."}
        lines.append(json.dumps({"id": f"p{paper}", "year": 2000 + paper % 20} | text))
    (folder / "papers.jsonl").write_text("\n".join(lines), encoding="utf-8")
    rows = rng.normal(size=(TOPICS, DIMENSIONS))[topics] + 0.5 * rng.normal(size=(papers, DIMENSIONS))
    rows[-100:] = rows[:100]
    np.save(folder / "vectors.npy", rows.astype(np.float32))


def main(name: str, kind: str, address: str | None = None) -> None:
    folder = Path(name)
    if not (folder / "vectors.npy").exists():
        plant(folder)
    settings = {
        "name": "cluster",
        "corpus": {"files": ["papers.jsonl"]},
        "embedding": {"backend": "vectors", "vectors": "vectors.npy"},
        "neighbours": {"k": 10},
        "reducer": {"n_components": 2, "n_neighbors": 5},
        "clusterer": {"min_cluster_size": 200},
        "topics": {"resamples": 0},
        "similar": {"candidates": 10},
        "map": {"html": False},
        "output": {"folder": RUN},
        "run": {"executor": kind, "shard_papers": SHARD, "shards": WORKING} | ({"address": address} if address else {}),
    }
    run_config(parse_config(settings, path=folder / "cluster.toml"))
    digest = hashlib.sha256()
    for file in sorted((folder / RUN).iterdir()):
        if file.name not in UNEQUAL:
            digest.update(f"{file.name} {hashlib.sha256(file.read_bytes()).hexdigest()}\n".encode())
    sys.stdout.write(f"{digest.hexdigest()}\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
