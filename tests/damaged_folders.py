"""Run folders as accidents and strangers leave them: single bits, cuts, and files changed with their digests."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq


def forge(folder: Path, change: Callable[[dict[str, Any]], object] = lambda _: None) -> Path:
    """Make manifest.json say that every file is as it should be, after a change of its own content."""
    content = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    for name in ("digest", "stamps"):
        content.pop(name, None)
    present = [path for path in folder.iterdir() if path.name != "manifest.json" and path.is_file()]
    content["files"] = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(present)}
    change(content)
    (folder / "manifest.json").write_text(json.dumps(content), encoding="utf-8")
    return folder


def flip(path: Path, bit: int) -> None:
    """Turn one bit of a file."""
    content = bytearray(path.read_bytes())
    content[bit // 8] ^= 1 << (bit % 8)
    path.write_bytes(content)


def change_array(folder: Path, name: str, change: Callable[[np.ndarray], np.ndarray | None]) -> None:
    """Save an array anew: as `change` gives it back, or as it left it."""
    array = np.array(np.load(folder / name))
    changed = change(array)
    np.save(folder / name, array if changed is None else changed)


def change_column(folder: Path, name: str, values: pa.Array) -> None:
    """Put other values into a column of papers."""
    table = pq.read_table(folder / "papers.parquet")
    pq.write_table(table.set_column(table.column_names.index(name), name, values), folder / "papers.parquet")


def change_topics(folder: Path, **fields: Any) -> None:
    """Put other values into the first topic."""
    topics = json.loads((folder / "topics.json").read_text(encoding="utf-8"))
    topics[0] |= fields
    (folder / "topics.json").write_text(json.dumps(topics), encoding="utf-8")
