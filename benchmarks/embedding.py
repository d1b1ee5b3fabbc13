"""Embedding speed: this project beside `SentenceTransformer.encode` with its defaults, the same model and abstracts.

Also the share of the machine's bfloat16 matrix-product rate that is reached, measured in the same rounds, operations
counted without padding; and the lowest cosine to the reference's float32 vectors. Beside it, in the same rounds, the
cheaper vectors: int8, and static ones with an empty table of words; with --peer other libraries, each by the Python of
an environment of its own (peer_encoders.py). --losses says what they cost, on two corpora or
more: agreement of the topics with the corpus's labels (AMI, ARI; every paper assigned), nDCG@10 of the nearest papers
(gain: shared labels), and the share of the ten nearest in full precision that are kept.

    python -m benchmarks.embedding [--papers FILE] [--count 2000] [--rounds 5] [--peer fastembed=PYTHON ...]
    python -m benchmarks.embedding --losses FILE FILE ... [--count 6000]
"""

import argparse
import json
import subprocess
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.common import PAPERS, machine, read_papers, spread
from benchmarks.similar_quality import ndcg
from pipeline.clusterer.assignment import assign_corpus
from pipeline.clusterer.cluster import cluster
from pipeline.config import ClustererConfig, EmbeddingConfig, ReducerConfig, cache_folder
from pipeline.corpus import text_of
from pipeline.embedding import VectorCache, embed_texts, make_encoder
from pipeline.embedding.int8_recall import recall_of
from pipeline.embedding.model_files import find_model
from pipeline.embedding.tfidf_encoder import TfidfEncoder, fit_tfidf
from pipeline.embedding.windows import load_tokenizer
from pipeline.neighbours import find_neighbours

LAYERS, WIDTH, INNER = 6, 384, 1536
MATRIX = 4096
QUERIES = 1000
SCRIPT = Path(__file__).with_name("peer_encoders.py")
SAME_MODEL = 0.99  # lowest cosine of vectors of the same texts
FULL, INT8, STATIC, TFIDF = "bfloat16 or float32", "int8", "static", "TF-IDF"
CHEAPER = {INT8: EmbeddingConfig(precision="int8"), STATIC: EmbeddingConfig(backend="static")}


def operations(tokens: np.ndarray) -> float:
    """Multiplications and additions of the model's matrix products for texts of so many tokens each."""
    linear = LAYERS * 2 * (4 * WIDTH**2 + 2 * WIDTH * INNER) * tokens.sum()
    attention = LAYERS * 2 * 2 * WIDTH * (tokens.astype(float) ** 2).sum()
    return float(linear + attention)


def matrix_rate() -> float:
    """Operations a second of a large bfloat16 matrix product, the best of three."""
    import torch

    left, right = (torch.randn(MATRIX, MATRIX, dtype=torch.bfloat16) for _ in range(2))
    seconds = []
    for _ in range(4):
        start = time.perf_counter()
        torch.matmul(left, right)
        seconds.append(time.perf_counter() - start)
    return 2 * MATRIX**3 / min(seconds[1:])


@dataclass
class Rounds:
    """Papers a second of every round, and the share of the matrix-product rate."""

    ours: list[float] = field(default_factory=list)
    peer: list[float] = field(default_factory=list)
    cheaper: dict[str, list[float]] = field(default_factory=lambda: {name: [] for name in CHEAPER})
    shares: list[float] = field(default_factory=list)
    others: dict[str, list[float]] = field(default_factory=dict)


@dataclass(frozen=True)
class OtherEncoders:
    """pythons: a library of peer_encoders.py -> the Python that has it. place: where its files are kept meanwhile."""

    pythons: dict[str, str]
    place: Path

    def measure(self, texts: Sequence[str], reference: NDArray[np.float32]) -> dict[str, float]:
        """Papers a second of each; its vectors are checked to be of the same model."""
        given = self.place / "texts.json"
        given.write_text(json.dumps(list(texts)), encoding="utf-8")
        rates = {}
        for kind, python in self.pythons.items():
            folder = self.place / kind
            folder.mkdir(exist_ok=True)
            model, vectors = find_model(EmbeddingConfig()).folder, folder / "vectors.npy"
            command = [python, str(SCRIPT), kind, str(model), str(given), str(vectors)]
            told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
            rates[kind] = len(texts) / float(told.split()[-1])
            lowest = (np.load(vectors) * reference).sum(axis=1).min()
            if lowest < SAME_MODEL:
                raise RuntimeError(f"{kind}: its vectors are others: lowest cosine {lowest:.3f}")
        return rates


def papers_a_second(texts: Sequence[str], encoder: Any, **options: Any) -> tuple[float, NDArray[np.float32]]:
    start = time.perf_counter()
    vectors = embed_texts(texts, encoder, **options).vectors
    return len(texts) / (time.perf_counter() - start), vectors


def measure_speed(papers: Path, count: int, rounds: int, *, sentences: bool, others: OtherEncoders) -> None:
    texts = [text_of(paper["title"], paper["abstract"]) for paper in read_papers(papers)[:count]]

    from sentence_transformers import SentenceTransformer

    files = find_model(EmbeddingConfig())
    peer = SentenceTransformer(str(files.folder), device="cpu", local_files_only=True)
    with tempfile.TemporaryDirectory() as cache:
        encoder, _ = make_encoder(EmbeddingConfig(sentences=sentences), Path(cache))
    int8, _ = make_encoder(CHEAPER[INT8], cache_folder())
    make_encoder(CHEAPER[STATIC], cache_folder())  # distilled now, should it not be there
    tokenizer = load_tokenizer(files.folder / "tokenizer.json")
    tokens = np.array([min(len(encoded.ids), 256) for encoded in tokenizer.encode_batch(texts)])
    print(machine("openvino", "torch", "sentence-transformers", "nncf"))
    print(f"{len(texts)} abstracts, {tokens.mean():.0f} tokens on average after truncation, {encoder.info.precision}")
    for warmed in (encoder, int8):
        embed_texts(texts[:64], warmed)
    peer.encode(texts[:64])
    seen = Rounds()
    for number in range(rounds):
        rate_of_ours, ours = papers_a_second(texts, encoder, sentences=sentences)
        rate = matrix_rate()
        start = time.perf_counter()
        theirs = peer.encode(texts, normalize_embeddings=True)
        seen.peer.append(len(texts) / (time.perf_counter() - start))
        seen.ours.append(rate_of_ours)
        seen.cheaper[INT8].append(papers_a_second(texts, int8)[0])
        seen.cheaper[STATIC].append(papers_a_second(texts, make_encoder(CHEAPER[STATIC], cache_folder())[0])[0])
        seen.shares.append(operations(tokens) * rate_of_ours / len(texts) / rate)
        for name, speed in others.measure(texts, theirs).items():
            seen.others.setdefault(name, []).append(speed)
        cheaper = ", ".join(f"{name} {rates[-1]:.1f}" for name, rates in (seen.cheaper | seen.others).items())
        print(
            f"round {number + 1}: {rate_of_ours:.1f} papers/s, peer {seen.peer[-1]:.1f}, {cheaper},"
            f" {rate / 1e9:.0f} Gop/s bfloat16 product, share {seen.shares[-1]:.2f}",
            flush=True,
        )
    print_speed(seen, (ours * theirs).sum(axis=1))


def print_speed(seen: Rounds, cosines: NDArray[np.float32]) -> None:
    print(f"papers/s: {spread(seen.ours)}, peer {spread(seen.peer)}")
    print(f"ratio: {spread([ours / peer for ours, peer in zip(seen.ours, seen.peer, strict=True)])}")
    for name, rates in seen.others.items():
        ratios = [ours / other for ours, other in zip(seen.ours, rates, strict=True)]
        print(f"{name}: {spread(rates)} papers/s; ours {spread(ratios)} times as fast")
    for name, rates in seen.cheaper.items():
        ratios = [cheaper / ours for cheaper, ours in zip(rates, seen.ours, strict=True)]
        print(f"{name}: {spread(rates)} papers/s, {spread(ratios)} times ours")
    print(f"share of the bfloat16 matrix-product rate: {spread(seen.shares)}")
    print(f"cosine to the reference: lowest {cosines.min():.6f}, median {np.median(cosines):.6f}")


def labels_of(paper: dict[str, Any]) -> list[str]:
    """The categories of a paper, the first being its own."""
    return list(paper["categories"]) if "categories" in paper else [str(paper.get("label") or "")]


def vectors_of(texts: list[str], config: EmbeddingConfig) -> NDArray[np.float32]:
    if config.backend == "tfidf":
        return embed_texts(texts, TfidfEncoder(fit_tfidf(texts, seed=0))).vectors
    encoder, prompt = make_encoder(config, cache_folder())
    with VectorCache(cache_folder() / "vectors", encoder.info, prompt=prompt) as cache:
        return embed_texts(texts, encoder, cache=None if config.backend == "static" else cache).vectors


def topics_of(vectors: NDArray[np.float32]) -> NDArray[np.int64]:
    """Every paper's topic, noise assigned, by a run's defaults without refits."""
    neighbours = find_neighbours(vectors, k=50)
    found = cluster(
        vectors, neighbours, reducer=ReducerConfig(), clusterer=ClustererConfig(), seeds=None, resamples=0, seed=42
    )
    return np.asarray(assign_corpus(vectors, neighbours, found.core).nearest_topic)


def similar_gain(vectors: NDArray[np.float32], labels: list[set[str]]) -> float:
    """nDCG@10 of the nearest by cosine; the gain of a paper is the share of labels it has in common."""
    rows = np.random.default_rng(0).choice(len(vectors), min(QUERIES, len(vectors)), replace=False)
    near = find_neighbours(vectors, k=200).indices
    gains = [[len(labels[row] & labels[o]) / len(labels[row] | labels[o]) for o in near[row].tolist()] for row in rows]
    return float(np.mean([ndcg(np.array(gain)) for gain in gains]))


def print_losses(papers: Path, count: int) -> None:
    from sklearn.metrics import adjusted_mutual_info_score, adjusted_rand_score

    listed = [paper for paper in read_papers(papers) if any(labels_of(paper))]
    listed = [listed[row] for row in np.linspace(0, len(listed) - 1, min(count, len(listed))).astype(int)]
    texts = [text_of(paper["title"], paper["abstract"]) for paper in listed]
    labels = [labels_of(paper) for paper in listed]
    truth = np.unique([own[0] for own in labels], return_inverse=True)[1]
    print(f"{papers.name}: {len(texts)} papers, {truth.max() + 1} labels", flush=True)
    full: NDArray[np.float32] | None = None
    for name, config in {FULL: EmbeddingConfig(), **CHEAPER, TFIDF: EmbeddingConfig(backend="tfidf")}.items():
        vectors = vectors_of(texts, config)
        full = vectors if full is None else full
        topics, gain = topics_of(vectors), similar_gain(vectors, [set(own) for own in labels])
        print(
            f"  {name}: AMI {adjusted_mutual_info_score(truth, topics):.3f}, ARI"
            f" {adjusted_rand_score(truth, topics):.3f}, {topics.max() + 1} topics; nDCG@10"
            f" {gain:.3f}; recall@10 {recall_of(vectors, full, k=10):.3f}",
            flush=True,
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--papers", type=Path, default=PAPERS)
    parser.add_argument("--count", type=int)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--sentences", action="store_true", help="keep sentence vectors too")
    parser.add_argument("--peer", action="append", default=[], metavar="LIBRARY=PYTHON", help="of peer_encoders.py")
    parser.add_argument("--losses", type=Path, nargs="+", help="files of papers with labels: what cheaper vectors lose")
    asked = parser.parse_args()
    if asked.losses:
        for papers in asked.losses:
            print_losses(papers, asked.count or 6000)
    else:
        with tempfile.TemporaryDirectory() as place:
            others = OtherEncoders(dict(peer.split("=", 1) for peer in asked.peer), Path(place))
            measure_speed(asked.papers, asked.count or 2000, asked.rounds, sentences=asked.sentences, others=others)


if __name__ == "__main__":
    main()
