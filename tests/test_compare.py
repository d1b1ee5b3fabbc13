"""`compare`: what two configs have in common runs once, and the figures of both stand side by side."""

import json

import pytest

from pipeline.build.compare import compare
from pipeline.cli.main import main
from pipeline.config import load_config
from pipeline.evaluation import evaluate
from tests.planted import planted_papers, run, write_jsonl

CONFIG = """
name = "{name}"
[corpus]
files = ["{files}"]
[embedding]
backend = "tfidf"
[topics]
resamples = 0
{rest}
"""


@pytest.fixture
def configs(tmp_path):
    """Writes a config of planted papers, with a few lines of its own."""
    papers = planted_papers(("glaciers", "bees", "bridges"), 30)
    for paper in papers:
        paper["venue"] = paper["id"].split("-")[0]
    write_jsonl(tmp_path / "papers.jsonl", papers)

    def write(name, rest="", files="papers.jsonl"):
        path = tmp_path / f"{name}.toml"
        path.write_text(CONFIG.format(name=name, rest=rest, files=files))
        return path

    return write


@pytest.mark.parametrize(
    ("rest", "shared"),
    [
        ("", ("reading", "embedding", "neighbours", "topics", "map")),
        ("[clusterer]\ngranularity = 2", ("reading", "embedding", "neighbours", "map")),
        ("[reducer]\nmap_min_dist = 0.4", ("reading", "embedding", "neighbours", "topics")),
        ("[reducer]\nn_components = 3", ("reading", "embedding", "neighbours", "map")),
    ],
)
def test_only_stages_that_differ_run_twice(configs, rest, shared):
    found = compare(load_config(configs("one")), load_config(configs("two", rest)))
    assert found.shared == shared


def test_each_side_is_what_its_own_run_would_be(configs, tmp_path):
    two = load_config(configs("two", "[clusterer]\ngranularity = 2"))
    found = compare(load_config(configs("one")), two, labels="venue")
    alone = evaluate(run(two.model_copy(update={"folder": tmp_path})), labels="venue")
    assert found.after == alone
    assert found.before["topics"] == 3
    assert found.before["venue: AMI"] == pytest.approx(1.0)
    assert found.after["topics"] == 2
    assert len(found.changes.merged) == 1, "two of three topics became one"


def test_another_corpus_is_refused_in_one_line(configs, tmp_path, capsys):
    write_jsonl(tmp_path / "others.jsonl", planted_papers(("bread",), 5))
    assert main(["compare", str(configs("one")), str(configs("two", files="others.jsonl")), "-q"]) == 2
    told = capsys.readouterr().err
    assert "one and two read different papers" in told
    assert told.count("\n") == 1


def test_the_command_compares_one_setting(configs, capsys):
    path = str(configs("one"))
    assert main(["compare", path, path, "--set", "clusterer.granularity=2", "--labels", "venue", "-q"]) == 0
    told = capsys.readouterr().out
    assert "run once for both: reading, embedding, neighbours, map" in told
    assert "1 merged" in told
    assert main(["compare", path, path, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["changes"]["agreement"] == 1.0
