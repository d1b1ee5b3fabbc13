"""Independent tasks -> done, in this process or side by side in worker processes, with the same result.

A task is a function of a folder and the name of an item: it reads what it needs from files in the folder and writes
what it makes into it. So nothing but names passes between processes, a worker needs no part of the caller's program,
and the same tasks can run wherever the folder can be reached.
"""

import os
import secrets
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from filelock import FileLock, Timeout

ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"), "1")
PREFIX = "paperatlas-"
WORKER = "pipeline.workers.worker"


class WorkerError(RuntimeError):
    """A worker process that failed: the last line it wrote."""


class Task(Protocol):
    """A function at the top of a module. item: names the files it reads and writes in the folder."""

    __module__: str
    __qualname__: str

    def __call__(self, folder: Path, item: str) -> None: ...


class RunTasks(Protocol):
    """Does the items of a task: yields each as soon as it and all before it are done."""

    def __call__(self, task: Task, folder: Path, items: Sequence[str]) -> Iterator[str]: ...


@contextmanager
def work_folder() -> Iterator[Path]:
    """A temporary folder for tasks. What processes left that were killed is removed first: nobody holds its lock."""
    root = Path(tempfile.gettempdir())
    for lock in root.glob(f"{PREFIX}*.lock"):
        _remove_if_left(lock)
    folder = root / f"{PREFIX}{secrets.token_hex(8)}"
    with FileLock(_lock_of(folder), timeout=0):  # before the folder is there: who finds both, finds the lock held
        try:
            folder.mkdir(mode=0o700)
            yield folder
        finally:
            _remove(folder)


def _lock_of(folder: Path) -> Path:
    return folder.with_name(f"{folder.name}.lock")


def _remove_if_left(lock: Path) -> None:
    folder = lock.with_suffix("")
    try:
        if folder.is_symlink() or lock.is_symlink() or not lock.is_file():
            return
        with FileLock(lock, timeout=0):
            _remove(folder)
    except (Timeout, OSError):  # another process works in it, or it is another user's
        return


def _remove(folder: Path) -> None:
    """The folder and its lock; the lock stays where not all could be removed, so that a later process tries again."""
    for _ in range(2):  # a file that could not be removed is tried once more
        shutil.rmtree(folder, ignore_errors=True)
    if not folder.exists() and os.name == "posix":  # elsewhere a file that is held cannot be removed
        _lock_of(folder).unlink(missing_ok=True)


def run_here(task: Task, folder: Path, items: Sequence[str]) -> Iterator[str]:
    """One after another, each when it is asked for."""
    for item in items:
        task(folder, item)
        yield item


def run_side_by_side(count: int) -> RunTasks:
    """In so many worker processes, each with one thread. They start at once, and end with the iteration, or with this
    process however that ends.

    Raises WorkerError with the last line a worker wrote where it fails.
    """

    def run(task: Task, folder: Path, items: Sequence[str]) -> Iterator[str]:
        workers: list[subprocess.Popen[str]] = []
        try:
            for first in range(min(count, len(items))):
                workers.append(_start(task, folder, items[first::count]))
            yield from _collect(workers, folder, items)
        except BaseException:
            for worker in workers:
                worker.kill()
            raise
        finally:
            for worker in workers:
                _put_away(worker)

    return run


def _start(task: Task, folder: Path, items: Sequence[str]) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", WORKER, f"{task.__module__}:{task.__qualname__}", str(folder), *items]
    environment = os.environ | ONE_THREAD | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    with (folder / f"worker-{items[0]}.log").open("w", encoding="utf-8") as log:
        return subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True, env=environment
        )


def _collect(workers: Sequence["subprocess.Popen[str]"], folder: Path, items: Sequence[str]) -> Iterator[str]:
    for number, item in enumerate(items):
        first = number % len(workers)
        _wait_for(item, workers[first], folder / f"worker-{items[first]}.log")
        yield item


def _put_away(worker: "subprocess.Popen[str]") -> None:
    for pipe in (worker.stdout, worker.stdin):
        if pipe is not None:
            pipe.close()
    worker.wait()


def _wait_for(item: str, worker: "subprocess.Popen[str]", log: Path) -> None:
    if worker.stdout is None or worker.stdout.readline().strip() != item:
        said = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
        raise WorkerError(f"a worker process failed: {said[-1] if said else 'it was stopped'}")
