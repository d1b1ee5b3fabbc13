"""Runs the stages of a build, each under its name, and notes what each cost."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from pipeline.atlas import StageCost
from pipeline.machine import peak_memory_mb
from pipeline.progress import Advance, Progress


@dataclass
class Stages:
    """What one build has done so far."""

    progress: Progress
    costs: list[StageCost] = field(default_factory=list)

    @contextmanager
    def __call__(self, name: str, total: int | None = None) -> Iterator[Advance]:
        start = time.perf_counter()
        with self.progress.stage(name, total) as advance:
            yield advance
        self.costs.append(StageCost(name, round(time.perf_counter() - start, 3), peak_memory_mb()))
