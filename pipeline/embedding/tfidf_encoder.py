"""texts -> vectors without a model: TF-IDF, then its leading singular directions (latent semantic analysis).

Deerwester et al., 1990. Fitted on the corpus; what a new text needs (terms, their weights, directions) is kept as
plain arrays.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from pipeline.embedding.embedding import EmbeddingInfo, EncodedText
from pipeline.embedding.encode_in_blocks import encode_in_blocks
from pipeline.errors import CorpusError

DIMENSIONS = 256
MOST_TERMS = 50_000
TOKEN = r"(?u)\b\w\w+\b"


@dataclass(frozen=True)
class TfidfModel:
    """terms: t words; idf: (t,) float64; directions: (d, t) float32 rows."""

    terms: tuple[str, ...]
    idf: NDArray[np.float64]
    directions: NDArray[np.float32]

    @property
    def digest(self) -> str:
        """sha256 over all of it."""
        digest = hashlib.sha256("\n".join(self.terms).encode())
        digest.update(self.idf.tobytes() + self.directions.tobytes())
        return digest.hexdigest()

    def to_arrays(self) -> dict[str, NDArray[np.generic]]:
        """Arrays by name, as a run folder keeps them; terms: their UTF-8 text, a line each, as bytes."""
        terms = np.frombuffer("\n".join(self.terms).encode(), dtype=np.uint8)
        return {"terms": terms, "idf": self.idf, "directions": self.directions}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[np.generic]]) -> Self:
        """What `to_arrays` gave. Raises KeyError where an array is missing."""
        terms = tuple(arrays["terms"].tobytes().decode().split("\n"))
        return cls(
            terms,
            np.asarray(arrays["idf"], dtype=np.float64),
            np.asarray(arrays["directions"], dtype=np.float32),
        )


def fit_tfidf(texts: Sequence[str], *, seed: int) -> TfidfModel:
    """The model of these texts. Raises CorpusError where they hold no word at all."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.utils.extmath import randomized_svd

    vectorizer = TfidfVectorizer(sublinear_tf=True, stop_words="english", token_pattern=TOKEN, max_features=MOST_TERMS)
    try:
        weights = vectorizer.fit_transform(texts)
    except ValueError:
        raise CorpusError('embedding.backend = "tfidf": the papers hold no words beyond stop words') from None
    terms = tuple(str(term) for term in vectorizer.get_feature_names_out())
    rank = min(DIMENSIONS, *weights.shape)
    _, _, directions = randomized_svd(weights, n_components=rank, random_state=seed)
    return TfidfModel(terms, np.asarray(vectorizer.idf_), np.ascontiguousarray(directions, dtype=np.float32))


class TfidfEncoder:
    """The encoder of a fitted model."""

    def __init__(self, model: TfidfModel, *, sentences: bool = False) -> None:
        self.model = model
        self._sentences = sentences
        self.info = EmbeddingInfo(
            backend="tfidf",
            model="TF-IDF and singular value decomposition of this corpus",
            model_digest=model.digest,
            device="cpu",
            precision="float32",
            dimensions=len(model.directions),
            max_tokens=None,
            long_text="truncate",
            embedded=0,
            from_cache=0,
            long_papers=0,
        )

    def encode(self, texts: Sequence[str]) -> Iterator[tuple[int, EncodedText]]:
        """Each text's result with its position; a text without a known word is a zero vector."""
        return encode_in_blocks(texts, self._make_vectors, sentences=self._sentences)

    def _make_vectors(self, texts: list[str]) -> tuple[NDArray[np.float32], list[int]]:
        return self._project(texts), [len(text.split()) for text in texts]

    def _project(self, texts: list[str]) -> NDArray[np.float32]:
        """(n, d); the product of a sparse row with a matrix has the same bits whatever the other rows are."""
        return np.asarray(self._fitted.transform(texts) @ self._directions, dtype=np.float32)

    @cached_property
    def _directions(self) -> NDArray[np.float64]:
        return np.ascontiguousarray(self.model.directions.T, dtype=np.float64)

    @cached_property
    def _fitted(self) -> Any:
        from sklearn.feature_extraction.text import TfidfVectorizer

        vocabulary = {term: place for place, term in enumerate(self.model.terms)}
        vectorizer = TfidfVectorizer(sublinear_tf=True, token_pattern=TOKEN, vocabulary=vocabulary)
        vectorizer.idf_ = self.model.idf
        return vectorizer
