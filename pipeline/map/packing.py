"""Arrays and texts -> compressed blocks, each the same bytes for the same content."""

import gzip
import json
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.map.content import Page

ALIGNED = 8
LEVEL = 6
TYPES = frozenset({"uint8", "uint16", "int16", "int32", "float32", "float64"})  # those that the page reads


def pack_arrays(arrays: Mapping[str, NDArray[Any]]) -> tuple[bytes, list[dict[str, Any]]]:
    """All arrays one after another, little-endian, and where each lies: name, type, offset in bytes, length."""
    layout: list[dict[str, Any]] = []
    parts, offset = [], 0
    for name, array in arrays.items():
        if array.dtype.name not in TYPES:
            raise ValueError(f"{name}: the page reads no {array.dtype.name}")
        content = np.ascontiguousarray(array).astype(array.dtype.newbyteorder("<")).tobytes()
        layout.append({"name": name, "type": array.dtype.name, "offset": offset, "length": int(array.size)})
        padding = -len(content) % ALIGNED
        parts += [content, b"\0" * padding]
        offset += len(content) + padding
    return b"".join(parts), layout


def pack_page(page: Page) -> dict[str, bytes]:
    """The blocks of a page by name, gzipped: meta, points, and texts, abstracts, similar, words where it has them."""
    points, layout = pack_arrays(page.points)
    meta: dict[str, Any] = page.meta | {"points": layout}
    blocks = {"points": points}
    if page.texts:
        blocks["texts"] = _json(page.texts)
    if page.abstracts is not None:
        blocks["abstracts"] = _json(page.abstracts)
    if page.similar is not None:
        lists: dict[str, NDArray[Any]] = {
            "rows": page.similar.rows,
            "similarities": np.rint(10_000 * np.clip(page.similar.similarities, 0, 1)).astype(np.uint16),
            "terms": page.similar.terms,
        }
        blocks["similar"], meta["similar"] = pack_arrays({name: array.ravel() for name, array in lists.items()})
        meta["similar_k"], meta["similar_terms"] = page.similar.rows.shape[1], page.similar.terms.shape[2]
        blocks["words"] = _json(page.words)
    blocks["meta"] = _json(meta)
    return {name: gzip.compress(content, compresslevel=LEVEL, mtime=0) for name, content in blocks.items()}


def _json(content: object) -> bytes:
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
