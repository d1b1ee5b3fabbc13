"""What it does to the order of similar papers that a candidate is compared as it stands among its nearest.

Embedding and words, without sentences and references, with plain cosines and as `similar` ranks. Categories: nDCG@10 by
the overlap (Jaccard) of category sets. Halves: the second half of an abstract must find the first half of the same
abstract among the first halves of others. Each difference with its bootstrap interval, paired over queries.

    python -m benchmarks.surroundings [--corpora medicine,ai-areas] [--sample 1000] [--queries 1000] [--halves 400]

--sample: so many papers of each corpus, those whose texts have the smallest SHA-256, so that a paper of two corpora is
drawn in both; without it whole corpora.
"""

import argparse
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.common import PAPERS, machine
from benchmarks.granularity import BEST_CUT
from benchmarks.similar_quality import ndcg, reciprocal
from pipeline.config import CorpusConfig, EmbeddingConfig, SimilarConfig, cache_folder
from pipeline.corpus import read_corpus
from pipeline.embedding import VectorCache, embed_texts, make_encoder
from pipeline.neighbours import Neighbours, find_neighbours, nearest
from pipeline.recommender.query import Query
from pipeline.recommender.ranking import Candidates, rank
from pipeline.recommender.surroundings import cosines_among_nearest
from pipeline.words.tfidf import Lexical, build_lexical

K, RESAMPLES = 50, 2000  # neighbours that a run keeps
FEWEST_WORDS = 60  # of an abstract that is cut into halves
WAYS = ("plain cosines", "as similar ranks")


@dataclass(frozen=True)
class Pool:
    """n papers that are ranked."""

    vectors: NDArray[np.float32]
    lexical: Lexical
    neighbours: Neighbours


def read(name: str, sample: int | None) -> tuple[list[str], list[str], list[frozenset[str]]]:
    """Texts, abstracts and categories of a corpus, or of a sample."""
    corpus = read_corpus(CorpusConfig(files=(f"{name}.jsonl.gz",)), PAPERS.parent)
    papers, texts = corpus.tables.papers, list(corpus.cleaned.texts)
    column = next(one for one in ("categories", "labels", "label") if one in papers.column_names)
    listed, abstracts = papers.column(column).to_pylist(), papers.column("abstract").to_pylist()
    categories = [frozenset([one] if isinstance(one, str) else one or ()) for one in listed]
    hashes = [hashlib.sha256(text.encode()).digest() for text in texts]
    rows = sorted(sorted(range(len(texts)), key=hashes.__getitem__)[:sample])
    return [texts[row] for row in rows], [abstracts[row] for row in rows], [categories[row] for row in rows]


def embed(texts: list[str]) -> NDArray[np.float32]:
    encoder, prompt = make_encoder(EmbeddingConfig(), cache_folder())
    with VectorCache(cache_folder() / "vectors", encoder.info, prompt=prompt) as cache:
        return embed_texts(texts, encoder, cache=cache).vectors


def pool_of(texts: list[str]) -> Pool:
    vectors = embed(texts)
    return Pool(vectors, build_lexical(texts), find_neighbours(vectors, k=K))


def orders(pool: Pool, query: Query) -> dict[str, NDArray[np.int64]]:
    """Rows of the candidates in the order of each way."""
    config = SimilarConfig()
    own = np.array(query.rows) if query.rows else None
    found = nearest(pool.vectors, query.vector[None], k=config.candidates, own_rows=own)
    rows = found.indices[0].astype(np.int64)
    candidates = Candidates(rows, found.similarities[0].astype(np.float64), basis=len(rows))
    among = cosines_among_nearest(query.vector, pool.vectors, pool.neighbours, rows=rows)
    plain = rank(query, candidates, lexical=pool.lexical, sentences=None, config=config)
    ranked = rank(query, candidates, lexical=pool.lexical, sentences=None, config=config, among=among)
    return dict(zip(WAYS, (plain.rows, ranked.rows), strict=True))


def by_categories(pool: Pool, categories: Sequence[frozenset[str]], queries: int) -> dict[str, NDArray[np.float64]]:
    """nDCG@10 of each query by each way."""
    able = np.flatnonzero([bool(own) for own in categories])
    gains: dict[str, list[float]] = {way: [] for way in WAYS}
    for row in np.random.default_rng(0).permutation(able)[:queries].tolist():
        own = categories[row]
        query = Query(pool.vectors[row], (row,), *pool.lexical.paper(row), None, ())
        for way, rows in orders(pool, query).items():
            listed = [categories[other] for other in rows.tolist()]
            gains[way].append(ndcg(np.array([len(own & other) / len(own | other) for other in listed])))
    return {way: np.array(values) for way, values in gains.items()}


def by_halves(abstracts: Sequence[str], count: int) -> dict[str, NDArray[np.float64]]:
    """Reciprocal rank of the other half, for each abstract by each way."""
    words = [words for words in (abstract.split() for abstract in abstracts if abstract) if len(words) >= FEWEST_WORDS]
    first, second = zip(*((" ".join(w[: len(w) // 2]), " ".join(w[len(w) // 2 :])) for w in words[:count]), strict=True)
    pool, asked = pool_of(list(first)), embed(list(second))
    gains: dict[str, list[float]] = {way: [] for way in WAYS}
    for row, text in enumerate(second):
        query = Query(asked[row], (), *pool.lexical.query(text), None, ())
        for way, rows in orders(pool, query).items():
            gains[way].append(reciprocal(rows == row))
    return {way: np.array(values) for way, values in gains.items()}


def print_gains(title: str, corpora: Sequence[Mapping[str, NDArray[np.float64]]]) -> None:
    """Both means and their difference, every corpus counting the same, with the interval."""
    rng = np.random.default_rng(0)
    gains = [made[WAYS[1]] - made[WAYS[0]] for made in corpora]
    draws = np.mean([rng.choice(gain, (RESAMPLES, len(gain))).mean(axis=1) for gain in gains], axis=0)
    low, high = np.percentile(draws, [2.5, 97.5])
    plain, ranked = (np.mean([made[way].mean() for made in corpora]) for way in WAYS)
    mean = np.mean([gain.mean() for gain in gains])
    print(f"{title}: {plain:.4f}, {ranked:.4f}, {mean:+.4f} ({low:+.4f} to {high:+.4f})", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpora", default=",".join(BEST_CUT))
    parser.add_argument("--sample", type=int)
    parser.add_argument("--queries", type=int, default=1000)
    parser.add_argument("--halves", type=int, default=0)
    asked = parser.parse_args()
    print(machine("openvino", "numpy"))
    print("plain cosines, as similar ranks, difference")
    by_label, by_half = [], []
    for name in asked.corpora.split(","):
        texts, abstracts, categories = read(name, asked.sample)
        by_label.append(by_categories(pool_of(texts), categories, asked.queries))
        count = len(by_label[-1][WAYS[0]])
        print_gains(f"{name}, {count} queries among {len(texts)} papers, nDCG@10", by_label[-1:])
        if asked.halves:
            by_half.append(by_halves(abstracts, asked.halves))
            print_gains(f"{name}, {len(by_half[-1][WAYS[0]])} halves, MRR", by_half[-1:])
    for title, made in (("all, nDCG@10", by_label), ("all, MRR of halves", by_half)):
        if made:
            print_gains(title, made)


if __name__ == "__main__":
    main()
