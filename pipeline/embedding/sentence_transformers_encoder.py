"""texts -> vectors by sentence-transformers as it is: any of its models, on CUDA, MPS or CPU.

The reference that the OpenVINO encoder is tested against. Texts of one batch are padded together here, so a vector's
last bits may depend on its neighbours in the batch.
"""

import os
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from pipeline.embedding.embedding import EmbeddingInfo, EncodedText, to_int8, unit
from pipeline.embedding.model_files import DOCUMENT_PROMPTS, NOT_LOADED, ModelFiles, first_line
from pipeline.embedding.openvino_model import quiet_transformers
from pipeline.embedding.sentences import sentence_spans
from pipeline.errors import ModelError

TEXTS_AT_ONCE = 1024


class SentenceTransformersEncoder:
    """The encoder for one model folder and device."""

    def __init__(
        self,
        files: ModelFiles,
        *,
        device: str,
        precision: str = "auto",
        long_text: str = "truncate",
        sentences: bool = False,
        prompt_names: tuple[str, ...] = DOCUMENT_PROMPTS,
    ) -> None:
        import torch

        if precision == "auto":
            precision = "float32" if device == "cpu" else "float16"
        files.verify()
        self._model = _load(files, device, getattr(torch, precision))
        self._prompt = files.prompt(*prompt_names)
        self._long_text = long_text
        self._sentences = sentences
        self.info = EmbeddingInfo(
            backend="sentence-transformers",
            model=files.name,
            model_digest=files.digest,
            device=device,
            precision=precision,
            dimensions=_dimensions(self._model, files),
            max_tokens=int(self._model.max_seq_length or files.max_tokens),
            long_text=long_text,
            embedded=0,
            from_cache=0,
            long_papers=0,
        )

    def encode(self, texts: Sequence[str]) -> Iterator[tuple[int, EncodedText]]:
        """Each text's result with its position."""
        for start in range(0, len(texts), TEXTS_AT_ONCE):
            part = list(texts[start : start + TEXTS_AT_ONCE])
            offsets = self._offsets(part)
            vectors = self._vectors(part, offsets)
            spans = [sentence_spans(text) if self._sentences else [] for text in part]
            sentences = self._encode(
                [text[a:b] for text, own_spans in zip(part, spans, strict=True) for a, b in own_spans]
            )
            used = 0
            for place, (own_spans, tokens) in enumerate(zip(spans, offsets, strict=True)):
                mine = sentences[used : used + len(own_spans)]
                used += len(own_spans)
                yield (
                    start + place,
                    EncodedText(
                        vector=unit(vectors[place]),
                        tokens=len(tokens) + 2,
                        sentence_vectors=to_int8(mine.reshape(len(own_spans), -1) if len(own_spans) else mine[:0]),
                        sentence_spans=np.array(own_spans, dtype=np.int32).reshape(-1, 2),
                    ),
                )

    def _encode(self, texts: Sequence[str]) -> Any:
        if not texts:
            return np.zeros((0, self.info.dimensions), dtype=np.float32)
        vectors = self._model.encode(list(texts), prompt=self._prompt or None, show_progress_bar=False)
        return np.asarray(vectors, dtype=np.float32)

    def _offsets(self, texts: list[str]) -> list[list[tuple[int, int]]]:
        """Characters of each token of each text, special tokens left out."""
        tokens = self._model.tokenizer(texts, add_special_tokens=False, return_offsets_mapping=True, verbose=False)
        return list(tokens["offset_mapping"])

    def _vectors(self, texts: list[str], offsets: list[list[tuple[int, int]]]) -> Any:
        """(n, d); with mean_of_chunks each the mean over its chunks of at most the model's tokens, by their length."""
        if self._long_text == "truncate":
            return self._encode(texts)
        room = self.info.max_tokens - 2 if self.info.max_tokens else len(texts)
        chunks, owner, weights = [], [], []
        for place, (text, tokens) in enumerate(zip(texts, offsets, strict=True)):
            for first in range(0, max(len(tokens), 1), room):
                inside = tokens[first : first + room]
                chunks.append(text[inside[0][0] : inside[-1][1]] if inside else text)
                owner.append(place)
                weights.append(len(inside) or 1)
        means = np.zeros((len(texts), self.info.dimensions), dtype=np.float32)
        np.add.at(means, owner, self._encode(chunks) * np.array(weights, dtype=np.float32)[:, None])
        return means


def _dimensions(model: Any, files: ModelFiles) -> int:
    """Those of a vector that it makes, whatever its configuration says. Raises ModelError where it makes none."""
    try:
        made = model.encode(["a"], show_progress_bar=False)
    except NOT_LOADED as problem:
        raise ModelError(f"{files.folder}: makes no vector of a text: {first_line(problem)}") from None
    return int(made.shape[-1])


def _load(files: ModelFiles, device: str, dtype: Any) -> Any:
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "true")  # asked for; else the library warns when a process forks
    from safetensors import SafetensorError
    from sentence_transformers import SentenceTransformer

    options = {"dtype": dtype, "use_safetensors": True}
    try:
        with quiet_transformers():
            return SentenceTransformer(str(files.folder), device=device, model_kwargs=options, local_files_only=True)
    except (*NOT_LOADED, AssertionError, SafetensorError) as problem:
        reason = first_line(problem)
        if device != "cpu" and isinstance(problem, RuntimeError | AssertionError):
            raise ModelError(f'embedding.device = "{device}": {reason}; try device = "cpu"') from None
        raise ModelError(f"{files.folder}: sentence-transformers cannot load it: {reason}") from None
