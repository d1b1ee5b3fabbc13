"""What embedding gives: a unit vector of every paper, its sentences if asked for, and how they were made."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Sentences:
    """Sentence vectors of all papers, one after another.

    vectors: (s, d) int8, each row scaled so that its largest part is 127; only directions count. spans: (s, 2)
    int32 start and end of each sentence in its paper's text. offsets: (n + 1,) int64; paper i has the sentences
    offsets[i] to offsets[i + 1].
    """

    vectors: NDArray[np.int8]
    spans: NDArray[np.int32]
    offsets: NDArray[np.int64]

    def __post_init__(self) -> None:
        if not len(self.vectors) == len(self.spans) == self.offsets[-1]:
            raise ValueError(
                f"{len(self.vectors)} sentence vectors and {len(self.spans)} spans for {self.offsets[-1]} sentences"
            )


@dataclass(frozen=True)
class EmbeddingInfo:
    """How the vectors came to be. `long_papers` had more tokens than the model reads, and what was done to them."""

    backend: str
    model: str
    model_digest: str
    device: str
    precision: str
    dimensions: int
    max_tokens: int | None
    long_text: str
    embedded: int
    from_cache: int
    long_papers: int


@dataclass(frozen=True)
class Embedding:
    """vectors: (n, d) float32 unit rows, row i the i-th paper of the corpus."""

    vectors: NDArray[np.float32]
    info: EmbeddingInfo
    sentences: Sentences | None = None

    def __post_init__(self) -> None:
        if self.vectors.ndim != 2 or self.vectors.dtype != np.float32:
            raise ValueError(f"vectors must be (n, d) float32, got {self.vectors.shape} {self.vectors.dtype}")
        if self.sentences is not None and len(self.sentences.offsets) != len(self.vectors) + 1:
            raise ValueError(f"sentences of {len(self.sentences.offsets) - 1} papers for {len(self.vectors)} vectors")


@dataclass(frozen=True)
class EncodedText:
    """One text encoded: a (d,) float32 unit vector, its number of tokens, (s, d) int8 sentences with (s, 2) spans."""

    vector: NDArray[np.float32]
    tokens: int
    sentence_vectors: NDArray[np.int8]
    sentence_spans: NDArray[np.int32]


class Encoder(Protocol):
    """Texts -> vectors, given back in whatever order is fastest as (position in the list, result)."""

    info: EmbeddingInfo

    def encode(self, texts: Sequence[str]) -> Iterator[tuple[int, EncodedText]]: ...


def unit(vector: NDArray[np.float32]) -> NDArray[np.float32]:
    """The vector scaled to length 1; a zero vector (a text with no known word) stays zero."""
    length = np.float32(np.sqrt(np.dot(vector.astype(np.float64), vector.astype(np.float64))))
    return vector / length if length > 0 else vector


def to_int8(vectors: NDArray[np.float32]) -> NDArray[np.int8]:
    """(s, d) rows scaled so that the largest part of each is 127."""
    if not len(vectors):
        return vectors.astype(np.int8)
    largest = np.abs(vectors).max(axis=1, keepdims=True, initial=0)
    scaled = np.divide(vectors * 127, largest, out=np.zeros_like(vectors), where=largest > 0)
    return np.asarray(np.rint(scaled), dtype=np.int8)
