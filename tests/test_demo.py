"""`paperatlas demo`, `open`, and `run` on files of papers in place of a config."""

import json
import re
import shlex
import shutil
import webbrowser
from collections import Counter

import pytest
from sklearn.metrics import adjusted_mutual_info_score

from pipeline.api import Atlas
from pipeline.cli import main
from pipeline.config import load_config
from tests.conftest import REPOSITORY
from tests.demo_run import ONE_FIT, demo_folder
from tests.planted import planted_papers, write_jsonl
from tests.planted_abstracts import is_core, planted_abstracts

DEMO = REPOSITORY / "pipeline" / "demo"
SIZES = {
    "bird migration": 40,
    "battery ageing": 36,
    "stroke rehabilitation": 34,
    "coral bleaching": 30,
    "machine translation": 26,
    "sleep apnoea": 24,
}


@pytest.fixture(scope="module")
def ran(session_cache):
    return demo_folder(session_cache)


@pytest.fixture
def here(ran, tmp_path, monkeypatch):
    """A copy of the demo's working folder, as the working directory."""
    monkeypatch.chdir(shutil.copytree(ran, tmp_path / "copy"))
    return tmp_path / "copy"


@pytest.fixture
def opened(monkeypatch):
    """The addresses that a browser was sent to."""
    addresses = []
    monkeypatch.setattr(webbrowser, "open", lambda address: addresses.append(address) or True)
    return addresses


def written_papers():
    return [json.loads(line) for line in (DEMO / "papers.jsonl").read_text(encoding="utf-8").splitlines()]


def test_the_papers_of_the_demo_are_those_of_its_recipe_and_say_that_they_are_made_up():
    """To write them again: one JSON object a line of what this makes."""
    papers = written_papers()
    assert all(paper.pop("journal") == "Made up for the demo of paperatlas" for paper in papers)
    order = ("bird migration", "coral bleaching", "stroke rehabilitation", "sleep apnoea", "battery ageing")
    sizes = {name: SIZES[name] for name in (*order, "machine translation")}
    assert papers == planted_abstracts(18, sizes=sizes, between=8, generic=2)
    assert Counter(paper["subject"] for paper in papers if is_core(paper)) == SIZES
    assert len({paper["title"] + paper["abstract"] for paper in papers}) == len(papers) == 200


def test_the_demo_finds_the_six_subjects(ran):
    atlas = Atlas.load(ran / "outputs" / "demo")
    subjects = atlas.column("subject").to_pylist()
    core = [row for row, subject in enumerate(subjects) if subject in SIZES]
    topics = atlas.column("nearest_topic").to_pylist()
    assert adjusted_mutual_info_score([subjects[row] for row in core], [topics[row] for row in core]) > 0.9
    for topic in atlas.topics:
        inside = Counter(subjects[row] for row in core if topics[row] == topic.id)
        assert inside.most_common(1)[0][1] / inside.total() > 0.8, topic.label
    assert atlas.manifest.config.map.title == "200 made-up papers"


def test_demo_opens_its_map_unless_told_not_to(here, opened, capsys):
    assert main(["demo", *ONE_FIT]) == 0
    page = here / "outputs" / "demo" / "map.html"
    assert opened == [page.resolve().as_uri()]
    assert "Map: outputs/demo/map.html, opened in your browser" in capsys.readouterr().out
    assert main(["demo", "--no-open", *ONE_FIT]) == 0
    assert len(opened) == 1


def test_open_opens_the_map_and_says_where_it_is_without_a_browser(here, opened, monkeypatch, capsys):
    assert main(["open", "demo"]) == 0
    assert opened == [(here / "outputs" / "demo" / "map.html").resolve().as_uri()]
    monkeypatch.setattr(webbrowser, "open", lambda _: False)
    capsys.readouterr()
    assert main(["open", "demo"]) == 0
    assert "outputs/demo/map.html; no browser was found here" in capsys.readouterr().out


def test_open_without_a_page_or_a_run_is_one_line_with_the_way_out(here, opened, capsys):
    (here / "outputs" / "demo" / "map.html").unlink()
    assert main(["open", "demo"]) == 2
    assert "map.html: not there; 'paperatlas serve demo --open'" in capsys.readouterr().err
    assert main(["open", "nothing"]) == 2
    assert "nothing: no manifest.json" in capsys.readouterr().err
    assert opened == []


def next_commands(shown):
    lines = shown.partition("Next:\n")[2].splitlines()
    return [shlex.split(line.partition("   #")[0])[1:] for line in lines]


def test_a_run_ends_with_three_commands_that_work(here, opened, capsys):
    assert main(["demo", "--no-open", *ONE_FIT]) == 0
    commands = next_commands(capsys.readouterr().out)
    assert [command[0] for command in commands] == ["open", "similar", "search"]
    for command in commands:
        assert main(command) == 0, command
    shown = capsys.readouterr().out
    assert len(opened) == 1
    assert "1. " in shown
    assert "cosine" in shown


# Every file with a run of its own costs seconds: five papers and nothing drawn that can be left out.
QUICK = (*ONE_FIT, "-q", "--set", "embedding.backend=tfidf", "--set", "map.html=false")


@pytest.fixture
def library(tmp_path, monkeypatch):
    """A working folder with a file whose name has a space, and a folder of two files."""
    monkeypatch.chdir(tmp_path)
    write_jsonl(tmp_path / "My library.jsonl", planted_papers(("bees",), 5))
    (tmp_path / "more").mkdir()
    write_jsonl(tmp_path / "more" / "one.jsonl", planted_papers(("bread",), 3))
    write_jsonl(tmp_path / "more" / "two.jsonl", planted_papers(("violins",), 3))
    return tmp_path


def test_run_on_files_writes_their_config_and_says_so(library, capsys):
    assert main(["run", "My library.jsonl", "more", *QUICK]) == 0
    captured = capsys.readouterr()
    assert captured.err == "paperatlas: wrote configs/My-library.toml, the config that these files stand for\n"
    assert "11 rows read = 11 papers" in captured.out
    assert next_commands(captured.out)[0] == ["serve", "My-library", "--open"], "there is no page to open"
    config = load_config("configs/My-library.toml")
    assert config.corpus.files == ("../My library.jsonl", "../more")
    assert config.embedding.backend == "auto", "what is overridden holds for one run"
    assert len(Atlas.load("My-library")) == 11


def test_a_config_of_the_same_files_is_used_with_what_was_changed_in_it(library, capsys):
    (library / "configs").mkdir()
    changed = '[corpus]\nfiles = ["../more"]\n[topics]\nkeywords = 3\n'
    (library / "configs" / "more.toml").write_text(changed)
    assert main(["run", "./more/", *QUICK, "--json"]) == 0
    captured = capsys.readouterr()
    assert captured.err == "paperatlas: uses configs/more.toml, which lists these files already\n"
    shown = json.loads(captured.out)
    assert {len(topic["keywords"]) for topic in shown["topics"]} == {3}
    assert (library / "configs" / "more.toml").read_text() == changed


def test_a_config_written_elsewhere_is_read_from_there(library, capsys):
    (library / "deep" / "er").mkdir(parents=True)
    (library / "link").symlink_to(library / "deep" / "er")
    assert main(["run", "more/one.jsonl", "--config", "link/bread.toml", "--dry-run", *QUICK]) == 0
    assert load_config("link/bread.toml").corpus.files == ("../../more/one.jsonl",)
    assert "nothing would be sent" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "shown"),
    [
        (["gone.ris"], "gone.ris: no such file or folder; name files of papers, or one config (.toml)"),
        (["*.bib"], "no file matches"),
        (["a.toml", "more"], "a.toml: a config; run it alone, or name files of papers only"),
        (["a.toml", "--config", "b.toml"], "a.toml is a config already"),
        (["more", "--config", "more.cfg"], "--config more.cfg: the name of a config ends in .toml"),
        (["more", "--config", "other.toml"], "other.toml is there already and lists other files"),
    ],
)
def test_mistakes_are_one_line_and_write_nothing(library, capsys, arguments, shown):
    (library / "other.toml").write_text('[corpus]\nfiles = ["My library.jsonl"]\n')
    before = sorted(library.rglob("*"))
    assert main(["run", *arguments]) == 2
    error = capsys.readouterr().err
    assert re.fullmatch(r"paperatlas: [^\n]*\n", error)
    assert shown in error
    assert sorted(library.rglob("*")) == before
