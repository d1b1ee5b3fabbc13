"""The n-th operation on a file of a run, an `add` and an `export` fails: one line, exit 2, the old result or the new.

In the suite every thirteenth, all of them by -m torture. What takes long is computed once, except where it is an
operation of the computing that fails.
"""

import functools
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

import pytest

import pipeline.adding.addition
import pipeline.build.run
from pipeline.cli import main
from tests.torture.operations import READING, Operations, watched
from tests.torture.progress_log import unfinished
from tests.torture.scenarios import COMMANDS, make_scenario

EVERY, SELDOM = 13, 40


@pytest.fixture(scope="module")
def cache(common):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PAPERATLAS_CACHE", str(common / "cache"))
        yield


@pytest.fixture(scope="module", params=COMMANDS)
def scenario(request, cache, tmp_path_factory):
    return make_scenario(request.param, tmp_path_factory.mktemp(request.param))


class Once:
    """Atlases and pictures of equal papers, each made once: what is tried here is what is read and written."""

    def __init__(self) -> None:
        self.made, self.anew = {}, False

    def remembered(self, real, name):
        @functools.wraps(real)
        def make(first, *arguments, **options):
            if self.anew:
                return real(first, *arguments, **options)
            key = name, getattr(first, "path", None) and first.run_folder.name, *map(str, arguments[:1]), len_of(first)
            if key not in self.made:
                self.made[key] = real(first, *arguments, **options)
            return self.made[key]

        return make

    @contextmanager
    def not_now(self) -> Iterator[None]:
        """While it is entered, all is computed anew."""
        self.anew = True
        yield
        self.anew = False


@pytest.fixture
def once(monkeypatch):
    only = Once()
    for module in (pipeline.build.run, pipeline.adding.addition):
        for name in ("build_atlas", "draw_files", "report_file", "grow"):
            if hasattr(module, name):
                monkeypatch.setattr(module, name, only.remembered(getattr(module, name), name))
    return only


def len_of(thing):
    return len(thing) if hasattr(thing, "__len__") else 0


def run_with(scenario, place, monkeypatch, fail_at, *, reading=False):
    """The exit code of the command with that operation failing, the place it ran in, and the operations."""
    work, temporary = scenario.copy(place / "work"), place / "tmp"
    temporary.mkdir()
    with monkeypatch.context() as patch:
        patch.chdir(work)
        patch.setattr("tempfile.tempdir", str(temporary))
        with watched(Operations(place, fail_at=fail_at, reading=reading)) as operations:
            code = main(scenario.command)
    return code, work, operations


def count(scenario, place, monkeypatch, *, reading=False):
    """The operations of the undisturbed command. Run twice, for what is made once is made at the first."""
    for name in ("first", "second"):
        _, work, counted = run_with(scenario, place / name, monkeypatch, None, reading=reading)
        assert scenario.state(work) == "new"
    assert counted.count > 3
    return counted.seen


def try_each(scenario, tmp_path, monkeypatch, capsys, numbers, *, reading=False, anew=nullcontext):
    """Each of these operations of the command fails once; which one it was is in the message of a failed assertion.

    anew: entered while the command runs in which it fails.
    """
    codes = set()
    for number in numbers:
        place = tmp_path / "case"
        capsys.readouterr()
        with anew():
            code, work, operations = run_with(scenario, place, monkeypatch, number, reading=reading)
        errors = capsys.readouterr().err
        what = f"operation {number}, {operations.seen[number]}: exit {code}, {errors}"
        assert code in (0, 2), what
        assert "Traceback" not in errors, what
        lines = errors.splitlines()
        assert code == 0 or (len(lines) == 1 and lines[0].startswith("paperatlas: ")), what
        codes.add(code)
        state = scenario.state(work, clean=False)
        assert state == "new" or code == 2, what
        again(scenario, work, monkeypatch, what)
        assert list((place / "tmp").iterdir()) == [], what
        shutil.rmtree(place)
    assert codes != {0}, "none of them failed"


def again(scenario, work, monkeypatch, what):
    """The same command, undisturbed: the new result, and nothing beside it that does not belong there."""
    with monkeypatch.context() as patch:
        patch.chdir(work)
        patch.setattr("tempfile.tempdir", str(work.parent / "tmp"))
        assert main(scenario.command) == 0, what
    assert scenario.state(work) == "new", what


def test_a_failing_operation_is_one_line_and_leaves_the_old_result_or_the_new(
    scenario, once, tmp_path, monkeypatch, capsys
):
    seen = count(scenario, tmp_path, monkeypatch)
    try_each(scenario, tmp_path, monkeypatch, capsys, range(0, len(seen), EVERY))


def computing(scenario, once, place, monkeypatch, *, kinds=None):
    """The numbers of the operations on temporary files, in which topics are found."""
    with once.not_now():
        seen = count(scenario, place, monkeypatch, reading=kinds is not None)
    return [
        number for number, line in enumerate(seen) if " /tmp/" in line and (kinds is None or line.startswith(kinds))
    ]


@pytest.mark.parametrize("scenario", ["run"], indirect=True)
def test_so_does_one_while_topics_are_found(scenario, once, tmp_path, monkeypatch, capsys):
    numbers = computing(scenario, once, tmp_path, monkeypatch)
    assert len(numbers) > 20
    try_each(scenario, tmp_path, monkeypatch, capsys, numbers[::48], anew=once.not_now)


@pytest.mark.torture
def test_every_failing_operation(scenario, once, tmp_path, monkeypatch, capsys):
    seen = count(scenario, tmp_path, monkeypatch)
    cases = unfinished(f"each failing operation of {scenario.command[0]}", range(len(seen)))
    try_each(scenario, tmp_path, monkeypatch, capsys, cases)


@pytest.mark.torture
@pytest.mark.parametrize("scenario", ["run"], indirect=True)
@pytest.mark.parametrize("kinds", [None, READING], ids=["changing", "reading"])
def test_every_failing_operation_while_topics_are_found(scenario, once, tmp_path, monkeypatch, capsys, kinds):
    numbers = computing(scenario, once, tmp_path, monkeypatch, kinds=kinds)
    assert len(numbers) > 20
    cases = unfinished(f"each failing {'operation' if kinds is None else 'read'} of finding topics", numbers)
    try_each(scenario, tmp_path, monkeypatch, capsys, cases, anew=once.not_now, reading=kinds is not None)


def test_a_failing_read_is_one_line_and_leaves_the_old_result_or_the_new(scenario, once, tmp_path, monkeypatch, capsys):
    seen = count(scenario, tmp_path, monkeypatch, reading=True)
    reading = [number for number, line in enumerate(seen) if line.startswith(READING)]
    try_each(scenario, tmp_path, monkeypatch, capsys, reading[::SELDOM], reading=True)


@pytest.mark.torture
def test_every_failing_read(scenario, once, tmp_path, monkeypatch, capsys):
    seen = count(scenario, tmp_path, monkeypatch, reading=True)
    reading = [number for number, line in enumerate(seen) if line.startswith(READING)]
    cases = unfinished(f"each failing read of {scenario.command[0]}", reading)
    try_each(scenario, tmp_path, monkeypatch, capsys, cases, reading=True)


def test_the_count_sees_what_a_command_does(tmp_path):
    """Else the tests above could pass by watching nothing."""
    with watched(Operations(tmp_path, fail_at=None)) as operations:
        (tmp_path / "a").mkdir()
        (tmp_path / "a" / "b").write_bytes(b"x")
        (tmp_path / "a" / "b").rename(tmp_path / "c")
        (tmp_path / "c").unlink()
    assert [line.split()[0] for line in operations.seen] == ["mkdir", "open", "write", "rename", "unlink"]
    (tmp_path / "d").write_bytes(b"1")
    with watched(Operations(tmp_path, fail_at=1)), pytest.raises(OSError, match="No space left"):
        (tmp_path / "d").write_bytes(b"23")
    assert (tmp_path / "d").read_bytes() == b"2", "half of what was written has arrived"
