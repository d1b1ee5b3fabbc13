"""Names of the previous release: they work in this one, with one line of notice each, and mean the same."""

import logging
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from pipeline.cli import main
from pipeline.config import parse_config
from pipeline.errors import ConfigError
from pipeline.web.app import create_app
from tests.planted import planted_papers, run_once

CORPUS = {"files": ["papers.jsonl"]}
SEEDED = {"Ice": "Glaciers and meltwater."}
# Section, old settings, current settings.
RENAMED = [
    ("topics", {"known": SEEDED}, {"seeded": SEEDED}),
    ("topics", {"refits": 3}, {"resamples": 3}),
    ("corpus", {"same_work": "keep"}, {"deduplication": "keep"}),
    ("clusterer", {"method": "capped"}, {"method": "max_cluster_size"}),
]


def config_of(*sections):
    settings = {"corpus": CORPUS}
    for section, values in sections:
        settings[section] = settings.get(section, {}) | values
    return parse_config(settings, Path("mine.toml"))


@pytest.mark.parametrize(("section", "old", "current"), RENAMED)
def test_an_old_setting_means_the_current_one_and_gives_one_notice(caplog, section, old, current):
    expected = config_of((section, current))
    assert caplog.messages == []
    assert config_of((section, old)) == expected
    assert expected != config_of()
    [notice] = caplog.messages
    old_name, current_name = (str(next(iter(values))) for values in (old, current))
    if old_name == current_name:
        old_name, current_name = old[old_name], current[current_name]
    assert notice.startswith("mine.toml: ")
    assert section in notice
    assert old_name in notice.partition("now called")[0]
    assert current_name in notice.partition("now called")[2]


def test_all_old_settings_at_once_give_a_notice_each(caplog):
    expected = config_of(*((section, current) for section, _, current in RENAMED))
    assert config_of(*((section, old) for section, old, _ in RENAMED)) == expected
    assert len(caplog.messages) == len(RENAMED)


def test_where_both_names_are_given_the_current_one_counts():
    assert config_of(("topics", {"refits": 3, "resamples": 7})).topics.resamples == 7


def test_a_notice_is_a_warning_so_that_the_command_shows_it(tmp_path, capsys, caplog):
    (tmp_path / "old.toml").write_text('[corpus]\nfiles = ["p.jsonl"]\n[topics]\nrefits = 3\n')
    assert main(["config", "show", str(tmp_path / "old.toml"), "--set", "clusterer.method=capped"]) == 0
    shown = capsys.readouterr().out
    assert "resamples = 3" in shown
    assert 'method = "max_cluster_size"' in shown
    assert [record.levelno for record in caplog.records] == [logging.WARNING] * 2


@pytest.mark.parametrize(
    ("section", "settings", "suggested"),
    [
        ("topics", {"resample": 3}, "resamples"),
        ("topics", {"seeds": SEEDED}, "seeded"),
        ("corpus", {"deduplicate": "keep"}, "deduplication"),
        ("topics", {"Refits": 3}, ""),
    ],
)
def test_a_misspelt_setting_is_still_refused(section, settings, suggested):
    with pytest.raises(ConfigError, match="unknown key") as problem:
        config_of((section, settings))
    assert f"did you mean {suggested}" in str(problem.value) or not suggested


@pytest.fixture(scope="module")
def atlas(tmp_path_factory):
    return run_once(tmp_path_factory.mktemp("old-names"), planted_papers(["glaciers", "bees", "bread"], 15))


def test_diverse_is_mmr_on_the_command_line(atlas, capsys):
    query = ["similar", str(atlas.folder), "--id", "bees-1", "-k", "8", "--json"]
    answers = []
    for options in (["--mmr", "0.6"], ["--diverse", "0.6"], []):
        assert main([*query, *options]) == 0
        answers.append(capsys.readouterr())
    current, old, without = answers
    assert old.out == current.out != without.out
    assert current.err == ""
    assert old.err == "paperatlas: --diverse is now called --mmr; the old name works in this release only\n"
    main(["similar", "--help"])
    assert "--diverse" not in capsys.readouterr().out


def test_colour_by_trust_is_by_preservation(atlas, tmp_path, capsys):
    pictures = []
    for name in ("preservation", "trust"):
        file = tmp_path / f"{name}.svg"
        assert main(["map", str(atlas.folder), "--svg", str(file), "--color-by", name]) == 0
        pictures.append(file.read_bytes())
        notice = capsys.readouterr().err
    assert pictures[0] == pictures[1]
    assert notice.count("\n") == 1
    assert "trust is now called --color-by preservation" in notice


def test_the_key_diverse_is_mmr_in_the_api(atlas, caplog):
    with TestClient(create_app(atlas), base_url="http://localhost") as client:

        def answer(**keys):
            caplog.clear()
            return client.post("/api/v1/similar", json={"id": "bees-1", "k": 8} | keys)

        current = answer(mmr=0.6).json()
        assert caplog.messages == []
        assert answer(diverse=0.6).json() == current != answer().json()
        assert answer(diverse=0.1, mmr=0.6).json() == current
        assert [message for message in caplog.messages if "diverse is now called mmr" in message] == caplog.messages
        assert len(caplog.messages) == 1
        assert "less than or equal to 1" in answer(diverse=3).json()["detail"]
        assert answer(divers=0.6).status_code == 422
        assert "diverse" not in client.get("/api/v1/openapi.json").text
