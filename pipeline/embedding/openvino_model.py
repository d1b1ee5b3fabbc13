"""model files -> a compiled OpenVINO model, kept in the cache so that torch is needed only once."""

import hashlib
import io
import logging
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from pipeline.atomic_write import write_atomically
from pipeline.embedding.model_files import NOT_LOADED, ModelFiles, first_line
from pipeline.errors import ModelError
from pipeline.workers.machine import core_count

LOG = logging.getLogger(__name__)
PRECISION_HINTS = {"float32": "f32", "bfloat16": "bf16", "float16": "f16"}
INPUTS = ("input_ids", "attention_mask", "token_type_ids")


def import_openvino() -> Any:
    """OpenVINO without its usage reports: with their package out of reach it falls back to a stub that does nothing."""
    sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]
    import openvino

    return openvino


@lru_cache(maxsize=1)
def openvino_core() -> Any:
    """The one core of this process, kept to its end. Each core of its own gives the main thread another stack for
    signals and puts the former back when it goes: out of turn that is one already freed, and Ctrl-C a crash.
    """
    return import_openvino().Core()


@dataclass(frozen=True)
class ModelSource:
    """A model that can be compiled: the digest of what it is made of, and what gives it."""

    digest: str
    make: Callable[[], Any]


def load_compiled(source: ModelSource, cache: Path, precision: str) -> Any:
    """The compiled model, from the cache or made now. One stream a core, so that bits do not depend on their number."""
    openvino = import_openvino()
    core = openvino_core()
    hint = _precision_hint(core, precision)
    streams = str(core_count())
    settings = {"INFERENCE_PRECISION_HINT": hint, "NUM_STREAMS": streams, "INFERENCE_NUM_THREADS": streams}
    path = cache / "compiled" / f"{_compiled_key(source, openvino, core, hint=hint)}.blob"
    blob = read_blob(path)
    if blob is not None:
        try:
            return core.import_model(io.BytesIO(blob), "CPU", settings | {"INFERENCE_PRECISION_HINT": hint})
        except RuntimeError:
            path.unlink(missing_ok=True)  # made by a build that this one does not read; it is made again below
    compiled = core.compile_model(source.make(), "CPU", settings)
    try:
        write_atomically(path, with_digest(compiled.export_model()))
    except OSError as problem:
        LOG.warning(
            "%s: the compiled model cannot be kept (%s); it is compiled again next time", path, problem.strerror
        )
    return compiled


def _precision_hint(core: Any, precision: str) -> str:
    if precision != "auto":
        return PRECISION_HINTS[precision]
    return "bf16" if "BF16" in core.get_property("CPU", "OPTIMIZATION_CAPABILITIES") else "f32"


def effective_precision(compiled: Any) -> str:
    """What the model computes in, whatever was asked for: "float32", "bfloat16" or "float16"."""
    hint = compiled.get_property("INFERENCE_PRECISION_HINT").to_string()
    return next((name for name, short in PRECISION_HINTS.items() if hint in (short, name)), hint)


def _compiled_key(source: ModelSource, openvino: Any, core: Any, *, hint: str) -> str:
    cpu = core.get_property("CPU", "FULL_DEVICE_NAME")
    capabilities = sorted(core.get_property("CPU", "OPTIMIZATION_CAPABILITIES"))
    made_of = [source.digest, openvino.get_version(), cpu, *capabilities, hint]
    return hashlib.sha256("\n".join(made_of).encode()).hexdigest()[:24]


def with_digest(exported: Any) -> bytes:
    """Bytes of a compiled model, or of whatever else is kept, behind their sha256."""
    blob = exported.getvalue() if hasattr(exported, "getvalue") else bytes(exported)
    return hashlib.sha256(blob).digest() + blob


def read_blob(path: Path) -> bytes | None:
    """What `with_digest` put into a file; None where there is none or its digest does not fit."""
    try:
        content = path.read_bytes()
    except OSError:
        return None
    digest, blob = content[:32], content[32:]
    return blob if hashlib.sha256(blob).digest() == digest else None


def convert(files: ModelFiles, openvino: Any) -> Any:
    """The torch model as an OpenVINO model that gives the last hidden states (b, t, d)."""
    import torch

    class HiddenStates(torch.nn.Module):
        def __init__(self, bert: torch.nn.Module) -> None:
            super().__init__()
            self.bert = bert

        def forward(self, input_ids: Any, attention_mask: Any, token_type_ids: Any) -> Any:
            output = self.bert(input_ids=input_ids, attention_mask=attention_mask, token_type_ids=token_type_ids)
            return output.last_hidden_state

    files.verify()
    example = {name: torch.ones((2, 16), dtype=torch.int64) for name in INPUTS}
    with quiet_transformers(), torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # notes of torch's tracer about branches that do not depend on the input
        return openvino.convert_model(HiddenStates(load_bert(files)), example_input=example)


def load_bert(files: ModelFiles) -> Any:
    """The model's transformer as torch runs it. Raises ModelError where its files cannot be loaded."""
    from safetensors import SafetensorError
    from transformers import AutoModel

    try:
        return AutoModel.from_pretrained(str(files.folder), use_safetensors=True, local_files_only=True).eval()
    except (*NOT_LOADED, SafetensorError) as problem:
        raise ModelError(f"{files.folder}: cannot be loaded: {first_line(problem)}") from None


@contextmanager
def quiet_transformers() -> Iterator[None]:
    """Meanwhile the library shows no bars, and says nothing below an error."""
    from transformers.utils import logging as transformers_logging

    transformers_logging.disable_progress_bar()
    logger = logging.getLogger("transformers")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(level)
