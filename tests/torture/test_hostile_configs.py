"""Configs that a stranger wrote to do harm: done or refused in one line; nothing beside the run's folder changes."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from pipeline.cli import main
from tests.planted import planted_papers, write_jsonl
from tests.torture.progress_log import unfinished
from tests.torture.test_hostile_models import LONGEST_LINE, MOST_MEMORY, environment, wait_for

FILES = '[corpus]\nfiles = ["p.jsonl"]\n'
CHEAP = '[embedding]\nbackend = "tfidf"\n[topics]\nresamples = 0\n'
USUAL = FILES + CHEAP + "[map]\nhtml = false\n"
MARKUP = "</script><img src=x onerror=alert(1)>"
ESCAPES = r"\u001b]0;owned\u0007\u001b[2J\u202e%s%n{0.__class__}"
CONFIGS = {
    "output at the root": USUAL + '[output]\nfolder = "/"\n',
    "output above": USUAL + '[output]\nfolder = "../.."\n',
    "output here": USUAL + '[output]\nfolder = "."\n',
    "output in the system": USUAL + '[output]\nfolder = "/proc/self"\n',
    "output a device": USUAL + '[output]\nfolder = "/dev/null"\n',
    "output a device's folder": USUAL + '[output]\nfolder = "/dev/null/x"\n',
    "output the papers": USUAL + '[output]\nfolder = "p.jsonl"\n',
    "output somebody's": USUAL + '[output]\nfolder = "theirs"\n',
    "output in a home": USUAL + '[output]\nfolder = "~/.ssh"\n',
    "output long": USUAL + f'[output]\nfolder = "{"x" * 5_000}"\n',
    "output deep": USUAL + f'[output]\nfolder = "{"x/" * 1_500}"\n',
    "output of nothing": USUAL + '[output]\nfolder = ""\n',
    "output with escapes": USUAL + f'[output]\nfolder = "{ESCAPES}"\n',
    "name above": 'name = "../../x"\n' + USUAL,
    "name of an option": 'name = "--help"\n' + USUAL,
    "name long": f'name = "{"x" * 300}"\n' + USUAL,
    "name with escapes": f'name = "{ESCAPES}"\n' + USUAL,
    "name a list": "name = [[[]]]\n" + USUAL,
    "files everywhere": USUAL.replace("p.jsonl", "/**/*"),
    "files above": USUAL.replace("p.jsonl", "../" * 200 + "etc/passwd"),
    "files of the kernel": USUAL.replace("p.jsonl", "/proc/self/mem"),
    "files of another process": USUAL.replace("p.jsonl", "/proc/1/environ"),
    "files a regular expression": USUAL.replace("p.jsonl", "[" * 5_000),
    "files many": USUAL.replace('["p.jsonl"]', str([f"{n}.jsonl" for n in range(20_000)]).replace("'", '"')),
    "files one ten thousand times": USUAL.replace('["p.jsonl"]', str(["p.jsonl"] * 10_000).replace("'", '"')),
    "files an address": USUAL.replace("p.jsonl", "http://127.0.0.1:9/p.jsonl"),
    "files a command": USUAL.replace("p.jsonl", "$(touch executed)`touch executed`|touch executed"),
    "files an archive that grows": USUAL.replace("p.jsonl", "bomb.jsonl.gz"),
    "encoding a codec that computes": USUAL.replace("[embedding]", 'encoding = "zlib_codec"\n[embedding]'),
    "encoding a module": USUAL.replace("[embedding]", 'encoding = "os.path"\n[embedding]'),
    "encoding undefined": USUAL.replace("[embedding]", 'encoding = "undefined"\n[embedding]'),
    "encoding of domains": USUAL.replace("[embedding]", 'encoding = "idna"\n[embedding]'),
    "fields with dunders": USUAL.replace("[embedding]", '[corpus.fields]\ntitle = "__class__"\n[embedding]'),
    "model above": FILES + '[embedding]\nmodel = "../../../../etc"\n',
    "model an address": FILES + '[embedding]\nmodel = "http://127.0.0.1:9/x"\n',
    "model with a revision above": FILES + '[embedding]\nmodel = "a/b"\nrevision = "../../x"\n',
    "model with escapes": FILES + f'[embedding]\nmodel = "{ESCAPES}"\n',
    "vectors a pickle": FILES + '[embedding]\nbackend = "vectors"\nvectors = "pickle.npy"\n',
    "vectors of petabytes": FILES + '[embedding]\nbackend = "vectors"\nvectors = "vast.npy"\n',
    "vectors the papers": FILES + '[embedding]\nbackend = "vectors"\nvectors = "p.jsonl"\n',
    "numbers that are none": USUAL + "[similar]\ndense = nan\n",
    "numbers without end": USUAL + "[similar]\ndense = inf\n",
    "numbers vast": "seed = 99999999999999999999999999\n" + USUAL,
    "a map of petabytes": USUAL + "width = 100000000\nheight = 100000000\n",
    "a title of markup": USUAL + f'title = "{MARKUP}{ESCAPES}"\n',
    "a title of formulas": USUAL + r'title = "$\\frac{$ \\input{/etc/passwd} $x^{2^{2^{2}}}$"' + "\n",
    "stop words by the thousand": USUAL.replace(
        "resamples", f"stop_words = {['w' * 9 + str(n) for n in range(9_000)]}\nresamples"
    ),
    "seeded by the thousand": USUAL
    + "[topics.seeded]\n"
    + "".join(f'"t{n}" = "ice and bees {n}"\n' for n in range(3_000)),
    "chat with files": USUAL + '[topics.chat]\nurl = "file:///etc/passwd"\nmodel = "m"\n',
    "chat with the cloud's own": USUAL + '[topics.chat]\nurl = "http://169.254.169.254/latest"\nmodel = "m"\n',
    "chat with a secret": USUAL
    + '[topics.chat]\nurl = "http://u:p@127.0.0.1:9/"\nmodel = "m"\nkey_variable = "PATH"\n',
    "a baseline that is itself": 'baseline = "mine"\n' + USUAL,
    "a baseline above": 'baseline = "../../../../etc"\n' + USUAL,
    "a baseline of somebody": 'baseline = "theirs"\n' + USUAL,
    "an edit of nobody": USUAL + '[[topics.edits.rename]]\ntopic_of = "nobody"\nlabel = "x"\n',
    "edits by the thousand": USUAL + '[[topics.edits.pin]]\npapers = ["bees-0"]\ntopic_of = "glaciers-0"\n' * 3_000,
    "all in one line": "\r".join(USUAL.splitlines()),
    "a mark before": "\ufeff" + USUAL,
}
IN_CI = [*list(CONFIGS)[::5], "output deep"]


def prepare(folder: Path, name: str) -> Path:
    """A folder with papers, somebody's folder, files that do harm, and the config."""
    place = folder / "one" / "two"
    place.mkdir(parents=True)
    write_jsonl(place / "p.jsonl", planted_papers(["glaciers", "bees"], 3))
    (place / "theirs").mkdir()
    (place / "theirs" / "thesis.txt").write_text("do not touch")
    np.save(place / "pickle.npy", np.array([{}], dtype=object), allow_pickle=True)
    header = "{'descr': '<f4', 'fortran_order': False, 'shape': (6, 100000000000000), }\n"
    (place / "vast.npy").write_bytes(b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header.encode())
    (place / "bomb.jsonl.gz").write_bytes(bomb())
    (place / "mine.toml").write_bytes(CONFIGS[name].encode(errors="surrogatepass"))
    return place


def bomb() -> bytes:
    """256 MB of one line in 256 KB."""
    import gzip
    import io

    packed = io.BytesIO()
    with gzip.GzipFile(fileobj=packed, mode="wb", mtime=0) as file:
        for _ in range(256):
            file.write(b" " * 2**20)
    return packed.getvalue()


def outside(folder: Path) -> dict[str, bytes]:
    """The files around that no run may touch."""
    kept = [
        path
        for path in folder.rglob("*")
        if path.is_file() and "outputs" not in path.parts and "cache" not in path.parts
    ]
    return {str(path): path.read_bytes() for path in kept if path.name != "told"}


def check(name: str, problem: str, code: int, place: Path) -> None:
    assert code in (0, 2), (name, code, problem)
    assert "Traceback" not in problem
    assert "\x1b" not in problem
    assert not list(place.rglob("executed"))
    if code == 2:
        assert problem.count("\n") == 1, problem
        assert len(problem) < LONGEST_LINE


@pytest.mark.parametrize("name", IN_CI)
def test_a_hostile_config_is_done_or_refused_in_one_line(name, tmp_path, monkeypatch, capsys):
    place = prepare(tmp_path, name)
    monkeypatch.chdir(place)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    before = outside(tmp_path)
    code = main(["run", "mine.toml", "--quiet"])
    check(name, capsys.readouterr().err, code, place)
    after = outside(tmp_path)
    assert {path: after.get(path) for path in before} == before


@pytest.mark.torture
def test_every_hostile_config_in_a_process_of_its_own(tmp_path_factory):
    problems = {}
    for name in unfinished("hostile configs", CONFIGS):
        folder = tmp_path_factory.mktemp("config")
        place = prepare(folder, name)
        before = outside(folder)
        command = [sys.executable, "-m", "pipeline", "run", "mine.toml", "--quiet"]
        told = folder / "told"
        with told.open("wb") as file:
            process = subprocess.Popen(
                command, cwd=place, stdout=subprocess.DEVNULL, stderr=file, env=environment(place)
            )
            _, memory = wait_for(process)
        try:
            check(name, told.read_text(), process.returncode, place)
            assert memory < MOST_MEMORY, f"{memory / 2**20:.0f} MB"
            after = outside(folder)
            assert {path: after.get(path) for path in before} == before
        except AssertionError as problem:
            problems[name] = str(problem)[:600]
    assert not problems, "\n".join(f"{name}: {problem}" for name, problem in problems.items())
