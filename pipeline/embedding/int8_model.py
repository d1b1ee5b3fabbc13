"""model files -> the same model with int8 weights and activations, quantised by NNCF once, and kept in the cache.

Which range of numbers an int8 stands for is calibrated on the made-up abstracts that come with the package, never on
the user's papers: a vector depends on its text alone. The products are of whole numbers, so exact whatever the batch.
"""

import hashlib
import io
import json
import logging
import tempfile
from collections.abc import Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.atomic_write import write_atomically
from pipeline.corpus import text_of
from pipeline.embedding.model_files import DOCUMENT_PROMPTS, ModelFiles
from pipeline.embedding.openvino_model import convert, import_openvino, openvino_core, read_blob, with_digest
from pipeline.embedding.windows import WindowCutter, load_tokenizer, model_inputs
from pipeline.errors import ConfigError

LOG = logging.getLogger(__name__)
CALIBRATION = "demo/papers.jsonl"  # 200 papers
RECIPE = "NNCF: transformer, mixed preset, smooth quantisation"  # whatever else decides the numbers


@dataclass(frozen=True)
class Int8Model:
    """A quantised model as OpenVINO writes it. graph: its XML; weights: its numbers, the ranges of int8 included."""

    graph: bytes
    weights: bytes

    @property
    def digest(self) -> str:
        """sha256 of its numbers. The graph gives the same nodes other names from one time to the next."""
        return hashlib.sha256(self.weights).hexdigest()

    def to_bytes(self) -> bytes:
        """Both in one file."""
        content = io.BytesIO()
        graph, weights = (np.frombuffer(part, dtype=np.uint8) for part in (self.graph, self.weights))
        np.savez(content, graph=graph, weights=weights)
        return content.getvalue()

    @classmethod
    def from_bytes(cls, content: bytes) -> "Int8Model":
        """What `to_bytes` gave."""
        arrays = np.load(io.BytesIO(content), allow_pickle=False)
        return cls(arrays["graph"].tobytes(), arrays["weights"].tobytes())


def int8_digest(files: ModelFiles, cache: Path) -> str | None:
    """The digest of the quantised model that the cache holds; None where it holds none."""
    kept = read_blob(_path(files, cache))
    return None if kept is None else Int8Model.from_bytes(kept).digest


def load_int8(files: ModelFiles, cache: Path) -> Int8Model:
    """The quantised model, from the cache or made now, in about half a minute.

    Raises ConfigError where NNCF is needed and not installed.
    """
    path = _path(files, cache)
    kept = read_blob(path)
    if kept is not None:
        return Int8Model.from_bytes(kept)
    model = quantise(files, calibration_texts())
    try:
        write_atomically(path, with_digest(model.to_bytes()))
    except OSError as problem:
        LOG.warning("%s: cannot be kept (%s); the model is quantised again next time", path, problem.strerror)
    return model


def quantise(files: ModelFiles, texts: Sequence[str]) -> Int8Model:
    """The model, quantised so that it gives these texts nearly the vectors that it gave them."""
    openvino = import_openvino()  # before NNCF, which would report its use otherwise
    try:
        import nncf
    except ImportError:
        raise ConfigError(
            f'embedding.precision = "int8": NNCF, which quantises {files.name}, is not installed:'
            " pip install 'paperatlas[int8]', or leave the setting out"
        ) from None
    LOG.info("%s: quantised to int8, once", files.name)
    logging.getLogger("nncf").setLevel(logging.ERROR)
    with redirect_stdout(io.StringIO()):  # its bars
        quantised = nncf.quantize(
            convert(files, openvino),
            nncf.Dataset(_inputs(files, texts)),
            model_type=nncf.ModelType.TRANSFORMER,
            preset=nncf.QuantizationPreset.MIXED,
            subset_size=len(texts),
        )
    with tempfile.TemporaryDirectory() as folder:
        written = Path(folder) / "model.xml"
        openvino.save_model(quantised, written)
        return Int8Model(written.read_bytes(), written.with_suffix(".bin").read_bytes())


def read_int8(model: Int8Model) -> Any:
    """The model, ready to be compiled."""
    return openvino_core().read_model(model.graph, model.weights)


@cache
def calibration_texts() -> tuple[str, ...]:
    """Titles and abstracts of the made-up papers that come with the package."""
    papers = [json.loads(line) for line in _calibration().decode().splitlines()]
    return tuple(text_of(paper["title"], paper["abstract"]) for paper in papers)


def _calibration() -> bytes:
    return resources.files("pipeline").joinpath(CALIBRATION).read_bytes()


def _path(files: ModelFiles, cache: Path) -> Path:
    made_of = [files.digest, hashlib.sha256(_calibration()).hexdigest(), RECIPE]
    return cache / "int8" / f"{hashlib.sha256(chr(10).join(made_of).encode()).hexdigest()[:24]}.model"


def _inputs(files: ModelFiles, texts: Sequence[str]) -> list[dict[str, NDArray[np.int64]]]:
    """What the model is given of each text: its first window."""
    cutter = WindowCutter(
        tokenizer=load_tokenizer(files.folder / "tokenizer.json"),
        max_tokens=files.max_tokens,
        prompt=files.prompt(*DOCUMENT_PROMPTS),
        whole_text=False,
        sentences=False,
    )
    return [model_inputs(text.windows[:1]) for text in cutter.cut(texts)]
