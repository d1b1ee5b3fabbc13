"""The name of an executor -> what does tasks: this process, worker processes beside it, a Ray cluster."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from pipeline.workers.machine import core_count
from pipeline.workers.processes import RunTasks, run_here, run_side_by_side


@dataclass(frozen=True)
class Executor:
    """run: does tasks. run_on_gpus: the same, by workers with a GPU each where the machines have any. workers: how many
    tasks at once, at most. elsewhere: whether a worker may be on a machine that reaches only shared folders.
    """

    kind: str
    run: RunTasks
    run_on_gpus: RunTasks
    workers: int
    elsewhere: bool = False


@dataclass(frozen=True)
class Workplace:
    """An executor, and the folder under which tasks put their files: one that all its workers reach, None for the
    temporary one of this machine.
    """

    executor: Executor
    root: Path | None = None


@dataclass(frozen=True)
class ExecutorOptions:
    """workers: None for as many as there are cores. address, token: of the cluster, where there is one."""

    workers: int | None = None
    address: str | None = None
    token: str | None = None


def in_process() -> Executor:
    """One task after another, in this process."""
    return Executor("local", run_here, run_here, 1)


@contextmanager
def _local(options: ExecutorOptions) -> Iterator[Executor]:  # noqa: ARG001 - the factories' form
    yield in_process()


@contextmanager
def _processes(options: ExecutorOptions) -> Iterator[Executor]:
    count = options.workers or core_count()
    run = run_side_by_side(count)
    yield Executor("processes", run, run, count)


@contextmanager
def _ray(options: ExecutorOptions) -> Iterator[Executor]:
    from pipeline.workers.ray_connection import connect

    with connect(address=options.address, token=options.token, workers=options.workers) as cluster:
        yield Executor("ray", cluster.run, cluster.run_on_gpus, cluster.workers, elsewhere=True)


EXECUTORS: Mapping[str, Callable[[ExecutorOptions], AbstractContextManager[Executor]]] = {
    "local": _local,
    "processes": _processes,
    "ray": _ray,
}


def open_executor(kind: str, options: ExecutorOptions) -> AbstractContextManager[Executor]:
    """The executor of that name, as long as the context lasts. Raises PaperatlasError where it cannot be had."""
    return EXECUTORS[kind](options)
