"""Vectors that the user brings, a .npy file or a field of the source -> Embedding."""

import hashlib
import tokenize
import warnings
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipeline.corpus import Corpus, existing_file
from pipeline.corpus.sources import ZIP, first_bytes
from pipeline.embedding.embedding import Embedding, EmbeddingInfo
from pipeline.errors import CorpusError

BLOCK = 4_096  # rows scaled at once
NPY = b"\x93NUMPY"
# What numpy raises for a file that is cut, or whose header says what cannot be.
DAMAGED = (ValueError, TypeError, OverflowError, SyntaxError, tokenize.TokenError, EOFError)


def own_vectors(corpus: Corpus, *, file: Path | None, column: str | None) -> Embedding:
    """Unit rows of the given vectors, in the corpus's order.

    A file has one row for every row read, in the order read. Raises CorpusError for a wrong shape, NaN, or zeros alone.
    """
    if file is not None:
        name, given = str(file), _from_file(file, corpus)
    else:
        name = f"field {column}"
        if corpus.vectors is None:
            raise CorpusError(f'embedding.vectors_column = "{column}": holds no list of numbers in any row')
        given = corpus.vectors
    if not given.any():
        raise CorpusError(f"{name}: every vector is zeros alone, so that none is nearer than another")
    bad = np.flatnonzero(~np.isfinite(given).all(axis=1))
    if len(bad):
        where = corpus.tables.sources.slice(int(bad[0]), 1).to_pylist()[0]
        raise CorpusError(
            f"{name}: {len(bad)} vectors are missing, of another length, or hold NaN or infinity;"
            f" the first is of paper {where['id']!r} ({where['source']} row {where['row']})"
        )
    vectors = unit_rows(given)
    info = EmbeddingInfo(
        backend="vectors",
        model=name,
        model_digest=hashlib.sha256(vectors.tobytes()).hexdigest(),
        device="none",
        precision=str(given.dtype),
        dimensions=vectors.shape[1],
        max_tokens=None,
        long_text="truncate",
        embedded=0,
        from_cache=0,
        long_papers=0,
    )
    return Embedding(vectors, info)


def unit_rows(given: NDArray[np.floating]) -> NDArray[np.float32]:
    """(n, d) rows of length 1, computed in float64; a zero row stays zero."""
    vectors = np.zeros(given.shape, dtype=np.float32)
    for start in range(0, len(given), BLOCK):
        rows = given[start : start + BLOCK].astype(np.float64)
        lengths = np.linalg.norm(rows, axis=1, keepdims=True)
        vectors[start : start + BLOCK] = np.divide(rows, lengths, out=np.zeros(rows.shape), where=lengths > 0)
    return vectors


def _from_file(file: Path, corpus: Corpus) -> NDArray[np.floating]:
    given = _load(existing_file(file, hint="embedding.vectors is relative to the config's folder"))
    if given.ndim != 2 or not np.issubdtype(given.dtype, np.floating):
        raise CorpusError(
            f"{file}: expected one (papers, dimensions) array of floating point numbers,"
            f" found {given.shape} {given.dtype}"
        )
    if len(given) != corpus.tables.read or not given.shape[1]:
        raise CorpusError(
            f"{file}: its shape is {given.shape}; expected one row for each of the {corpus.tables.read} rows read,"
            " in their order"
        )
    return np.asarray(given[corpus.tables.sources.column("position").to_numpy()])


def _load(file: Path) -> NDArray[np.generic]:
    """The array of a .npy file, memory-mapped. numpy is not left to guess what a file of another kind may be."""
    try:
        start = first_bytes(file)
        if start.startswith(ZIP):
            raise CorpusError(f"{file}: expected one array, found an archive; write it with numpy.save, not savez")
        if not start.startswith(NPY):
            raise ValueError("the first bytes are of another kind of file")
        with warnings.catch_warnings(action="ignore", category=UserWarning):  # about headers that are not numpy's own
            array: NDArray[np.generic] = np.load(file, mmap_mode="r", allow_pickle=False)
    except OSError as problem:
        raise CorpusError(f"{file}: cannot be read: {problem.strerror or problem}") from None
    except DAMAGED:
        raise CorpusError(
            f"{file}: not a .npy file of numbers, or cut off; write it with numpy.save, or copy it again"
        ) from None
    return array
