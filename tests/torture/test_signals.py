"""Ctrl-C and SIGTERM at random moments of a run, its imports among them: 130 and 143, no traceback, nothing left.

Two moments of each in the suite, twenty by -m torture, in processes of their own.
"""

import os
import random
import signal
import subprocess
import sys
import time

import pytest

from tests.conftest import REPOSITORY
from tests.torture.progress_log import unfinished
from tests.torture.scenarios import COMMANDS, make_scenario

# A shell's background jobs, and what they start, ignore Ctrl-C; here it must arrive. From the line on that says so:
# what comes before is Python itself.
SCRIPT = """
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
sys.stdout.write("started\\n")
sys.stdout.flush()
from pipeline.cli import main
sys.exit(main())
"""
FIRST_SECONDS = 0.05  # until `main` takes care of signals


@pytest.fixture(scope="module")
def cache(common):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PAPERATLAS_CACHE", str(common / "cache"))
        yield common / "cache"


@pytest.fixture(scope="module")
def scenario(cache, tmp_path_factory):
    return make_scenario("run", tmp_path_factory.mktemp("run"))


def start(work, cache):
    (work.parent / "tmp").mkdir(exist_ok=True)
    environment = os.environ | {
        "PYTHONPATH": str(REPOSITORY),
        "PAPERATLAS_CACHE": str(cache),
        "TMPDIR": str(work.parent / "tmp"),
    }
    command = [sys.executable, "-c", SCRIPT, *COMMANDS["run"]]
    process = subprocess.Popen(
        command, cwd=work, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "started\n"
    return process


def seconds_of(scenario, place, cache):
    begin = time.monotonic()
    with start(scenario.copy(place / "timed" / "work"), cache) as process:
        _, errors = process.communicate(timeout=300)
    assert process.returncode == 0, errors
    return time.monotonic() - begin


def stop_at(scenario, place, cache, *, after, number):
    """The exit code of a run that got the signal then; asserts everything that must hold after it."""
    work = scenario.copy(place / "work")
    with start(work, cache) as process:
        time.sleep(after)
        process.send_signal(number)
        sent = time.monotonic()
        _, errors = process.communicate(timeout=120)
    what = f"{number.name} after {after:.3f} s: exit {process.returncode}, {errors}"
    assert time.monotonic() - sent < 60, what
    assert "Traceback" not in errors, what
    assert "Exception ignored" not in errors, what
    lines = [line for line in errors.splitlines() if not line.startswith(("embedding:", "neighbours:", "page:"))]
    if process.returncode == 0:
        assert lines == [], what
    elif process.returncode > 0:
        assert lines == ["paperatlas: stopped; vectors computed so far are kept: run again to continue"], what
    assert scenario.state(work) in ("old", "new"), what
    assert list((place / "tmp").iterdir()) == [], what
    return process.returncode


@pytest.fixture(scope="module")
def seconds(scenario, cache, tmp_path_factory):
    """That an undisturbed run takes."""
    return seconds_of(scenario, tmp_path_factory.mktemp("timed"), cache)


def stop_often(scenario, tmp_path, cache, *, seconds, count, number):
    """0 or minus the signal for a run that was faster: it ended, or was ending."""
    codes = []
    for case in unfinished(f"{count} of {number.name}", range(count)):
        part = (
            case + random.Random(f"{number.name} {case}").random()
        ) / count  # one in each part of the run, the imports' among them
        after = FIRST_SECONDS + part * seconds
        codes.append(stop_at(scenario, tmp_path / str(case), cache, after=after, number=number))
    assert set(codes) <= {128 + number, 0, -number}
    assert codes.count(128 + number) >= len(codes) // 2


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_stopped_run_says_so_and_leaves_nothing(scenario, seconds, tmp_path, cache, number):
    stop_often(scenario, tmp_path, cache, seconds=seconds, count=2, number=number)


@pytest.mark.torture
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_run_stopped_at_twenty_moments_says_so_and_leaves_nothing(scenario, seconds, tmp_path, cache, number):
    stop_often(scenario, tmp_path, cache, seconds=seconds, count=20, number=number)
