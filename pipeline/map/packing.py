"""Page -> compressed blocks of map.html, each the same bytes for the same content."""

import gzip
import json
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from types import MappingProxyType
from typing import TypedDict

import numpy as np
from numpy.typing import NDArray

from pipeline.map.content import Page
from pipeline.recommender.precomputed import SharedWorks
from pipeline.workers.machine import core_count

ALIGNED = 8
LEVEL = 5  # of 9: 1.5 % larger than 6 and 40 % sooner
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


def pack_page(page: Page, packed: Mapping[str, bytes] = MappingProxyType({})) -> dict[str, bytes]:
    """The blocks of a page by name, gzipped: meta, points, and texts, abstracts, similar, words, shared, works,
    citations and missing where it has them.

    packed: blocks of a page of the same papers; those it has too are taken from there, all but meta.
    """
    points, meta = pack_points(page)
    contents: dict[str, Callable[[], bytes]] = {"points": lambda: points}
    if page.texts:
        contents["texts"] = lambda: _json(page.texts)
    if page.abstracts is not None:
        contents["abstracts"] = lambda: _json(page.abstracts)
    if page.similar is not None:
        lists: dict[str, NDArray[np.generic]] = {
            "rows": page.similar.rows,
            "similarities": np.rint(10_000 * np.clip(page.similar.similarities, 0, 1)).astype(np.uint16),
            "terms": page.similar.terms,
        }
        similar, meta["similar"] = pack_arrays({name: array.ravel() for name, array in lists.items()})
        meta["similar_k"], meta["similar_terms"] = page.similar.rows.shape[1], page.similar.terms.shape[2]
        contents |= {"similar": lambda: similar, "words": lambda: _json(page.words)}
        if page.similar.references is not None:
            shared, meta["shared"] = _pack_shared(page.similar.references)
            contents |= {"shared": lambda: shared, "works": lambda: _json(page.works)}
    if page.citations is not None:
        citing, meta["citations"] = pack_arrays({"offsets": page.citations.offsets, "rows": page.citations.rows})
        contents["citations"] = lambda: citing
    if page.missing is not None:
        contents["missing"] = lambda: _json(page.missing)
    new = {name: content for name, content in contents.items() if name not in packed}
    with ThreadPoolExecutor(core_count()) as pool:  # zlib lets other threads run
        blocks = dict(zip(new, pool.map(lambda name: _compress(new[name]()), new), strict=True))
    kept = {name: packed[name] for name in contents if name in packed}
    return blocks | kept | {"meta": _compress(_json(meta))}


def _pack_shared(references: SharedWorks) -> tuple[bytes, list[ArrayLayout]]:
    """Of counts beyond 65,535 nobody asks how far."""
    counts = np.minimum(references.counts, np.iinfo(np.uint16).max).astype(np.uint16)
    return pack_arrays({"works": references.works.ravel(), "counts": counts.ravel()})


def pack_texts(texts: Sequence[str]) -> bytes:
    """Texts as a block of their own."""
    return _compress(_json(texts))


def _compress(content: bytes) -> bytes:
    return gzip.compress(content, compresslevel=LEVEL, mtime=0)


def _json(content: object) -> bytes:
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
