"""Vectors, neighbours -> the coordinates of the map: beside the fits of topics, after them, or from a sample."""

from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from pipeline.build.stages import Stages
from pipeline.clusterer.cluster import FEWEST_FOR_WORKERS
from pipeline.clusterer.sample import MOST_FITTED, Sampling
from pipeline.neighbours import Neighbours
from pipeline.reducer.layout_task import Points, layout_begun
from pipeline.reducer.sampled_layout import extend_layout, sample_size
from pipeline.reducer.umap import ReducerPlan, reduce, turn_upright
from pipeline.workers.machine import core_count

STAGE = "map"


@dataclass(frozen=True)
class MapLayout:
    """vectors: (n, d) unit rows; graph: at least plan.n_neighbors - 1 neighbours of each. sampling: of a very large
    corpus, as topics use it. needs: all that these depend on.
    """

    vectors: NDArray[np.float32]
    graph: Neighbours
    sampling: Sampling
    plan: ReducerPlan
    min_dist: float
    seed: int
    needs: tuple[object, ...]

    @property
    def _all_needs(self) -> tuple[object, ...]:
        return (*self.needs, self.plan, self.min_dist, self.seed)

    def begin(self, stages: Stages) -> AbstractContextManager[Points | None]:
        """Begins it in a process of its own, as fits of topics are made in such; None where it waits for its stage: for
        few papers, on one core, where memory would be short, and where others do the tasks.
        """
        if not FEWEST_FOR_WORKERS <= len(self.vectors) <= MOST_FITTED or core_count() < 2:
            return nullcontext()
        if stages.workplace is not None and stages.workplace.executor.kind != "local":
            return nullcontext()
        if stages.knows(STAGE, self._all_needs):
            return nullcontext()
        return layout_begun(self.vectors, self.graph, plan=self.plan, min_dist=self.min_dist, seed=self.seed)

    def finish(self, stages: Stages, begun: Points | None) -> NDArray[np.float32]:
        """(n, 2) float32 coordinates, the same bits however they are made."""
        return stages.once(STAGE, self._all_needs, lambda _: turn_upright(self._points() if begun is None else begun()))

    def _points(self) -> NDArray[np.float32]:
        size, plan = sample_size(len(self.vectors)), self.plan
        if size is None:
            return reduce(self.vectors, self.graph, plan=plan, min_dist=self.min_dist, seed=self.seed)
        sample = self.sampling if self.sampling.size == size else replace(self.sampling, size=size)
        among, drawn = sample.among.first(plan.n_neighbors - 1), sample.rows
        places = reduce(self.vectors[drawn], among, plan=plan, min_dist=self.min_dist, seed=self.seed)
        return extend_layout(
            places, drawn, vectors=self.vectors, neighbours=self.graph, min_dist=self.min_dist, seed=self.seed
        )
