"""Several commands at once on one run folder: one writes, the others are told so; readers see old or new."""

import os
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from pipeline.atlas import exclusive, load_atlas, save_atlas, verify
from pipeline.cli import main
from tests.conftest import REPOSITORY
from tests.small_atlas import P, small_atlas
from tests.torture.scenarios import COMMANDS, make_scenario


@contextmanager
def reading(folder: Path) -> Iterator[Counter[tuple[tuple[str, str], ...]]]:
    """While it is entered, two threads open the atlas again and again. Gives how often each content was found."""
    seen: Counter[tuple[tuple[str, str], ...]] = Counter()
    failures: list[BaseException] = []
    done = threading.Event()

    def read() -> None:
        try:
            while not done.is_set():
                atlas = load_atlas(folder)
                titles = [str(title) for title in atlas.column("title").to_pylist()]
                seen[tuple(sorted(zip(atlas.ids.ids, titles, strict=True)))] += 1
        except BaseException as problem:  # noqa: BLE001 - raised below, in the test
            failures.append(problem)

    readers = [threading.Thread(target=read) for _ in range(2)]
    for reader in readers:
        reader.start()
    try:
        yield seen
    finally:
        done.set()
        for reader in readers:
            reader.join()
    if failures:
        raise failures[0]


@pytest.mark.parametrize("swaps", [8, pytest.param(50, marks=pytest.mark.torture)])
def test_readers_see_old_or_new_while_it_is_swapped(tmp_path, swaps):
    old, new = [P("a", "Ice"), P("b", "Bee")], [P("a", "Oak"), P("b", "Sea"), P("c", "Ice")]
    atlases = [small_atlas(papers) for papers in (old, new)]
    expected = {tuple(sorted((paper.id, paper.title) for paper in papers)) for papers in (old, new)}
    save_atlas(atlases[0], tmp_path / "run", pictures={})
    with reading(tmp_path / "run") as seen:
        for number in range(1, swaps + 1):
            with exclusive(tmp_path / "run"):
                save_atlas(atlases[number % 2], tmp_path / "run", pictures={})
            before, begun = seen.total(), time.monotonic()
            while seen.total() < before + 2 and time.monotonic() - begun < 60:
                time.sleep(0.001)
    assert seen.keys() == expected
    assert verify(tmp_path / "run") == []


@pytest.fixture(scope="module")
def scenario(common, tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PAPERATLAS_CACHE", str(common / "cache"))
        yield make_scenario("run", tmp_path_factory.mktemp("run"))


@pytest.mark.parametrize("command", ["run", "add"])
def test_a_command_beside_a_run_is_told_so_with_75(scenario, tmp_path, monkeypatch, capsys, command):
    work = scenario.copy(tmp_path / "work")
    monkeypatch.chdir(work)
    with exclusive(work / "outputs" / "mine"):
        assert main(COMMANDS[command]) == 75
    assert capsys.readouterr().err == f"paperatlas: {work}/outputs/mine: another run holds it; wait until it ends\n"
    assert scenario.state(work) == "old"


@pytest.mark.torture
@pytest.mark.parametrize("commands", [["run"] * 2, ["run"] * 8, ["run", "add"]], ids=["2 runs", "8 runs", "an add"])
def test_processes_side_by_side(scenario, common, tmp_path, commands):
    work = scenario.copy(tmp_path / "work")
    environment = os.environ | {"PYTHONPATH": str(REPOSITORY), "PAPERATLAS_CACHE": str(common / "cache")}
    processes = [
        subprocess.Popen(
            [sys.executable, "-m", "pipeline", *COMMANDS[command]], cwd=work, env=environment,
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
        )
        for command in commands
    ]  # fmt: skip
    told = [process.communicate(timeout=600)[1] for process in processes]
    codes = [process.returncode for process in processes]
    assert set(codes) <= {0, 75}, told
    assert 0 in codes
    assert all("another run holds it" in text for text, code in zip(told, codes, strict=True) if code == 75)
    assert verify(work / "outputs" / "mine") == []
    assert not [path for path in (work / "outputs").iterdir() if path.name.endswith((".draft", ".old"))]
