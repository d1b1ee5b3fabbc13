"""The map is laid out beside the fits of topics: the same points, and no process that outlives its caller."""

from dataclasses import replace

import numpy as np
import psutil
import pytest

from pipeline.build import map_layout
from pipeline.build.map_layout import MapLayout
from pipeline.build.stages import Stages
from pipeline.clusterer.sample import Sampling
from pipeline.errors import PaperatlasError
from pipeline.neighbours import find_neighbours
from pipeline.progress import Silent
from pipeline.reducer import layout_task
from pipeline.reducer.umap import plan_reducer, reduce, turn_upright
from pipeline.workers import WorkerError, begun


@pytest.fixture(scope="module")
def layout() -> MapLayout:
    """Three clouds of twenty papers."""
    random = np.random.default_rng(0)
    vectors = np.repeat(np.eye(3, 8), 20, axis=0) + 0.2 * random.normal(size=(60, 8))
    vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    plan = plan_reducer(60, n_components=2, n_neighbors=30)
    graph = find_neighbours(vectors, k=15)
    return MapLayout(vectors, graph, Sampling(vectors, graph, 3), plan=plan, min_dist=0.1, seed=3, needs=("clouds",))


@pytest.fixture
def processes(monkeypatch):
    """Layouts of few papers are begun beside too, and this machine has two cores."""
    monkeypatch.setattr(map_layout, "FEWEST_FOR_WORKERS", 60)
    monkeypatch.setattr(map_layout, "core_count", lambda: 2)


def stages(memory=None) -> Stages:
    return Stages(Silent(), memory=memory)


def workers() -> list[psutil.Process]:
    return psutil.Process().children()


def test_the_points_are_the_same_beside_the_fits_and_after_them(layout, processes, monkeypatch):
    plain = turn_upright(
        reduce(layout.vectors, layout.graph, plan=layout.plan, min_dist=layout.min_dist, seed=layout.seed)
    )
    work = stages()
    with layout.begin(work) as points:
        assert points is not None
        with monkeypatch.context() as here:
            here.setattr(map_layout, "reduce", None)  # another process does it
            np.testing.assert_array_equal(layout.finish(work, points), plain)
    assert workers() == []
    np.testing.assert_array_equal(layout.finish(work, None), plain)
    assert [cost.stage for cost in work.costs] == ["map", "map"]


def test_a_build_that_ends_before_its_map_leaves_no_process(layout, processes):
    with pytest.raises(PaperatlasError, match="no topics"), layout.begin(stages()):
        raise PaperatlasError("no topics")
    assert workers() == []


def test_the_map_waits_where_a_process_would_not_help(layout, processes, monkeypatch):
    few = replace(layout, vectors=layout.vectors[:59])
    with few.begin(stages()) as points:
        assert points is None
    memory: dict[tuple[str, str], object] = {}
    layout.finish(stages(memory), None)
    with layout.begin(stages(memory)) as points:
        assert points is None, "a build before made the same map"
    with replace(layout, seed=4).begin(stages(memory)) as points:
        assert points is not None
    monkeypatch.setattr(map_layout, "MOST_FITTED", 59)
    with layout.begin(stages()) as points:
        assert points is None, "topics come from a sample: memory"
    monkeypatch.setattr(map_layout, "MOST_FITTED", 60)
    monkeypatch.setattr(map_layout, "core_count", lambda: 1)
    with layout.begin(stages()) as points:
        assert points is None


def test_what_the_process_fails_of_is_raised_where_it_is_waited_for(tmp_path):
    with begun(layout_task.make_layout, tmp_path, "points") as wait, pytest.raises(WorkerError, match=r"vectors\.npy"):
        wait()
