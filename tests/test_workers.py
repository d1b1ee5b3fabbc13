"""Tasks in this process and side by side: the same files, in the same order, and what happens when one fails."""

import threading
from pathlib import Path

import numpy as np
import pytest
from threadpoolctl import threadpool_info

from pipeline.build.map_layout import MapLayout
from pipeline.build.stages import Stages
from pipeline.clusterer import cluster as joining
from pipeline.clusterer import sample
from pipeline.clusterer.cluster import cluster
from pipeline.clusterer.sample import Sampling, draw_sample, extend_to_all
from pipeline.config import ClustererConfig, ReducerConfig
from pipeline.neighbours import Neighbours, find_neighbours
from pipeline.progress import Silent
from pipeline.reducer.sampled_layout import extend_layout
from pipeline.reducer.umap import plan_reducer, reduce, turn_upright
from pipeline.workers import run_here, run_side_by_side
from pipeline.workers.machine import core_count
from pipeline.workers.threads import in_threads
from tests.test_topics import blobs


def write_square(folder: Path, item: str) -> None:
    """A task: the square of the number in a file."""
    number = int((folder / f"in-{item}").read_text())
    (folder / f"out-{item}").write_text(str(number * number))


def fail_at_two(folder: Path, item: str) -> None:
    """A task that cannot do one item."""
    if item == "2":
        raise ValueError("no 2 today")
    write_square(folder, item)


@pytest.fixture
def numbers(tmp_path):
    for number in range(5):
        (tmp_path / f"in-{number}").write_text(str(number + 1))
    return tmp_path


@pytest.mark.parametrize("run", [run_here, run_side_by_side(1), run_side_by_side(2), run_side_by_side(9)])
def test_items_are_done_in_order_wherever_they_are_done(numbers, run):
    assert list(run(write_square, numbers, list("01234"))) == list("01234")
    assert [(numbers / f"out-{item}").read_text() for item in "01234"] == ["1", "4", "9", "16", "25"]


def test_here_an_item_is_done_when_it_is_asked_for(numbers):
    done = run_here(write_square, numbers, list("01234"))
    assert next(done) == "0"
    assert not (numbers / "out-1").exists()


def test_a_failing_worker_is_one_line_and_the_others_end(numbers):
    done = run_side_by_side(2)(fail_at_two, numbers, list("01234"))
    assert next(done) == "0"
    with pytest.raises(RuntimeError, match="a worker process failed: ValueError: no 2 today"):
        list(done)


@pytest.mark.parametrize("threads", [1, 2, 9])
def test_threads_give_what_each_item_makes_in_order(threads):
    started = []

    def double(item):
        started.append(item)
        return 2 * item

    assert list(in_threads(double, range(50), threads=threads)) == list(range(0, 100, 2))
    assert sorted(started) == list(range(50))


def test_threads_share_the_work_and_a_product_has_one_of_them():
    both = threading.Barrier(2, timeout=60)  # passed only by two at once

    def blas_threads(_):
        both.wait()
        return max(one["num_threads"] for one in threadpool_info() if one["user_api"] == "blas")

    assert list(in_threads(blas_threads, range(4), threads=2)) == [1, 1, 1, 1]


def test_what_an_item_raises_is_raised_and_the_rest_is_left_undone():
    done = []

    def fail_at_two(item):
        if item == 2:
            raise ValueError("no 2 today")
        done.append(item)

    with pytest.raises(ValueError, match="no 2 today"):
        list(in_threads(fail_at_two, range(10_000), threads=2))
    assert len(done) < 9_999


def test_nothing_to_do_starts_nothing(numbers):
    assert list(run_side_by_side(2)(write_square, numbers, [])) == []


def test_topics_are_the_same_from_any_number_of_workers(monkeypatch):
    vectors, _ = blobs([40, 40, 40], spread=0.3)
    graph = find_neighbours(vectors, k=50)

    def found():
        return cluster(
            vectors, graph, reducer=ReducerConfig(), clusterer=ClustererConfig(), seeds=None, resamples=2, seed=1
        )

    here = found()
    monkeypatch.setattr(joining, "FEWEST_FOR_WORKERS", 100)
    monkeypatch.setattr(joining, "core_count", lambda: 2)
    beside = found()
    np.testing.assert_array_equal(here.core, beside.core)
    np.testing.assert_array_equal(here.finer, beside.finer)
    assert here.selection.scores == beside.selection.scores
    assert (here.stability, here.agreement) == (beside.stability, beside.agreement)


@pytest.mark.parametrize(("papers", "cores", "jobs", "beside"), [
    (2_999, 2, 10, False), (3_000, 2, 10, True), (3_000, 1, 10, False), (3_000, 8, 1, False), (3_000, 8, 0, False),
])  # fmt: skip
def test_fits_of_a_small_corpus_or_on_one_core_are_made_here(monkeypatch, papers, cores, jobs, beside):
    monkeypatch.setattr(joining, "core_count", lambda: cores)
    assert (joining._runner(papers, jobs) is not run_here) == beside
    assert core_count() >= 1


# --- samples of very large corpora


def test_a_sample_draws_thinly_surrounded_papers_more_often():
    rng = np.random.default_rng(0)
    similarities = np.where(rng.random(4_000) < 0.5, 0.9, 0.5).astype(np.float32)
    graph = Neighbours(np.zeros((4_000, 15), np.int32), np.tile(similarities[:, None], (1, 15)))
    rows = draw_sample(graph, 1_000, seed=3)
    assert len(rows) == len(set(rows.tolist())) == 1_000
    assert (np.diff(rows) > 0).all()
    thin = float((similarities[rows] == np.float32(0.5)).mean())
    assert 0.55 < thin < 0.85, "at most four times as likely, or the dense would vanish"
    np.testing.assert_array_equal(rows, draw_sample(graph, 1_000, seed=3))
    assert rows.tolist() != draw_sample(graph, 1_000, seed=4).tolist()


def test_neighbours_of_a_sample_are_looked_for_once_for_topics_and_map(monkeypatch):
    searched = []
    monkeypatch.setattr(sample, "find_neighbours", lambda rows, k: searched.append(k) or find_neighbours(rows, k=k))
    monkeypatch.setattr(joining, "MOST_FITTED", 150)
    monkeypatch.setattr("pipeline.reducer.sampled_layout.MOST_LAID_OUT", 150)
    monkeypatch.setattr("pipeline.reducer.sampled_layout.LAID_OUT", 150)
    vectors, _ = blobs([100, 100, 100], spread=0.2)
    graph = find_neighbours(vectors, k=50)
    plan = plan_reducer(300, n_components=2, n_neighbors=15)

    def found(sampling):
        made = cluster(
            vectors, graph, reducer=ReducerConfig(), clusterer=ClustererConfig(), seeds=None, resamples=0, seed=1,
            sampling=sampling,
        )  # fmt: skip
        layout = MapLayout(vectors, graph, sampling, plan=plan, min_dist=0.1, seed=1, needs=())
        return made.core, layout.finish(Stages(Silent()), None)

    core, places = found(Sampling(vectors, graph, 1, 150))
    assert searched == [50]
    drawn = draw_sample(graph, 150, seed=1)
    alone = reduce(vectors[drawn], find_neighbours(vectors[drawn], k=14), plan=plan, min_dist=0.1, seed=1)
    whole = extend_layout(alone, drawn, vectors=vectors, neighbours=graph, min_dist=0.1, seed=1)
    np.testing.assert_array_equal(places, turn_upright(whole))
    core_of_its_own, _ = found(Sampling(vectors, graph, 1, 100))
    np.testing.assert_array_equal(core, core_of_its_own)


def test_papers_that_were_not_drawn_join_by_half_of_the_vote():
    graph = Neighbours(
        np.array([[1, 2], [0, 2], [3, 0], [2, 0], [0, 3], [0, 1]], np.int32),
        np.array([[0.9, 0.1], [0.9, 0.1], [0.9, 0.1], [0.9, 0.1], [0.5, 0.5], [0.5, 0.5]], np.float32),
    )
    # Drawn: 0 (topic 0), 1 (noise), 3 (topic 1). Paper 2: topic 1 by 0.9; 4: half and half; 5: 0 alone has a topic.
    found = extend_to_all(np.array([0, -1, 1], np.int32), np.array([0, 1, 3]), graph)
    assert found.tolist() == [0, -1, 1, 1, 0, 0]


def test_a_corpus_above_the_limit_is_fitted_on_a_sample_and_every_paper_gets_a_topic(monkeypatch):
    monkeypatch.setattr(joining, "MOST_FITTED", 150)
    vectors, groups = blobs([100, 100, 100], spread=0.2)
    found = cluster(
        vectors, find_neighbours(vectors, k=50), reducer=ReducerConfig(), clusterer=ClustererConfig(), seeds=None,
        resamples=1, seed=1,
    )  # fmt: skip
    assert len(found.core) == len(found.finer) == 300
    assert found.sampled == 150
    assert found.plan.fit.min_cluster_size == 5, "planned for the sample"
    assert (found.core >= 0).mean() > 0.9
    for group in range(3):
        topics = found.core[(groups == group) & (found.core >= 0)]
        assert len(set(topics.tolist())) == 1
    assert len(set(found.core[found.core >= 0].tolist())) == 3
