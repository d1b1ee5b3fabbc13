"""A folder with a run of some papers, and commands that change it: what may be there after each of them is known."""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from pipeline.atlas import load_run, verify
from pipeline.cli import main
from tests.planted import planted_papers, write_jsonl

CONFIG = """
[corpus]
files = ["p.jsonl"]
[embedding]
backend = "tfidf"
[topics]
resamples = 0
[map]
html = false
"""
COMMANDS: Mapping[str, list[str]] = {
    "run": ["run", "mine.toml", "--quiet"],
    "add": ["add", "mine", "new.jsonl", "--quiet"],
    "export": ["export", "mine", "out.ris"],
}
NOT_PROMISED = ("manifest.json", "report.md")  # they tell how long the stages took


@dataclass(frozen=True)
class Scenario:
    """folder: as it is before the command; old, new: bytes of its files before and after it; papers: how many."""

    command: list[str]
    folder: Path
    old: Mapping[str, bytes]
    new: Mapping[str, bytes]
    papers: tuple[int, int]

    def copy(self, place: Path) -> Path:
        """The folder once more, for one case."""
        return shutil.copytree(self.folder, place)

    def state(self, place: Path, *, clean: bool = True) -> str:
        """'old' or 'new', for a folder whose atlas can be read and is whole. Fails for anything else.

        clean: no other file may lie in it; else drafts may, which the next command removes.
        """
        with pytest.MonkeyPatch.context() as patch:
            patch.chdir(place)
            atlas = load_run("mine")
            assert verify(atlas.folder) == []
            assert len(atlas) in self.papers
        files = promised_files(place)
        if not clean:
            files = {name: content for name, content in files.items() if name in self.old or name in self.new}
        assert files.keys() in (self.old.keys(), self.new.keys()), files.keys() ^ self.new.keys()
        assert files in (self.old, self.new), "neither the old files nor the new ones"
        return "new" if files == self.new else "old"


def promised_files(place: Path) -> dict[str, bytes]:
    """The files that are the same in every run, by their path in the folder."""
    paths = [path for path in place.rglob("*") if path.is_file() and path.name not in NOT_PROMISED]
    return {path.relative_to(place).as_posix(): path.read_bytes() for path in paths}


def make_scenario(name: str, place: Path, *, backend: str = "tfidf") -> Scenario:
    """The folder before a command and what is in it after one that nothing disturbed."""
    before, after = place / "before", place / "after"
    before.mkdir(parents=True)
    write_jsonl(before / "p.jsonl", planted_papers(["glaciers", "bees"], 5))
    write_jsonl(before / "new.jsonl", planted_papers(["bees"], 7)[5:])
    (before / "mine.toml").write_text(CONFIG.replace("tfidf", backend))
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(before)
        assert main(COMMANDS["run"]) == 0
        if name == "run":
            write_jsonl(before / "p.jsonl", planted_papers(["glaciers", "bees"], 6))
        shutil.copytree(before, after)
        patch.chdir(after)
        assert main(COMMANDS[name]) == 0
    papers = (10, {"run": 12, "add": 12, "export": 10}[name])
    return Scenario(COMMANDS[name], before, promised_files(before), promised_files(after), papers)
