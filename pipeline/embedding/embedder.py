"""texts -> vectors through the cache: what is known is looked up, the rest encoded and kept at once."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

import numpy as np

from pipeline.config import EmbeddingConfig
from pipeline.corpus import Corpus
from pipeline.corpus.record import text_hash
from pipeline.embedding.backends import choose_backend, make_encoder
from pipeline.embedding.embedding import Embedding, EmbeddingInfo, EncodedText, Encoder, Sentences
from pipeline.embedding.own_vectors import own_vectors
from pipeline.embedding.tfidf_encoder import TfidfEncoder, fit_tfidf
from pipeline.embedding.vector_cache import VectorCache

Advance = Callable[[int], None]


def embed(
    corpus: Corpus,
    config: EmbeddingConfig,
    *,
    folder: Path,
    cache: Path,
    seed: int,
    advance: Advance = lambda _: None,
) -> tuple[Embedding, Encoder | None]:
    """The corpus's vectors, and the encoder that made them (None for the user's own), for texts to come.

    folder: where relative paths of the config start; cache: folder of vectors and compiled models.
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
    store = VectorCache(cache / "vectors", encoder.info, prompt=prompt, limit_bytes=config.cache_gb * 1e9)
    with store if config.cache else nullcontext() as vectors:
        embedding = embed_texts(texts, encoder, sentences=config.sentences, cache=vectors, advance=advance)
    return embedding, encoder


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
    unique = dict(zip(hashes, texts, strict=True))
    results: dict[bytes, EncodedText] = {}
    names = list(unique)
    if cache is not None:
        for position, encoded in cache.lookup(names, sentences=sentences):
            results[names[position]] = encoded
        advance(len(results))
    known = len(results)
    missing = [name for name in names if name not in results]
    for name, encoded in _encode(encoder, missing, [unique[name] for name in missing]):
        results[name] = encoded
        if cache is not None:
            cache.add(name, encoded, sentences=sentences)
        advance(1)
    return _assemble([results[name] for name in hashes], encoder.info, known, sentences=sentences)


def _encode(encoder: Encoder, names: list[bytes], texts: list[str]) -> Iterator[tuple[bytes, EncodedText]]:
    for position, encoded in encoder.encode(texts):
        yield names[position], encoded


def _assemble(results: list[EncodedText], info: EmbeddingInfo, known: int, *, sentences: bool) -> Embedding:
    vectors = np.array([result.vector for result in results], dtype=np.float32).reshape(len(results), -1)
    limit = info.max_tokens or max((result.tokens for result in results), default=0)
    counts = replace(
        info,
        embedded=len({id(result) for result in results}) - known,
        from_cache=known,
        long_papers=sum(result.tokens > limit for result in results),
    )
    return Embedding(vectors, counts, _join_sentences(results) if sentences else None)


def _join_sentences(results: list[EncodedText]) -> Sentences:
    lengths = [len(result.sentence_vectors) for result in results]
    return Sentences(
        vectors=np.concatenate([result.sentence_vectors for result in results]),
        spans=np.concatenate([result.sentence_spans for result in results]),
        offsets=np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64),
    )
