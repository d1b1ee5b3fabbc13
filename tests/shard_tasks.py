"""Tasks for executors, in a module that every worker can import and that imports nothing slow."""

import os
import signal
import sys
import time
from pathlib import Path

from pipeline.errors import PaperatlasError
from pipeline.workers.machine import core_count
from pipeline.workers.shard_store import Arrays, ShardStore
from pipeline.workers.shards import Orders, do_shard


def write_square(folder: Path, item: str) -> None:
    """The square of the number in a file; says so on standard output, as libraries do."""
    sys.stdout.write(f"squaring {item}\n")
    number = int((folder / f"in-{item}").read_text())
    (folder / f"out-{item}").write_text(str(number * number))


def die_once_at_two(folder: Path, item: str) -> None:
    """Is killed in the middle of item 2 the first time."""
    if item == "2" and not (folder / "died").exists():
        (folder / "died").touch()
        os.kill(os.getpid(), signal.SIGKILL)
    write_square(folder, item)


def always_die(folder: Path, item: str) -> None:
    """Notes each attempt and is killed."""
    with (folder / "attempts").open("a") as file:
        file.write("x")
    os.kill(os.getpid(), signal.SIGKILL)


def fail_at_two(folder: Path, item: str) -> None:
    """Has a bug that item 2 shows."""
    if item == "2":
        raise ValueError("no 2 today")
    write_square(folder, item)


def refuse_two(folder: Path, item: str) -> None:
    """Finds a mistake of the user."""
    if item == "2":
        raise PaperatlasError("2.toml: no such file")
    write_square(folder, item)


def note_worker(folder: Path, item: str) -> None:
    """Who does it, and with how many cores; waits for a second worker, which may be slow to start."""
    (folder / f"worker-{os.getpid()}").touch()
    given_up = time.monotonic() + 30
    while len(list(folder.glob("worker-*"))) < 2 and time.monotonic() < given_up:
        time.sleep(0.05)
    (folder / f"out-{item}").write_text(f"{os.getpid()} {core_count()}")


def count_shard(folder: Path, item: str) -> None:
    """The task of a shard: its numbers doubled; notes that it was done."""
    do_shard(folder, item, _double)
    with (folder / "done").open("a") as file:
        file.write(f"{item}\n")


def _double(store: ShardStore, orders: Orders) -> Arrays:
    import numpy as np

    return {"doubled": np.array(orders["numbers"]) * 2}
