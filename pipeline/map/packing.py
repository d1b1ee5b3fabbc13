"""Page -> compressed blocks of map.html, each the same bytes for the same content."""

import gzip
import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import TypedDict

import numpy as np
from numpy.typing import NDArray

from pipeline.map.content import Page

ALIGNED = 8
LEVEL = 6
TYPES = frozenset({"uint8", "uint16", "int16", "int32", "float32", "float64"})  # those that the page reads


class ArrayLayout(TypedDict):
    """Where an array lies in a block. type: as numpy names it; offset: bytes; length: numbers."""

    name: str
    type: str
    offset: int
    length: int


def pack_arrays(arrays: Mapping[str, NDArray[np.generic]]) -> tuple[bytes, list[ArrayLayout]]:
    """All arrays one after another, little-endian, each at a multiple of 8 bytes, and where each lies.

    Raises ValueError for a type that the page does not read.
    """
    layout: list[ArrayLayout] = []
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


def pack_points(page: Page) -> tuple[bytes, dict[str, object]]:
    """The arrays of the papers as one block, and the page's meta as JSON, which says where each lies."""
    points, layout = pack_arrays(page.points)
    return points, asdict(page.meta) | {"points": layout}


def pack_page(page: Page) -> dict[str, bytes]:
    """The blocks of a page by name, gzipped: meta, points, and texts, abstracts, similar, words where it has them."""
    points, meta = pack_points(page)
    blocks = {"points": points}
    if page.texts:
        blocks["texts"] = _json(page.texts)
    if page.abstracts is not None:
        blocks["abstracts"] = _json(page.abstracts)
    if page.similar is not None:
        lists: dict[str, NDArray[np.generic]] = {
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
