"""Embedding speed: this project beside `SentenceTransformer.encode` with its defaults, the same model and abstracts.

Also the share of the machine's bfloat16 matrix-product rate that is reached, measured in the same rounds, operations
counted without padding; and the lowest cosine to the reference's float32 vectors.

    python -m benchmarks.embedding [--papers FILE] [--count 2000] [--rounds 5]
"""

import argparse
import tempfile
import time
from pathlib import Path

import numpy as np

from benchmarks.common import PAPERS, machine, read_papers, spread
from pipeline.config import EmbeddingConfig
from pipeline.corpus import text_of
from pipeline.embedding import embed_texts, make_encoder
from pipeline.embedding.model_files import find_model
from pipeline.embedding.windows import load_tokenizer

LAYERS, WIDTH, INNER = 6, 384, 1536
MATRIX = 4096


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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--papers", type=Path, default=PAPERS)
    parser.add_argument("--count", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--sentences", action="store_true", help="keep sentence vectors too")
    asked = parser.parse_args()
    papers = read_papers(asked.papers)[: asked.count]
    texts = [text_of(paper["title"], paper["abstract"]) for paper in papers]

    from sentence_transformers import SentenceTransformer

    files = find_model(EmbeddingConfig())
    peer = SentenceTransformer(str(files.folder), device="cpu", local_files_only=True)
    with tempfile.TemporaryDirectory() as cache:
        encoder, _ = make_encoder(EmbeddingConfig(sentences=asked.sentences), Path(cache))
    tokenizer = load_tokenizer(files.folder / "tokenizer.json")
    tokens = np.array([min(len(encoded.ids), 256) for encoded in tokenizer.encode_batch(texts)])
    print(machine("openvino", "torch", "sentence-transformers"))
    print(f"{len(texts)} abstracts, {tokens.mean():.0f} tokens on average after truncation, {encoder.info.precision}")
    embed_texts(texts[:64], encoder)
    peer.encode(texts[:64])
    ratios, shares, ours_rates, peer_rates = [], [], [], []
    for number in range(asked.rounds):
        start = time.perf_counter()
        ours = embed_texts(texts, encoder, sentences=asked.sentences).vectors
        our_seconds = time.perf_counter() - start
        rate = matrix_rate()
        start = time.perf_counter()
        theirs = peer.encode(texts, normalize_embeddings=True)
        peer_seconds = time.perf_counter() - start
        ours_rates.append(len(texts) / our_seconds)
        peer_rates.append(len(texts) / peer_seconds)
        ratios.append(peer_seconds / our_seconds)
        shares.append(operations(tokens) / our_seconds / rate)
        print(
            f"round {number + 1}: {ours_rates[-1]:.1f} papers/s, peer {peer_rates[-1]:.1f}, ratio {ratios[-1]:.2f},"
            f" {rate / 1e9:.0f} Gop/s bfloat16 product, share {shares[-1]:.2f}",
            flush=True,
        )
    cosines = (ours * theirs).sum(axis=1)
    print(f"papers/s: {spread(ours_rates)}, peer {spread(peer_rates)}")
    print(f"ratio: {spread(ratios)}")
    print(f"share of the bfloat16 matrix-product rate: {spread(shares)}")
    print(f"cosine to the reference: lowest {cosines.min():.6f}, median {np.median(cosines):.6f}")


if __name__ == "__main__":
    main()
