"""Neighbours against a slower truth: float64, one row at a time."""

import numpy as np
import pytest
from numpy.typing import NDArray

from pipeline.neighbours import Neighbours, find_neighbours, nearest
from pipeline.neighbours import exact_search as module


def unit_rows(n: int, d: int, seed: int = 0) -> NDArray[np.float32]:
    rows = np.random.default_rng(seed).normal(size=(n, d))
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def slow_truth(vectors, k):
    """Each row's k nearest by float64 cosine rounded to 7 decimals, ties to the smaller row."""
    indices = []
    for row, vector in enumerate(vectors):
        cosines = np.round(vectors.astype(np.float64) @ vector.astype(np.float64), 7)
        others = [other for other in range(len(vectors)) if other != row]
        indices.append(sorted(others, key=lambda other: (-cosines[other], other))[:k])
    return np.array(indices)


@pytest.mark.parametrize("block_bytes", [1, 4 * 300 * 7, 2**26])
def test_neighbours_equal_brute_force_for_any_block_size(monkeypatch, block_bytes):
    monkeypatch.setattr(module, "BLOCK_BYTES", block_bytes)
    vectors = unit_rows(300, 24)
    found = find_neighbours(vectors, k=12)
    np.testing.assert_array_equal(found.indices, slow_truth(vectors, 12))
    for row in range(300):
        cosines = vectors[found.indices[row]].astype(np.float64) @ vectors[row].astype(np.float64)
        np.testing.assert_allclose(found.similarities[row], cosines, atol=1e-6)


def test_a_paper_is_removed_by_its_row_not_by_its_rank():
    vectors = unit_rows(6, 8)
    vectors[3] = vectors[1]  # identical abstracts: the copy may come first in its own list
    found = find_neighbours(vectors, k=5)
    assert found.indices[1, 0] == 3
    assert found.indices[3, 0] == 1
    assert not (found.indices == np.arange(6)[:, None]).any()


def test_identical_rows_are_ordered_by_row_number():
    vectors = np.repeat(unit_rows(1, 16), 40, axis=0)
    found = find_neighbours(vectors, k=4)
    assert found.indices[0].tolist() == [1, 2, 3, 4]
    assert found.indices[2].tolist() == [0, 1, 3, 4]
    assert (found.similarities == 1.0).all()


@pytest.mark.parametrize("n", [1, 2, 3])
def test_fewer_papers_than_neighbours(n):
    found = find_neighbours(unit_rows(n, 4), k=50)
    assert found.indices.shape == (n, n - 1)
    assert [sorted([row, *others]) for row, others in enumerate(found.indices.tolist())] == [list(range(n))] * n


def test_queries_answered_together_or_alone_are_the_same():
    vectors, queries = unit_rows(200, 16), unit_rows(30, 16, seed=1)
    together = nearest(vectors, queries, k=7)
    for row in range(30):
        alone = nearest(vectors, queries[row : row + 1], k=7)
        np.testing.assert_array_equal(alone.indices[0], together.indices[row])
        np.testing.assert_array_equal(alone.similarities[0], together.similarities[row])


def test_similarities_never_increase_along_a_row():
    found = find_neighbours(unit_rows(100, 3), k=30)
    assert (np.diff(found.similarities, axis=1) <= 0).all()


def test_misaligned_arrays_are_refused():
    with pytest.raises(ValueError, match=r"\(n, k\)"):
        Neighbours(np.zeros((3, 2), np.int32), np.zeros((3, 1), np.float32))
