"""How good the order of similar papers is: each part alone, each pair, and the three with their fixed weights.

Two judges. Categories: a paper is as relevant as the overlap (Jaccard) of its category set with the query's, judged on
the 200 nearest papers of 1,000 queries. Halves: the second half of an abstract must find the first half of the same
abstract among the first halves of 2,000 papers.

    python -m benchmarks.similar_quality [--papers FILE] [--queries 1000] [--halves 2000]

Or, with `--words`, ways to count words, by categories and on each corpus named: as the package does (plurals folded,
compounds whole), unfolded, with compounds split, and both; embeddings and words alone, without sentences.

    python -m benchmarks.similar_quality --words arxiv-dev medicine ai-areas wos-life [--queries 1000]
"""

import argparse
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import patch

import numpy as np
from numpy.typing import NDArray

from benchmarks.common import PAPERS, machine, read_papers
from pipeline.config import CorpusConfig, EmbeddingConfig, SimilarConfig, cache_folder
from pipeline.corpus import read_corpus, text_of
from pipeline.embedding import Embedding, VectorCache, embed_texts, make_encoder
from pipeline.embedding import embed as embed_corpus
from pipeline.neighbours import find_neighbours, nearest
from pipeline.recommender.ranking import sentence_matches, z_scores
from pipeline.recommender.surroundings import NEAREST, all_among_nearest
from pipeline.words import tfidf, tokens
from pipeline.words.stop_words import FUNCTION_WORDS
from pipeline.words.tfidf import Lexical, build_lexical
from pipeline.words.tokens import TOKEN, fold

CANDIDATES = 200
SPLIT_TOKEN = re.compile(r"[^\W_]+(?:['’][^\W_]+)*|[^\s\w]")
WAYS_TO_COUNT = ("folded", "unfolded", "folded, split", "unfolded, split")
WAYS = ("dense", "lexical", "sentences", "dense + lexical", "dense + sentences", "lexical + sentences", "all three")


def embed(texts: list[str]) -> Embedding:
    encoder, _ = make_encoder(EmbeddingConfig(sentences=True), cache_folder())
    with VectorCache(cache_folder() / "vectors", encoder.info) as cache:
        return embed_texts(texts, encoder, sentences=True, cache=cache)


def orders(
    query: tuple[NDArray[np.float32], tuple[NDArray[np.int32], NDArray[np.float32]], NDArray[np.int8]],
    pool: Embedding,
    lexical: Lexical,
    own: int | None,
    among: NDArray[np.float32],
) -> Mapping[str, NDArray[np.int64]]:
    """Rows of the candidates in the order of each way. among: (n, d) each paper as it stands among its nearest."""
    vector, (terms, weights), sentences = query
    rows_of = None if own is None else np.array([own])
    found = nearest(pool.vectors, vector[None], k=CANDIDATES, own_rows=rows_of)
    rows = found.indices[0].astype(np.int64)
    config = SimilarConfig()
    assert pool.sentences is not None
    scores = {
        "dense": config.dense * z_scores(among[rows].astype(np.float64) @ vector, CANDIDATES),
        "lexical": config.lexical * z_scores(lexical.cosines(terms, weights, rows), CANDIDATES),
        "sentences": config.sentences * z_scores(sentence_matches(sentences, pool.sentences, rows), CANDIDATES),
    }
    ordered = {}
    for way in WAYS:
        parts = scores if way == "all three" else {name: scores[name] for name in way.split(" + ")}
        ordered[way] = rows[np.argsort(-sum(parts.values()), kind="stable")]
    return ordered


def among_nearest_of(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    return all_among_nearest(vectors, find_neighbours(vectors, k=NEAREST))


def sentences_of(embedding: Embedding, row: int) -> NDArray[np.int8]:
    found = embedding.sentences
    assert found is not None
    return np.array(found.vectors[found.offsets[row] : found.offsets[row + 1]])


def ndcg(gains: NDArray[np.float64]) -> float:
    discount = 1 / np.log2(np.arange(10) + 2)
    ideal = (np.sort(gains)[::-1][:10] * discount).sum()
    return float((gains[:10] * discount).sum() / ideal) if ideal > 0 else 0.0


def average_precision(relevant: NDArray[np.bool_]) -> float:
    places = np.flatnonzero(relevant) + 1
    return float((np.arange(1, len(places) + 1) / places).mean()) if len(places) else 0.0


def recall(relevant: NDArray[np.bool_]) -> float:
    return float(relevant[:10].sum() / max(relevant.sum(), 1))


def reciprocal(relevant: NDArray[np.bool_]) -> float:
    places = np.flatnonzero(relevant)
    return 1 / (places[0] + 1) if len(places) else 0.0


def report(title: str, results: Mapping[str, Mapping[str, list[float]]], judged_by: str) -> None:
    """A line a way, then the difference of the three parts to dense alone with its bootstrap interval."""
    print(title)
    for way in WAYS:
        print(f"  {way:22s}" + ", ".join(f"{name} {np.mean(values):.4f}" for name, values in results[way].items()))
    rng = np.random.default_rng(0)
    for other in WAYS[:-1]:
        gain = np.array(results["all three"][judged_by]) - np.array(results[other][judged_by])
        means = rng.choice(gain, (2000, len(gain))).mean(axis=1)
        low, high = np.percentile(means, [2.5, 97.5])
        print(f"  all three less {other}: {judged_by} {gain.mean():+.4f} (95 % interval {low:+.4f} to {high:+.4f})")


def collect(
    measures: Mapping[str, Callable[[NDArray], float]],
    found: Mapping[str, NDArray],
    results: dict[str, dict[str, list]],
) -> None:
    for way, gains in found.items():
        for name, measure in measures.items():
            value = measure(gains) if name == "nDCG@10" else measure(gains > 0)
            results.setdefault(way, {}).setdefault(name, []).append(value)


def by_categories(papers: list[dict], queries: int) -> None:
    texts = [text_of(paper["title"], paper["abstract"]) for paper in papers]
    categories = [set(paper.get("categories") or paper.get("labels") or [paper["label"]]) for paper in papers]
    pool, lexical = embed(texts), build_lexical(texts)
    among = among_nearest_of(pool.vectors)
    results: dict[str, dict[str, list]] = {}
    for row in np.random.default_rng(0).choice(len(papers), queries, replace=False).tolist():
        ordered = orders((pool.vectors[row], lexical.paper(row), sentences_of(pool, row)), pool, lexical, row, among)
        gains = {
            way: np.array([len(categories[row] & categories[o]) / len(categories[row] | categories[o]) for o in rows])
            for way, rows in ordered.items()
        }
        collect({"nDCG@10": ndcg, "MAP": average_precision, "recall@10": recall}, gains, results)
    report(f"Categories, {queries} queries among {len(papers)} papers", results, "nDCG@10")


def by_halves(papers: list[dict], count: int) -> None:
    chosen = [paper for paper in papers if len(paper["abstract"].split()) >= 60][:count]
    halves = [(words[: len(words) // 2], words[len(words) // 2 :]) for words in (p["abstract"].split() for p in chosen)]
    first, second = ([" ".join(pair[place]) for pair in halves] for place in (0, 1))
    pool, asked, lexical = embed(first), embed(second), build_lexical(first)
    among = among_nearest_of(pool.vectors)
    results: dict[str, dict[str, list]] = {}
    for row in range(len(chosen)):
        ordered = orders(
            (asked.vectors[row], lexical.query(second[row]), sentences_of(asked, row)), pool, lexical, None, among
        )
        gains = {way: (rows == row).astype(float) for way, rows in ordered.items()}
        collect({"MRR": reciprocal, "recall@10": recall}, gains, results)
    report(f"Halves of {len(chosen)} abstracts", results, "MRR")


@contextmanager
def counting(way: str) -> Iterator[None]:
    """Words counted in one of WAYS_TO_COUNT."""

    def counted_as(token: str) -> str | None:
        plain = token.lower().replace("’", "'").removesuffix("'s")
        word = plain if way.startswith("unfolded") else fold(token)
        return word if len(word) > 1 and word not in FUNCTION_WORDS else None

    token = SPLIT_TOKEN if way.endswith("split") else TOKEN
    with patch.object(tokens, "TOKEN", token), patch.object(tfidf, "_counted_as", counted_as):
        yield


def by_words(name: str, queries: int) -> dict[str, NDArray[np.float64]]:
    """nDCG@10 of each query by each way to count words; prints them for one corpus."""
    corpus = read_corpus(CorpusConfig(files=(f"{name}.jsonl.gz",)), PAPERS.parent)
    embedding, _ = embed_corpus(corpus, EmbeddingConfig(), folder=Path(), cache=cache_folder(), seed=0)
    papers = corpus.tables.papers
    column = next(one for one in ("categories", "labels", "label") if one in papers.column_names)
    listed = papers.column(column).to_pylist()
    categories = [{one} if isinstance(one, str) else set(one or ()) for one in listed]
    lexicals = {}
    for way in WAYS_TO_COUNT:
        with counting(way):
            lexicals[way] = build_lexical(corpus.cleaned.texts)
    able = np.flatnonzero([bool(own) for own in categories])
    among = among_nearest_of(embedding.vectors)
    results: dict[str, list[float]] = {way: [] for way in ("no words", *WAYS_TO_COUNT)}
    config = SimilarConfig()
    for row in np.random.default_rng(0).permutation(able)[:queries].tolist():
        found = nearest(embedding.vectors, embedding.vectors[[row]], k=CANDIDATES, own_rows=np.array([row]))
        rows = found.indices[0].astype(np.int64)
        gains = np.array([len(categories[row] & categories[o]) / len(categories[row] | categories[o]) for o in rows])
        dense = config.dense * z_scores(among[rows].astype(np.float64) @ embedding.vectors[row], CANDIDATES)
        results["no words"].append(ndcg(gains))
        for way, lexical in lexicals.items():
            words = z_scores(lexical.cosines(*lexical.paper(row), rows), CANDIDATES)
            results[way].append(ndcg(gains[np.argsort(-(dense + config.lexical * words), kind="stable")]))
    made = {way: np.array(values) for way, values in results.items()}
    print(f"{name}, {len(made['folded'])} queries among {len(papers)} papers, nDCG@10")
    print_words([made])
    return made


def print_words(corpora: Sequence[Mapping[str, NDArray[np.float64]]]) -> None:
    """A line a way: its mean, and how it differs from "folded", every corpus counting the same, with the interval."""
    rng = np.random.default_rng(0)
    for way in corpora[0]:
        gains = [made[way] - made["folded"] for made in corpora]
        draws = np.mean([rng.choice(gain, (2000, len(gain))).mean(axis=1) for gain in gains], axis=0)
        low, high = np.percentile(draws, [2.5, 97.5])
        mean, gain = (float(np.mean([one.mean() for one in many])) for many in ([made[way] for made in corpora], gains))
        print(f"  {way:16s} {mean:.4f}, less folded {gain:+.4f} ({low:+.4f} to {high:+.4f})", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--papers", type=Path, default=PAPERS)
    parser.add_argument("--queries", type=int, default=1000)
    parser.add_argument("--halves", type=int, default=2000)
    parser.add_argument("--words", nargs="+", default=())
    asked = parser.parse_args()
    if asked.words:
        print(machine("openvino", "numpy"))
        made = [by_words(name, asked.queries) for name in asked.words]
        print("all, each corpus counting the same")
        print_words(made)
        return
    papers = read_papers(asked.papers)
    print(machine("openvino", "numpy"))
    by_halves(papers, asked.halves)
    by_categories(papers, asked.queries)


if __name__ == "__main__":
    main()
