"""Requests, a line of JSON each -> commands in children forked from a process that has imported everything.

Started with one thread and forking before any other starts, so that a command takes as long as it computes. A request:
{"arguments", "folder", "temporary", "kill_at"}; kill_at: the operation on files at which the child kills itself, or
null. Printed: {"pid"} at once, {"status"} when the child has ended: its exit code, or minus the signal.
"""

import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

import pipeline.adding  # noqa: F401 - what `add` would import
from pipeline.cli import main
from tests.planted import planted_papers, write_jsonl
from tests.torture.operations import Operations, watched
from tests.torture.scenarios import COMMANDS, CONFIG


def child(request: dict[str, Any]) -> int:
    """The exit code of a command in this process."""
    os.chdir(request["folder"])
    tempfile.tempdir = request["temporary"]
    with Path(os.devnull).open("w") as nowhere:
        os.dup2(nowhere.fileno(), 1)
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
    """One whole run, so that everything is imported and compiled. Ends the process where a thread was left by it."""
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        write_jsonl(Path("p.jsonl"), planted_papers(["glaciers", "bees"], 6))
        Path("mine.toml").write_text(CONFIG)
        assert main(COMMANDS["run"]) == 0
        os.chdir("/")
    assert len(list(Path("/proc/self/task").iterdir())) == 1, "a thread would not be there in a child"


if __name__ == "__main__":
    printed = os.dup(1)
    os.dup2(2, 1)
    warm_up()
    os.dup2(printed, 1)
    answer({"pid": os.getpid()})
    serve()
