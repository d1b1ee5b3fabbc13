"""BERTopic as its users run it: read, embed with the same model, fit with its defaults. Prints its topics as JSON.

python -m benchmarks.peer_bertopic PAPERS [VECTORS.npy] [SEED]
"""

import json
import sys
from pathlib import Path

import numpy as np

from benchmarks.common import read_papers
from pipeline.config import EmbeddingConfig
from pipeline.corpus import text_of
from pipeline.embedding.model_files import find_model


def fit(texts: list[str], vectors: np.ndarray | None, seed: int | None) -> list[int]:
    """Topic of each text, -1 for outliers. A seed is put into BERTopic's own default UMAP, nothing else changed."""
    from bertopic import BERTopic
    from sentence_transformers import SentenceTransformer
    from umap import UMAP

    model = SentenceTransformer(str(find_model(EmbeddingConfig()).folder), device="cpu", local_files_only=True)
    umap = None
    if seed is not None:
        umap = UMAP(n_neighbors=15, n_components=5, min_dist=0.0, metric="cosine", low_memory=False, random_state=seed)
    topics, _ = BERTopic(embedding_model=model, umap_model=umap).fit_transform(texts, vectors)
    return [int(topic) for topic in topics]


def main() -> None:
    papers = read_papers(Path(sys.argv[1]))
    vectors = np.load(sys.argv[2]) if len(sys.argv) > 2 else None
    seed = int(sys.argv[3]) if len(sys.argv) > 3 else None
    print(json.dumps(fit([text_of(paper["title"], paper["abstract"]) for paper in papers], vectors, seed)))


if __name__ == "__main__":
    main()
