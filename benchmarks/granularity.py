"""How many topics: what the rule of `clusterer.choice` costs against the best cut it could have taken.

Corpora of 2 to 82 categories are cut from the papers; for each, every cut of the sweep is compared with the categories
(AMI, every paper assigned). Regret is the best cut's AMI minus that of the cut the rule took. Labels are used to judge,
never to choose.

    python -m benchmarks.granularity [--papers FILE] [--draws 3] [--seed 0]
"""

import argparse
import statistics
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import adjusted_mutual_info_score

from benchmarks.common import PAPERS, machine
from pipeline.clusterer.assignment import assign_corpus
from pipeline.clusterer.search import plan_topics
from pipeline.clusterer.selection import select_cut
from pipeline.clusterer.tree import build_tree, cut_at_sizes
from pipeline.config import ClustererConfig, CorpusConfig, EmbeddingConfig, ReducerConfig, cache_folder
from pipeline.corpus import read_corpus
from pipeline.embedding.embedder import embed
from pipeline.neighbours import find_neighbours
from pipeline.reducer.umap import reduce

CATEGORIES = (2, 3, 5, 10, 20, 40, 82)


def regret(vectors: NDArray[np.float32], truth: Sequence[str], *, seed: int) -> tuple[float, str]:
    """The regret on one corpus, and what was found in words."""
    neighbours = find_neighbours(vectors, k=50)
    plan = plan_topics(len(vectors), ReducerConfig(), ClustererConfig())
    reduced = reduce(vectors, neighbours, plan=plan.reducer, min_dist=0.0, seed=seed)
    trees = (build_tree(reduced, min_samples=min_samples) for min_samples in plan.min_samples)
    cuts = [cut for tree in trees for cut in cut_at_sizes(tree, plan.sizes, plan.methods)]
    taken = select_cut(cuts, neighbours, vectors).cut
    agreements = {}
    for cut in cuts:
        if cut.count:
            assigned = assign_corpus(vectors, neighbours, cut.topics).nearest_topic
            agreements[cut.topics.tobytes()] = adjusted_mutual_info_score(truth, assigned)
    best = max(agreements.values())
    if taken is None:
        return best, "no topics"
    got = agreements[taken.topics.tobytes()]
    largest = np.bincount(assign_corpus(vectors, neighbours, taken.topics).nearest_topic).max() / len(vectors)
    return best - got, f"{taken.count} topics, largest {largest:.0%}, AMI {got:.3f} of {best:.3f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--papers", type=Path, default=PAPERS)
    parser.add_argument("--draws", type=int, default=3)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    corpus = read_corpus(CorpusConfig(files=(asked.papers.name,)), asked.papers.parent)
    category = np.array([listed[0] for listed in corpus.tables.papers.column("categories").to_pylist()])
    vectors = embed(corpus, EmbeddingConfig(), folder=Path(), cache=cache_folder(), seed=0)[0].vectors
    print(machine("umap-learn", "hdbscan"))
    names, regrets = np.unique(category), []
    for count in CATEGORIES:
        for draw in range(asked.draws if count < len(names) else 1):
            rng = np.random.default_rng([asked.seed, count, draw])
            rows = np.flatnonzero(np.isin(category, rng.choice(names, min(count, len(names)), replace=False)))
            lost, words = regret(vectors[rows], category[rows].tolist(), seed=draw)
            regrets.append(lost)
            print(f"{count} categories, draw {draw + 1}, {len(rows)} papers: regret {lost:.3f}; {words}", flush=True)
    print(f"regret: mean {statistics.mean(regrets):.3f}, worst {max(regrets):.3f}")


if __name__ == "__main__":
    main()
