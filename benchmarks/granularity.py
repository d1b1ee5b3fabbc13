"""How many topics, and how good: labelled corpora of several fields, whole, in halves, samples and few categories.

The topics of a default run are compared with the papers' categories (AMI and ARI, every paper assigned) and, for whole
corpora, with the best that any of about 280 cuts of three HDBSCAN trees reaches, each measure by itself (`BEST_CUT`,
computed once with labels: one UMAP fit to 15 dimensions, min_samples 1, 5 and 10, all sizes, leaf, eom and eom with a
largest size). Regret is that best minus what is reached. Recovered: mean share of the resamples, none of which the
topics come from, in which a topic is found again. Labels are used to judge, never to choose.

    python -m benchmarks.granularity [--corpora medicine,ai-areas] [--seeds 5] [--samples] [--resamples 5]
"""

import argparse
import statistics
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import adjusted_mutual_info_score, adjusted_rand_score

from benchmarks.common import PAPERS, machine
from pipeline.clusterer.cluster import cluster
from pipeline.config import ClustererConfig, CorpusConfig, EmbeddingConfig, ReducerConfig, cache_folder
from pipeline.corpus import read_corpus
from pipeline.embedding.embedder import embed
from pipeline.neighbours import Neighbours, find_neighbours

DATA = PAPERS.parent
# Corpus -> highest AMI and highest ARI of any cut.
BEST_CUT = {
    "medicine": (0.399, 0.309),
    "ai-areas": (0.395, 0.262),
    "wos-engphys": (0.437, 0.270),
    "wos-life": (0.398, 0.234),
    "wos-medvet": (0.441, 0.274),
    "cite-bci-eeg": (0.150, 0.092),
    "cite-capture-recapture": (0.363, 0.219),
    "cite-veterinary": (0.231, 0.089),
    "arxiv-dev": (0.564, 0.294),
}
FEW_CATEGORIES = (2, 3, 5, 8, 20)
SAMPLES = (500, 1_500, 5_000)
DRAWS = 2


@dataclass(frozen=True)
class Labelled:
    """vectors: (n, d) of all papers; category: (n,) of each, "" where it has none that counts."""

    name: str
    vectors: NDArray[np.float32]
    category: NDArray[np.str_]

    def part(self, name: str, rows: NDArray[np.int64]) -> "Labelled":
        return Labelled(f"{self.name}, {name}", self.vectors[rows], self.category[rows])


@dataclass(frozen=True)
class Result:
    topics: int
    ami: float
    ari: float
    noise: float
    largest: float
    recovered: float
    seconds: float


def read(name: str) -> Labelled:
    corpus = read_corpus(CorpusConfig(files=(f"{name}.jsonl.gz",)), DATA)
    papers = corpus.tables.papers
    if "label" in papers.column_names:
        category = [label or "" for label in papers.column("label").to_pylist()]
    else:
        category = [listed[0] for listed in papers.column("categories").to_pylist()]
    embedding, _ = embed(corpus, EmbeddingConfig(), folder=Path(), cache=cache_folder(), seed=0)
    return Labelled(name, np.array(embedding.vectors), np.array(category))


def measure(papers: Labelled, neighbours: Neighbours, *, seed: int, resamples: int) -> Result:
    start = time.perf_counter()
    found = cluster(
        papers.vectors,
        neighbours,
        reducer=ReducerConfig(),
        clusterer=ClustererConfig(),
        seeds=None,
        resamples=resamples,
        seed=seed,
    )
    seconds = time.perf_counter() - start
    nearest, known = found.selection.nearest, papers.category != ""
    if nearest is None:
        nearest = np.zeros(len(known), dtype=np.int32)
    stable = [share for share in found.stability if share is not None]
    return Result(
        topics=found.selection.count,
        ami=adjusted_mutual_info_score(papers.category[known], nearest[known]),
        ari=adjusted_rand_score(papers.category[known], nearest[known]),
        noise=float((found.core == -1).mean()),
        largest=float(np.bincount(nearest).max() / len(nearest)),
        recovered=statistics.mean(stable) if stable else float("nan"),
        seconds=seconds,
    )


def parts(papers: Labelled, seed: int) -> Iterator[Labelled]:
    """Halves, samples, 90 % samples and draws of few categories, by printed seeds."""
    n, known = len(papers.category), np.flatnonzero(papers.category != "")
    names = np.unique(papers.category[known])
    for number in range(DRAWS):
        rng = np.random.default_rng([seed, number])
        yield papers.part(f"half {number + 1}", np.sort(rng.choice(n, n // 2, replace=False)))
        for size in SAMPLES:
            if size < n:
                yield papers.part(f"sample {number + 1}", np.sort(rng.choice(n, size, replace=False)))
        for count in FEW_CATEGORIES:
            if count < len(names):
                drawn = rng.choice(names, count, replace=False)
                yield papers.part(
                    f"{count} categories, draw {number + 1}", np.flatnonzero(np.isin(papers.category, drawn))
                )


def print_result(name: str, papers: int, categories: int, result: Result) -> None:
    print(
        f"{name}: {papers} papers, {categories} categories; {result.topics} topics, AMI {result.ami:.3f},"
        f" ARI {result.ari:.3f}, noise {result.noise:.0%}, largest {result.largest:.0%},"
        f" recovered {result.recovered:.2f}, {result.seconds:.1f} s",
        flush=True,
    )


def run_whole(papers: Labelled, seeds: int, resamples: int) -> tuple[float, float] | None:
    """Regrets in AMI and ARI, each the mean over the seeds, and how much numbers differ; None without a best cut."""
    neighbours = find_neighbours(papers.vectors, k=50)
    categories = len(np.unique(papers.category[papers.category != ""]))
    results = []
    for seed in range(seeds):
        results.append(measure(papers, neighbours, seed=seed, resamples=resamples if seed == 0 else 0))
        print_result(f"{papers.name}, seed {seed}", len(papers.category), categories, results[-1])
    counts, fewer = [result.topics for result in results], []
    for seed in range(seeds):
        n = len(papers.category)
        rows = np.sort(np.random.default_rng([9, seed]).choice(n, round(0.9 * n), replace=False))
        part = papers.part("90 %", rows)
        fewer.append(measure(part, find_neighbours(part.vectors, k=50), seed=0, resamples=0).topics)
    print(
        f"{papers.name}: topics over seeds {counts}, largest / smallest {max(counts) / min(counts):.2f};"
        f" over 90 % samples {fewer}, {max(fewer) / min(fewer):.2f}",
        flush=True,
    )
    if papers.name not in BEST_CUT:
        return None
    best_ami, best_ari = BEST_CUT[papers.name]
    ami, ari = (statistics.mean(getattr(result, key) for result in results) for key in ("ami", "ari"))
    print(
        f"{papers.name}: regret AMI {best_ami - ami:.3f} of {best_ami:.3f}, ARI {best_ari - ari:.3f} of {best_ari:.3f}"
    )
    return best_ami - ami, best_ari - ari


def print_regrets(regrets: Sequence[tuple[float, float]]) -> None:
    for name, values in zip(("AMI", "ARI"), zip(*regrets, strict=True), strict=True):
        print(f"{name} regret over {len(values)} corpora: mean {statistics.mean(values):.3f}, worst {max(values):.3f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpora", default=",".join(BEST_CUT))
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--resamples", type=int, default=5)
    parser.add_argument("--samples", action="store_true", help="halves, samples and draws of few categories as well")
    asked = parser.parse_args()
    print(machine("umap-learn", "hdbscan"))
    regrets = []
    for name in asked.corpora.split(","):
        papers = read(name)
        regrets.append(run_whole(papers, asked.seeds, asked.resamples))
        for part in parts(papers, seed=1) if asked.samples else ():
            result = measure(part, find_neighbours(part.vectors, k=50), seed=0, resamples=0)
            categories = len(np.unique(part.category[part.category != ""]))
            print_result(part.name, len(part.category), categories, result)
    print_regrets([regret for regret in regrets if regret is not None])


if __name__ == "__main__":
    main()
