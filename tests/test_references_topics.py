"""References mixed into the graph that topics are found on: against a slow sum, and in a whole run."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.sparse import csr_array

from pipeline.neighbours import Neighbours, find_neighbours
from pipeline.neighbours import coupled_neighbours as module
from pipeline.neighbours.coupled_neighbours import mix_coupling
from pipeline.report.methods import methods
from tests.planted import planted_papers, run_once


def random_graph(papers: int, *, seed: int) -> tuple[np.ndarray, Neighbours, np.ndarray]:
    """Vectors, their neighbours and coupling; the last third of the papers have no links."""
    rng = np.random.default_rng(seed)
    vectors = rng.normal(size=(papers, 5)) + np.array([1.5, 0, 0, 0, 0])
    vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    links = np.triu(np.where(rng.random((papers, papers)) < 0.2, rng.random((papers, papers)), 0), 1)
    links[:, 2 * papers // 3 :] = 0
    return vectors, find_neighbours(vectors, k=6), links + links.T


def slow_order(row: int, near: Neighbours, links: np.ndarray, vectors: np.ndarray, weight: float) -> list[int]:
    own = near.indices[row].tolist()
    linked = np.flatnonzero(links[row]).tolist()
    mean_text = near.similarities[row].mean()
    mean_link = links[row, linked].mean() if linked else 1.0
    cosines = vectors.astype(np.float64) @ vectors[row]
    scores = {
        other: (1 - weight) * cosines[other] / mean_text + weight * links[row, other] / mean_link
        for other in {*own, *linked}
    }
    return sorted(scores, key=lambda other: -scores[other])[: near.k]


@pytest.mark.parametrize("weight", [0.25, 0.5, 1.0])
@pytest.mark.parametrize("block", [1, 4, 2048])
def test_the_most_related_are_those_of_the_weighted_sum(monkeypatch, weight, block):
    monkeypatch.setattr(module, "BLOCK", block)
    vectors, near, links = random_graph(30, seed=2)
    mixed = mix_coupling(near, csr_array(links), vectors=vectors, weight=weight)
    changed = 0
    for row in range(30):
        if weight < 1:
            assert mixed.indices[row].tolist() == slow_order(row, near, links, vectors, weight)
        else:  # of those not linked the nearest: their sum is 0
            strongest = np.flatnonzero(links[row])[np.argsort(-links[row][links[row] > 0])][:6].tolist()
            assert mixed.indices[row, : len(strongest)].tolist() == strongest
        changed += mixed.indices[row].tolist() != near.indices[row].tolist()
    assert changed > 10
    np.testing.assert_array_equal(mixed.similarities, near.similarities)
    assert not (mixed.indices == np.arange(30)[:, None]).any()


def test_papers_without_references_and_no_weight_leave_the_graph_as_it_is():
    vectors, near, links = random_graph(30, seed=3)
    mixed = mix_coupling(near, csr_array(links), vectors=vectors, weight=0.5)
    np.testing.assert_array_equal(mixed.indices[20:], near.indices[20:])
    assert mix_coupling(near, csr_array(links), vectors=vectors, weight=0) is near
    none = csr_array((30, 30), dtype=np.float32)
    np.testing.assert_array_equal(mix_coupling(near, none, vectors=vectors, weight=0.5).indices, near.indices)
    assert near.indices.base is None or not np.shares_memory(mixed.indices, near.indices)


def test_a_run_tells_two_groups_by_references_that_text_cannot_and_says_so(tmp_path):
    papers = planted_papers(["glaciers"], 40)
    for number, paper in enumerate(papers):
        kind = "ICE" if number % 2 else "SNOW"
        cited = [f"Moe P, {year}, {kind} LETT, V{year % 9 + 1}, P{year}" for year in range(1990, 2000)]
        paper["references"] = cited if number < 36 else []
    (tmp_path / "text").mkdir()
    (tmp_path / "both").mkdir()
    text = run_once(tmp_path / "text", papers)
    both = run_once(tmp_path / "both", papers, neighbours={"references": 0.5})
    assert [both.column("id").to_pylist(), text.references.share] == [text.column("id").to_pylist(), 0.9]
    np.testing.assert_array_equal(both.neighbours.indices, text.neighbours.indices)  # those kept are by text

    def purity(atlas) -> float:
        rows = [row for row, paper in enumerate(atlas.column("id").to_pylist()) if int(paper.split("-")[1]) < 36]
        kinds = np.array([int(atlas.column("id")[row].as_py().split("-")[1]) % 2 for row in rows])
        topics = atlas.column("nearest_topic").to_numpy()[rows]
        return sum(max(np.bincount(kinds[topics == topic])) for topic in np.unique(topics)) / len(rows)

    assert purity(both) > 0.85 > purity(text)
    said, cited = methods(both)
    assert "bibliographic coupling [@coupling] was mixed into it with weight 0.5" in said
    assert "references were known of 90% of the papers" in said
    assert "10.1002/asi.5090140103" in cited
    assert "coupling" not in methods(text)[0]
    assert "coupling" not in methods(replace(both, references=None))[0]
