"""Requests, a line of JSON each -> commands in children forked from a process that has imported everything.

Started with one thread and forking before any other starts, so that a command takes as long as it computes. A request:
{"arguments", "folder", "temporary", "kill_at"}; kill_at: the operation on files at which the child kills itself, or
null. Or {"folder", "temporary", "answers", "heal"}: everything is asked there, and what is said is written as JSON to
the file `answers`. Printed: {"pid"} at once, {"status"} when the child has ended: its exit code, or minus the signal.
"""

import importlib
import io
import json
import os
import pkgutil
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from tqdm import tqdm

import pipeline
from pipeline.cli import main
from pipeline.clusterer.cluster import cluster
from pipeline.config import ClustererConfig, ReducerConfig
from pipeline.neighbours import find_neighbours
from pipeline.reducer.umap import plan_reducer, reduce
from tests.torture.everything import ask_everything
from tests.torture.operations import Operations, watched

MEMORY = "jemalloc_bg_thd"  # pyarrow's memory, which starts it at import and knows how to fork


def child(request: dict[str, Any]) -> int:
    """The exit code of a command in this process."""
    os.chdir(request["folder"])
    tempfile.tempdir = request["temporary"]
    with Path(os.devnull).open("w") as nowhere:
        os.dup2(nowhere.fileno(), 1)
    if "answers" in request:
        said = ask_everything(heal=request["heal"])
        Path(request["answers"]).write_text(json.dumps({name: asdict(one) for name, one in said.items()}))
        return 0
    with watched(Operations(Path(request["folder"]).parent, fail_at=request["kill_at"], kill=True)):
        return main(request["arguments"])


def serve() -> None:
    """Until standard input ends."""
    for line in sys.stdin:
        request = json.loads(line)
        pid = os.fork()
        if pid == 0:
            os._exit(child(request))
        answer({"pid": pid})
        _, status = os.waitpid(pid, 0)
        answer({"status": os.waitstatus_to_exitcode(status)})


def answer(content: dict[str, int]) -> None:
    sys.stdout.write(json.dumps(content) + "\n")
    sys.stdout.flush()


def warm_up() -> None:
    """Everything imported and compiled that takes long: topics found and a picture drawn, of random vectors."""
    for module in pkgutil.walk_packages(pipeline.__path__, "pipeline."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    tqdm.monitor_interval = 0  # else UMAP's progress bar, which nobody sees, starts a thread
    vectors = np.random.default_rng(0).normal(size=(24, 8)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    graph = find_neighbours(vectors, k=10)
    cluster(vectors, graph, reducer=ReducerConfig(), clusterer=ClustererConfig(), seeds=None, resamples=0, seed=1)
    reduce(vectors, graph, plan=plan_reducer(24, n_components=2, n_neighbors=5), min_dist=0.1, seed=1)
    Figure().savefig(io.BytesIO(), format="svg")
    threads = {(task / "comm").read_text().strip() for task in Path("/proc/self/task").iterdir()} - {MEMORY}
    assert len(threads) == 1, f"a thread would not be there in a child: {threads}"


if __name__ == "__main__":
    warm_up()
    answer({"pid": os.getpid()})
    serve()
