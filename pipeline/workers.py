"""Independent tasks -> done, in this process or side by side in worker processes, with the same result.

A task is a function of a folder and the name of an item: it reads what it needs from files in the folder and writes
what it makes into it. So nothing but names passes between processes, a worker needs no part of the caller's program,
and the same tasks can run wherever the folder can be reached.
"""

import importlib
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Protocol, cast

ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"), "1")


class Task(Protocol):
    """A function at the top of a module. item: names the files it reads and writes in the folder."""

    __module__: str
    __qualname__: str

    def __call__(self, folder: Path, item: str) -> None: ...


class RunTasks(Protocol):
    """Does the items of a task: yields each as soon as it and all before it are done."""

    def __call__(self, task: Task, folder: Path, items: Sequence[str]) -> Iterator[str]: ...


def run_here(task: Task, folder: Path, items: Sequence[str]) -> Iterator[str]:
    """One after another, each when it is asked for."""
    for item in items:
        task(folder, item)
        yield item


def run_side_by_side(count: int) -> RunTasks:
    """In so many worker processes, each with one thread. They start at once, and end with the iteration.

    Raises RuntimeError with the last line a worker wrote where it fails.
    """

    def run(task: Task, folder: Path, items: Sequence[str]) -> Iterator[str]:
        workers = [_start(task, folder, items[first::count]) for first in range(min(count, len(items)))]
        return _collect(workers, folder, items)

    return run


def _start(task: Task, folder: Path, items: Sequence[str]) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", __name__, f"{task.__module__}:{task.__qualname__}", str(folder), *items]
    environment = os.environ | ONE_THREAD | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    with (folder / f"worker-{items[0]}.log").open("w", encoding="utf-8") as log:
        return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True, env=environment)


def _collect(workers: Sequence["subprocess.Popen[str]"], folder: Path, items: Sequence[str]) -> Iterator[str]:
    try:
        for number, item in enumerate(items):
            first = number % len(workers)
            _wait_for(item, workers[first], folder / f"worker-{items[first]}.log")
            yield item
    except BaseException:
        for worker in workers:
            worker.kill()
        raise
    finally:
        for worker in workers:
            if worker.stdout is not None:
                worker.stdout.close()
            worker.wait()


def _wait_for(item: str, worker: "subprocess.Popen[str]", log: Path) -> None:
    if worker.stdout is None or worker.stdout.readline().strip() != item:
        said = log.read_text(encoding="utf-8").strip().splitlines()
        raise RuntimeError(f"a worker process failed: {said[-1] if said else 'it was stopped'}")


def main(arguments: Sequence[str]) -> None:
    """A worker: does the items of one task, and says which are done on standard output."""
    name, folder, *items = arguments
    module, _, function = name.partition(":")
    task = cast(Callable[[Path, str], None], getattr(importlib.import_module(module), function))
    for item in items:
        task(Path(folder), item)
        sys.stdout.write(f"{item}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1:])
