"""texts -> vectors on the CPU: a sentence-transformers BERT compiled by OpenVINO, in bfloat16 where the CPU has it.

A paper's bits must not depend on the papers beside it, so each window of text is padded to its own multiple of 16
tokens and batched only with windows of that length. Two requests a core are in flight; results are pooled here while
the next batches run. The compiled model is kept in the cache: a query then needs neither torch nor transformers.
"""

from collections import deque
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.embedding.embedding import EmbeddingInfo, EncodedText, to_int8, unit
from pipeline.embedding.int8_model import load_int8, read_int8
from pipeline.embedding.model_files import DOCUMENT_PROMPTS, ModelFiles
from pipeline.embedding.openvino_model import ModelSource, convert, effective_precision, import_openvino, load_compiled
from pipeline.embedding.windows import TokenisedText, WindowCutter, load_tokenizer, model_inputs
from pipeline.errors import ModelError
from pipeline.workers.machine import core_count

BATCH_TOKENS = 1024
TEXTS_AT_ONCE = 4096
POOLINGS = {"pooling_mode_mean_tokens": "mean", "pooling_mode_cls_token": "cls"}


def can_run(files: ModelFiles) -> bool:
    """Whether a model is one that this encoder computes: a BERT, mean or first-token pooling, perhaps normalised."""
    is_bert = files.json("config.json").get("model_type") == "bert"
    known_parts = files.modules[:2] == ["Transformer", "Pooling"] and files.modules[2:] in ([], ["Normalize"])
    return is_bert and known_parts and pooling_of(files) is not None


def pooling_of(files: ModelFiles) -> str | None:
    """How the model makes one vector of its tokens': "mean" or "cls"; None for a way not computed here."""
    settings = files.json("1_Pooling/config.json")
    if not settings.get("include_prompt", True):
        return None
    poolings = [name for name, on in settings.items() if name.startswith("pooling_mode_") and on is True]
    if not poolings and settings.get("pooling_mode") in POOLINGS.values():
        return str(settings["pooling_mode"])
    return POOLINGS.get(poolings[0]) if len(poolings) == 1 else None


class OpenVINOEncoder:
    """The encoder for one model, precision and way to treat long texts."""

    def __init__(
        self,
        files: ModelFiles,
        cache: Path,
        *,
        precision: str = "auto",
        long_text: str = "truncate",
        sentences: bool = False,
        prompt_names: tuple[str, ...] = DOCUMENT_PROMPTS,
    ) -> None:
        pooling = pooling_of(files)
        if pooling is None or not can_run(files):
            raise ModelError(
                f"{files.folder}: not a BERT with mean or first-token pooling, which the OpenVINO backend needs;"
                ' set embedding.backend = "sentence-transformers"'
            )
        self._pooling = pooling
        self._whole_text = long_text == "mean_of_chunks"
        self._sentences = sentences
        self._cutter = WindowCutter(
            tokenizer=load_tokenizer(files.folder / "tokenizer.json"),
            max_tokens=files.max_tokens,
            prompt=files.prompt(*prompt_names),
            whole_text=self._whole_text or sentences,
            sentences=sentences,
        )
        source = _source(files, cache, precision)
        self._compiled = load_compiled(source, cache, "auto" if precision == "int8" else precision)
        self.info = EmbeddingInfo(
            backend="openvino",
            model=files.name,
            model_digest=source.digest,
            device="cpu",
            precision="int8" if precision == "int8" else effective_precision(self._compiled),
            dimensions=int(files.json("config.json")["hidden_size"]),
            max_tokens=files.max_tokens,
            long_text=long_text,
            embedded=0,
            from_cache=0,
            long_papers=0,
        )

    def encode(self, texts: Sequence[str]) -> Iterator[tuple[int, EncodedText]]:
        """Each text's result with its position, longest texts of every 4,096 first."""
        for start in range(0, len(texts), TEXTS_AT_ONCE):
            tokenised = self._cutter.cut(texts[start : start + TEXTS_AT_ONCE])
            parts: list[list[NDArray[np.float32] | None]] = [[None] * len(text.windows) for text in tokenised]
            missing = [len(text.windows) for text in tokenised]
            for position, number, states in self._run(tokenised):
                parts[position][number] = states
                missing[position] -= 1
                if not missing[position]:
                    yield start + position, self._pool(tokenised[position], parts[position])
                    parts[position] = []

    def _run(self, texts: Sequence[TokenisedText]) -> Iterator[tuple[int, int, NDArray[np.float32]]]:
        """(text, window, token states (t, d)) of every window, batch by batch."""
        batches = batches_of_equal_length(texts)
        idle = deque(self._compiled.create_infer_request() for _ in range(2 * core_count()))
        running: deque[tuple[Any, list[tuple[int, int]]]] = deque()
        for batch in batches:
            if not idle:
                request, members = running.popleft()
                yield from _states(request, members, texts)
                idle.append(request)
            request = idle.popleft()
            request.start_async(model_inputs([texts[position].windows[number] for position, number in batch]))
            running.append((request, batch))
        while running:
            request, members = running.popleft()
            yield from _states(request, members, texts)

    def _pool(self, text: TokenisedText, states: Sequence[NDArray[np.float32] | None]) -> EncodedText:
        read = states if self._whole_text else states[:1]
        means = [_text_vector(tokens, self._pooling) for tokens in read if tokens is not None]
        weights = [len(window.ids) for window in text.windows[: len(means)]]
        vector = means[0] if len(means) == 1 else np.average(means, axis=0, weights=weights).astype(np.float32)
        sentence_means = [
            (left, right, np.add.reduce(tokens[start:end], axis=0) / np.float32(end - start))
            for window, tokens in zip(text.windows, states, strict=True)
            if tokens is not None
            for start, end, left, right in window.sentences
        ]
        spans = np.array([(left, right) for left, right, _ in sentence_means], dtype=np.int32).reshape(-1, 2)
        vectors = np.array([mean for *_, mean in sentence_means], dtype=np.float32).reshape(-1, len(vector))
        return EncodedText(unit(vector), text.tokens, to_int8(vectors), spans)


def _source(files: ModelFiles, cache: Path, precision: str) -> ModelSource:
    if precision == "int8":
        model = load_int8(files, cache)
        return ModelSource(model.digest, lambda: read_int8(model))
    return ModelSource(files.digest, lambda: convert(files, import_openvino()))


def _text_vector(states: NDArray[np.float32], pooling: str) -> NDArray[np.float32]:
    if pooling == "cls":
        return np.array(states[0])
    return np.asarray(np.add.reduce(states, axis=0) / np.float32(len(states)))


def _states(
    request: Any, members: list[tuple[int, int]], texts: Sequence[TokenisedText]
) -> Iterator[tuple[int, int, NDArray[np.float32]]]:
    request.wait()
    hidden = request.get_output_tensor(0).data
    for row, (position, number) in enumerate(members):
        yield position, number, hidden[row, : len(texts[position].windows[number].ids)].copy()


def batches_of_equal_length(texts: Sequence[TokenisedText]) -> list[list[tuple[int, int]]]:
    """(text, window) pairs of equal padded length, about 1,024 tokens a batch, longest first."""
    windows = [
        (window.padded, position, number)
        for position, text in enumerate(texts)
        for number, window in enumerate(text.windows)
    ]
    windows.sort(key=lambda window: (-window[0], window[1], window[2]))
    batches: list[list[tuple[int, int]]] = []
    length_of_last = 0
    for padded, position, number in windows:
        if padded != length_of_last or (len(batches[-1]) + 1) * padded > max(BATCH_TOKENS, padded):
            batches.append([])
            length_of_last = padded
        batches[-1].append((position, number))
    return batches
