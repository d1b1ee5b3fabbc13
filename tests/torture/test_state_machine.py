"""A library over time: run, add, query, export, edit, delete, in any order that hypothesis finds; the papers are known.

The model beside it is two sets of ids: those of the files, and those of the atlas.
"""

import contextlib
import io
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from pipeline.atlas import load_run, read_manifest, verify
from pipeline.cli import main
from pipeline.config import CorpusConfig
from pipeline.corpus import read_corpus
from tests.planted import planted_papers, write_jsonl
from tests.torture.progress_log import unfinished
from tests.torture.scenarios import CONFIG

PAPERS = {paper["id"]: paper for paper in planted_papers(["glaciers", "bees", "bread"], 7)}
IDS = st.sampled_from(sorted(PAPERS))
SOME = st.lists(IDS, min_size=1, max_size=6, unique=True)
TABLES = {"ris": "ris", "csv": "csv", "bib": "bib", "json": "json", "jsonl": "jsonl", "parquet": "parquet"}


@contextlib.contextmanager
def inside(folder: Path) -> Iterator[None]:
    before = Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)


class LibraryOverTime(RuleBasedStateMachine):
    """files: ids in the config's file, with how often each was edited; ran_with: the same at the last run; atlas: the
    same of what a run or an add took.
    """

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="library-"))
        self.files: dict[str, int] = {}
        self.atlas: dict[str, int] | None = None
        self.ran_with: dict[str, int] | None = None
        (self.folder / "mine.toml").write_text(CONFIG, encoding="utf-8")

    def teardown(self) -> None:
        shutil.rmtree(self.folder)

    def call(self, *arguments: str) -> tuple[int, str, str]:
        """Exit code, standard output, standard error of a command in the library's folder."""
        out, err = io.StringIO(), io.StringIO()
        with inside(self.folder), contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = main(list(arguments))
        assert "Traceback" not in err.getvalue()
        assert code == 0 or err.getvalue().count("\n") == 1, err.getvalue()
        return code, out.getvalue(), err.getvalue()

    def write(self) -> None:
        papers = [
            PAPERS[name] | ({"abstract": edited(name, times)} if times else {}) for name, times in self.files.items()
        ]
        write_jsonl(self.folder / "p.jsonl", papers)

    @initialize(names=SOME)
    def first_papers(self, names: list[str]) -> None:
        self.files = dict.fromkeys(names, 0)
        self.write()

    @rule(names=SOME)
    def more_papers_come(self, names: list[str]) -> None:
        self.files |= {name: self.files.get(name, 0) for name in names}
        self.write()

    @rule(name=IDS)
    def a_paper_is_edited(self, name: str) -> None:
        if name in self.files:
            self.files[name] += 1
            self.write()

    @rule(names=SOME)
    def papers_are_deleted(self, names: list[str]) -> None:
        self.files = {name: times for name, times in self.files.items() if name not in names}
        self.write()

    @rule(force=st.booleans())
    def run(self, force: bool) -> None:
        code, _, problem = self.call("run", "mine.toml", "--quiet", *(["--force"] if force else []))
        if not self.files:
            assert code == 2
            assert "no papers" in problem or "empty" in problem, problem
            return
        assert code == 0, problem
        if force or self.ran_with != self.files:
            self.atlas = dict(self.files)
        self.ran_with = dict(self.files)

    @precondition(lambda self: self.atlas is not None)
    @rule(names=SOME)
    def add(self, names: list[str]) -> None:
        assert self.atlas is not None
        write_jsonl(self.folder / "new.jsonl", [PAPERS[name] for name in names])
        code, out, problem = self.call("add", "mine", "new.jsonl")
        assert code == 0, problem
        fresh = [name for name in names if name not in self.atlas]
        assert out.startswith(f"{len(fresh)} paper"), out
        self.atlas |= dict.fromkeys(fresh, 0)

    @precondition(lambda self: self.atlas is not None)
    @rule(name=IDS, k=st.integers(1, 30))
    def ask_for_similar(self, name: str, k: int) -> None:
        assert self.atlas is not None
        code, out, problem = self.call("similar", "mine", "--id", name, "-k", str(k), "--json")
        if name not in self.atlas:
            assert (code, name in problem) == (2, True)
            return
        others = len(self.atlas) - 1
        if k > others:
            assert (code, f"only {others} other paper" in problem) == (2, True), problem
            return
        found = [one["id"] for one in json.loads(out)["results"]]
        assert len(found) == len(set(found)) == k
        assert set(found) <= self.atlas.keys() - {name}

    @precondition(lambda self: self.atlas is not None)
    @rule(words=st.sampled_from(["honeybee", "ice sheet", "rye flour", "nothing of this"]))
    def search(self, words: str) -> None:
        assert self.atlas is not None
        code, out, problem = self.call("search", "mine", words, "-k", "30", "--json")
        assert code == 0, problem
        assert {one["id"] for one in json.loads(out)["results"]} <= self.atlas.keys()

    @precondition(lambda self: self.atlas is not None)
    @rule(ending=st.sampled_from(sorted(TABLES)))
    def export(self, ending: str) -> None:
        assert self.atlas is not None
        code, _, problem = self.call("export", "mine", f"out.{ending}")
        assert code == 0, problem
        back = read_corpus(CorpusConfig(files=(f"out.{ending}",), deduplication="keep"), self.folder)
        assert sorted(back.tables.papers.column("title").to_pylist()) == sorted(
            PAPERS[name]["title"] for name in self.atlas
        )

    @invariant()
    def the_atlas_is_whole_and_has_the_papers_it_took(self) -> None:
        if self.atlas is None:
            assert not (self.folder / "outputs" / "mine").exists()
            return
        folder = self.folder / "outputs" / "mine"
        assert verify(folder) == []
        rows = read_manifest(folder).counts
        assert rows.read == rows.kept + rows.duplicates + rows.rejected
        atlas = load_run(folder)
        assert {str(name) for name in atlas.ids.ids} == self.atlas.keys()
        by_id = dict(zip(atlas.ids.ids, atlas.column("abstract").to_pylist(), strict=True))
        for name, times in self.atlas.items():
            assert by_id[name] == edited(name, times)


def edited(name: str, times: int) -> str:
    """The abstract of a paper after so many edits."""
    return PAPERS[name]["abstract"] + " It was revised." * times


SETTINGS = settings(
    deadline=None,
    stateful_step_count=12,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=list(HealthCheck),
    derandomize=True,
    database=None,
)


def test_a_library_over_time() -> None:
    run_state_machine_as_test(LibraryOverTime, settings=settings(SETTINGS, max_examples=6))


@pytest.mark.torture
def test_a_library_over_a_long_time() -> None:
    long = settings(SETTINGS, max_examples=10, stateful_step_count=30, derandomize=False)
    for _ in unfinished("ten libraries over a long time", range(30)):
        run_state_machine_as_test(LibraryOverTime, settings=long)
