"""Arrays of a run folder -> what is wrong with them: type, shape, and the range of their values.

Wrong values would be found late, by an error far from the file, or never: a negative row number is a valid index.
"""

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from pipeline.atlas.atlas import AtlasData
from pipeline.atlas.table_checks import within
from pipeline.embedding.embedding import Sentences
from pipeline.references import StoredReferences
from pipeline.words.tfidf import Lexical

TOLERANCE = 1e-4  # of lengths and cosines, which are rounded
LARGEST_IDF = 100.0  # 1 + the logarithm of more papers than there are
HEAD = re.compile(
    rb"\x93NUMPY\x01\x00(..)\{'descr': '([<|][a-z]\d+)', 'fortran_order': (False|True), 'shape': \(([\d, ]*)\), \} *\n",
    re.DOTALL,
)
LONGEST_HEAD = 256
Problem = tuple[str, str]  # name of a file, what is wrong with it


@dataclass(frozen=True)
class Layout:
    """dtypes: those that are read; dimensions: how many; width: of the last one, None for any."""

    dtypes: tuple[str, ...]
    dimensions: int
    width: int | None = None


LAYOUTS = {
    "embedding.npy": Layout(("<f4",), 2),
    "text_hashes.npy": Layout(("|u1",), 2, 32),
    "neighbours_indices.npy": Layout(("<i4",), 2),
    "neighbours_similarities.npy": Layout(("<f4",), 2),
    "sentences_vectors.npy": Layout(("|i1",), 2),
    "sentences_spans.npy": Layout(("<i4",), 2, 2),
    "sentences_offsets.npy": Layout(("<i8",), 1),
    "lexical_offsets.npy": Layout(("<i8",), 1),
    "lexical_terms.npy": Layout(("<i4",), 1),
    "lexical_weights.npy": Layout(("<f4",), 1),
    "lexical_idf.npy": Layout(("<f4",), 1),
    "lexical_words.npy": Layout(("|u1",), 1),
    "references_offsets.npy": Layout(("<i8",), 1),
    "references_works.npy": Layout(("<i4",), 1),
    "references_weights.npy": Layout(("<f4",), 1),
    "references_counts.npy": Layout(("<i4",), 1),
    "references_names.npy": Layout(("|u1",), 1),
    "encoder_terms.npy": Layout(("|u1",), 1),
    "encoder_idf.npy": Layout(("<f8", "<f4"), 1),
    "encoder_directions.npy": Layout(("<f4",), 2),
}


def read_array(path: Path) -> NDArray[np.generic]:
    """A memory-mapped array of a run folder. Raises ValueError where its type or shape is not that of its name.

    The head is compared as text: numpy's own reader evaluates it.
    """
    with path.open("rb") as file:
        head = HEAD.match(file.read(LONGEST_HEAD))
    if head is None or int.from_bytes(head[1], "little") != head.end() - head.end(1):
        raise ValueError("not an array as a run writes them")
    layout = LAYOUTS.get(path.name)
    if layout is None:
        raise ValueError("no array of this name belongs to a run")
    dtype, shape = head[2].decode(), tuple(int(part) for part in head[4].decode().split(",") if part.strip())
    fits = len(shape) == layout.dimensions and layout.width in (None, shape[-1])
    if dtype not in layout.dtypes or not fits:
        raise ValueError(f"an array of {dtype} {shape}, expected {_shown(layout)}")
    expected = head.end() + math.prod(shape) * np.dtype(dtype).itemsize
    if path.stat().st_size != expected:
        raise ValueError(f"{path.stat().st_size} bytes, expected {expected}")
    if 0 in shape:
        return np.zeros(shape, dtype)
    order: Literal["F", "C"] = "F" if head[3] == b"True" else "C"
    return np.memmap(path, dtype, mode="r", offset=head.end(), shape=shape, order=order)


def _shown(layout: Layout) -> str:
    width = "" if layout.width is None else f" with {layout.width} columns"
    return f"{layout.dtypes[0]} of {layout.dimensions} dimension{'s' * (layout.dimensions > 1)}{width}"


def array_problems(atlas: AtlasData) -> Iterator[Problem]:
    """Every array with values that cannot be; reads each once."""
    yield from _papers(atlas)
    yield from _neighbours(atlas)
    if atlas.sentences is not None:
        yield from _sentences(atlas.sentences, atlas.vectors.shape[1])
    if atlas.lexical is not None:
        yield from _lexical(atlas.lexical)
    if atlas.references is not None:
        yield from _references(atlas.references)
    yield from _encoder(atlas)


def _papers(atlas: AtlasData) -> Iterator[Problem]:
    with np.errstate(over="ignore", invalid="ignore"):
        lengths = np.sqrt(np.einsum("ij,ij->i", atlas.vectors, atlas.vectors))
    if not ((np.abs(lengths - 1) <= TOLERANCE) | (lengths == 0)).all():  # NaN is neither
        yield "embedding.npy", "a vector that is not of length 1"
    words = np.ascontiguousarray(atlas.text_hashes).view(">u8")
    rising, equal = words[:-1] < words[1:], words[:-1] == words[1:]
    first_unequal = np.argmin(equal, axis=1)
    in_order = rising[np.arange(len(rising)), first_unequal] | equal.all(axis=1)
    if not in_order.all():
        yield "text_hashes.npy", "hashes that do not increase"


def _neighbours(atlas: AtlasData) -> Iterator[Problem]:
    indices, similarities = atlas.neighbours.indices, atlas.neighbours.similarities
    if not within(indices, 0, len(atlas) - 1):
        yield "neighbours_indices.npy", "a row that is not there"
    if not within(similarities, -1 - TOLERANCE, 1 + TOLERANCE):
        yield "neighbours_similarities.npy", "a similarity that is not in [-1, 1]"


def _sentences(sentences: Sentences, width: int) -> Iterator[Problem]:
    if sentences.vectors.shape[1] != width and len(sentences.vectors):
        yield "sentences_vectors.npy", f"{sentences.vectors.shape[1]} dimensions, the embedding has {width}"
    starts, ends = sentences.spans[:, 0], sentences.spans[:, 1]
    if not within(sentences.spans, 0, None) or (starts > ends).any():
        yield "sentences_spans.npy", "a sentence that ends before it begins"
    if not _are_offsets(sentences.offsets):
        yield "sentences_offsets.npy", "offsets that do not rise from 0"


def _lexical(lexical: Lexical) -> Iterator[Problem]:
    words = len(lexical.idf)
    if not _are_offsets(lexical.offsets):
        yield "lexical_offsets.npy", "offsets that do not rise from 0"
    if not within(lexical.terms, 0, words - 1):
        yield "lexical_terms.npy", "a word that is not there"
    if not within(lexical.weights, 0, 1 + TOLERANCE):
        yield "lexical_weights.npy", "a weight that is not in [0, 1]"
    if not within(lexical.idf, 0, LARGEST_IDF):
        yield "lexical_idf.npy", "an inverse document frequency that cannot be"
    if _count_lines(lexical.words) != words:
        yield "lexical_words.npy", f"not {words} words of UTF-8 text"


def _references(references: StoredReferences) -> Iterator[Problem]:
    names = _count_lines(references.names)
    if not _are_offsets(references.offsets):
        yield "references_offsets.npy", "offsets that do not rise from 0"
    if names < len(references):
        yield "references_names.npy", f"{names} lines of UTF-8 text for {len(references)} papers and other works"
    if not within(references.works, 0, names - 1):
        yield "references_works.npy", "a work that is not there"
    if not within(references.weights, 0, 1 + TOLERANCE):
        yield "references_weights.npy", "a weight that is not in [0, 1]"
    if not within(references.counts, 0, None) or (references.counts < np.diff(references.offsets)).any():
        yield "references_counts.npy", "a paper that cites more works than it is said to"


def _encoder(atlas: AtlasData) -> Iterator[Problem]:
    """Of what the TF-IDF backend needs, where it is all there."""
    arrays = atlas.encoder_arrays
    if not arrays.keys() >= {"terms", "idf", "directions"}:
        return
    words, width = len(arrays["idf"]), atlas.vectors.shape[1]
    if _count_lines(arrays["terms"]) != words:
        yield "encoder_terms.npy", f"not {words} words of UTF-8 text"
    if not within(arrays["idf"], 0, LARGEST_IDF):
        yield "encoder_idf.npy", "an inverse document frequency that cannot be"
    shape = arrays["directions"].shape
    if shape != (width, words):
        yield "encoder_directions.npy", f"{shape}, expected {(width, words)}"
    if not within(arrays["directions"], -1 - TOLERANCE, 1 + TOLERANCE):
        yield "encoder_directions.npy", "a part of a direction that is not in [-1, 1]"


def _are_offsets(offsets: NDArray[np.int64]) -> bool:
    return bool(offsets[0] == 0) and bool((offsets[1:] >= offsets[:-1]).all())


def _count_lines(text: NDArray[np.generic]) -> int:
    """Lines of UTF-8 text; -1 for other bytes."""
    raw = text.tobytes()
    try:
        raw.decode()
    except UnicodeDecodeError:
        return -1
    return raw.count(b"\n") + 1 if raw else 0
