"""Tasks -> done in actors of a Ray cluster: whichever is free takes the next item, and a lost actor costs its item.

Which items there are, which are done, and how often one is tried is decided here; of Ray only actors are used. An actor
keeps what its tasks load (a model) as long as it lives.
"""

import logging
import os
import socket
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from pipeline.errors import PaperatlasError
from pipeline.version import __version__
from pipeline.workers.processes import Task, WorkerError, in_order

LOG = logging.getLogger(__name__)
ATTEMPTS = 5  # at an item whose actor was lost
PATIENCE_SECONDS = 30.0  # until it is told that no actor is free
MOST_LOST_AT_START = 3  # actors lost one after another before any has done something


class TaskActor:
    """One worker of a cluster."""

    def hello(self) -> str:
        """The version of paperatlas on its machine."""
        from pipeline.workers.machine import use_one_core
        from pipeline.workers.processes import ONE_THREAD

        os.environ.update(ONE_THREAD)  # before a task loads what reads them
        use_one_core()
        return __version__

    def do(self, name: str, folder: str, item: str) -> str | None:
        """Does one item; None, or what the user did wrong there."""
        from pipeline.workers.worker import do_item, find_task

        problem = do_item(find_task(name), Path(folder), item)
        return None if problem is None else f"{problem} (on {socket.gethostname()})"


@dataclass(frozen=True)
class RayCluster:
    """A cluster that this process is connected to. gpus: that it has in all."""

    ray: Any
    workers: int
    gpus: int

    def run(self, task: Task, folder: Path, items: Sequence[str]) -> Iterator[str]:
        """By actors of one core each. Raises WorkerError where a task fails, and what it raises of PaperatlasError."""
        return self._run(task, folder, items, options={"num_cpus": 1})

    def run_on_gpus(self, task: Task, folder: Path, items: Sequence[str]) -> Iterator[str]:
        """By actors of one core and one GPU each where the cluster has any."""
        options = {"num_cpus": 1, "num_gpus": 1} if self.gpus else {"num_cpus": 1}
        return self._run(task, folder, items, options=options)

    def _run(self, task: Task, folder: Path, items: Sequence[str], *, options: dict[str, int]) -> Iterator[str]:
        if not items:
            return
        most = self.gpus if "num_gpus" in options else self.workers
        call = f"{task.__module__}:{task.__qualname__}", str(folder)
        with _Actors(self.ray, call, items, count=min(most, self.workers, len(items)), options=options) as actors:
            yield from in_order(items, actors)


class _Actors:
    """Actors at work on the items of one task. Use as a context manager.

    waits: what each reference that is waited for belongs to: an actor, and the number of its item, None for its start.
    """

    def __init__(
        self, ray: Any, call: tuple[str, str], items: Sequence[str], *, count: int, options: dict[str, int]
    ) -> None:
        self._ray, self._call, self._items = ray, call, items
        self._make = ray.remote(TaskActor).options(**options, scheduling_strategy="SPREAD", max_restarts=0)
        self._waiting = deque(range(len(items)))
        self._attempts = [0] * len(items)
        self._waits: dict[Any, tuple[Any, int | None]] = {}
        self._lost_at_start = 0
        for _ in range(count):
            self._add_actor()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for actor, _number in self._waits.values():
            self._ray.kill(actor)

    def _add_actor(self) -> None:
        actor = self._make.remote()
        self._waits[actor.hello.remote()] = actor, None

    def next_done(self) -> int:
        while True:
            ready, _ = self._ray.wait(list(self._waits), num_returns=1, timeout=PATIENCE_SECONDS)
            if not ready:
                self._say_if_idle()
                continue
            actor, number = self._waits.pop(ready[0])
            answer, lost = self._answer_of(ready[0], number)
            if lost:
                self._replace(number)
                continue
            self._check(answer, number)
            self._give_next(actor)
            if number is not None:
                return number

    def _answer_of(self, reference: Any, number: int | None) -> tuple[Any, bool]:
        """What an actor answered, and whether it was lost. Raises WorkerError where its task failed."""
        errors = self._ray.exceptions
        try:
            return self._ray.get(reference), False
        except errors.RayTaskError as problem:
            said = str(problem).strip().splitlines()[-1]
            raise WorkerError(f"a task failed on the Ray cluster: {said}") from None
        except errors.RayError as problem:
            reason = str(problem).strip()
            if "ModuleNotFoundError" in reason or "No module named" in reason:
                raise PaperatlasError(
                    "a node of the Ray cluster has no paperatlas; run there: pip install"
                    f" 'paperatlas[ray]=={__version__}'"
                ) from None
            if number is None:
                self._lost_at_start += 1
                if self._lost_at_start > MOST_LOST_AT_START:
                    raise WorkerError(f"no worker starts on the Ray cluster: {reason.splitlines()[0]}") from None
            return None, True

    def _check(self, answer: Any, number: int | None) -> None:
        """Raises PaperatlasError where a task did, or where another version of the package would do the tasks."""
        if number is None and answer != __version__:
            raise PaperatlasError(
                f"a node of the Ray cluster has paperatlas {answer}, this machine {__version__}; run there:"
                f" pip install 'paperatlas[ray]=={__version__}'"
            )
        if number is not None and answer is not None:
            raise PaperatlasError(answer)
        self._lost_at_start = 0

    def _give_next(self, actor: Any) -> None:
        if not self._waiting:
            self._ray.kill(actor)
            return
        number = self._waiting.popleft()
        self._waits[actor.do.remote(*self._call, self._items[number])] = actor, number

    def _replace(self, number: int | None) -> None:
        """Another actor for one that is lost, and its item again."""
        if number is not None:
            self._attempts[number] += 1
            if self._attempts[number] >= ATTEMPTS:
                raise WorkerError(f"a task lost its worker on the Ray cluster {ATTEMPTS} times; look at its memory")
            LOG.warning("a worker of the Ray cluster was lost; its task is done again")
            self._waiting.appendleft(number)
        if self._waiting:
            self._add_actor()

    def _say_if_idle(self) -> None:
        if all(number is None for _, number in self._waits.values()):
            LOG.warning("the Ray cluster has no free core; waiting for one")
