"""Models made to do harm, by both backends that read them: done or refused in one line, and nothing is executed."""

import contextlib
import os
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pipeline.config import EmbeddingConfig
from pipeline.embedding.model_files import find_model
from tests.planted import planted_papers, write_jsonl
from tests.torture.hostile_models import MODELS, copy_model
from tests.torture.progress_log import unfinished

MOST_MEMORY = 2**30
WATCHDOG = 120.0  # seconds
LONGEST_LINE = 1_100  # characters
IN_CI = ("a part that starts processes", "a pickle named safetensors", "weights that are a pipe")
CONFIG = """
[corpus]
files = ["p.jsonl"]
[embedding]
backend = "{backend}"
model = "./model"
cache = false
[topics]
resamples = 0
[map]
html = false
"""


def run_with(name: str, backend: str, place: Path) -> None:
    """One run of four papers in a process of its own, with the model spoilt."""
    marker = place / "executed"
    copy_model(find_model(EmbeddingConfig()).folder, place / "model")
    MODELS[name](place / "model", marker)
    write_jsonl(place / "p.jsonl", planted_papers(["glaciers", "bees"], 2))
    (place / "mine.toml").write_text(CONFIG.format(backend=backend))
    command = [sys.executable, "-m", "pipeline", "run", "mine.toml", "--quiet"]
    with (place / "told").open("wb") as told:
        process = subprocess.Popen(command, cwd=place, stdout=subprocess.DEVNULL, stderr=told, env=environment(place))
        status, memory = wait_for(process)
    problem = (place / "told").read_text()
    assert not marker.exists(), f"{name}: code was run"
    assert "Traceback" not in problem, problem[-3_000:]
    assert status in (0, 2), (status, problem)
    assert memory < MOST_MEMORY, f"{name}: {memory / 2**20:.0f} MB"
    if status == 2:
        assert problem.count("\n") == 1, problem
        assert len(problem) < LONGEST_LINE
        assert not (place / "outputs" / "mine").exists()


def environment(place: Path) -> dict[str, str]:
    return os.environ | {
        "PAPERATLAS_CACHE": str(place / "cache"),
        "HOME": str(place / "home"),
        "PYTHONPATH": os.pathsep.join([str(place), *sys.path]),  # as who runs it in a folder of a stranger
    }


def wait_for(process: subprocess.Popen[bytes]) -> tuple[int, int]:
    """(exit code, peak memory in bytes) of a process. Fails where it does not end.

    The peak is asked of the process while it runs: its resource usage would count the parent it was forked from.
    """
    end, peak = time.monotonic() + WATCHDOG, 0
    while time.monotonic() < end:
        with contextlib.suppress(OSError):
            found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{process.pid}/status").read_text())
            peak = int(found[1]) * 1024 if found else peak
        if process.poll() is not None:
            return process.returncode, peak
        time.sleep(0.02)
    process.kill()
    process.wait()
    return pytest.fail("it did not end")


@pytest.mark.parametrize("name", IN_CI)
def test_a_hostile_model_is_refused(name, tmp_path):
    run_with(name, "sentence-transformers", tmp_path)


@pytest.mark.torture
def test_every_hostile_model_by_both_backends(tmp_path_factory):
    problems = {}
    for case in unfinished(
        "hostile models", [f"{backend}: {name}" for backend in ("openvino", "sentence-transformers") for name in MODELS]
    ):
        backend, _, name = case.partition(": ")
        try:
            run_with(name, backend, tmp_path_factory.mktemp("model"))
        except (AssertionError, pytest.fail.Exception) as problem:
            problems[case] = str(problem)[:600]
    assert not problems, "\n".join(f"{case}: {problem}" for case, problem in problems.items())
