"""texts -> vectors through the cache: what is known is looked up, the rest encoded and kept at once."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipeline.config import EmbeddingConfig
from pipeline.corpus import Corpus
from pipeline.corpus.paper_texts import ChosenTexts
from pipeline.corpus.record import text_hash
from pipeline.embedding.backends import choose_backend, make_encoder
from pipeline.embedding.embedding import Embedding, EmbeddingInfo, EncodedText, Encoder, Sentences
from pipeline.embedding.int8_recall import require_recall, sample_rows
from pipeline.embedding.own_vectors import own_vectors
from pipeline.embedding.sharded_encoder import ShardedEncoder, bounds_of
from pipeline.embedding.tfidf_encoder import TfidfEncoder, fit_tfidf
from pipeline.embedding.vector_cache import VectorCache
from pipeline.workers.shards import Shards

Advance = Callable[[int], None]


def embed(
    corpus: Corpus,
    config: EmbeddingConfig,
    *,
    folder: Path,
    cache: Path,
    seed: int,
    shards: Shards | None = None,
    advance: Advance = lambda _: None,
) -> tuple[Embedding, Encoder | None]:
    """The corpus's vectors, and the encoder that made them (None for the user's own), for texts to come.

    folder: where relative paths of the config start; cache: folder of vectors and compiled models. shards:
    in which texts that the cache does not hold are encoded; here where it is None.
    """
    choice = choose_backend(config)
    if choice.backend == "vectors":
        file = folder / config.vectors if config.vectors else None
        return own_vectors(corpus, file=file, column=config.vectors_column), None
    texts = corpus.cleaned.texts
    if choice.backend == "tfidf":
        fitted = TfidfEncoder(fit_tfidf(texts, seed=seed), sentences=config.sentences)
        return embed_texts(texts, fitted, sentences=config.sentences, advance=advance), fitted
    encoder, prompt = make_encoder(config, cache)
    with _store(config, encoder, cache, prompt=prompt) as vectors:
        if encoder.info.precision == "int8":
            sample = [texts[row] for row in sample_rows(len(texts))]
            coarse = embed_texts(sample, encoder, sentences=config.sentences, cache=vectors).vectors
            require_recall(coarse, *_in_full(sample, config, cache))
        used: Encoder = encoder
        if shards is not None:
            bounds = bounds_of(corpus.hash_array, shards.papers)
            used = ShardedEncoder(encoder, shards, config, prompt=prompt, bounds=bounds)
        embedding = embed_texts(texts, used, sentences=config.sentences, cache=vectors, advance=advance)
    return embedding, encoder


def _store(
    config: EmbeddingConfig, encoder: Encoder, cache: Path, *, prompt: str
) -> AbstractContextManager[VectorCache | None]:
    """Where an encoder's vectors are kept; nowhere if not wanted, or if they are made as fast as they are read."""
    if not config.cache or encoder.info.backend == "static":
        return nullcontext()
    return VectorCache(cache / "vectors", encoder.info, prompt=prompt, limit_bytes=config.cache_gb * 1e9)


def _in_full(texts: Sequence[str], config: EmbeddingConfig, cache: Path) -> tuple[NDArray[np.float32], str]:
    """(n, d) vectors of the model before it was quantised, and their precision."""
    plain = config.model_copy(update={"precision": "auto", "sentences": False})
    encoder, prompt = make_encoder(plain, cache)
    with _store(plain, encoder, cache, prompt=prompt) as vectors:
        return embed_texts(texts, encoder, cache=vectors).vectors, encoder.info.precision


def embed_texts(
    texts: Sequence[str],
    encoder: Encoder,
    *,
    sentences: bool = False,
    cache: VectorCache | None = None,
    advance: Advance = lambda _: None,
) -> Embedding:
    """Vectors of these texts in their order; a text that comes twice is encoded once."""
    hashes = [text_hash(text) for text in texts]
    first = dict(zip(reversed(hashes), reversed(range(len(hashes))), strict=True))
    names = list(dict.fromkeys(hashes))
    place = {name: row for row, name in enumerate(names)}
    made = _Made.empty(len(names), encoder.info.dimensions, sentences=sentences)
    if cache is not None:
        for position, encoded in cache.lookup(names, sentences=sentences):
            made.put(position, encoded)
        advance(made.count)
    known = made.count
    missing = [name for name in names if not made.there[place[name]]]
    for position, encoded in encoder.encode(ChosenTexts(texts, [first[name] for name in missing])):
        name = missing[position]
        made.put(place[name], encoded)
        if cache is not None:
            cache.add(name, encoded, sentences=sentences)
        advance(1)
    return _assemble(made, [place[name] for name in hashes], info=encoder.info, known=known)


@dataclass(frozen=True)
class _Made:
    """What is known of so many texts: one array for all, so that a large corpus is not as many objects.

    there: (u,) whether a text's vector is known; vectors: (u, d) float32; tokens: (u,). sentences: vectors and spans of
    each text's, None where they are not wanted.
    """

    there: NDArray[np.bool_]
    vectors: NDArray[np.float32]
    tokens: NDArray[np.int64]
    sentences: list[tuple[NDArray[np.int8], NDArray[np.int32]]] | None

    @classmethod
    def empty(cls, count: int, dimensions: int, *, sentences: bool) -> "_Made":
        none = (np.zeros((0, dimensions), np.int8), np.zeros((0, 2), np.int32))
        return cls(
            np.zeros(count, np.bool_),
            np.empty((count, dimensions), np.float32),
            np.zeros(count, np.int64),
            [none] * count if sentences else None,
        )

    @property
    def count(self) -> int:
        return int(self.there.sum())

    def put(self, row: int, encoded: EncodedText) -> None:
        self.there[row], self.vectors[row], self.tokens[row] = True, encoded.vector, encoded.tokens
        if self.sentences is not None:
            self.sentences[row] = encoded.sentence_vectors, encoded.sentence_spans


def _assemble(made: _Made, rows: list[int], *, info: EmbeddingInfo, known: int) -> Embedding:
    """The texts' embedding. rows: (n,) place of each text among those made."""
    each_once = rows == list(range(len(made.there)))
    tokens = made.tokens[rows]
    limit = info.max_tokens or int(tokens.max(initial=0))
    counts = replace(info, embedded=len(made.there) - known, from_cache=known, long_papers=int((tokens > limit).sum()))
    sentences = None if made.sentences is None else _join_sentences([made.sentences[row] for row in rows])
    return Embedding(made.vectors if each_once else made.vectors[rows], counts, sentences)


def _join_sentences(of_texts: list[tuple[NDArray[np.int8], NDArray[np.int32]]]) -> Sentences:
    lengths = [len(vectors) for vectors, _ in of_texts]
    return Sentences(
        vectors=np.concatenate([vectors for vectors, _ in of_texts]),
        spans=np.concatenate([spans for _, spans in of_texts]),
        offsets=np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64),
    )
