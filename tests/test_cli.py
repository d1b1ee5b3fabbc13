"""The command line: what is shown, and which exit code it ends with."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time

import pytest

from pipeline import Atlas
from pipeline.atlas import load_run
from pipeline.cli import main
from pipeline.version import __version__
from tests.conftest import REPOSITORY
from tests.planted import planted_papers, write_jsonl

QUICK = "[topics]\nresamples = 0\n[map]\nhtml = false\n"
TOPICS = ("glaciers", "bees")
MINE = f'[corpus]\nfiles = ["p.jsonl"]\n[embedding]\nbackend = "tfidf"\n{QUICK}'


def write_planted(folder):
    write_jsonl(folder / "p.jsonl", planted_papers(TOPICS, 12))
    (folder / "mine.toml").write_text(MINE)


@pytest.fixture
def planted(tmp_path, monkeypatch):
    """A folder with a small config and its papers, as the working directory."""
    monkeypatch.chdir(tmp_path)
    write_planted(tmp_path)
    return tmp_path


@pytest.fixture(scope="module")
def with_run(tmp_path_factory, session_cache):
    """Such a folder after its run."""
    folder = tmp_path_factory.mktemp("cli")
    write_planted(folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setenv("PAPERATLAS_CACHE", str(session_cache))
        assert main(["run", "mine.toml", "-q"]) == 0
    return folder


@pytest.fixture
def planted_run(with_run, tmp_path, monkeypatch):
    """A copy of that folder, as the working directory."""
    monkeypatch.chdir(shutil.copytree(with_run, tmp_path / "copy"))
    return tmp_path / "copy"


def test_run_shows_topics_and_the_folder_then_says_up_to_date(planted, capsys):
    (planted / "mine.toml").write_text(MINE.removesuffix(QUICK))  # every stage as by default
    assert main(["run", "mine.toml"]) == 0
    shown = capsys.readouterr().out
    assert "24 rows read = 24 papers + 0 duplicates + 0 rejected" in shown
    assert "Atlas: outputs/mine/" in shown
    assert main(["run", "mine.toml"]) == 0
    assert "outputs/mine is up to date" in capsys.readouterr().out
    assert main(["run", "mine.toml", "--force", "--quiet"]) == 0
    captured = capsys.readouterr()
    assert captured.err == ""


def test_output_takes_any_name(planted, capsys):
    assert main(["run", "mine.toml", "-q", "--output", "run 😀 'quoted'"]) == 0
    assert (planted / "run 😀 'quoted'" / "manifest.json").exists()


def test_json_of_run_topics_and_similar_can_be_read_by_programs(planted, capsys):
    main(["run", "mine.toml", "--json"])
    summary = json.loads(capsys.readouterr().out)
    assert summary["counts"]["kept"] == 24
    main(["topics", "mine", "--json"])
    assert json.loads(capsys.readouterr().out) == summary["topics"]
    main(["similar", "mine", "--id", "bees-3", "-k", "4", "--json"])
    found = json.loads(capsys.readouterr().out)
    assert found["query"] == {"id": "bees-3"}
    expected = Atlas(load_run("mine")).similar("bees-3", k=4)
    assert [result["id"] for result in found["results"]] == [result.id for result in expected]


def test_similar_shows_the_ids_in_rank_order(planted_run, capsys):
    main(["similar", "outputs/mine", "--id", "bees-3"])
    shown = re.findall(r"(?:bees|glaciers)-\d+", capsys.readouterr().out)
    assert shown == [result.id for result in Atlas(load_run("mine")).similar("bees-3", k=10)]


def test_assign_answers_every_row_in_its_order(planted_run, capsys):
    new = [
        {"id": "n1", "title": "Honeybee hive", "abstract": "Pollen and nectar."},
        {"id": "n2", "title": ""},
        planted_papers(["glaciers"], 1)[0] | {"id": "n3"},
    ]
    write_jsonl(planted_run / "new.jsonl", new)
    assert main(["assign", "mine", "new.jsonl"]) == 0
    answers = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [answer["id"] for answer in answers] == ["n1", "n2", "n3"]
    atlas = load_run("mine")
    topic = atlas.column("nearest_topic").to_pylist()
    glaciers, bees = ({topic[atlas.ids.row(f"{name}-{number}")] for number in range(12)} for name in TOPICS)
    assert answers[0]["nearest_topic"] in bees - glaciers
    assert answers[1]["rejected"] == "no title and no abstract"
    assert answers[2]["known_as"] == "glaciers-0"


def test_verify_ends_with_1_for_damage_and_names_the_file(planted_run, capsys):
    assert main(["verify", "mine"]) == 0
    path = planted_run / "outputs" / "mine" / "topics.json"
    path.write_text(path.read_text().replace("bees", "wasps"))
    capsys.readouterr()
    assert main(["verify", "mine"]) == 1
    assert "topics.json: sha256" in capsys.readouterr().err


def test_config_show_schema_and_default(planted, capsys):
    assert main(["config", "show", "mine.toml", "--set", "reducer.n_neighbors=7"]) == 0
    assert "n_neighbors = 7" in capsys.readouterr().out
    assert main(["config", "schema"]) == 0
    assert json.loads(capsys.readouterr().out)["title"] == "Config"
    assert main(["config", "default"]) == 0
    assert capsys.readouterr().out == (REPOSITORY / "configs" / "default.toml").read_text()


def test_cache_info_and_clear(planted, capsys, monkeypatch, empty_cache):
    monkeypatch.setenv("PAPERATLAS_CACHE", str(planted / "cache"))
    assert main(["cache", "info"]) == 0
    assert "0.0 MB" in capsys.readouterr().out
    assert empty_cache() == planted / "cache"
    (planted / "model.toml").write_text(f'[corpus]\nfiles = ["p.jsonl"]\n{QUICK}')
    main(["run", "model.toml", "-q"])
    capsys.readouterr()
    main(["cache", "info", "--json"])
    assert json.loads(capsys.readouterr().out)["spaces"][0]["vectors"] == 24
    assert main(["cache", "clear"]) == 0
    main(["cache", "info", "--json"])
    assert json.loads(capsys.readouterr().out.split("deleted\n")[1])["spaces"] == []


def test_version(capsys):
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"paperatlas {__version__}\n"


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["run", "absent.toml"], "absent.toml: no such config file"),
        (["run", "mine.toml", "--set", "reducer.n_neighbours=5"], "unknown key; did you mean n_neighbors?"),
        (["run", "mine.toml", "--set", 'corpus.files=["gone.csv"]'], "gone.csv: no such file"),
        (["run", "mine.toml", "--set", 'corpus.files=["empty.csv"]'], "empty.csv: empty, no paper to read"),
        (
            ["run", "mine.toml", "--set", "embedding.backend=openvino", "--set", "embedding.model=./no"],
            "no such folder",
        ),
        (["topics", "nothing"], "nothing: no manifest.json; run 'paperatlas run CONFIG' first"),
        (["similar", "nothing", "--id", "x"], "no manifest.json"),
        (["verify", "."], "no manifest.json"),
    ],
)
def test_mistakes_are_one_line_and_exit_2(planted, capsys, arguments, expected):
    (planted / "empty.csv").write_text("")
    assert main(arguments) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("paperatlas: ")
    assert captured.err.count("\n") == 1
    assert expected in captured.err
    assert not (planted / "outputs" / "mine").exists()


@pytest.mark.parametrize("arguments", [["nonsense"], ["run"], ["search", "x"], ["run", "a.toml", "--no-such-option"]])
def test_wrong_usage_is_exit_2_and_names_the_help(capsys, arguments):
    assert main(arguments) == 2
    assert "--help" in capsys.readouterr().err


def test_texts_of_papers_cannot_steer_the_terminal(planted, capsys):
    hostile = "\x1b[2J\x1b]0;owned\x07 [red]Bees[/red] \u202egnp.exe"
    papers = [
        *planted_papers(TOPICS, 12),
        {"id": "evil\x1b[31m", "title": hostile, "abstract": "hive bees pollen"},
    ]
    write_jsonl(planted / "p.jsonl", papers)
    main(["run", "mine.toml", "-q"])
    main(["similar", "mine", "--id", "bees-1", "-k", "24"])
    shown = capsys.readouterr().out
    assert "[red]Bees[/red]" in shown.replace("\n", " ")
    assert not re.search("[\x1b\x07\u202e]", shown)


def test_ctrl_c_ends_with_130_keeps_vectors_and_leaves_no_folder(tmp_path, session_cache):
    papers = planted_papers(["glaciers", "bees", "bread", "violins"], 2000)
    write_jsonl(tmp_path / "p.jsonl", papers)
    (tmp_path / "big.toml").write_text('[corpus]\nfiles = ["p.jsonl"]\n')
    environment = os.environ | {"PAPERATLAS_CACHE": str(tmp_path / "cache"), "PYTHONPATH": str(REPOSITORY)}
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache" / "compiled").symlink_to(session_cache / "compiled")
    # A shell's background jobs, and what they start, ignore Ctrl-C; here it must arrive.
    script = (
        "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler);"
        " from pipeline.cli import main; sys.exit(main(['run', 'big.toml']))"
    )
    command = [sys.executable, "-c", script]
    with subprocess.Popen(command, cwd=tmp_path, env=environment, stderr=subprocess.PIPE, text=True) as process:
        deadline = time.monotonic() + 120
        while not any(p.stat().st_size for p in (tmp_path / "cache").glob("vectors/*/*.vectors")):
            assert time.monotonic() < deadline
            assert process.poll() is None
            time.sleep(0.1)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert errors.strip().splitlines()[-1].startswith("paperatlas: stopped")
    assert "Traceback" not in errors
    assert list((tmp_path / "outputs").glob("[!.]*")) == []


def test_queries_load_no_model_and_no_heavy_library(planted_run):
    script = (
        "import sys; from pipeline.cli import main; main(['similar', 'mine', '--id', 'bees-1']);"
        " heavy = {'torch', 'transformers', 'sentence_transformers', 'sklearn', 'umap', 'hdbscan', 'numba', 'scipy',"
        " 'matplotlib', 'openvino', 'tokenizers', 'pandas'} & set(sys.modules);"
        " assert not heavy, heavy"
    )
    environment = os.environ | {"PYTHONPATH": str(REPOSITORY)}
    subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, cwd=planted_run, env=environment)


def test_embedding_a_text_makes_no_connection_and_no_file_in_the_home(planted):
    """OpenVINO reports its use unless its telemetry is out of reach; here any socket or file at home would show."""
    (planted / "model.toml").write_text(f'[corpus]\nfiles = ["p.jsonl"]\n{QUICK}')
    home = planted / "home"
    home.mkdir()
    script = (
        "import socket, sys\n"
        "def refuse(*where, **__): open('connections', 'a').write(repr(where)); raise OSError('no network')\n"
        "socket.socket.connect = socket.socket.connect_ex = socket.getaddrinfo = refuse\n"
        "from pipeline.cli import main\n"
        "assert main(['run', 'model.toml', '-q']) == 0\n"
        "assert main(['assign', 'model', 'p.jsonl']) == 0\n"
        "assert sys.modules.get('openvino_telemetry') is None\n"
    )
    environment = {key: value for key, value in os.environ.items() if not key.startswith("HF_")}
    environment |= {"PYTHONPATH": str(REPOSITORY), "HOME": str(home), "PAPERATLAS_CACHE": str(planted / "cache")}
    subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, cwd=planted, env=environment)
    assert not (planted / "connections").exists(), (planted / "connections").read_text()
    left = {path.relative_to(home).as_posix() for path in home.rglob("*") if path.is_file()}
    assert all(name.startswith((".cache/matplotlib/", ".cache/fontconfig/")) for name in left), left
