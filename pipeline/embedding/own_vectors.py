"""Vectors that the user brings, a .npy file or a field of the source -> Embedding."""

import hashlib
import mmap
import tokenize
import warnings
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipeline.corpus import Corpus, existing_file
from pipeline.corpus.batch_store import let_go
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
        position = corpus.tables.sources.column("position").to_numpy()
    else:
        name = f"field {column}"
        if corpus.vectors is None:
            raise CorpusError(f'embedding.vectors_column = "{column}": holds no list of numbers in any row')
        given, position = corpus.vectors, np.arange(len(corpus))
    vectors = np.zeros((len(corpus), given.shape[1]), dtype=np.float32)
    bad = _fill(vectors, given, position)
    if len(bad):
        where = corpus.tables.sources.slice(int(bad[0]), 1).to_pylist()[0]
        raise CorpusError(
            f"{name}: {len(bad)} vectors are missing, of another length, or hold NaN or infinity;"
            f" the first is of paper {where['id']!r} ({where['source']} row {where['row']})"
        )
    if not vectors.any():
        raise CorpusError(f"{name}: every vector is zeros alone, so that none is nearer than another")
    info = EmbeddingInfo(
        backend="vectors",
        model=name,
        model_digest=hashlib.sha256(vectors.reshape(-1).data).hexdigest(),
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
        vectors[start : start + BLOCK] = _unit(given[start : start + BLOCK])
    return vectors


def _unit(rows: NDArray[np.floating]) -> NDArray[np.float64]:
    exact = rows.astype(np.float64)
    lengths = np.linalg.norm(exact, axis=1, keepdims=True)
    return np.asarray(np.divide(exact, lengths, out=np.zeros(exact.shape), where=lengths > 0))


def _fill(vectors: NDArray[np.float32], given: NDArray[np.floating], position: NDArray[np.int64]) -> NDArray[np.int64]:
    """Writes the unit row of each paper; rising numbers of the papers whose row holds NaN or infinity.

    position: (n,) row of `given` of each paper. The rows are read in their own order, and let go of once read.
    """
    order = np.argsort(position, kind="stable")
    mapped = _mapping(given)
    bad: list[NDArray[np.int64]] = []
    for start in range(0, len(order), BLOCK):
        papers = order[start : start + BLOCK]
        rows = given[position[papers]]
        finite = np.isfinite(rows).all(axis=1)
        bad.append(papers[~finite])
        vectors[papers[finite]] = _unit(rows[finite])
        if mapped is not None:
            let_go(mapped)
    return np.sort(np.concatenate(bad)) if bad else np.zeros(0, dtype=np.int64)


def _mapping(array: object) -> mmap.mmap | None:
    """The mapped file that an array lies in, if it does."""
    base = getattr(array, "base", None)
    return base if isinstance(base, mmap.mmap) else None


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
    return np.asanyarray(given)


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
