"""Too little disk and memory: one line that names the thing, exit 2, the old result or the new, and no waiting."""

import errno
import os
import resource
import shutil
import subprocess
import sys

import pytest

from pipeline.cli import main
from pipeline.cli.address_space import LEAST_BYTES
from tests.conftest import REPOSITORY
from tests.torture.operations import Operations, watched
from tests.torture.progress_log import unfinished
from tests.torture.scenarios import COMMANDS, make_scenario

WATCHDOG = 600  # seconds, of a loaded machine; what was found here before waited for ever
MIB = 2**20
MOUNTED = """
mount -t tmpfs -o size=$1 paperatlas-test "$2" && cp -r "$3"/. "$2"/ && cd "$2" && shift 3 && "$@"
code=$?
[ -e outputs/mine/manifest.json ] || exit 99
exit $code
"""


@pytest.fixture(scope="module")
def cache(common):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PAPERATLAS_CACHE", str(common / "cache"))
        yield common / "cache"


@pytest.fixture(scope="module", params=["run", "add"])
def scenario(request, cache, tmp_path_factory):
    return make_scenario(request.param, tmp_path_factory.mktemp(request.param))


def environment(cache, place):
    (place / "tmp").mkdir(exist_ok=True)
    return os.environ | {"PYTHONPATH": str(REPOSITORY), "PAPERATLAS_CACHE": str(cache), "TMPDIR": str(place / "tmp")}


def ends_in_a_line(done):
    """The last line of a command that succeeded or failed as it should."""
    assert done.returncode in (0, 2), (done.returncode, done.stderr)
    assert "Traceback" not in done.stderr
    lines = done.stderr.splitlines()
    assert all(line.startswith("paperatlas: ") for line in lines), lines
    assert len(lines) <= 1 or done.returncode == 0, lines
    return lines[-1] if lines else ""


# --- memory


@pytest.mark.parametrize("allowed", [200 * MIB, LEAST_BYTES - 4096])
def test_too_little_address_space_is_one_line_before_anything_is_loaded(allowed):
    done = subprocess.run(
        [sys.executable, "-m", "pipeline", "--help"],
        capture_output=True, text=True, cwd=REPOSITORY, timeout=WATCHDOG,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (allowed, allowed)),
    )  # fmt: skip
    assert done.returncode == 2
    assert done.stderr == (
        f"paperatlas: only {allowed / 1e6:,.0f} MB of address space are allowed here, and the libraries need"
        " 2,000; raise the limit (ulimit -v unlimited)\n"
    )


@pytest.mark.torture
@pytest.mark.parametrize("backend", ["tfidf", "openvino"])
@pytest.mark.parametrize("allowed", [100, 600, 1500, 2000, 2500, 3000, 4000, 8000])
def test_a_run_with_limited_memory_ends_in_a_line(session_cache, tmp_path, backend, allowed):
    scenario = make_scenario("run", tmp_path / "scenario", backend="tfidf")
    for case in unfinished(f"address space, {backend}", [f"{allowed} MB"]):
        work = scenario.copy(tmp_path / case)
        done = subprocess.run(
            [sys.executable, "-m", "pipeline", *COMMANDS["run"], "--set", f"embedding.backend={backend}"],
            capture_output=True, text=True, cwd=work, timeout=WATCHDOG, env=environment(session_cache, tmp_path),
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (allowed * 10**6, allowed * 10**6)),
        )  # fmt: skip
        line = ends_in_a_line(done)
        assert done.returncode == 0 or "memory" in line or "address space" in line, line
        if backend == "tfidf":
            assert scenario.state(work) == ("new" if done.returncode == 0 else "old")


# --- disk


@pytest.mark.parametrize("done", [0, 10])
def test_a_disk_that_fills_up_is_one_line_and_the_next_run_mends_it(scenario, tmp_path, monkeypatch, capsys, done):
    """After so many operations on files there is no space left."""
    work = scenario.copy(tmp_path / "work")
    monkeypatch.chdir(work)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with watched(Operations(work, fail_at=done, for_ever=True)):
        code = main(scenario.command)
    errors = capsys.readouterr().err
    assert code == 2, errors
    assert "Traceback" not in errors
    assert os.strerror(errno.ENOSPC) in errors
    assert scenario.state(work, clean=False) == "old"
    assert main(scenario.command) == 0
    assert scenario.state(work) == "new"


@pytest.mark.torture
@pytest.mark.parametrize("kib", [800, 820, 850, 900, 1000, 1200, 1500, 2000, 3000, 4000])
def test_a_small_disk_is_a_line(scenario, cache, tmp_path, kib):
    """A file system of so many KiB, with the papers, the run, the temporary files and the cache on it."""
    if os.geteuid() != 0 or not shutil.which("unshare"):
        pytest.skip("only root can mount a file system of a size")
    for case in unfinished(f"tmpfs, {scenario.command[0]}", [f"{kib} KiB"]):
        (tmp_path / "disk").mkdir()
        arguments = [f"{kib}k", str(tmp_path / "disk"), str(scenario.folder)]
        command = ["unshare", "-m", "sh", "-c", MOUNTED, "sh", *arguments, sys.executable, "-m", "pipeline"]
        done = subprocess.run(
            [*command, *scenario.command], capture_output=True, text=True, timeout=WATCHDOG,
            env=environment(tmp_path / "disk" / "cache", tmp_path) | {"TMPDIR": str(tmp_path / "disk")},
        )  # fmt: skip
        assert done.returncode != 99, f"the old atlas is gone: {done.stderr}"
        line = ends_in_a_line(done)
        assert done.returncode == 0 or os.strerror(errno.ENOSPC) in line, line
        assert case


@pytest.mark.torture
@pytest.mark.parametrize("kib", [1, 8, 64, 256, 1024])
def test_a_limit_on_the_size_of_files_is_a_line(scenario, cache, tmp_path, kib):
    for _ in unfinished(f"file size, {scenario.command[0]}", [f"{kib} KiB"]):
        work = scenario.copy(tmp_path / "work")
        done = subprocess.run(
            [sys.executable, "-m", "pipeline", *scenario.command],
            capture_output=True, text=True, cwd=work, timeout=WATCHDOG, env=environment(cache, tmp_path),
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (kib * 1024, kib * 1024)),
        )  # fmt: skip
        ends_in_a_line(done)
        assert scenario.state(work, clean=False) == ("new" if done.returncode == 0 else "old")
