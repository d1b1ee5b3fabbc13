"""Tasks that only wait, by 1, 2 and 3 workers of each executor: how close to linear their throughput is.

python -m benchmarks.executors [--tasks 24] [--seconds 0.5]

A task stands in for a shard on a machine of its own: it sleeps, so that workers do not compete for the cores of this
one. The clock starts when the first task is done, so that starting workers is not counted.
"""

import argparse
import os
import tempfile
import time
from pathlib import Path

from benchmarks.common import machine
from pipeline.workers import open_executor
from pipeline.workers.executors import ExecutorOptions

SECONDS = "seconds"


def wait(folder: Path, item: str) -> None:  # noqa: ARG001 - a task's form
    """A task: sleeps as long as a file says."""
    time.sleep(float((folder / SECONDS).read_text()))


def rate(kind: str, workers: int, *, tasks: int, seconds: float) -> float:
    """Tasks a second, once the workers are there."""
    from benchmarks.executors import wait as task  # by its own name, not as __main__'s: workers import it

    with (
        tempfile.TemporaryDirectory() as name,
        open_executor(kind, ExecutorOptions(workers=workers, address="local")) as executor,
    ):
        (Path(name) / SECONDS).write_text(str(seconds))
        done = executor.run(task, Path(name), [str(number) for number in range(tasks + workers)])
        for _ in range(workers):
            next(done)
        start = time.perf_counter()
        for _ in done:
            pass
        return tasks / (time.perf_counter() - start)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tasks", type=int, default=24)
    parser.add_argument("--seconds", type=float, default=0.5)
    parser.add_argument("kinds", nargs="*", default=["processes", "ray"])
    asked = parser.parse_args()
    print(machine(), "load", os.getloadavg()[0])
    for kind in asked.kinds:
        rates = [rate(kind, workers, tasks=asked.tasks, seconds=asked.seconds) for workers in (1, 2, 3)]
        shares = [found * asked.seconds / workers for workers, found in enumerate(rates, start=1)]
        linear = [found / (rates[0] * workers) for workers, found in enumerate(rates, start=1)]
        for workers, (found, share, of_one) in enumerate(zip(rates, shares, linear, strict=True), start=1):
            print(
                f"{kind:10} {workers} workers: {found:5.2f} tasks/s, {share:.3f} of the time at work,"
                f" {of_one:.3f} of {workers} times one"
            )


if __name__ == "__main__":
    main()
