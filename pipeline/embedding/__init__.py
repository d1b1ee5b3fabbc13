"""Corpus -> Embedding: a unit vector of every paper, by the configured backend, taken from the cache where known."""

from pipeline.embedding.backends import choose_backend, make_encoder, model_digest
from pipeline.embedding.embedder import embed, embed_texts
from pipeline.embedding.embedding import Embedding, EmbeddingInfo, EncodedText, Encoder, Sentences
from pipeline.embedding.vector_cache import CacheInfo, VectorCache, cache_info

__all__ = [
    "CacheInfo",
    "Embedding",
    "EmbeddingInfo",
    "EncodedText",
    "Encoder",
    "Sentences",
    "VectorCache",
    "cache_info",
    "choose_backend",
    "embed",
    "embed_texts",
    "make_encoder",
    "model_digest",
]
