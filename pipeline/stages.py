"""Runs the stages of a build: each under its name, its cost noted, its result kept for a build that shares it."""

import hashlib
import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

from pipeline.atlas import StageCost
from pipeline.machine import peak_memory_mb
from pipeline.progress import Advance, Progress

T = TypeVar("T")


@dataclass
class Kept:
    """The last result of each stage, and a digest of everything that it was made of."""

    results: dict[str, tuple[str, Any]] = field(default_factory=dict)


@dataclass
class Stages:
    """What one build has done so far. made_of: digest of all that the stages up to now depend on."""

    progress: Progress
    kept: Kept
    made_of: str
    costs: list[StageCost] = field(default_factory=list)

    @contextmanager
    def __call__(self, name: str, total: int | None = None) -> Iterator[Advance]:
        start = time.perf_counter()
        with self.progress.stage(name, total) as advance:
            yield advance
        self.costs.append(StageCost(name, round(time.perf_counter() - start, 3), peak_memory_mb()))

    def once(self, name: str, make: Callable[[Advance], T], *, settings: object, total: int | None = None) -> T:
        """The stage's result, made now unless it is kept from the same settings on the same earlier stages."""
        asked = json.dumps([self.made_of, name, settings], sort_keys=True, default=str)
        self.made_of = hashlib.sha256(asked.encode()).hexdigest()
        made_of, result = self.kept.results.get(name, ("", None))
        with self(name, total) as advance:
            if made_of != self.made_of:
                result = make(advance)
                self.kept.results[name] = self.made_of, result
        found: T = result
        return found
