"""Agreement of topics with the papers' primary categories, five seeds, this project beside BERTopic's defaults.

Both get the same vectors. Ours: no setting given, every paper assigned. BERTopic: its defaults, -1 as one class.

    python -m benchmarks.topic_quality [--papers FILE] [--seeds 5]
"""

import argparse
import statistics
from pathlib import Path

import numpy as np
from sklearn.metrics import adjusted_mutual_info_score, adjusted_rand_score

from benchmarks.common import PAPERS, machine
from benchmarks.peer_bertopic import fit
from pipeline.clusterer.assignment import assign_corpus
from pipeline.clusterer.finder import find_topics, plan_topics
from pipeline.config import ClustererConfig, CorpusConfig, EmbeddingConfig, ReducerConfig, cache_folder
from pipeline.corpus import read_corpus
from pipeline.embedding.embedder import embed
from pipeline.neighbours import find_neighbours


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--papers", type=Path, default=PAPERS)
    parser.add_argument("--seeds", type=int, default=5)
    asked = parser.parse_args()
    corpus = read_corpus(CorpusConfig(files=(asked.papers.name,)), asked.papers.parent)
    truth = [categories[0] for categories in corpus.papers.column("categories").to_pylist()]
    vectors = embed(corpus, EmbeddingConfig(), folder=Path(), cache=cache_folder(), seed=0)[0].vectors
    print(machine("umap-learn", "hdbscan", "bertopic"))
    print(f"{len(corpus)} papers, {len(set(truth))} categories")
    neighbours = find_neighbours(vectors, k=50)
    plan = plan_topics(len(corpus), ReducerConfig(), ClustererConfig())
    scores: dict[str, list[tuple[float, float]]] = {"paperatlas": [], "BERTopic": []}
    for seed in range(asked.seeds):
        core = find_topics(vectors, neighbours, plan, min_dist=0.0, seed=seed).core
        found = {"paperatlas": assign_corpus(vectors, neighbours, core).nearest_topic}
        found["BERTopic"] = np.array(fit(corpus.texts(), np.array(vectors), seed))
        for who, topics in found.items():
            pair = adjusted_mutual_info_score(truth, topics), adjusted_rand_score(truth, topics)
            scores[who].append(pair)
            noise = (core == -1).mean() if who == "paperatlas" else (topics == -1).mean()
            largest = np.bincount(topics[topics >= 0]).max() / len(topics)
            print(
                f"seed {seed}, {who}: {topics.max() + 1} topics, largest {largest:.1%}, noise {noise:.0%},"
                f" AMI {pair[0]:.3f}, ARI {pair[1]:.3f}",
                flush=True,
            )
    for who, pairs in scores.items():
        ami, ari = zip(*pairs, strict=True)
        print(f"{who}: mean AMI {statistics.mean(ami):.3f}, mean ARI {statistics.mean(ari):.3f}")


if __name__ == "__main__":
    main()
