"""Neighbours and MMR line by line: cuts, blocks, ties and rounding, with numbers worked by hand or planted errors."""

import numpy as np
import pytest

from pipeline.neighbours import ExactIndex, Neighbours, find_neighbours, nearest, restrict
from pipeline.neighbours import exact_search as module
from pipeline.neighbours.exact_search import _candidates
from pipeline.neighbours.mmr import select_by_mmr

EPSILON = 2.0**-24


def unit(rows) -> np.ndarray:
    rows = np.asarray(rows, dtype=np.float64)
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def around(degrees) -> np.ndarray:
    """Unit vectors at these angles: the cosine of two is that of the difference."""
    angles = np.radians(np.asarray(degrees, dtype=np.float64))
    return np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)


def slow_nearest(vectors, queries, k, *, own=None, among=None):
    """Row by row in float64, rounded to 7 decimals, ties to the smaller row."""
    rows, cosines = [], []
    for number, query in enumerate(queries):
        scored = [(round(float(vector.astype(np.float64) @ query.astype(np.float64)), 7), row)
                  for row, vector in enumerate(vectors)
                  if (among is None or among[row]) and (own is None or own[number] != row)]  # fmt: skip
        best = sorted(scored, key=lambda pair: (-pair[0], pair[1]))[:k]
        rows.append([row for _, row in best])
        cosines.append([cosine for cosine, _ in best])
    return np.array(rows), np.array(cosines)


# --- the graph


@pytest.mark.parametrize(
    ("first", "second"), [((3, 2), (3, 1)), ((3, 2), (2, 3)), ((3,), (3,)), ((2, 2, 2), (2, 2, 2))]
)
def test_neighbours_are_two_tables_of_one_shape(first, second):
    with pytest.raises(ValueError, match=r"need two \(n, k\) arrays"):
        Neighbours(np.zeros(first, np.int32), np.zeros(second, np.float32))


def test_k_is_the_number_of_columns():
    assert Neighbours(np.zeros((3, 2), np.int32), np.zeros((3, 2), np.float32)).k == 2


def test_find_neighbours_leaves_out_the_paper_itself_and_answers_no_more_than_there_are():
    graph = find_neighbours(around([0, 10, 30, 70]), k=9)
    assert graph.indices.tolist() == [[1, 2, 3], [0, 2, 3], [1, 0, 3], [2, 1, 0]]
    expected = np.cos(np.radians([[10, 30, 70], [10, 20, 60], [20, 30, 40], [40, 60, 70]]))
    np.testing.assert_allclose(graph.similarities, expected, atol=2e-7)
    assert find_neighbours(around([0, 10, 30, 70]), k=2).indices.tolist() == [[1, 2], [0, 2], [1, 0], [2, 1]]
    assert find_neighbours(around([5]), k=3).indices.shape == (1, 0)


def test_restrict_by_hand():
    indices = [[1, 2, 3, 4], [0, 2, 3, 4], [4, 3, 1, 0], [2, 4, 1, 0], [3, 2, 1, 0]]
    similarities = [
        [0.9, 0.8, 0.7, 0.6],
        [0.9, 0.5, 0.4, 0.3],
        [0.95, 0.85, 0.5, 0.4],
        [0.85, 0.8, 0.4, 0.1],
        [0.9] * 4,
    ]
    graph = Neighbours(np.array(indices, np.int32), np.array(similarities, np.float32))
    part = restrict(graph, np.array([0, 2, 4]))
    assert part.indices.tolist() == [[1, 2], [2, 0], [1, 0]]
    np.testing.assert_allclose(part.similarities, [[0.8, 0.6], [0.95, 0.4], [0.9, 0.9]], atol=1e-6)


def test_restrict_has_as_many_columns_as_the_row_that_keeps_fewest():
    indices = [[1, 2], [0, 2], [3, 0], [2, 1]]
    graph = Neighbours(np.array(indices, np.int32), np.array([[0.9, 0.8]] * 4, np.float32))
    part = restrict(graph, np.array([0, 1, 2]))
    assert part.indices.tolist() == [[1], [0], [0]], "paper 2 keeps paper 0 only, its second"
    np.testing.assert_allclose(part.similarities, [[0.9], [0.9], [0.8]], atol=1e-6)
    assert restrict(graph, np.array([0, 3])).indices.shape == (2, 0)
    assert restrict(graph, np.zeros(0, np.int64)).indices.shape == (0, 0)


@pytest.mark.parametrize("n", [12, 60])
def test_restrict_keeps_the_order_of_those_that_stay(n):
    graph = find_neighbours(unit(np.random.default_rng(0).normal(size=(n, 5))), k=n - 5)
    rows = np.flatnonzero(np.arange(n) % 4 != 1)
    place = {int(row): number for number, row in enumerate(rows)}
    kept = [[(place[other], similarity) for other, similarity in zip(*row, strict=True) if other in place]
            for row in zip(graph.indices[rows].tolist(), graph.similarities[rows].tolist(), strict=True)]  # fmt: skip
    width = min(len(row) for row in kept)
    part = restrict(graph, rows)
    assert part.indices.tolist() == [[number for number, _ in row[:width]] for row in kept]
    assert part.similarities.tolist() == [[similarity for _, similarity in row[:width]] for row in kept]
    assert part.indices.dtype == np.int32


# --- nearest


def test_nearest_by_hand():
    vectors = around([0, 20, 50, 90])
    found = nearest(vectors, around([45, 12]), k=2)
    assert found.indices.tolist() == [[2, 1], [1, 0]]
    np.testing.assert_allclose(found.similarities, np.cos(np.radians([[5, 25], [8, 12]])), atol=2e-7)


def test_only_rows_of_the_mask_are_returned_and_no_more_than_it_holds():
    vectors, among = around([0, 20, 50, 90]), np.array([True, False, True, True])
    assert nearest(vectors, around([18]), k=9, among=among).indices.tolist() == [[0, 2, 3]]
    assert nearest(vectors, around([18]), k=1, among=among).indices.tolist() == [[0]]
    found = nearest(vectors, around([18, 3]), k=2, among=np.zeros(4, bool))
    assert found.indices.shape == found.similarities.shape == (2, 0)
    assert found.indices.dtype == np.int32
    assert found.similarities.dtype == np.float32


def test_a_query_that_is_no_row_loses_none():
    vectors = around([0, 20, 50, 90])
    found = nearest(vectors, around([0, 88]), k=2, own_rows=np.array([0, -1]))
    assert found.indices.tolist() == [[1, 2], [3, 2]]
    everything = nearest(vectors, around([0, 88]), k=9, own_rows=np.array([0, -1]))
    assert everything.indices.tolist() == [[1, 2, 3], [3, 2, 1]], "one column fewer than rows, for all queries alike"
    masked = nearest(vectors, around([0]), k=9, own_rows=np.array([0]), among=np.array([True, True, False, True]))
    assert masked.indices.tolist() == [[1, 3]]
    assert nearest(vectors[:1], vectors[:1], k=3, own_rows=np.array([0])).indices.shape == (1, 0)


def test_the_index_compares_with_its_own_vectors():
    index = ExactIndex(around([0, 20, 50, 90]))
    assert index.nearest(around([46]), k=3).indices.tolist() == [[2, 1, 3]]
    mask = np.array([True, False, True, True])
    assert index.nearest(around([45]), k=1, among=~mask).indices.tolist() == [[1]]


@pytest.mark.parametrize("block_bytes", [1, 4 * 60 * 7, 2**26])
@pytest.mark.parametrize("pairs", [1, 7, 32_768])
@pytest.mark.parametrize("threaded_from", [1, 2**40])
def test_any_block_gives_the_slow_answer(monkeypatch, block_bytes, pairs, threaded_from):
    monkeypatch.setattr(module, "THREADED_FROM", threaded_from)
    monkeypatch.setattr(module, "core_count", lambda: 3)
    monkeypatch.setattr(module, "BLOCK_BYTES", block_bytes)
    monkeypatch.setattr(module, "RESCORED_PAIRS", pairs)
    vectors = unit(np.random.default_rng(0).normal(size=(60, 6)))
    vectors[[7, 31, 44]] = vectors[3]
    own = np.where(np.arange(60) % 5 == 0, -1, np.arange(60))
    among = np.arange(60) % 4 != 1
    found = nearest(vectors, vectors, k=8, own_rows=own, among=among)
    rows, cosines = slow_nearest(vectors, vectors, 8, own=own, among=among)
    np.testing.assert_array_equal(found.indices, rows)
    np.testing.assert_allclose(found.similarities, np.clip(cosines, -1, 1), atol=1e-7)


@pytest.mark.parametrize(("block_bytes", "expected"), [(4 * 5 * 2, [2, 2, 1]), (4 * 5 * 2 - 1, [1] * 5), (1, [1] * 5),
                                                       (4 * 5 * 5, [5]), (4 * 5 * 6, [5])])  # fmt: skip
def test_a_block_of_similarities_stays_within_its_bytes(monkeypatch, block_bytes, expected):
    monkeypatch.setattr(module, "BLOCK_BYTES", block_bytes)
    done: list[int] = []
    find_neighbours(around([0, 20, 50, 90, 170]), k=2, advance=done.append)
    assert done == expected


def test_a_block_is_at_most_1024_queries_and_64_mebibytes():
    done: list[int] = []
    nearest(around([0, 20, 50]), around(np.arange(1025) / 10), k=1, advance=done.append)
    assert done == [1024, 1]
    done.clear()
    n = 16_400  # 4 bytes each: 1,023 rows of them are the most that 64 MiB hold
    vectors = around(np.arange(n) * 360 / n)
    found = nearest(vectors, vectors[:1024], k=1, advance=done.append)
    assert done == [1023, 1]
    assert (found.indices[:, 0] <= np.arange(1024)).all()


class Blurred(np.ndarray):
    """Vectors whose matrix products are off, as blocked float32 ones are, by as much as is planted."""

    def __matmul__(self, other):
        products = np.asarray(self) @ np.asarray(other)
        return (products + np.array([0, 0, 3, -3, 0], np.float32) * np.float32(EPSILON)).astype(np.float32)


def test_rows_that_float32_products_put_in_the_wrong_order_are_scored_again():
    # Cosines with the query: row 2 is nearest but one by 4 units of 2**-24; the planted error of 3 up, 3 down swaps it
    # with row 3. The error bound of two dimensions is 2 * 2 = 4 units below the k-th: it must keep row 3.
    first = np.array([0.9, 0.1, 0.5, 0.5 + 2 * EPSILON, 0.3])
    vectors = np.stack([first, np.sqrt(1 - first**2)], axis=1).astype(np.float32)
    query = np.array([[1.0, 0.0]], np.float32).view(Blurred)
    blurred = (query @ vectors.T)[0]
    assert blurred[2] > blurred[3], "the planted error swaps the two"
    found = nearest(vectors, query, k=2)
    assert found.indices.tolist() == [[0, 3]]
    np.testing.assert_allclose(found.similarities, [[0.9, 0.5000001]], atol=1e-8)


def test_nearly_equal_papers_are_ordered_as_in_float64():
    rng = np.random.default_rng(3)
    vectors = unit(rng.normal(size=(1, 384)) + 1e-5 * rng.normal(size=(60, 384)))
    vectors[:30] = vectors[30:]  # two of each: ties beside near ties
    queries = unit(rng.normal(size=(40, 384)))
    rough = np.argsort(-(queries @ vectors.T), axis=1, kind="stable")[:, :3]
    rows, _ = slow_nearest(vectors, queries, 3)
    assert (rough != rows).any(), "float32 gets some wrong"
    np.testing.assert_array_equal(nearest(vectors, queries, k=3).indices, rows)


def test_cosines_are_rounded_to_seven_decimals_and_kept_within_one():
    query = np.array([[1.0, 0.0]], np.float32)
    nearly = np.array([[0.25, 0], [0.25 + 3e-8, 0], [0.1, 0]], np.float32)
    assert nearest(nearly, query, k=2).indices.tolist() == [[0, 1]], "3e-8 apart: equal, the smaller row first"
    apart = np.array([[0.25, 0], [0.25 + 1.2e-7, 0], [0.1, 0]], np.float32)
    assert nearest(apart, query, k=2).indices.tolist() == [[1, 0]]
    long = np.array([[1 + 2e-7, 0], [-1 - 2e-7, 0]], np.float32)
    assert nearest(long, long[:1], k=2).similarities.tolist() == [[1.0, -1.0]]


@pytest.mark.parametrize("dimensions", [1, 4])
def test_candidates_lie_within_twice_the_error_of_two_dot_products(dimensions):
    margin = 2 * dimensions * EPSILON
    values = [0.7, 0.5, 0.5 - margin, 0.5 - margin - EPSILON / 2, 0.3]  # 2**-25 is one float32 step below 0.5
    rows, columns = _candidates(np.array([values, values[::-1]], np.float32), 2, own=None, among=None,
                                dimensions=dimensions, compiled=False)  # fmt: skip
    assert list(zip(rows.tolist(), columns.tolist(), strict=True)) == [(0, 0), (0, 1), (0, 2), (1, 2), (1, 3), (1, 4)]


def test_candidates_are_never_the_query_itself_nor_outside_the_mask():
    values = np.tile(np.array([0.9, 0.8, 0.7, 0.6], np.float32), (3, 1))
    among = np.array([True, False, True, True])
    pairs = _candidates(values, 1, own=np.array([0, -1, 3]), among=among, dimensions=2, compiled=False)
    assert [part.tolist() for part in pairs] == [[0, 1, 2], [2, 0, 0]]


# --- MMR


def slow_mmr(relevance, vectors, diversity, k):
    """Carbonell and Goldstein, candidate by candidate."""
    low, high = min(relevance), max(relevance)
    scaled = [(value - low) / (high - low) if high > low else 1.0 for value in relevance]
    selected: list[int] = []
    while len(selected) < min(k, len(relevance)):
        scores = {}
        for place in range(len(relevance)):
            if place not in selected:
                alike = max((float(vectors[place].astype(float) @ vectors[one].astype(float)) for one in selected),
                            default=0.0)  # fmt: skip
                scores[place] = round((1 - diversity) * scaled[place] - diversity * alike, 9)
        selected.append(min(scores, key=lambda place: (-scores[place], place)))
    return selected


def test_mmr_by_hand():
    relevance = np.array([0.9, 0.8, 0.5, 0.1])  # scaled: 1, 0.875, 0.5, 0
    vectors = around([0, 5, 80, 175])
    # second: 1: 0.4375 - cos 5 / 2 < 0; 2: 0.25 - cos 80 / 2 = 0.163; 3: 0 - cos 175 / 2 = 0.498
    # third: 1: -0.06; 2: 0.25 - max(cos 80, cos 95) / 2 = 0.163
    assert select_by_mmr(relevance, vectors, diversity=0.5, k=3) == [0, 3, 2]
    assert select_by_mmr(relevance, vectors, diversity=0.5, k=9) == [0, 3, 2, 1]
    assert select_by_mmr(relevance, vectors, diversity=0.1, k=4) == [0, 1, 2, 3]
    assert select_by_mmr(relevance, vectors, diversity=0, k=3) == [0, 1, 2]
    assert select_by_mmr(relevance, vectors, diversity=0.5, k=0) == []
    assert select_by_mmr(relevance[:0], vectors[:0], diversity=0.5, k=3) == []
    assert select_by_mmr(relevance[:1], vectors[:1], diversity=1.0, k=3) == [0]


def test_the_first_selected_is_the_most_relevant_even_where_only_diversity_counts():
    assert select_by_mmr(np.array([0.9, 0.8, 0.7]), around([0, 60, 120]), diversity=1.0, k=2) == [0, 2]


def test_mmr_keeps_the_order_of_what_is_equal():
    vectors = around([0, 0, 90, 90])
    assert select_by_mmr(np.full(4, 0.3), vectors, diversity=0.5, k=4) == [0, 2, 1, 3]
    nearly = np.array([1.0, 0.5, 0.5 + 4e-10, 0.0])  # times one half: 2e-10 apart, equal to nine decimals
    flat = np.eye(4, dtype=np.float32)
    assert select_by_mmr(nearly, flat, diversity=0.5, k=3) == [0, 1, 2]
    assert select_by_mmr(np.array([1.0, 0.5, 0.5 + 4e-9, 0.0]), flat, diversity=0.5, k=3) == [0, 2, 1]


@pytest.mark.parametrize("seed", range(6))
def test_mmr_equals_the_slow_one(seed):
    rng = np.random.default_rng(seed)
    relevance = np.sort(rng.uniform(0.2, 0.9, 12))[::-1].copy()
    vectors = unit(rng.normal(size=(12, 3)))
    for diversity in (0.2, 0.5, 0.8):
        assert select_by_mmr(relevance, vectors, diversity=diversity, k=8) == slow_mmr(relevance, vectors, diversity, 8)


def test_no_papers_have_no_neighbours():
    none = find_neighbours(np.empty((0, 3), np.float32), k=5)
    assert (none.indices.shape, none.similarities.shape) == ((0, 0), (0, 0))
    alone = around([0, 10])
    nobody = nearest(alone, alone[:1], k=5, own_rows=np.array([0]), among=np.zeros(2, dtype=bool))
    assert nobody.indices.shape == (1, 0)
