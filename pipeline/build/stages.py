"""Runs the stages of a build, each under its name, and notes what each cost."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TypeVar, cast

from pipeline.atlas import StageCost
from pipeline.build.sharding import Sharding
from pipeline.progress import Advance, Progress
from pipeline.workers import Workplace
from pipeline.workers.machine import peak_memory_mb
from pipeline.workers.shards import Shards

Made = TypeVar("Made")


@dataclass
class Stages:
    """What one build has done so far.

    sharding: who does the tasks of stages, None for this process alone, with all in memory. memory: results of stages
    for builds that come after this one, None where there will be none; shared: names of
    the stages whose result was taken from it.
    """

    progress: Progress
    sharding: Sharding | None = None
    memory: dict[tuple[str, str], object] | None = None
    costs: list[StageCost] = field(default_factory=list)
    shared: list[str] = field(default_factory=list)

    @contextmanager
    def __call__(self, name: str, total: int | None = None) -> Iterator[Advance]:
        start = time.perf_counter()
        with self.progress.stage(name, total) as advance:
            yield advance
        self.costs.append(StageCost(name, round(time.perf_counter() - start, 3), peak_memory_mb()))

    def shards_of(self, papers: int) -> Shards | None:
        """The shards of a corpus of so many papers; None where it is one, in memory."""
        return None if self.sharding is None else self.sharding.shards_of(papers)

    def shards_of_files(self, files: Sequence[str]) -> Shards | None:
        """The shards in which what is read of these files is kept; None where it is little, read in memory."""
        return None if self.sharding is None else self.sharding.shards_of_files(files)

    @property
    def workplace(self) -> Workplace | None:
        """Where fits are made; None for this machine as it suits."""
        return None if self.sharding is None else self.sharding.workplace

    def once(
        self, name: str, needs: tuple[object, ...], make: Callable[[Advance], Made], *, total: int | None = None
    ) -> Made:
        """The result of a stage; from memory where a build before this one made it with equal needs.

        needs: all that the result depends on, with a `repr` that shows it whole.
        """
        key = name, repr(needs)
        if self.memory is not None and self.knows(name, needs):
            self.shared.append(name)
            return cast(Made, self.memory[key])
        with self(name, total) as advance:
            made = make(advance)
        if self.memory is not None:
            self.memory[key] = made
        return made

    def knows(self, name: str, needs: tuple[object, ...]) -> bool:
        """Whether a build before this one made the stage with equal needs."""
        return self.memory is not None and (name, repr(needs)) in self.memory
