"""What other tools find among the same papers with the same vectors: topics, and keywords of topics."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Topics = NDArray[np.int64]


def kmeans_told(points: NDArray[np.float32], count: int, seed: int) -> Topics:
    """KMeans on UMAP points, told the true number of categories."""
    from sklearn.cluster import KMeans

    return KMeans(count, n_init=4, random_state=seed).fit_predict(points).astype(np.int64)


def evoc_layers(vectors: NDArray[np.float32], seed: int) -> list[Topics]:
    """Every layer of EVoC with its defaults, -1 for noise."""
    from evoc import EVoC

    model = EVoC(random_state=seed)
    model.fit_predict(vectors)
    return [np.asarray(layer, dtype=np.int64) for layer in model.cluster_layers_]


def top2vec_style(vectors: NDArray[np.float32], seed: int) -> Topics:
    """As Top2Vec does it: UMAP to 5 dimensions, HDBSCAN of at least 15, each paper to its nearest mean vector."""
    from hdbscan import HDBSCAN
    from umap import UMAP

    points = UMAP(n_neighbors=15, n_components=5, metric="cosine", random_state=seed).fit_transform(vectors)
    core = HDBSCAN(min_cluster_size=15, metric="euclidean", cluster_selection_method="eom").fit_predict(points)
    means = np.stack([vectors[core == topic].mean(axis=0) for topic in range(core.max() + 1)])
    means /= np.linalg.norm(means, axis=1, keepdims=True)
    return np.asarray((vectors @ means.T).argmax(axis=1), dtype=np.int64)


def bertopic_keywords(texts: Sequence[str], topics: Topics, stop_words: str | None = None) -> list[list[str]]:
    """The ten first words of each topic by BERTopic's class-based TF-IDF; its default vectorizer has no stop words."""
    from bertopic.vectorizers import ClassTfidfTransformer
    from sklearn.feature_extraction.text import CountVectorizer

    counter = CountVectorizer(stop_words=stop_words)
    joined = [" ".join(texts[row] for row in np.flatnonzero(topics == topic)) for topic in range(topics.max() + 1)]
    counts = counter.fit_transform(joined)
    return _heaviest(ClassTfidfTransformer().fit_transform(counts).toarray(), counter.get_feature_names_out())


def turftopic_keywords(texts: Sequence[str], topics: Topics, importance: str = "ctf_idf") -> list[list[str]]:
    """The same by turftopic with its default vectorizer. importance: "ctf_idf", or "soft_ctf_idf", its default."""
    from turftopic import feature_importance
    from turftopic.vectorizers.default import default_vectorizer

    rows = np.flatnonzero(topics != -1)
    counter = default_vectorizer()
    counts = counter.fit_transform([texts[row] for row in rows])
    member = np.eye(topics.max() + 1)[topics[rows]]
    return _heaviest(getattr(feature_importance, importance)(member, counts), counter.get_feature_names_out())


def keywords_by_peers(texts: Sequence[str], topics: Topics) -> dict[str, list[list[str]]]:
    """Peer and way -> the keywords that it gives these topics."""
    return {
        "BERTopic's c-TF-IDF": bertopic_keywords(texts, topics),
        "BERTopic's with English stop words": bertopic_keywords(texts, topics, "english"),
        "turftopic's c-TF-IDF": turftopic_keywords(texts, topics),
        "turftopic's soft c-TF-IDF": turftopic_keywords(texts, topics, "soft_ctf_idf"),
    }


def _heaviest(weights: NDArray[np.float64], words: Sequence[str]) -> list[list[str]]:
    return [[str(words[place]) for place in np.argsort(-row, kind="stable")[:10]] for row in np.asarray(weights)]
