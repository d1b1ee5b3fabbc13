"""texts -> results of an encoder whose vectors do not depend on what stands beside a text, and of its sentences."""

from collections.abc import Callable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from pipeline.embedding.embedding import EncodedText, to_int8, unit
from pipeline.embedding.sentences import sentence_spans

BLOCK = 256  # texts whose vectors are made at once
# Texts -> (n, d) vectors, and how many tokens each text has.
MakeVectors = Callable[[list[str]], tuple[NDArray[np.float32], Sequence[int]]]


def encode_in_blocks(
    texts: Sequence[str], make_vectors: MakeVectors, *, sentences: bool
) -> Iterator[tuple[int, EncodedText]]:
    """Each text's result with its position. sentences: also a vector of each sentence."""
    for start in range(0, len(texts), BLOCK):
        block = texts[start : start + BLOCK]
        spans = [sentence_spans(text) if sentences else [] for text in block]
        parts = [part for text, own in zip(block, spans, strict=True) for part in (text, *(text[a:b] for a, b in own))]
        vectors, tokens = make_vectors(parts)
        first = 0
        for position, own in enumerate(spans, start=start):
            after = first + 1 + len(own)
            encoded = EncodedText(
                vector=unit(vectors[first]),
                tokens=tokens[first],
                sentence_vectors=to_int8(vectors[first + 1 : after]),
                sentence_spans=np.array(own, dtype=np.int32).reshape(-1, 2),
            )
            yield position, encoded
            first = after
