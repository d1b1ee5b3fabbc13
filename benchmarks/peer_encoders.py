"""Encoders of other libraries, each by the Python of an environment of its own: texts -> vectors, and how long it took.

The same weights from a local folder, each library's defaults. fastembed reads ONNX, which is made of them once, here,
before the clock starts; so is what `SentenceTransformer(backend="openvino")` converts. Nothing of paperatlas is
imported: it is not installed there.

    python benchmarks/peer_encoders.py fastembed|openvino MODEL_FOLDER TEXTS.json VECTORS.npy
"""

import json
import shutil
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

WARM = 64  # texts before the clock starts
AT_ONCE = 32  # texts of a batch of fastembed: with its own 256, long abstracts take more than 22 GB
DIMENSIONS = 384


def fastembed(folder: Path, work: Path) -> Callable[[Sequence[str]], Any]:
    from fastembed import TextEmbedding
    from fastembed.common.model_description import ModelSource, PoolingType

    place = work / "onnx"
    if not place.is_dir():
        write_onnx(folder, place)
    name = "local/mean-of-tokens"
    TextEmbedding.add_custom_model(
        model=name,
        pooling=PoolingType.MEAN,
        normalization=True,
        sources=ModelSource(url="https://localhost.invalid"),  # not asked, as the folder is given
        dim=DIMENSIONS,
        model_file="model.onnx",
    )
    model = TextEmbedding(model_name=name, specific_model_path=str(place))
    return lambda texts: np.array(list(model.embed(texts, batch_size=AT_ONCE)))


def write_onnx(folder: Path, place: Path) -> None:
    """The transformer as ONNX, its tokenizer beside it, which cuts texts where sentence-transformers does."""
    import torch
    from transformers import AutoModel, AutoTokenizer

    shutil.copytree(folder, place, ignore=shutil.ignore_patterns("*.safetensors"))
    longest = json.loads((folder / "sentence_bert_config.json").read_text(encoding="utf-8"))["max_seq_length"]
    settings = place / "tokenizer_config.json"
    told = json.loads(settings.read_text(encoding="utf-8")) | {"model_max_length": longest}
    settings.write_text(json.dumps(told), encoding="utf-8")
    model = AutoModel.from_pretrained(folder, local_files_only=True).eval()
    tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
    given = tokenizer(["one text", "two"], padding=True, return_tensors="pt")

    class Named(torch.nn.Module):
        """The model asked by the names of its inputs, which the export gives by their places."""

        def __init__(self) -> None:
            super().__init__()
            self.model = model

        def forward(self, ids: Any, mask: Any, types: Any) -> Any:
            return self.model(input_ids=ids, attention_mask=mask, token_type_ids=types).last_hidden_state

    torch.onnx.export(
        Named().eval(),
        (given["input_ids"], given["attention_mask"], given["token_type_ids"]),
        str(place / "model.onnx"),
        input_names=["input_ids", "attention_mask", "token_type_ids"],
        output_names=["last_hidden_state"],
        dynamic_axes={name: {0: "papers", 1: "tokens"} for name in (*given, "last_hidden_state")},
        dynamo=False,
    )


def openvino(folder: Path, work: Path) -> Callable[[Sequence[str]], Any]:
    from sentence_transformers import SentenceTransformer

    place = work / "openvino"
    if not place.is_dir():
        shutil.copytree(folder, place)
    model = SentenceTransformer(str(place), backend="openvino", device="cpu", local_files_only=True)
    return lambda texts: model.encode(list(texts), normalize_embeddings=True)


PEERS = {"fastembed": fastembed, "openvino": openvino}


def main() -> None:
    kind, folder, texts_file, vectors_file = sys.argv[1], *map(Path, sys.argv[2:5])
    encode = PEERS[kind](folder, vectors_file.parent)
    texts = json.loads(texts_file.read_text(encoding="utf-8"))
    encode(texts[:WARM])
    start = time.perf_counter()
    vectors = encode(texts)
    seconds = time.perf_counter() - start
    np.save(vectors_file, np.asarray(vectors, dtype=np.float32))
    print(seconds)


if __name__ == "__main__":
    main()
