"""Vectors, neighbours -> fits: UMAP with several seeds on one graph, each clustered finely, and how its topics merge.

A fit's HDBSCAN tree is cut once, at its leaves: narrow topics, as many as the papers show. Fewer topics come from
merging them (`clusterer.merging`), so that a fit holds a clustering for every number of topics, one inside the other.
Fits are tasks that do not depend on each other: `workers` does them here or side by side, with the same result.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipeline.clusterer.assignment import NOISE, assign_corpus
from pipeline.clusterer.merging import Merge, groups_after, joint_of, merge_order, merge_topics
from pipeline.clusterer.tree import build_tree, cut_tree
from pipeline.neighbours import Neighbours, restrict
from pipeline.reducer.umap import ReducerPlan, UmapGraph, build_umap_graph, lay_out
from pipeline.workers import RunTasks, run_here, work_folder


@dataclass(frozen=True)
class FitPlan:
    """How one fit is made: UMAP's sizes, its epochs and min_dist, then HDBSCAN's settings."""

    reducer: ReducerPlan
    epochs: int
    min_dist: float
    min_samples: int
    min_cluster_size: int
    method: str

    def for_sample(self, share: float, neighbours: int) -> "FitPlan":
        """The plan for that share of the papers, each with so many neighbours left: the smallest topic shrinks."""
        reducer = replace(self.reducer, n_neighbors=min(self.reducer.n_neighbors, neighbours + 1))
        return replace(self, reducer=reducer, min_cluster_size=max(2, round(self.min_cluster_size * share)))


@dataclass(frozen=True)
class FitJob:
    """One fit to make. seed: of UMAP; rows: (m,) rising, the papers that it is made of, None for all."""

    seed: int
    rows: NDArray[np.int64] | None = None


@dataclass(frozen=True)
class Fit:
    """core: (n,) int32 narrow topics 0..count-1 by falling size, -1 noise. nearest: (n,) of every paper, by the vote.

    merges: the order in which topics merge; empty where there are fewer than two.
    """

    core: NDArray[np.int32]
    nearest: NDArray[np.int32]
    merges: Sequence[Merge]

    @property
    def count(self) -> int:
        return int(self.core.max(initial=NOISE)) + 1

    def core_at(self, count: int) -> NDArray[np.int32]:
        """(n,) core topics after merging until `count` are left, by falling size; as they are where there are fewer."""
        return merge_topics(self.core, self._groups(count))

    def nearest_at(self, count: int) -> NDArray[np.int32]:
        """(n,) nearest topic of every paper after merging, in no particular numbering."""
        return np.asarray(self._groups(count)[self.nearest])

    def _groups(self, count: int) -> NDArray[np.int32]:
        return groups_after(self.merges, self.count, count)


def make_fits(
    vectors: NDArray[np.float32],
    neighbours: Neighbours,
    plan: FitPlan,
    *,
    jobs: Sequence[FitJob],
    run: RunTasks = run_here,
    root: Path | None = None,
    advance: Callable[[int], None] = lambda _: None,
) -> list[Fit | None]:
    """The fit of each job, in their order; None for one that tells no two topics apart.

    vectors: (n, d) float32 unit rows; neighbours: at least plan.reducer.n_neighbors - 1 of each. root: folder for the
    files of the fits, which all that run them reach.
    """
    if not jobs:
        return []
    with work_folder(root) as folder:
        np.save(folder / "vectors.npy", vectors)
        np.save(folder / "indices.npy", neighbours.indices)
        np.save(folder / "similarities.npy", neighbours.similarities)
        (folder / "plan.json").write_text(json.dumps(asdict(plan)), encoding="utf-8")
        items = [f"{number}-{job.seed}" for number, job in enumerate(jobs)]
        for item, job in zip(items, jobs, strict=True):
            if job.rows is not None:
                np.save(folder / f"rows-{item}.npy", job.rows)
        for _ in run(make_fit, folder, items):
            advance(1)
        _graph_of_all.cache_clear()
        return [_read_fit(folder, item) for item in items]


def make_fit(folder: Path, item: str) -> None:
    """The task of one job, named by its number and its seed: writes its arrays beside those it was given."""
    vectors, neighbours, plan = _read_inputs(folder)
    rows_file, seed = folder / f"rows-{item}.npy", int(item.partition("-")[2])
    if rows_file.exists():
        rows = np.load(rows_file, allow_pickle=False)
        share = len(rows) / len(vectors)
        vectors, neighbours = vectors[rows], restrict(neighbours, rows)
        plan = plan.for_sample(share, neighbours.k)
        graph = build_umap_graph(vectors, neighbours, plan=plan.reducer)
    else:
        graph = _graph_of_all(folder)
    reduced = lay_out(graph, min_dist=plan.min_dist, epochs=plan.epochs, seed=seed)
    tree = build_tree(reduced, min_samples=plan.min_samples)
    core = cut_tree(tree, min_cluster_size=plan.min_cluster_size, method=plan.method)
    np.save(folder / f"core-{item}.npy", core)
    if core.max(initial=NOISE) < 1:
        return
    nearest = assign_corpus(vectors, neighbours, core).nearest_topic
    merges = merge_order(joint_of(nearest, neighbours))
    np.save(folder / f"nearest-{item}.npy", nearest)
    np.save(folder / f"merges-{item}.npy", np.array([(merge.kept, merge.gone, merge.lost) for merge in merges]))


def _read_inputs(folder: Path) -> tuple[NDArray[np.float32], Neighbours, FitPlan]:
    arrays = (
        np.load(folder / f"{name}.npy", mmap_mode="r", allow_pickle=False)
        for name in ("vectors", "indices", "similarities")
    )
    vectors, indices, similarities = arrays
    content = json.loads((folder / "plan.json").read_text(encoding="utf-8"))
    return (
        vectors,
        Neighbours(indices, similarities),
        FitPlan(**(content | {"reducer": ReducerPlan(**content["reducer"])})),
    )


@lru_cache(maxsize=1)
def _graph_of_all(folder: Path) -> UmapGraph:
    """Built once in each process, and the same in all."""
    vectors, neighbours, plan = _read_inputs(folder)
    return build_umap_graph(vectors, neighbours, plan=plan.reducer)


def _read_fit(folder: Path, item: str) -> Fit | None:
    if not (folder / f"nearest-{item}.npy").exists():
        return None
    core, nearest, merges = (
        np.load(folder / f"{name}-{item}.npy", allow_pickle=False) for name in ("core", "nearest", "merges")
    )
    return Fit(core, nearest, [Merge(int(kept), int(gone), float(lost)) for kept, gone, lost in merges])
