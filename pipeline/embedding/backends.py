"""EmbeddingConfig -> Encoder: which backend runs, and on what."""

import importlib.metadata
import platform
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from pipeline.config import EmbeddingConfig
from pipeline.embedding import openvino_encoder
from pipeline.embedding.embedding import Encoder
from pipeline.embedding.int8_model import int8_digest
from pipeline.embedding.model_files import DOCUMENT_PROMPTS, ModelFiles, find_model
from pipeline.embedding.static_model import static_digest
from pipeline.errors import ConfigError


@dataclass(frozen=True)
class BackendChoice:
    """The backend and device that a config comes to on this machine, and why, in words for the user."""

    backend: str
    device: str
    why: str


def choose_backend(config: EmbeddingConfig) -> BackendChoice:
    """What "auto" means here. Loads nothing heavy. Raises ConfigError for settings that contradict each other."""
    given = [name for name in (config.vectors, config.vectors_column) if name]
    if config.backend == "vectors" or (config.backend == "auto" and given):
        if len(given) != 1:
            raise ConfigError(
                'embedding.backend = "vectors": give one of embedding.vectors and embedding.vectors_column'
            )
        return BackendChoice("vectors", "none", "your own vectors")
    if given:
        raise ConfigError(f'embedding.backend = "{config.backend}" makes vectors itself; remove embedding.vectors...')
    if config.backend == "tfidf":
        return BackendChoice("tfidf", "cpu", "no model: word counts of this corpus")
    return _choose_encoder(config)


def _choose_encoder(config: EmbeddingConfig) -> BackendChoice:
    """The backend of a model, and the device it runs on."""
    if config.backend == "static":
        return _choose_static(config)
    if config.precision == "int8":
        return _choose_int8(config)
    device = _device(config.device)
    if config.backend == "openvino" and device != "cpu":
        if config.device != "auto":
            raise ConfigError(f'embedding.device = "{device}": the OpenVINO backend runs on the CPU')
        device = "cpu"
    if config.backend != "auto":
        return BackendChoice(config.backend, device, "as configured")
    if device != "cpu":
        return BackendChoice("sentence-transformers", device, f"a {device} device is there")
    if config.precision == "float16" or not openvino_encoder.can_run(find_model(config)):
        return BackendChoice("sentence-transformers", "cpu", "OpenVINO does not run this model or precision")
    return BackendChoice("openvino", "cpu", "the fastest on a CPU")


def _choose_static(config: EmbeddingConfig) -> BackendChoice:
    if config.device not in ("auto", "cpu"):
        raise ConfigError(f'embedding.device = "{config.device}": static vectors are looked up on the CPU')
    if config.precision not in ("auto", "float32"):
        raise ConfigError(f'embedding.precision = "{config.precision}": static vectors are float32; leave it out')
    return BackendChoice("static", "cpu", "as configured: a vector of each token, no model run")


def _choose_int8(config: EmbeddingConfig) -> BackendChoice:
    if config.backend == "sentence-transformers" or config.device not in ("auto", "cpu"):
        raise ConfigError('embedding.precision = "int8": only the OpenVINO backend, on the CPU; leave the setting out')
    if not openvino_encoder.can_run(find_model(config)):
        raise ConfigError(
            'embedding.precision = "int8": the OpenVINO backend does not run this model; leave the setting out'
        )
    return BackendChoice("openvino", "cpu", "quantised to int8, as configured")


def _device(configured: str) -> str:
    if configured != "auto":
        return configured
    # torch takes seconds to import, so it is asked only where the machine looks as if it had a GPU.
    if platform.system() == "Darwin" and platform.machine() == "arm64":
        import torch

        return "mps" if torch.backends.mps.is_available() else "cpu"
    if Path("/dev/nvidiactl").exists() and "+cpu" not in importlib.metadata.version("torch"):
        import torch

        return "cuda" if torch.cuda.is_available() else "cpu"
    return "cpu"


def make_encoder(
    config: EmbeddingConfig, cache: Path, *, prompt_names: tuple[str, ...] = DOCUMENT_PROMPTS
) -> tuple[Encoder, str]:
    """The encoder of a backend that has a model, and the prompt it puts before each text."""
    choice = choose_backend(config)
    files = find_model(config)
    encoder = ENCODERS[choice.backend](files, config, choice=choice, cache=cache, prompts=prompt_names)
    return encoder, "" if choice.backend == "static" else files.prompt(*prompt_names)


def model_digest(config: EmbeddingConfig, cache: Path) -> str | None:
    """What `EmbeddingInfo.model_digest` of vectors made now would be; None where the model has to be made first.

    Raises ModelError where there is no model.
    """
    files = find_model(config)
    if config.backend == "static":
        return static_digest(files)
    return int8_digest(files, cache) if config.precision == "int8" else files.digest


def _openvino(
    files: ModelFiles,
    config: EmbeddingConfig,
    *,
    choice: BackendChoice,  # noqa: ARG001 - the protocol's
    cache: Path,
    prompts: tuple[str, ...],
) -> Encoder:
    return openvino_encoder.OpenVINOEncoder(
        files,
        cache,
        precision=config.precision,
        long_text=config.long_text,
        sentences=config.sentences,
        prompt_names=prompts,
    )


def _sentence_transformers(
    files: ModelFiles,
    config: EmbeddingConfig,
    *,
    choice: BackendChoice,
    cache: Path,  # noqa: ARG001 - the protocol's
    prompts: tuple[str, ...],
) -> Encoder:
    from pipeline.embedding.sentence_transformers_encoder import SentenceTransformersEncoder

    return SentenceTransformersEncoder(
        files,
        device=choice.device,
        precision=config.precision,
        long_text=config.long_text,
        sentences=config.sentences,
        prompt_names=prompts,
    )


def _static(
    files: ModelFiles,
    config: EmbeddingConfig,
    *,
    choice: BackendChoice,  # noqa: ARG001 - the protocol's
    cache: Path,
    prompts: tuple[str, ...],  # noqa: ARG001 - a prompt would shift all vectors alike
) -> Encoder:
    from pipeline.embedding.static_encoder import StaticEncoder

    return StaticEncoder(files, cache, sentences=config.sentences)


class _MakeEncoder(Protocol):
    def __call__(
        self,
        files: ModelFiles,
        config: EmbeddingConfig,
        *,
        choice: BackendChoice,
        cache: Path,
        prompts: tuple[str, ...],
    ) -> Encoder: ...


ENCODERS: Mapping[str, _MakeEncoder] = {
    "openvino": _openvino,
    "sentence-transformers": _sentence_transformers,
    "static": _static,
}
