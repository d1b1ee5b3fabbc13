"""Fifty models that a stranger might hand out: the default model with one thing in it changed to do harm."""

import json
import os
import pickle
import shutil
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

WEIGHTS = "model.safetensors"
CODE = "from pathlib import Path\nPath({marker!r}).touch()\nclass Evil:\n    pass\n"
PARTS = ("config.json", "modules.json", "tokenizer.json", "tokenizer_config.json", "sentence_bert_config.json")
Spoil = Callable[[Path, Path], None]


def copy_model(model: Path, folder: Path) -> Path:
    """The model in a folder of its own, each file a link, to be replaced."""
    return shutil.copytree(model, folder, copy_function=lambda source, target: Path(target).symlink_to(source))


def write(path: Path, content: bytes | str) -> None:
    path.unlink(missing_ok=True)
    path.parent.mkdir(exist_ok=True, parents=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)


def change(name: str, **fields: object) -> Spoil:
    """Some fields of one of its JSON files, which is an object."""

    def spoil(folder: Path, _marker: Path) -> None:
        content: dict[str, Any] = json.loads((folder / name).read_text())
        write(folder / name, json.dumps(content | fields))

    return spoil


def modules(*types: str, path: str = "") -> Spoil:
    """The list of its parts, with code under the names that they have."""

    def spoil(folder: Path, marker: Path) -> None:
        code = CODE.format(marker=str(marker))
        for place in (folder, folder.parent):
            write(place / "evil.py", code)
            write(place / "modeling_evil.py", code)
        listed = [{"idx": place, "name": str(place), "path": path, "type": name} for place, name in enumerate(types)]
        write(folder / "modules.json", json.dumps(listed))

    return spoil


def replace(name: str, content: bytes | str) -> Spoil:
    return lambda folder, _marker: write(folder / name, content)


def own_code(folder: Path, marker: Path) -> None:
    """A configuration that wants code of the folder to be run."""
    for name in ("modeling_evil.py", "configuration_evil.py", "tokenization_evil.py", "__init__.py", "conftest.py"):
        write(folder / name, CODE.format(marker=str(marker)))
    names = {"AutoModel": "modeling_evil.Evil", "AutoConfig": "configuration_evil.Evil"}
    change("config.json", auto_map=names, model_type="evil")(folder, marker)
    change("tokenizer_config.json", auto_map={"AutoTokenizer": ["tokenization_evil.Evil", None]})(folder, marker)


class _Touch:
    def __init__(self, marker: str) -> None:
        self.marker = marker

    def __reduce__(self) -> tuple[Any, tuple[str, str]]:
        return open, (self.marker, "w")


def pickled(name: str, *, alone: bool = True) -> Spoil:
    """Weights that are a pickle which does something when it is loaded."""

    def spoil(folder: Path, marker: Path) -> None:
        content = pickle.dumps(_Touch(str(marker)))
        if alone:
            (folder / WEIGHTS).unlink()
        write(folder / name, content)
        with zipfile.ZipFile(folder / f"zipped-{name}", "w") as file:
            file.writestr("archive/data.pkl", content)

    return spoil


def weights(header: object, *, length: int | None = None, body: bytes = b"") -> Spoil:
    """Weights with a header of their own. length: what they say its length is."""
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return replace(WEIGHTS, (len(text) if length is None else length).to_bytes(8, "little") + text + body)


def cut_weights(folder: Path, _marker: Path) -> None:
    write(folder / WEIGHTS, (folder / WEIGHTS).read_bytes()[:100_000])


def no_numbers(folder: Path, _marker: Path) -> None:
    content = bytearray((folder / WEIGHTS).read_bytes())
    content[-400_000:] = b"\xff" * 400_000  # NaN in every precision
    write(folder / WEIGHTS, bytes(content))


def fifo(name: str) -> Spoil:
    def spoil(folder: Path, _marker: Path) -> None:
        (folder / name).unlink()
        os.mkfifo(folder / name)

    return spoil


def directory(name: str) -> Spoil:
    def spoil(folder: Path, _marker: Path) -> None:
        (folder / name).unlink()
        (folder / name).mkdir()

    return spoil


def link(name: str, target: str) -> Spoil:
    def spoil(folder: Path, _marker: Path) -> None:
        (folder / name).unlink()
        (folder / name).symlink_to(target)

    return spoil


NESTED = "[" * 100_000
TENSOR = {"dtype": "F32", "shape": [10**9, 10**6], "data_offsets": [0, 4]}
MODELS: Mapping[str, Spoil] = {
    "code of its own": own_code,
    "a part that is a module beside it": modules("evil.Evil"),
    "a part that starts processes": modules("subprocess.Popen"),
    "a part of the library that is no part": modules("sentence_transformers.util.import_from_string"),
    "a part that opens files": modules("builtins.open"),
    "parts that are evaluated": modules("builtins.eval", "builtins.exec"),
    "a part from far away": modules("sentence_transformers.models.Transformer", path="../../../../../etc"),
    "a part at the root": modules("sentence_transformers.models.Transformer", path="/"),
    "ten thousand parts": modules(*["sentence_transformers.models.Normalize"] * 10_000),
    "no parts": replace("modules.json", "[]"),
    "parts without a type": replace("modules.json", '[{"idx": 0}]'),
    "parts that are numbers": replace("modules.json", "[1, 2]"),
    "parts that are a text": replace("modules.json", '"evil"'),
    "weights that are a pickle": pickled("pytorch_model.bin"),
    "a pickle beside the weights": pickled("pytorch_model.bin", alone=False),
    "a pickle named safetensors": pickled(WEIGHTS),
    "weights of no bytes": replace(WEIGHTS, b""),
    "weights with a header of exabytes": weights({}, length=2**62),
    "weights with a header that is no JSON": weights(b"{" * 5_000),
    "weights nested": weights(NESTED.encode()),
    "a tensor of petabytes": weights({"embeddings.word_embeddings.weight": TENSOR}, body=b"0000"),
    "tensors that overlap": weights({"a": TENSOR | {"shape": [1]}, "b": TENSOR | {"shape": [1]}}, body=b"0000"),
    "none of the tensors": weights({"a": TENSOR | {"shape": [1]}}, body=b"0000"),
    "weights cut": cut_weights,
    "weights that are no numbers": no_numbers,
    "weights that are a pipe": fifo(WEIGHTS),
    "weights that are a folder": directory(WEIGHTS),
    "weights that never end": link(WEIGHTS, "/dev/zero"),
    "a configuration that never ends": link("config.json", "/dev/zero"),
    "a tokenizer that is a pipe": fifo("tokenizer.json"),
    "a vocabulary that is somebody's": link("vocab.txt", "/etc/passwd"),
    **{f"{name} nested": replace(name, NESTED) for name in PARTS},
    **{f"{name} that is null": replace(name, "null") for name in PARTS[:3]},
    "a tokenizer of nothing": replace("tokenizer.json", "{}"),
    "a tokenizer that is no text": replace("tokenizer.json", b"\xff\xfe\x00" * 1_000),
    "a hidden size of a billion": change("config.json", hidden_size=10**9),
    "a hidden size below zero": change("config.json", hidden_size=-384),
    "a million layers": change("config.json", num_hidden_layers=10**6),
    "a vocabulary of a billion": change("config.json", vocab_size=10**9),
    "a vocabulary of ten": change("config.json", vocab_size=10),
    "another architecture": change("config.json", model_type="llama", architectures=["LlamaForCausalLM"]),
    "texts of a trillion tokens": change("sentence_bert_config.json", max_seq_length=10**12),
    "texts of fewer than no tokens": change("sentence_bert_config.json", max_seq_length=-5),
    "texts of a word of tokens": change("sentence_bert_config.json", max_seq_length="evil"),
    "prompts that are numbers": change("config_sentence_transformers.json", prompts={"document": 12}),
    "prompts that are a list": change("config_sentence_transformers.json", prompts=["a"]),
    "a prompt of megabytes": change("config_sentence_transformers.json", prompts={"document": "word " * 400_000}),
    "a pooling of all ways and none": replace("1_Pooling/config.json", '{"word_embedding_dimension": 1e9}'),
    "a pooling that is no JSON": replace("1_Pooling/config.json", "{"),
}
