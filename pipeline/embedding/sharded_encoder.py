"""texts -> vectors, a shard at a time, by whoever does the tasks of a run: an Encoder like any other.

A shard holds the texts whose hashes lie in one range; the ranges are those of the whole corpus, each of the same number
of papers. So which texts make a shard depends neither on the order of the papers nor on what else is encoded already.
"""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import cast

import numpy as np
from numpy.typing import NDArray

from pipeline.config import EmbeddingConfig, cache_folder
from pipeline.corpus.record import text_hash
from pipeline.embedding.backends import choose_backend, make_encoder
from pipeline.embedding.embedding import EmbeddingInfo, EncodedText, Encoder
from pipeline.embedding.vector_cache import space_name
from pipeline.errors import ModelError
from pipeline.workers.shard_store import Arrays, ShardStore
from pipeline.workers.shards import Orders, Shard, Shards, digest_of, do_shard

STAGE = "embedding"


class ShardedEncoder:
    """The encoder whose texts are encoded by tasks."""

    def __init__(
        self, encoder: Encoder, shards: Shards, config: EmbeddingConfig, *, prompt: str, bounds: Sequence[bytes]
    ) -> None:
        """encoder: of this process, which says what the vectors are. bounds: the first hash of every range but the
        first, increasing. config: the settings that every worker makes its encoder from; prompt: put before each text.
        """
        self.info: EmbeddingInfo = encoder.info
        self._shards, self._config = shards, config
        self._prompt, self._bounds = prompt, bounds

    def encode(self, texts: Sequence[str]) -> Iterator[tuple[int, EncodedText]]:
        """Each text's result with its position, shard by shard."""
        hashes = [text_hash(text) for text in texts]
        ranges: dict[int, list[int]] = {}
        for position in sorted(range(len(texts)), key=hashes.__getitem__):
            ranges.setdefault(bisect_right(self._bounds, hashes[position]), []).append(position)
        members = list(ranges.values())
        shards = [self._shard(texts, hashes, positions) for positions in members]
        made = self._shards.make(STAGE, embed_shard, shards, on_gpus=self.info.device == "cuda")
        for positions, arrays in zip(members, made, strict=True):
            yield from zip(positions, _unpacked(arrays), strict=True)

    def _shard(self, texts: Sequence[str], hashes: Sequence[bytes], positions: Sequence[int]) -> Shard:
        space, kept = space_name(self.info, self._prompt), self._config.sentences

        def orders() -> Orders:
            return {
                "embedding": self._settings().model_dump(mode="json"),
                "space": space,
                "computes": _in_words(self.info),
                "texts": [texts[position] for position in positions],
            }

        key = digest_of(space.encode(), bytes([kept]), *(hashes[position] for position in positions))
        return Shard(key, len(positions), orders)

    def _settings(self) -> EmbeddingConfig:
        """What "auto" came to here: no worker decides for itself."""
        choice = choose_backend(self._config)
        decided = {"backend": choice.backend, "device": choice.device, "precision": self.info.precision}
        return self._config.model_copy(update=decided)


def bounds_of(hashes: NDArray[np.uint8], papers: int) -> list[bytes]:
    """The hash at which each range but the first begins. hashes: (n, 32) increasing; papers: of a range."""
    return [row.tobytes() for row in hashes[papers::papers]]


def embed_shard(folder: Path, item: str) -> None:
    """The task of one shard."""
    do_shard(folder, item, _embed)


def _embed(store: ShardStore, orders: Orders) -> Arrays:  # noqa: ARG001 - all it needs is in the orders
    config = EmbeddingConfig.model_validate(orders["embedding"])
    encoder, prompt = _encoder_of(config.model_dump_json())
    if space_name(encoder.info, prompt) != orders["space"]:
        raise ModelError(
            f"a worker computes vectors by {_in_words(encoder.info)}, the run by {orders['computes']}; give all"
            " machines the same model and set embedding.precision"
        )
    texts = cast(list[str], orders["texts"])
    encoded: list[EncodedText | None] = [None] * len(texts)
    for position, one in encoder.encode(texts):
        encoded[position] = one
    return _packed([one for one in encoded if one is not None], encoder.info.dimensions)


@lru_cache(maxsize=1)
def _encoder_of(settings: str) -> tuple[Encoder, str]:
    """Made once in each worker. settings: an EmbeddingConfig as JSON."""
    return make_encoder(EmbeddingConfig.model_validate_json(settings), cache_folder())


def _in_words(info: EmbeddingInfo) -> str:
    return f"{info.backend} in {info.precision}, model {info.model} ({info.model_digest[:12]})"


def _packed(encoded: Sequence[EncodedText], dimensions: int) -> Arrays:
    none = np.zeros((0, dimensions), np.int8)
    return {
        "vectors": np.array([one.vector for one in encoded], np.float32).reshape(-1, dimensions),
        "tokens": np.array([one.tokens for one in encoded], np.int64),
        "counts": np.array([len(one.sentence_vectors) for one in encoded], np.int64),
        "sentences": np.concatenate([none, *(one.sentence_vectors for one in encoded)]),
        "spans": np.concatenate([np.zeros((0, 2), np.int32), *(one.sentence_spans for one in encoded)]),
    }


def _unpacked(arrays: Arrays) -> Iterator[EncodedText]:
    ends = np.cumsum(arrays["counts"])
    for row, end in enumerate(ends.tolist()):
        start = 0 if row == 0 else int(ends[row - 1])
        yield EncodedText(
            vector=cast(NDArray[np.float32], arrays["vectors"][row]),
            tokens=int(arrays["tokens"][row]),
            sentence_vectors=cast(NDArray[np.int8], arrays["sentences"][start:end]),
            sentence_spans=cast(NDArray[np.int32], arrays["spans"][start:end]),
        )
