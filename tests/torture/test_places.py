"""Other users, places and systems: no home, no UTF-8, folders that may not be read, modules that are not there."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.atlas import load_run
from pipeline.cli import main
from tests.conftest import REPOSITORY
from tests.torture.scenarios import COMMANDS, make_scenario

NOBODY = 65534
PLACE = "with spaces, ä 冰 and 'quotes'"
# Windows lacks these; the locks of files that it has instead of the first are filelock's part, so only readers do
# without that one here.
WITHOUT = """
import sys, warnings
warnings.simplefilter("ignore")
for name in sys.argv.pop(1).split(","):
    sys.modules[name] = None
from pipeline.cli import main
sys.exit(main())
"""


@pytest.fixture(scope="module")
def scenario(common, tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PAPERATLAS_CACHE", str(common / "cache"))
        yield make_scenario("run", tmp_path_factory.mktemp("scenario"))


def run_in(work, *command, **changed):
    """A command in a process without the variables that say who and where the user is."""
    lost = ("HOME", "LANG", "LC_", "XDG_", "PYTHON", "PAPERATLAS_", "TMPDIR")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(lost)}
    environment = kept | {"PYTHONPATH": str(REPOSITORY)} | changed
    return subprocess.run([sys.executable, *command], capture_output=True, text=True, cwd=work, env=environment)


NOWHERE = {"LANG": "C", "LC_ALL": "C", "HOME": "/proc/nowhere"}


@pytest.mark.parametrize("kept", [True, pytest.param(False, marks=pytest.mark.torture)])
def test_a_run_without_home_and_utf_8_in_a_folder_with_spaces(scenario, common, tmp_path, kept):
    """The user has no home that could be written. kept: whether at least there is a cache, of what is compiled too."""
    work = scenario.copy(tmp_path / PLACE)
    cache = {"PAPERATLAS_CACHE": str(common / "cache")} if kept else {}
    done = run_in(work, "-m", "pipeline", *COMMANDS["run"], **NOWHERE, **cache)
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    assert scenario.state(work) == "new"
    done = run_in(work, "-m", "pipeline", "similar", "mine", "--id", "bees-1", "-k", "2", "--json", **NOWHERE)
    assert done.returncode == 0, done.stderr
    assert len(json.loads(done.stdout)["results"]) == 2


def test_readers_do_without_the_modules_that_windows_lacks(scenario, tmp_path):
    work = scenario.copy(tmp_path / "work")
    done = run_in(work, "-c", WITHOUT, "resource,fcntl", "search", "mine", "pollen")
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.torture
def test_a_run_without_the_modules_that_windows_lacks_is_the_same(scenario, common, tmp_path):
    work = scenario.copy(tmp_path / "work")
    done = run_in(work, "-c", WITHOUT, "resource", *COMMANDS["run"], PAPERATLAS_CACHE=str(common / "cache"))
    assert done.returncode == 0, done.stderr
    assert scenario.state(work) == "new"


@pytest.fixture
def other_user(tmp_path):
    """Makes this process another user while it is entered: root may read everything."""
    if os.geteuid() != 0:
        yield lambda: None
        return
    tmp_path.chmod(0o755)
    for parent in tmp_path.parents:
        if parent.stat().st_mode & 0o005 != 0o005:
            if parent.owner() != "root" or Path("/tmp") not in parent.parents:
                pytest.skip(f"another user cannot reach {parent}")
            parent.chmod(parent.stat().st_mode | 0o005)
    yield lambda: os.seteuid(NOBODY)
    os.seteuid(0)


@pytest.mark.parametrize(
    ("closed", "command"),
    [
        ("p.jsonl", ["run", "mine.toml", "-q"]),
        ("p.jsonl", ["inspect", "p.jsonl"]),
        ("mine.toml", ["run", "mine.toml", "-q"]),
        ("outputs/mine", ["topics", "mine"]),
        ("outputs", ["topics", "mine"]),
        ("outputs", ["run", "mine.toml", "-q"]),
        ("outputs/mine/embedding.npy", ["similar", "mine", "--id", "bees-1"]),
        ("outputs/mine/papers.parquet", ["export", "mine", "out.ris"]),
        ("outputs/mine/manifest.json", ["verify", "mine"]),
        ("new.jsonl", ["add", "mine", "new.jsonl", "-q"]),
        (".", ["export", "mine", "out.ris"]),
    ],
)
def test_what_may_not_be_read_is_one_line_and_exit_2(
    scenario, tmp_path, monkeypatch, capsys, other_user, closed, command
):
    work = scenario.copy(tmp_path / "work")
    monkeypatch.chdir(work)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    (work / closed).chmod(0o555 if closed == "." else 0)
    other_user()
    code = main(command)
    errors = capsys.readouterr().err
    if os.geteuid() == NOBODY:
        os.seteuid(0)
    (work / closed).chmod(0o755)
    assert code == 2, errors
    assert errors.count("\n") == 1, errors
    assert errors.startswith("paperatlas: ")
    assert "ermission denied" in errors
    monkeypatch.chdir(work)
    assert len(load_run("mine")) == 10
    shutil.rmtree(work)
