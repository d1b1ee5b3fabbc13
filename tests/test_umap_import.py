"""umap-learn without pynndescent: the same points, and whoever uses umap-learn himself finds it as it is."""

import subprocess
import sys
from types import ModuleType

import numpy as np
import pytest

from pipeline.neighbours import find_neighbours
from pipeline.reducer.umap import build_umap_graph, lay_out, plan_reducer, reduce
from pipeline.reducer.umap_import import Distances, Search, _search_later

POINTS = """
import sys, numpy as np
from pipeline.neighbours import find_neighbours
from pipeline.reducer.umap import build_umap_graph, lay_out, plan_reducer, reduce
vectors = np.eye(12, 8, dtype=np.float32) + np.eye(12, 8, k=1, dtype=np.float32) + np.float32(0.1)
vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
graph, plan = find_neighbours(vectors, k=11), plan_reducer(12, n_components=2, n_neighbors=5)
points = reduce(vectors, graph, plan=plan, min_dist=0.1, seed=3)
fit = lay_out(build_umap_graph(vectors, graph, plan=plan), min_dist=0.0, epochs=20, seed=3)
assert not any(name.split(".")[0] == "pynndescent" for name in sys.modules)
print(points.tobytes().hex(), fit.tobytes().hex())
"""


def test_a_fit_never_imports_the_search_and_gives_the_points_it_gives_beside_it():
    done = subprocess.run([sys.executable, "-W", "error", "-c", POINTS], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    vectors = np.eye(12, 8, dtype=np.float32) + np.eye(12, 8, k=1, dtype=np.float32) + np.float32(0.1)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    graph, plan = find_neighbours(vectors, k=11), plan_reducer(12, n_components=2, n_neighbors=5)
    points = reduce(vectors, graph, plan=plan, min_dist=0.1, seed=3)
    fit = lay_out(build_umap_graph(vectors, graph, plan=plan), min_dist=0.0, epochs=20, seed=3)
    assert done.stdout.split() == [points.tobytes().hex(), fit.tobytes().hex()]


@pytest.fixture
def search(monkeypatch):
    """A pynndescent that only says what it was asked for."""

    class Real:
        def __init__(self, *arguments: object, **options: object) -> None:
            self.asked = arguments, options

    modules = {name: ModuleType(name) for name in ("pynndescent", "pynndescent.distances")}
    modules["pynndescent"].NNDescent = Real
    modules["pynndescent.distances"].named_distances = {"cosine": 1, "dice": 2}
    for name, module in modules.items():
        monkeypatch.setitem(sys.modules, name, module)
    return Real


def test_names_taken_from_the_search_lead_to_it(search):
    made = Search(3, k=4)
    assert type(made) is search
    assert made.asked == ((3,), {"k": 4})
    assert isinstance(made, Search)
    assert not isinstance(3, Search)
    distances = Distances("distances", "named_distances")
    assert dict(distances) == {"cosine": 1, "dice": 2}
    assert len(distances) == 2
    assert "dice" in distances
    assert "no such" not in distances


def test_a_search_that_is_there_stays_and_one_that_is_not_is_gone_after_the_import(search, monkeypatch):
    with _search_later():
        assert sys.modules["pynndescent"].NNDescent is search
    monkeypatch.delitem(sys.modules, "pynndescent")
    with _search_later():
        assert sys.modules["pynndescent"].NNDescent is Search
    assert "pynndescent" not in sys.modules
    assert not isinstance(None, Search), "asked without importing it"
