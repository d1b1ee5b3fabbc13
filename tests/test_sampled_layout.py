"""The map of a very large corpus: a sample laid out by UMAP, the rest put beside it."""

import numpy as np
import pytest

from pipeline.build import run_config
from pipeline.neighbours import Neighbours, find_neighbours
from pipeline.reducer.neighbourhood_preservation import neighbourhood_preservation
from pipeline.reducer.sampled_layout import extend_layout, start_beside
from pipeline.reducer.umap import plan_reducer, reduce
from tests.planted import planted_papers, write_jsonl
from tests.test_partitioned_neighbours import clustered


def graph(*rows: list[int], similarities: list[list[float]] | None = None) -> Neighbours:
    ones = np.ones((len(rows), len(rows[0])), dtype=np.float32)
    given = ones if similarities is None else np.array(similarities, dtype=np.float32)
    return Neighbours(np.array(rows, dtype=np.int32), given)


def test_a_paper_starts_amid_its_nearest_papers_that_have_a_place():
    places = np.array([[0.0, 0.0], [8.0, 0.0], [0.0, 8.0]], dtype=np.float32)
    near = graph([1, 2], [0, 2], [0, 1], [0, 1], [3, 1], similarities=[[1, 1]] * 3 + [[0.5, 0.5], [0.9, 0.5]])
    start = start_beside(places, np.array([0, 1, 2]), near)
    np.testing.assert_array_equal(start[:3], places)
    np.testing.assert_allclose(start[3], [4, 0])  # half way
    np.testing.assert_allclose(start[4], [8, 0])  # paper 3 has no place in the first round


def test_the_nearest_decide_and_no_more_than_three():
    places = np.array([[0.0, 0.0], [10.0, 0.0], [0.0, 9.0], [0.0, 9.0], [900.0, 0.0]], dtype=np.float32)
    others = [[1, 2, 3, 4], [0, 2, 3, 4], [0, 1, 3, 4], [0, 1, 2, 4], [0, 1, 2, 3]]
    near = graph(*others, [0, 1, 2, 4], similarities=[[1.0] * 4] * 5 + [[1.0, 0.5, 0.5, 0.5]])
    start = start_beside(places, np.arange(5), near)
    np.testing.assert_allclose(start[5], np.array([10 / 16, 9 / 16]) / (1 + 2 / 16), rtol=1e-6)


def test_a_paper_reached_over_others_waits_and_one_never_reached_starts_in_the_middle():
    places = np.array([[2.0, 2.0], [6.0, 2.0]], dtype=np.float32)
    near = graph([1], [0], [0], [2], [5], [4])
    start = start_beside(places, np.array([0, 1]), near)
    np.testing.assert_allclose(start[2:4], [[2, 2], [2, 2]])
    np.testing.assert_allclose(start[4:], [[4, 2], [4, 2]])


@pytest.fixture(scope="module")
def laid_out() -> tuple[np.ndarray, Neighbours, np.ndarray, np.ndarray]:
    """(vectors, neighbours, places of the sample, its rows): 1,500 planted papers, 400 of them laid out."""
    vectors = clustered(1_500)
    neighbours = find_neighbours(vectors, k=30)
    rows = np.sort(np.random.default_rng(3).permutation(1_500)[:400])
    plan = plan_reducer(400, n_components=2, n_neighbors=15)
    places = reduce(vectors[rows], find_neighbours(vectors[rows], k=14), plan=plan, min_dist=0.1, seed=5)
    return vectors, neighbours, places, rows


def test_neighbourhoods_are_preserved_about_as_well_as_by_a_layout_of_all(laid_out):
    vectors, neighbours, places, rows = laid_out
    found = extend_layout(places, rows, vectors=vectors, neighbours=neighbours, min_dist=0.1, seed=5)
    whole = reduce(vectors, neighbours, plan=plan_reducer(1_500, n_components=2, n_neighbors=30), min_dist=0.1, seed=5)
    started = neighbourhood_preservation(neighbours, start_beside(places, rows, neighbours)).mean()
    reached, aim = (neighbourhood_preservation(neighbours, points).mean() for points in (found, whole))
    assert reached > 0.9 * aim
    assert reached > started + 0.02


def test_the_same_input_and_seed_give_the_same_bits_and_another_seed_does_not(laid_out):
    vectors, neighbours, places, rows = laid_out
    one, again, other = (
        extend_layout(places, rows, vectors=vectors, neighbours=neighbours, min_dist=0.1, seed=seed)
        for seed in (5, 5, 6)
    )
    np.testing.assert_array_equal(one, again)
    assert (one != other).any()
    assert np.isfinite(one).all()


def test_a_run_of_a_very_large_corpus_says_that_its_map_was_extended(tmp_path, make_config, monkeypatch):
    config = make_config(str(write_jsonl(tmp_path / "p.jsonl", planted_papers(("bees", "bread"), 60))))
    said = "laid out 50 papers"
    assert said not in (run_config(config).atlas.folder / "report.md").read_text()
    monkeypatch.setattr("pipeline.reducer.sampled_layout.MOST_LAID_OUT", 100)
    monkeypatch.setattr("pipeline.reducer.sampled_layout.LAID_OUT", 50)
    atlas = run_config(config, force=True).atlas
    assert said in (atlas.folder / "report.md").read_text()
    assert atlas.manifest.selection.neighbourhood_preservation > 0.3
    topics = np.array([paper.split("-")[0] for paper in atlas.column("id").to_pylist()])
    middles = np.array([atlas.points[topics == name].mean(axis=0) for name in ("bees", "bread")])
    nearer = np.linalg.norm(atlas.points[:, None] - middles, axis=2).argmin(axis=1)
    assert np.mean(nearer == (topics == "bread")) > 0.95
