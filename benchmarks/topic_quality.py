"""Topics beside the papers' primary categories, and keywords beside the papers: this project and its peers.

All get the same vectors, for several seeds. Agreement: every paper assigned, no setting given, beside KMeans told the
true number of categories on the same UMAP points, BERTopic's defaults (-1 as one class), the best layer of EVoC (the
same) and nearest mean vectors as in Top2Vec. Equal coverage: of as many papers as a peer placed, ours of highest
strength; every layer of EVoC, and the one that comes out best for it. Keywords, of the first seed: NPMI and unique ones
among the ten first, and their diversity. Halves and samples: topics found, beside the categories there.

    python -m benchmarks.topic_quality [--papers FILE ...] [--seeds 5] [--keywords]
"""

import argparse
import statistics
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import adjusted_mutual_info_score, adjusted_rand_score

from benchmarks import peer_topics
from benchmarks.common import PAPERS, machine
from benchmarks.peer_bertopic import fit
from pipeline.clusterer.assignment import Assignment, assign_corpus
from pipeline.clusterer.cluster import Clustering, cluster
from pipeline.config import ClustererConfig, CorpusConfig, EmbeddingConfig, ReducerConfig, TopicsConfig, cache_folder
from pipeline.corpus import Corpus, read_corpus
from pipeline.embedding import Encoder
from pipeline.embedding.embedder import embed, embed_texts
from pipeline.evaluation.coherence import diversity, npmi
from pipeline.neighbours import Neighbours, find_neighbours
from pipeline.reducer.umap import plan_reducer, reduce
from pipeline.topics.describe import DescribedPapers, describe_topics
from pipeline.topics.grouping import group_papers
from pipeline.topics.topic import TopicHierarchy
from pipeline.words.corpus_words import CorpusWords

OURS, KMEANS, TOP2VEC, BERTOPIC, EVOC = (
    "paperatlas",
    "KMeans told the number",
    "Top2Vec-style",
    "BERTopic",
    "EVoC, best layer",
)


@dataclass(frozen=True)
class Data:
    """The papers, their true categories, and what every tool is given."""

    corpus: Corpus
    truth: NDArray[np.int64]
    vectors: NDArray[np.float32]
    neighbours: Neighbours
    encoder: Encoder | None


def read(papers: Path) -> Data:
    corpus = read_corpus(CorpusConfig(files=(papers.name,)), papers.parent)
    columns = corpus.tables.papers
    if "label" in columns.column_names:
        categories = [label or "" for label in columns.column("label").to_pylist()]
    else:
        categories = [listed[0] for listed in columns.column("categories").to_pylist()]
    embedding, encoder = embed(corpus, EmbeddingConfig(), folder=Path(), cache=cache_folder(), seed=0)
    vectors = np.array(embedding.vectors)
    truth = np.unique(categories, return_inverse=True)[1].astype(np.int64)
    return Data(corpus, truth, vectors, find_neighbours(vectors, k=50), encoder)


def find_ours(data: Data, seed: int) -> Clustering:
    return cluster(
        data.vectors,
        data.neighbours,
        reducer=ReducerConfig(),
        clusterer=ClustererConfig(),
        seeds=None,
        resamples=0,
        seed=seed,
    )


def find_others(data: Data, seed: int, layers: list[NDArray[np.int64]]) -> dict[str, NDArray[np.int64]]:
    reducer = ReducerConfig()
    plan = plan_reducer(len(data.truth), n_components=reducer.n_components, n_neighbors=reducer.n_neighbors)
    points = reduce(data.vectors, data.neighbours, plan=plan, min_dist=reducer.min_dist, seed=seed)
    return {
        KMEANS: peer_topics.kmeans_told(points, int(data.truth.max()) + 1, seed),
        TOP2VEC: peer_topics.top2vec_style(data.vectors, seed),
        BERTOPIC: np.array(fit(data.corpus.cleaned.texts, data.vectors, seed)),
        EVOC: max(layers, key=lambda layer: adjusted_mutual_info_score(data.truth, layer)),
    }


def told(who: str, topics: NDArray[np.int64], truth: NDArray[np.int64]) -> tuple[float, float]:
    """AMI and ARI, printed."""
    pair = adjusted_mutual_info_score(truth, topics), adjusted_rand_score(truth, topics)
    largest = np.bincount(topics[topics >= 0]).max() / len(topics)
    print(
        f"{who}: {topics.max() + 1} topics, largest {largest:.1%}, noise {(topics == -1).mean():.1%},"
        f" AMI {pair[0]:.3f}, ARI {pair[1]:.3f}",
        flush=True,
    )
    return pair


def at_coverage(assigned: Assignment, truth: NDArray[np.int64], covered: int) -> float:
    """AMI of the papers of highest strength, as many as asked for."""
    rows = np.argsort(-assigned.strength, kind="stable")[:covered]
    return float(adjusted_mutual_info_score(truth[rows], assigned.nearest_topic[rows]))


def compare_at_coverage(
    assigned: Assignment, others: dict[str, NDArray[np.int64]], truth: NDArray[np.int64]
) -> dict[str, tuple[float, float, float]]:
    """Peer -> the share it placed, its AMI on those papers, and ours on as many."""
    found = {}
    for who, topics in others.items():
        placed = topics != -1
        own = float(adjusted_mutual_info_score(truth[placed], topics[placed]))
        found[who] = (float(placed.mean()), own, at_coverage(assigned, truth, int(placed.sum())))
    return found


def best_for_peer(
    assigned: Assignment, layers: list[NDArray[np.int64]], truth: NDArray[np.int64]
) -> tuple[float, float, float]:
    """The same of the layer that comes out best beside ours."""
    figures = compare_at_coverage(assigned, {str(number): layer for number, layer in enumerate(layers)}, truth)
    for number, (share, own, ours) in figures.items():
        print(f"  EVoC layer {number}: {share:.0%} placed, AMI {own:.3f}, ours of as many {ours:.3f}")
    return max(figures.values(), key=lambda figure: figure[1] - figure[2])


def described(data: Data, clustering: Clustering) -> TopicHierarchy:
    """Our topics with their labels and keywords."""
    ids, config = data.corpus.ids, TopicsConfig()
    grouping = group_papers(clustering, data.neighbours, data.vectors, config=config, paper_ids=ids, earlier=None)
    encoder = data.encoder
    papers = DescribedPapers(
        ids=ids.ids,
        words=CorpusWords(data.corpus.cleaned.titles, data.corpus.cleaned.abstracts),
        vectors=data.vectors,
        neighbourhood_preservation=np.ones(len(data.truth), dtype=np.float32),
    )
    return describe_topics(
        papers,
        grouping,
        config=TopicsConfig(),
        embed_phrases=None if encoder is None else lambda phrases: embed_texts(phrases, encoder).vectors,
    )


def our_keywords(data: Data, clustering: Clustering) -> list[list[str]]:
    """The ten first of each topic."""
    topics = described(data, clustering).topics
    return [[keyword.term for keyword in topic.keywords[:10]] for topic in topics]


def print_keywords(who: str, keywords: Sequence[Sequence[str]], texts: Sequence[str]) -> None:
    """Of the keywords as they are, and of their ten first different words."""
    words = [list(dict.fromkeys(word for term in listed for word in term.split()))[:10] for listed in keywords]
    print(
        f"{who}: diversity {diversity(keywords):.3f}, NPMI {statistics.mean(npmi(keywords, texts)):.3f};"
        f" as single words {diversity(words):.3f}, {statistics.mean(npmi(words, texts)):.3f};"
        f" unique keywords {len({term for listed in keywords for term in listed}) / sum(map(len, keywords)):.3f}",
        flush=True,
    )


def draws(papers: int) -> dict[str, NDArray[np.int64]]:
    """Five random halves, and three smaller samples."""
    rng = np.random.default_rng(0)
    sizes = [papers // 2] * 5 + [count for count in (1_000, 3_000, 10_000) if count < papers]
    return {
        f"sample {number}, {size:,} papers": np.sort(rng.choice(papers, size, replace=False))
        for number, size in enumerate(sizes)
    }


def print_sample(name: str, data: Data, rows: NDArray[np.int64]) -> None:
    """Topics and the largest of them, beside the categories."""
    vectors = data.vectors[rows]
    neighbours = find_neighbours(vectors, k=50)
    part = replace(data, truth=data.truth[rows], vectors=vectors, neighbours=neighbours)
    clustering = find_ours(part, seed=0)
    nearest = assign_corpus(vectors, neighbours, clustering.core).nearest_topic.astype(np.int64)
    print(f"{len(np.unique(part.truth))} categories, noise {(clustering.core == -1).mean():.1%}; ", end="")
    told(name, nearest, part.truth)


def print_all_keywords(data: Data, clustering: Clustering) -> None:
    """Ours, and the peers' of the same topics."""
    texts, core = data.corpus.cleaned.texts, clustering.core.astype(np.int64)
    print_keywords(f"keywords, {OURS}", our_keywords(data, clustering), texts)
    for who, keywords in peer_topics.keywords_by_peers(texts, core).items():
        print_keywords(f"keywords, {who} of the same", keywords, texts)


def print_agreement(data: Data, seeds: int) -> None:
    """AMI and ARI of all tools for every seed, at equal coverage too, and their means; keywords of the first seed."""
    agreements: dict[str, list[tuple[float, float]]] = {}
    coverages: dict[str, list[tuple[float, float, float]]] = {}
    for seed in range(seeds):
        clustering = find_ours(data, seed)
        assigned = assign_corpus(data.vectors, data.neighbours, clustering.core)
        print(f"seed {seed}, {OURS}: noise {(clustering.core == -1).mean():.1%}")
        layers = peer_topics.evoc_layers(data.vectors, seed)
        found = {OURS: assigned.nearest_topic.astype(np.int64)} | find_others(data, seed, layers)
        for who, topics in found.items():
            agreements.setdefault(who, []).append(told(f"seed {seed}, {who}", topics, data.truth))
        peers = {who: topics for who, topics in found.items() if who not in (OURS, KMEANS, EVOC)}
        for who, figures in compare_at_coverage(assigned, peers, data.truth).items():
            coverages.setdefault(who, []).append(figures)
        coverages.setdefault(EVOC, []).append(best_for_peer(assigned, layers, data.truth))
        if seed == 0:
            print_all_keywords(data, clustering)
            own = peer_topics.bertopic_keywords(data.corpus.cleaned.texts, found[BERTOPIC])
            print_keywords("keywords, BERTopic's of its own topics", own, data.corpus.cleaned.texts)
    for who, pairs in agreements.items():
        ami, ari = zip(*pairs, strict=True)
        print(f"{who}: mean AMI {statistics.mean(ami):.3f}, mean ARI {statistics.mean(ari):.3f}")
    for who, figures in coverages.items():
        share, own_ami, our_ami = (statistics.mean(column) for column in zip(*figures, strict=True))
        print(f"of the {share:.0%} that {who} placed its AMI is {own_ami:.3f}, ours of as many papers {our_ami:.3f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--papers", type=Path, nargs="+", default=[PAPERS])
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--keywords", action="store_true", help="only the keywords, of the first seed")
    asked = parser.parse_args()
    print(machine("umap-learn", "hdbscan", "bertopic", "evoc", "turftopic"))
    for papers in asked.papers:
        data = read(papers)
        print(f"{papers.name}: {len(data.truth)} papers, {data.truth.max() + 1} categories")
        if asked.keywords:
            print_all_keywords(data, find_ours(data, seed=0))
            continue
        print_agreement(data, asked.seeds)
        for name, rows in draws(len(data.truth)).items():
            print_sample(name, data, rows)


if __name__ == "__main__":
    main()
