"""Neighbours of a large corpus, found in the nearest partitions: against the exact ones, planted and by hand."""

import numpy as np
import pytest

from pipeline.build import run_config
from pipeline.neighbours import find_neighbours, measure_recall, nearest
from pipeline.neighbours import partitioned_search as module
from pipeline.neighbours.best_lists import NONE_YET, BestLists, kth_largest
from pipeline.neighbours.exact_search import Neighbours, find_exactly
from pipeline.neighbours.partitioned_search import Partitions, make_partitions, search_partitions
from tests.planted import planted_papers, write_jsonl


def clustered(n: int, *, clusters: int = 12, spread: float = 0.35, seed: int = 0) -> np.ndarray:
    """Unit vectors around planted centres, as papers lie around their subjects."""
    rng = np.random.default_rng(seed)
    centres = rng.normal(size=(clusters, 24))
    rows = centres[rng.integers(0, clusters, n)] + spread * rng.normal(size=(n, 24))
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def test_all_partitions_probed_give_the_exact_answer():
    vectors = clustered(700)
    vectors[[9, 300, 555]] = vectors[4]  # equal papers: ties go to the smaller row
    partitions = make_partitions(vectors, count=9, probed=9)
    advanced: list[int] = []
    found = search_partitions(vectors, partitions, k=10, advance=advanced.append)
    exact = find_exactly(vectors, k=10)
    np.testing.assert_array_equal(found.indices, exact.indices)
    np.testing.assert_array_equal(found.similarities, exact.similarities)
    assert sum(advanced) == 700


def test_few_partitions_probed_find_nearly_all_and_never_a_wrong_similarity():
    vectors = clustered(3_000)
    found = search_partitions(vectors, make_partitions(vectors, count=30, probed=8), k=15)
    exact = find_exactly(vectors, k=15)
    shared = [len(set(a) & set(b)) / 15 for a, b in zip(found.indices.tolist(), exact.indices.tolist(), strict=True)]
    assert np.mean(shared) > 0.95
    assert measure_recall(vectors, found, k=15) == pytest.approx(np.mean(shared[::3]), abs=0.02)
    for row in (0, 1_234, 2_999):
        others = found.indices[row]
        assert row not in others
        assert len(set(others.tolist())) == 15
        cosines = vectors[others].astype(np.float64) @ vectors[row].astype(np.float64)
        np.testing.assert_allclose(found.similarities[row], cosines, atol=1e-7)
    assert (np.diff(found.similarities, axis=1) <= 0).all()


def test_a_paper_whose_partitions_hold_too_few_others_is_compared_with_all():
    vectors = clustered(60)
    probes = np.zeros((60, 1), dtype=np.int32)
    probes[:3] = 1  # three papers in a partition of their own, with two others each
    found = search_partitions(vectors, Partitions(vectors[:2].copy(), probes), k=5)
    exact = find_exactly(vectors, k=5)
    np.testing.assert_array_equal(found.indices[:3], exact.indices[:3])
    among = np.arange(60) >= 3
    alone = nearest(vectors, vectors[3:], k=5, own_rows=np.arange(3, 60), among=among)
    np.testing.assert_array_equal(found.indices[3:], alone.indices)


def test_recall_counts_the_exact_neighbours_that_are_listed():
    angles = np.radians([0, 10, 20, 30, 40])
    vectors = np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)
    exact = find_exactly(vectors, k=2)
    assert measure_recall(vectors, exact, k=2) == 1.0
    worse = exact.indices.copy(), exact.similarities.copy()
    worse[0][0, 1], worse[1][0, 1] = 4, np.cos(np.radians(40))  # instead of the paper at 20 degrees
    assert measure_recall(vectors, Neighbours(*worse), k=2) == pytest.approx(9 / 10)
    assert measure_recall(vectors, Neighbours(*worse), k=1) == 1.0
    assert measure_recall(vectors[:1], find_exactly(vectors[:1], k=3), k=3) == 1.0


def test_only_a_large_corpus_is_cut_into_partitions(monkeypatch):
    vectors = clustered(900, spread=2.0)
    monkeypatch.setattr(module, "PARTITION_SIZE", 100)
    monkeypatch.setattr(module, "PROBED", 1)
    exact = find_neighbours(vectors, k=5)
    np.testing.assert_array_equal(exact.indices, find_exactly(vectors, k=5).indices)
    monkeypatch.setattr(module, "EXACT_TO", 899)
    found = find_neighbours(vectors, k=5)
    assert measure_recall(vectors, found, k=5) < 1.0
    np.testing.assert_array_equal(found.indices, find_neighbours(vectors, k=5).indices)


def test_the_answer_does_not_depend_on_the_size_of_blocks(monkeypatch):
    vectors = clustered(800)
    partitions = make_partitions(vectors, count=8, probed=3)
    whole = search_partitions(vectors, partitions, k=7)
    monkeypatch.setattr(module, "BLOCK", 13)
    again = make_partitions(vectors, count=8, probed=3)
    np.testing.assert_array_equal(again.probes, partitions.probes)
    blocked = search_partitions(vectors, again, k=7)
    np.testing.assert_array_equal(blocked.indices, whole.indices)
    np.testing.assert_array_equal(blocked.similarities, whole.similarities)


def test_a_run_says_how_many_of_the_nearest_were_found(tmp_path, make_config, monkeypatch):
    config = make_config(str(write_jsonl(tmp_path / "p.jsonl", planted_papers(("bees", "bread"), 60))))
    exact = run_config(config).atlas
    assert exact.manifest.selection.neighbour_recall is None
    report = (exact.folder / "report.md").read_text()
    assert "by cosine similarity, exact" in report
    assert "were determined exactly" in report
    for name, value in (("EXACT_TO", 100), ("PARTITION_SIZE", 20), ("PROBED", 4)):
        monkeypatch.setattr(module, name, value)
    monkeypatch.setattr("pipeline.build.build.EXACT_TO", 100)
    found = run_config(config, force=True).atlas
    recall = found.manifest.selection.neighbour_recall
    assert recall == round(measure_recall(found.vectors, found.neighbours, k=15), 4)
    assert 0.5 < recall <= 1
    said = f"among the partitions nearest to it ({recall:.1%} of the nearest 15 found)"
    report = (found.folder / "report.md").read_text()
    assert said in report
    assert f"were searched in an inverted file [@ivf] (recall@15 {recall:.3f})" in report
    assert "Product Quantization for Nearest Neighbor Search" in report
    assert "determined exactly" not in report


def test_the_best_of_many_blocks_are_kept_whatever_their_order():
    rng = np.random.default_rng(1)
    scores = rng.integers(0, 400, (9, 60)).astype(np.float32) / 400
    own = np.arange(9)
    found = []
    for order in (rng.permutation(60), rng.permutation(60)):
        best = BestLists.empty(own, 5)
        for part in np.array_split(order, 7):
            best.add(np.arange(9), part, scores[:, part])
        found.append(np.sort(best.scores, axis=1))
        assert all(best.scores[row] == pytest.approx(scores[row, best.rows[row]]) for row in range(9))
    without_itself = scores.copy()
    without_itself[own, own] = -1
    expected = np.sort(without_itself, axis=1)[:, -5:]
    np.testing.assert_array_equal(found[0], expected)
    np.testing.assert_array_equal(found[1], expected)


def test_a_row_with_fewer_scores_than_places_keeps_what_there_is():
    best = BestLists.empty(np.array([7]), 4)
    best.add(np.array([0]), np.array([7, 2, 3]), np.array([[1.0, 0.25, -0.5]], np.float32))
    kept = dict(zip(best.rows[0].tolist(), best.scores[0].tolist(), strict=True))
    assert kept == {2: 0.25, 3: -0.5, -1: float(NONE_YET)}


def test_the_compiled_selection_finds_what_sorting_finds(monkeypatch):
    rng = np.random.default_rng(2)
    scores = rng.integers(-50, 50, (8, 300)).astype(np.float32) / 50
    for k in (1, 2, 7, 300):
        np.testing.assert_array_equal(kth_largest(scores, k), np.sort(scores, axis=1)[:, -k])
    vectors = clustered(500)
    vectors[[3, 77]] = vectors[400]
    plain = find_exactly(vectors, k=9)
    monkeypatch.setattr("pipeline.neighbours.exact_search.COMPILED_FROM", 1)
    compiled = find_exactly(vectors, k=9)
    np.testing.assert_array_equal(compiled.indices, plain.indices)
    np.testing.assert_array_equal(compiled.similarities, plain.similarities)
