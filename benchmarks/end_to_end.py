"""The whole job, everything counted: `paperatlas run` beside BERTopic's embed + fit, each a process of its own.

Our caches start empty: the model is converted, compiled and every abstract embedded. Wall seconds, peak memory summed
over the process tree, and agreement of the topics with the papers' primary categories (our every paper assigned;
BERTopic's -1 as one class).

    python -m benchmarks.end_to_end [--papers FILE] [--rounds 2]
"""

import argparse
import json
import os
import sys
import tempfile
from pathlib import Path

from sklearn.metrics import adjusted_mutual_info_score, adjusted_rand_score

from benchmarks.common import PAPERS, machine, read_papers, run_measured, spread
from pipeline import Atlas


def ours(papers: Path, folder: Path) -> tuple[float, float]:
    config = folder / "bench.toml"
    config.write_text(f"[corpus]\nfiles = [{json.dumps(str(papers))}]\n")
    command = [sys.executable, "-m", "pipeline", "run", str(config), "--output", str(folder / "run"), "--quiet"]
    seconds, memory, _ = run_measured(command, env=os.environ | {"PAPERATLAS_CACHE": str(folder / "cache")})
    return seconds, memory


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--papers", type=Path, default=PAPERS)
    parser.add_argument("--rounds", type=int, default=2)
    asked = parser.parse_args()
    categories = {paper["id"]: paper["categories"][0] for paper in read_papers(asked.papers)}
    print(machine("openvino", "torch", "umap-learn", "hdbscan", "bertopic"))
    print(f"{len(categories)} papers")
    ratios = []
    for number in range(asked.rounds):
        with tempfile.TemporaryDirectory() as name:
            seconds, memory = ours(asked.papers.resolve(), Path(name))
            atlas = Atlas.load(Path(name) / "run")
            found = atlas.column("nearest_topic").to_pylist()
            truth = [categories[paper] for paper in atlas.column("id").to_pylist()]
            stages = ", ".join(f"{stage.stage} {stage.seconds:.0f}" for stage in atlas.manifest.stages)
        command = [sys.executable, "-m", "benchmarks.peer_bertopic", str(asked.papers)]
        peer_seconds, peer_memory, output = run_measured(command)
        ratios.append(peer_seconds / seconds)
        peer_found = json.loads(output.strip().splitlines()[-1])
        print(f"round {number + 1}: ratio {ratios[-1]:.2f}")
        for who, cost, peak, topics, labels in (
            ("paperatlas", seconds, memory, found, truth),
            ("BERTopic", peer_seconds, peer_memory, peer_found, list(categories.values())),
        ):
            agreement = f"{adjusted_mutual_info_score(labels, topics):.3f} / {adjusted_rand_score(labels, topics):.3f}"
            count = len(set(topics) - {-1})
            print(f"  {who}: {cost:.0f} s, {peak:.2f} GB, {count} topics, AMI / ARI {agreement}", flush=True)
        print(f"  our stages in seconds: {stages}", flush=True)
    print(f"ratio: {spread(ratios)}")


if __name__ == "__main__":
    main()
