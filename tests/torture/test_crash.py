"""kill -9 at random moments of a run and of an `add`: the atlas can be read at every moment, and a rerun mends all.

Eight moments in the suite; a hundred of each, every operation, and the real encoder by -m torture. Half of the moments
are moments in time, half are operations on files, which come close together where it matters.
"""

import os
import random
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest

from pipeline.atlas import load_atlas
from tests.conftest import REPOSITORY
from tests.torture.progress_log import unfinished
from tests.torture.scenarios import make_scenario
from tests.torture.warm_process import Warm

MANY = 1000  # operations on files that no command of these makes


@pytest.fixture(scope="module")
def warm(tmp_path_factory):
    cache = tmp_path_factory.mktemp("cache")
    process = Warm(cache)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PAPERATLAS_CACHE", str(cache))
        yield process
    process.close()


@pytest.fixture(scope="module", params=["run", "add"])
def scenario(request, warm, tmp_path_factory):
    return make_scenario(request.param, tmp_path_factory.mktemp(request.param))


@contextmanager
def read_all_the_time(folder, papers) -> Iterator[list[int]]:
    """While it is entered, another thread opens the atlas again and again. Gives how many papers it had each time."""
    found: list[int] = []
    failures: list[BaseException] = []
    done = threading.Event()

    def read():
        try:
            while not done.is_set():
                found.append(len(load_atlas(folder)))
                done.wait(0.02)
        except BaseException as problem:  # noqa: BLE001 - raised below, in the test
            failures.append(problem)

    reader = threading.Thread(target=read)
    reader.start()
    try:
        yield found
    finally:
        done.set()
        reader.join()
    if failures:
        raise failures[0]
    assert set(found) <= set(papers)
    assert found == sorted(found), "never back to the old one"


def measured(warm, scenario, place):
    """Seconds and operations of the undisturbed command, whose result is the same in the warm process."""
    work = prepared(scenario, place / "timed")
    start = time.monotonic()
    warm.start(scenario.command, work)
    assert warm.wait() == 0
    seconds = time.monotonic() - start
    assert scenario.state(work) == "new"
    assert list((work.parent / "tmp").iterdir()) == []
    return seconds


def prepared(scenario, place):
    work = scenario.copy(place / "work")
    (place / "tmp").mkdir()
    return work


def kill_and_mend(warm, scenario, work, *, after=None, kill_at=None):
    """The signal or exit code of the killed command; asserts everything that must hold after it."""
    with read_all_the_time(work / "outputs" / "mine", scenario.papers):
        pid = warm.start(scenario.command, work, kill_at=kill_at)
        if after is not None:
            time.sleep(after)
            with suppress(ProcessLookupError):  # it was faster
                os.kill(pid, signal.SIGKILL)
        status = warm.wait()
        scenario.state(work, clean=False)
    warm.start(scenario.command, work)
    assert warm.wait() == 0
    assert scenario.state(work) == "new", "the same bytes as of a command that nothing disturbed"
    assert list((work.parent / "tmp").iterdir()) == [], "nothing is left in the folder of temporary files"
    return status


def crash(warm, scenario, place, *, count, seed):
    """So many kills, half at moments and half at operations; how many of them hit."""
    seconds = measured(warm, scenario, place)
    hits = 0
    for number in unfinished(f"{count} kills of {scenario.command[0]}", range(count)):
        rng = random.Random(f"{seed} {number}")
        work = prepared(scenario, place / str(number))
        if number % 2:
            status = kill_and_mend(warm, scenario, work, after=rng.uniform(0, seconds))
        else:
            status = kill_and_mend(warm, scenario, work, kill_at=rng.randrange(250))
        assert status in (0, -signal.SIGKILL)
        hits += status != 0
        shutil.rmtree(place / str(number))
    return hits


def test_a_killed_command_costs_nothing(warm, scenario, tmp_path):
    assert crash(warm, scenario, tmp_path, count=4, seed=16) >= 2


@pytest.mark.torture
def test_a_hundred_killed_commands_cost_nothing(warm, scenario, tmp_path):
    crash(warm, scenario, tmp_path, count=100, seed=17)


@pytest.mark.torture
def test_a_kill_at_every_operation_costs_nothing(warm, scenario, tmp_path):
    for number in unfinished(f"kill at each operation of {scenario.command[0]}", range(MANY)):
        status = kill_and_mend(warm, scenario, prepared(scenario, tmp_path / str(number)), kill_at=number)
        shutil.rmtree(tmp_path / str(number))
        if status == 0:
            assert number > 100
            return
    pytest.fail("more operations than anybody thought of")


@pytest.mark.torture
@pytest.mark.parametrize("command", ["run", "add"])
def test_a_killed_command_of_the_real_encoder_costs_nothing(empty_cache, tmp_path, command):
    """In processes of their own: a model's threads do not outlive a fork."""
    empty_cache()
    scenario = make_scenario(command, tmp_path / "scenario", backend="openvino")
    for number in unfinished(f"kills of {command} with the real encoder", range(10)):
        empty_cache(f"cache-{number}")
        work = prepared(scenario, tmp_path / str(number))
        with read_all_the_time(work / "outputs" / "mine", scenario.papers), process_in(work, scenario.command) as one:
            time.sleep(random.Random(f"{command} {number}").uniform(1, 8))
            one.kill()
        assert one.returncode in (0, -signal.SIGKILL)
        scenario.state(work, clean=False)
        with process_in(work, scenario.command) as again:
            assert again.wait(timeout=300) == 0
        assert scenario.state(work) == "new"


def process_in(work, arguments):
    environment = os.environ | {"PYTHONPATH": str(REPOSITORY), "TMPDIR": str(work.parent / "tmp")}
    return subprocess.Popen(
        [sys.executable, "-m", "pipeline", *arguments], cwd=work, env=environment, stdout=subprocess.DEVNULL
    )


def test_the_kill_at_an_operation_is_one(warm, scenario, tmp_path):
    """Else half of the kills above could be none: at the first operation nothing has happened yet."""
    work = prepared(scenario, tmp_path)
    warm.start(scenario.command, work, kill_at=0)
    assert warm.wait() == -signal.SIGKILL
    assert scenario.state(work) == "old"
