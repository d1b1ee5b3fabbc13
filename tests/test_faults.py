"""What breaks around a run: broken text, damaged vectors and caches, odd files, full disks, signals."""

import errno
import io
import json
import os
import random
import re
import runpy
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import psutil
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from filelock import FileLock

from pipeline.atlas import load_run, verify
from pipeline.cli import main
from pipeline.cli.failures import in_words, is_refusal
from pipeline.cli.stopping import Stopping
from pipeline.config import CorpusConfig, load_config, parse_config
from pipeline.corpus import find_sources, read_corpus
from pipeline.embedding import VectorCache, cache_info, embed_texts
from pipeline.embedding.vector_cache import clear_cache
from pipeline.errors import ConfigError, CorpusError
from pipeline.workers import PREFIX, WorkerError, run_side_by_side, work_folder
from pipeline.workers.file_lock import take_lock
from tests.conftest import REPOSITORY
from tests.planted import planted_papers, write_jsonl
from tests.test_embedding import INFO, WordCounts, through_cache
from tests.torture.operations import Operations, watched
from tests.torture.tasks import short_of_memory

QUICK = '[embedding]\nbackend = "tfidf"\n[topics]\nresamples = 0\n[map]\nhtml = false\n'
GOOD = '{"id": "good", "title": "On ice", "abstract": "It melts."}\n'
HALF = "\\ud800"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder with a small config and its papers, as the working directory."""
    monkeypatch.chdir(tmp_path)
    write_jsonl(tmp_path / "p.jsonl", planted_papers(["glaciers", "bees"], 6))
    (tmp_path / "mine.toml").write_text(f'[corpus]\nfiles = ["p.jsonl"]\n{QUICK}')
    return tmp_path


def one_line(capsys, code, *, expected=2):
    """The one line on standard error of a command that ended so."""
    err = capsys.readouterr().err
    assert code == expected, err
    assert err.count("\n") == 1, err
    assert "Traceback" not in err
    assert len(err) < 1100
    return err


# --- half of a surrogate pair in one row

ROWS = {
    "id": (f'{{"id": "a{HALF}", "title": "T", "abstract": "A"}}', 1),
    "id that is a DOI": (f'{{"title": "T", "abstract": "A", "doi": "10.1000/{HALF}"}}', 1),
    "id of a row without text": (f'{{"id": "a{HALF}", "title": ""}}', 1),
    "key of a note": (f'{{"key": "a{HALF}", "itemType": "note", "title": "T"}}', 1),
    "title": (f'{{"id": "a", "title": "T{HALF}", "abstract": "A"}}', 1),
    "abstract": (f'{{"id": "a", "title": "T", "abstract": "{HALF}A"}}', 1),
    "field name": (f'{{"id": "a", "title": "T", "abstract": "A", "f{HALF}": 1}}', 0),
    "author": (f'{{"id": "a", "title": "T", "abstract": "A", "authors": ["X{HALF}", {{"name": "{HALF}"}}]}}', 0),
    "nested field": (f'{{"id": "a", "title": "T", "abstract": "A", "n": {{"b{HALF}": ["c{HALF}"]}}}}', 0),
    "reference": (f'{{"id": "a", "title": "T", "abstract": "A", "references": ["c{HALF}", {{"raw": "{HALF}"}}]}}', 0),
    "year and venue": (f'{{"id": "a", "title": "T", "abstract": "A", "year": "1{HALF}", "venue": "{HALF}"}}', 0),
    "300 fields": (
        '{"id": "a", "title": "T", "abstract": "A", ' + ", ".join(f'"f{n}{HALF}": 1' for n in range(300)) + "}",
        0,
    ),
}


@pytest.mark.parametrize("title_only", ["keep", "drop"])
@pytest.mark.parametrize("ending", ["jsonl", "json"])
@pytest.mark.parametrize("place", ROWS)
def test_half_a_surrogate_pair_costs_at_most_its_row(tmp_path, place, ending, title_only):
    row, rejected = ROWS[place]
    (tmp_path / f"p.{ending}").write_text(f"{GOOD}{row}\n" if ending == "jsonl" else f"[{GOOD},{row}]")
    corpus = read_corpus(CorpusConfig(files=(f"p.{ending}",), title_only=title_only), tmp_path)
    assert "good" in corpus.ids.ids
    assert corpus.tables.rejected.num_rows == rejected
    assert len(corpus) + rejected == corpus.tables.read == 2
    assert rejected or sum(corpus.repaired.values()) == 1  # that something was left out is told
    for table in (corpus.tables.papers, corpus.tables.rejected, corpus.tables.sources):
        table.validate(full=True)


BYTES = b"\xed\xa0\x80"


@pytest.mark.parametrize(("name", "content"), [
    ("p.jsonl", GOOD.encode() + b'{"id": "a' + BYTES + b'", "title": "T", "f' + BYTES + b'": ["' + BYTES + b'"]}\n'),
    ("p.csv", b"id,title,abstract,f\ngood,On ice,It melts.,x\na" + BYTES + b",T,A," + BYTES + b"\n"),
    ("p.ris", b"TY  - JOUR\nID  - good\nTI  - On ice\nER  - \nTY  - JOUR\nID  - " + BYTES + b"\nTI  - T\nER  - \n"),
    ("p.bib", b"@article{good, title={On ice}}\n@article{a" + BYTES + b", title={T}, author={A" + BYTES + b"}}\n"),
])  # fmt: skip
def test_bytes_of_half_a_pair_cost_at_most_their_row(tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    corpus = read_corpus(CorpusConfig(files=(name,)), tmp_path)
    assert "On ice" in corpus.tables.papers.column("title").to_pylist()
    assert len(corpus) + corpus.tables.rejected.num_rows == corpus.tables.read == 2


def test_a_run_over_all_such_rows_is_intact_and_accounts_for_them(folder, capsys):
    with (folder / "p.jsonl").open("a") as file:
        file.writelines(
            row.replace('"id": "a', f'"id": "{number}') + "\n" for number, (row, _) in enumerate(ROWS.values())
        )
    assert main(["run", "mine.toml", "-q"]) == 0
    counts = load_run("mine").manifest.counts
    assert counts.read == 12 + len(ROWS)
    assert counts.rejected == sum(rejected for _, rejected in ROWS.values())
    assert verify(folder / "outputs" / "mine") == []
    for command in (["inspect", "p.jsonl"], ["assign", "mine", "p.jsonl"], ["add", "mine", "p.jsonl"],
                    ["export", "mine", "all.ris"], ["export", "mine", "all.jsonl"]):  # fmt: skip
        capsys.readouterr()
        assert main(command) == 0, capsys.readouterr().err


# --- own vectors that are cut or damaged


def bytes_of(save, *arrays):
    buffer = io.BytesIO()
    save(buffer, *arrays)
    return buffer.getvalue()


VECTORS = np.eye(12, dtype=np.float32)
NPY, NPZ = bytes_of(np.save, VECTORS), bytes_of(np.savez, VECTORS)


def header(text):
    line = text.encode().ljust(117) + b"\n"
    return b"\x93NUMPY\x01\x00" + len(line).to_bytes(2, "little") + line + VECTORS.tobytes()


DAMAGED = {
    **{f"cut at {place}": NPY[:place] for place in (0, 1, 5, 6, 8, 9, 10, 60, 127, 128, 300, len(NPY) - 1)},
    **{f"npz cut at {place}": NPZ[:place] for place in (4, 50, 300, len(NPZ) - 1)},
    "npz": NPZ,
    "no header": b"\x93NUMPY\x01\x00" + b"\xff" * 40,
    "open bracket": header("{'descr': '<f4', 'fortran_order': False, 'shape': (12, 12"),
    "python 2": header("{'descr': '<f4', 'fortran_order': False, 'shape': (12L, 13L"),
    "huge": header("{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999, 12), }"),
    "negative": header("{'descr': '<f4', 'fortran_order': False, 'shape': (-12, 12), }"),
    "bytes as keys": header("{b'descr': '<f4', 'fortran_order': False, 'shape': (12, 12), }"),
    "objects": header("{'descr': '|O', 'fortran_order': False, 'shape': (12, 12), }"),
    "text": b"1,2,3\n",
}


@pytest.mark.parametrize("damage", DAMAGED)
def test_damaged_vectors_are_one_line_and_exit_2(folder, capsys, damage):
    (folder / "v.npy").write_bytes(DAMAGED[damage])
    code = main(["run", "mine.toml", "-q", "--set", "embedding.backend=vectors", "--set", "embedding.vectors=v.npy"])
    assert "v.npy: " in one_line(capsys, code)


def test_whole_vectors_are_read(folder, capsys):
    (folder / "v.npy").write_bytes(NPY)
    arguments = ["run", "mine.toml", "-q", "--set", "embedding.backend=vectors", "--set", "embedding.vectors=v.npy"]
    assert main(arguments) == 0
    assert (np.sort(np.abs(load_run("mine").vectors), axis=1)[:, -1] == 1).all()


@pytest.mark.parametrize("size", [0, 3, 4, 100, -9, -1])
def test_a_cut_parquet_file_of_vectors_is_one_line(folder, capsys, size):
    papers = [paper | {"vec": [1.0, 0.5]} for paper in planted_papers(["bees"], 6)]
    pq.write_table(pa.Table.from_pylist(papers), folder / "p.parquet")
    (folder / "p.parquet").write_bytes((folder / "p.parquet").read_bytes()[:size])
    arguments = ["run", "mine.toml", "-q", "--set", 'corpus.files=["p.parquet"]', "--set", "embedding.backend=vectors"]
    assert "p.parquet: " in one_line(capsys, main([*arguments, "--set", "embedding.vectors_column=vec"]))


# --- failures of the machine, anywhere in a command


@pytest.mark.parametrize(("problem", "shown"), [
    (EOFError("No data left in file"), "a file ends before its content does"),
    (MemoryError(), "not enough memory; read fewer papers"),
    (np._core._exceptions._ArrayMemoryError((9, 9), np.dtype(float)), "not enough memory; read fewer papers"),
    (pa.ArrowMemoryError("malloc of size 64 failed"), "not enough memory"),
    (RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory"), "not enough memory"),
    (RuntimeError("std::bad_alloc"), "not enough memory"),
    (OSError("Could not find/load shared object file 'libx.so'"), "not enough memory"),
    (FileNotFoundError(errno.ENOENT, "No such file", "out of memory.ris"), "out of memory.ris: No such file"),
    (ImportError("libx.so: failed to map segment from shared object"), "not enough memory"),
    (WorkerError("a worker process failed: MemoryError"), "not enough memory"),
    (WorkerError("a worker process failed: it was stopped"), "a worker process failed: it was stopped; run again"),
    (OSError(errno.ENOSPC, "No space left on device", "x.npy"), "x.npy: No space left on device; free some space"),
    (OSError(errno.EIO, "Input/output error"), "a file cannot be read or written: Input/output error; the disk may"),
    (PermissionError(errno.EACCES, "Permission denied", b"dir\xff"), "dir\ufffd: Permission denied; look at its"),
    (RuntimeError("Symlink loop from '/a/b'"), "'/a/b': links that lead in a circle"),
])  # fmt: skip
def test_what_the_machine_refuses_is_one_line_and_exit_2(folder, capsys, monkeypatch, problem, shown):
    import pipeline.build.run

    def refuse(*_, **__):
        raise problem

    monkeypatch.setattr(pipeline.build.run, "build_atlas", refuse)
    assert shown in one_line(capsys, main(["run", "mine.toml", "-q"]))


def test_a_mistake_of_the_program_itself_is_not_hidden(folder, monkeypatch):
    import pipeline.build.run

    def wrong(*_, **__):
        raise ValueError("rows do not fit")

    monkeypatch.setattr(pipeline.build.run, "build_atlas", wrong)
    with pytest.raises(ValueError, match="rows do not fit"):
        main(["run", "mine.toml", "-q"])
    assert not is_refusal(RuntimeError("rows do not fit"))
    assert not is_refusal(ImportError("no module named x"))


def test_the_line_for_memory_names_settings_that_exist():
    """Each dotted name in it is a setting; the override below would be refused otherwise."""
    line = str(in_words(MemoryError()))
    names = re.findall(r"[a-z]+\.[a-z_]+", line)
    assert len(names) >= 3
    given = {"corpus.files": ["x"], "embedding.sentences": False, "topics.resamples": 0, "neighbours.k": 5}
    settings = {}
    for name in names:
        section, key = name.split(".")
        settings.setdefault(section, {})[key] = given[name]
    assert parse_config(settings, Path("x.toml")).neighbours.k == 5


# --- files that are none


@pytest.fixture
def odd(folder):
    """A pipe, a socket, links in a circle, by what they are."""
    os.mkfifo(folder / "pipe")
    (folder / "loop").symlink_to(folder / "loop")
    (folder / "a").mkdir()
    (folder / "a" / "b").symlink_to(folder / "a")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind("socket")
        yield folder


@pytest.mark.parametrize(
    "name", ["/dev/zero", "/dev/urandom", "pipe", "socket", "loop", "a", "a/b/b/b", "s*", "**/*.x"]
)
def test_what_is_no_file_is_refused_in_one_line_and_read_by_nothing(odd, capsys, name):
    start = time.monotonic()
    for arguments in (
        ["run", "mine.toml", "-q", "--set", f'corpus.files=["{name}"]'],
        ["inspect", name],
        ["run", name],
        ["run", "mine.toml", "-q", "--set", "embedding.backend=vectors", "--set", f"embedding.vectors={name}"],
    ):
        one_line(capsys, main(arguments))
    assert time.monotonic() - start < 20


def test_pipes_and_circles_in_a_folder_of_papers_are_passed_over(odd):
    inside = odd / "a"
    os.mkfifo(inside / "pipe.jsonl")
    (inside / "good.jsonl").write_text(GOOD)
    assert [source.name for source in find_sources(["a", "a/*", "a/b/*/*.jsonl"], odd)] == ["good.jsonl"] * 2


@pytest.mark.parametrize("output", ["loop", "loop/x", "a/../loop/run", "pipe", "socket/x"])
def test_an_output_that_leads_nowhere_is_one_line(odd, capsys, output):
    one_line(capsys, main(["run", "mine.toml", "-q", "--output", output]))
    one_line(capsys, main(["topics", f"./{output}"]))


CONFIGS = {
    "NUL in a file": (b'[corpus]\nfiles = ["a\\u0000b"]\n', 'corpus.files[0] = "a\\u0000b": holds a NUL character'),
    "NUL in a folder": (b'[corpus]\nfiles = ["a"]\n[output]\nfolder = "a\\u0000b"\n', "output.folder = "),
    "NUL in a key": (b'[corpus]\nfiles = ["a"]\n[topics.seeded]\n"a\\u0000" = "x"\n', "holds a NUL character"),
    "lists": (b"a = " + b"[" * 10_000 + b"]" * 10_000, "nested too deeply"),
    "tables": (b"a = " + b"{a = " * 10_000 + b"1" + b"}" * 10_000, "nested too deeply"),
    "fewer lists": (b'[corpus]\nfiles = ["a"]\nx = ' + b"[" * 100 + b"]" * 100, "corpus.x: lists or tables nested"),
    "dotted key": (b"a" + b".a" * 200_000 + b" = 1", "a key of more than 50 parts"),
    "quoted key": (b"['a'" + b'."a"' * 100_000 + b"]", "a key of more than 50 parts"),
    "digits": (b"seed = " + b"9" * 5_000, "not valid TOML"),
    "long key": (b"[corpus]\n" + b"x" * 500_000 + b" = 1", "unknown key"),
    "bytes": (b"\xff\xfe", "not UTF-8 text (byte 0)"),
}


@pytest.mark.parametrize("name", CONFIGS)
def test_configs_that_cannot_be_are_one_short_line_at_once(folder, capsys, name):
    content, shown = CONFIGS[name]
    (folder / "odd.toml").write_bytes(content)
    start = time.monotonic()
    line = one_line(capsys, main(["run", "odd.toml"]))
    assert time.monotonic() - start < 10
    assert shown in line


def test_a_config_of_100_mb_is_not_read(folder, capsys):
    with (folder / "odd.toml").open("wb") as file:
        file.truncate(100_000_000)
    assert "larger than 1 MB; is this a config, or the papers?" in one_line(capsys, main(["run", "odd.toml"]))


def test_overrides_are_held_to_the_same(folder):
    for override, shown in (
        ("output.folder=a\0b", "holds a NUL"),
        ("map.title=\udcff", "no UTF-8 text"),
        ("x=" + "[" * 10_000 + "]" * 10_000, "unknown key"),
        ("topics" + ".a" * 900 + "=1", "nested too deeply"),
    ):
        with pytest.raises(ConfigError, match=shown):
            load_config("mine.toml", (override,))


def test_a_long_text_in_a_config_is_read_in_a_moment(folder):
    (folder / "mine.toml").write_text(f'[corpus]\nfiles = ["p.jsonl"]\n[map]\ntitle = "{"x" * 900_000}"\n')
    start = time.monotonic()
    assert len(load_config("mine.toml").map.title) == 900_000
    assert time.monotonic() - start < 5


@pytest.mark.parametrize(
    "arguments", [["topics", 60_000 * "x"], ["run", 60_000 * "y"], ["similar", "r", "--id", 60_000 * "é"]]
)
def test_lines_are_cut_in_their_middle(folder, capsys, arguments):
    line = one_line(capsys, main(arguments))
    assert "…" in line or len(line) < 300


def test_a_wrong_word_of_60_000_letters_is_cut_as_well(capsys):
    assert main([60_000 * "x"]) == 2
    assert len(capsys.readouterr().err) < 1500


def test_a_refused_folder_gets_no_lock(folder, capsys):
    (folder / "thesis").mkdir()
    (folder / "thesis" / "chapter.tex").write_text("precious")
    assert "is no run folder" in one_line(capsys, main(["run", "mine.toml", "-q", "--output", "thesis"]))
    assert sorted(path.name for path in folder.iterdir()) == ["mine.toml", "p.jsonl", "thesis"]


@pytest.fixture
def no_locks(monkeypatch):
    """File systems that know no locks, as some of clusters are."""

    def flock(*_):
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))

    monkeypatch.setattr("fcntl.flock", flock)


@pytest.mark.usefixtures("no_locks")
def test_a_file_system_without_locks_is_told_not_taken_for_another_run(folder, capsys):
    for _ in range(2):
        line = one_line(capsys, main(["run", "mine.toml", "-q"]))
        assert "outputs/mine: cannot be written: its file system knows no locks; choose another folder" in line


@pytest.mark.usefixtures("no_locks")
def test_a_folder_of_temporary_files_without_locks_is_told(tmp_path):
    with pytest.raises(OSError, match="knows no locks") as problem, work_folder(tmp_path):
        pass
    assert "choose another folder" in str(in_words(problem.value))


@pytest.mark.parametrize("there", [True, False])
def test_a_link_in_place_of_a_lock_is_refused_and_left_alone(folder, capsys, there):
    precious = folder / "precious"
    if there:
        precious.write_text("precious")
        os.utime(precious, ns=(0, 0))
    (folder / "outputs").mkdir()
    (folder / "outputs" / ".mine.lock").symlink_to(precious)
    assert "cannot be written" in one_line(capsys, main(["run", "mine.toml", "-q"]))
    assert precious.exists() == there
    assert not there or (precious.read_text(), precious.stat().st_mtime_ns) == ("precious", 0)


# --- archives


def test_no_damaged_archive_is_a_traceback(tmp_path):
    import zipfile

    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.jsonl", GOOD * 20)
    rng, outcomes = random.Random(5), set()
    for _ in range(600):
        content = bytearray(buffer.getvalue())
        for _ in range(rng.randint(1, 3)):
            content[rng.randrange(4, len(content))] = rng.randrange(256)
        (tmp_path / "p.zip").write_bytes(content)
        try:
            for source in find_sources(["p.zip"], tmp_path):
                source.read_whole()
            outcomes.add("read")
        except CorpusError as problem:
            outcomes.add("refused" if "p.zip" in str(problem) else str(problem))
    assert outcomes == {"read", "refused"}


# --- the cache of vectors

TEXTS = ["ice ice bee", "oak", "sea sea ice", "bee", "oak sea"]


def fresh(texts=TEXTS):
    return embed_texts(texts, WordCounts(), sentences=True)


def segment(cache, ending="vectors"):
    return sorted(cache.glob(f"*/*.{ending}"))[0]


def replaced_by_a_folder(path):
    path.unlink()
    path.mkdir()
    (path / "mine.txt").write_text("precious")


def flip(path, seed=0):
    content = bytearray(path.read_bytes())
    rng = random.Random(seed)
    for _ in range(3):
        content[rng.randrange(len(content))] ^= 1 << rng.randrange(8)
    path.write_bytes(content)


def moved_from_another_space(cache):
    """Vectors of another model, of the same length, in the place of this one's."""
    from dataclasses import replace

    class Backwards(WordCounts):
        info = replace(INFO, model_digest="another")

        def encode(self, texts):
            for position, encoded in super().encode(texts):
                yield position, replace(encoded, vector=encoded.vector[::-1].copy())

    other = cache.parent / "other"
    with VectorCache(other, Backwards.info) as store:
        embed_texts(TEXTS, Backwards(), sentences=True, cache=store)
    for ending in ("vectors", "sentences"):
        shutil.copy(segment(other, ending), segment(cache, ending).with_stem("000007"))


def sentences_of_others(cache):
    """Each text's sentences where those of another of the same number are looked for."""
    through_cache(cache, ["sea", "ice", "ice bee"], sentences=True)
    first, second = sorted(cache.glob("*/*.sentences"))
    content = first.read_bytes()
    first.write_bytes(second.read_bytes() + content[len(second.read_bytes()) :])
    second.write_bytes(content)


def foreign_files(cache):
    space = segment(cache).parent
    (space / "notes.txt").write_text("mine")
    (space / "abc.vectors").write_bytes(b"x" * 500)
    (space / f"{'9' * 200}.vectors").write_bytes(b"x")
    (space / "000009.vectors").write_bytes(os.urandom(5_000))
    (space / "sub").mkdir()
    (cache / "not a space").mkdir()
    (cache / "not a space" / "space.json").write_text("{}")
    (cache / "file").write_text("mine")
    os.mkfifo(space / "000010.vectors")


DAMAGES = {
    "sentences deleted": lambda cache: segment(cache, "sentences").unlink(),
    "vectors deleted": lambda cache: segment(cache).unlink(),
    "space.json deleted": lambda cache: next(cache.glob("*/space.json")).unlink(),
    "space.json empty": lambda cache: next(cache.glob("*/space.json")).write_bytes(b""),
    "space.json no JSON": lambda cache: next(cache.glob("*/space.json")).write_bytes(b"\xff{"),
    "space.json a list": lambda cache: next(cache.glob("*/space.json")).write_text("[1]"),
    "space.json nested": lambda cache: next(cache.glob("*/space.json")).write_text("[" * 50_000),
    "space.json of odd types": lambda cache: next(cache.glob("*/space.json")).write_text(
        '{"model": 1, "backend": null, "precision": "x", "long_text": "y", "dimensions": "4"}'
    ),
    "space.json of many dimensions": lambda cache: next(cache.glob("*/space.json")).write_text(
        '{"model": "a", "backend": "b", "precision": "x", "long_text": "y", "dimensions": 1e400}'
    ),
    "space.json a folder": lambda cache: replaced_by_a_folder(next(cache.glob("*/space.json"))),
    "vectors cut": lambda cache: os.truncate(segment(cache), segment(cache).stat().st_size * 2 // 3),
    "vectors empty": lambda cache: os.truncate(segment(cache), 0),
    "sentences cut": lambda cache: os.truncate(segment(cache, "sentences"), 30),
    "vectors flipped": lambda cache: flip(segment(cache)),
    "sentences flipped": lambda cache: flip(segment(cache, "sentences")),
    "vectors a folder": lambda cache: replaced_by_a_folder(segment(cache)),
    "sentences a folder": lambda cache: replaced_by_a_folder(segment(cache, "sentences")),
    "next vectors a folder": lambda cache: segment(cache).with_stem("000002").mkdir(),
    "next sentences a folder": lambda cache: segment(cache, "sentences").with_stem("000002").mkdir(),
    "of another model": moved_from_another_space,
    "sentences of others": sentences_of_others,
    "foreign files": foreign_files,
}


def assert_as_fresh(found, texts=TEXTS):
    expected = fresh(texts)
    np.testing.assert_array_equal(found.vectors, expected.vectors)
    np.testing.assert_array_equal(found.sentences.vectors, expected.sentences.vectors)
    np.testing.assert_array_equal(found.sentences.spans, expected.sentences.spans)
    np.testing.assert_array_equal(found.sentences.offsets, expected.sentences.offsets)


@pytest.fixture
def cache(tmp_path):
    """A cache that holds the vectors of all texts."""
    through_cache(tmp_path / "vectors", TEXTS, sentences=True)
    return tmp_path / "vectors"


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_cache_gives_no_wrong_vector_and_heals(cache, caplog, damage):
    DAMAGES[damage](cache)
    found, _ = through_cache(cache, TEXTS, sentences=True)
    assert_as_fresh(found)
    again, asked = through_cache(cache, TEXTS, sentences=True)
    assert asked == [], "what was lost is kept again"
    assert_as_fresh(again)
    assert len(caplog.messages) <= 1
    if damage.startswith("space.json") and "folder" not in damage:
        [(name, vectors, _)] = cache_info(cache).spaces
        assert name == "words, fake, float32, truncate", "the description heals too"
        assert vectors >= len(TEXTS)


@pytest.mark.parametrize("damage", DAMAGES)
def test_info_and_clear_work_on_a_damaged_cache_and_leave_what_is_not_theirs(cache, capsys, monkeypatch, damage):
    monkeypatch.setenv("PAPERATLAS_CACHE", str(cache.parent))
    before = {path for path in cache.rglob("*") if path.is_file()}
    DAMAGES[damage](cache)
    placed = {path: path.read_bytes() for path in cache.rglob("*") if path.is_file() and path not in before}
    size = sum(path.stat().st_size for path in before if path.is_file() and path.suffix != ".json")
    assert main(["cache", "info"]) == 0
    assert main(["cache", "info", "--json"]) == 0
    shown = json.loads(capsys.readouterr().out.partition("{")[2].join(["{", ""]))
    assert shown["bytes"] >= size
    assert main(["cache", "clear"]) == 0
    left = {path for path in cache.rglob("*") if path.is_file()}
    mine = {path for path in placed if re.fullmatch(r"\d{6}\.(vectors|sentences)", path.name) is None}
    assert left == mine, "all vectors are gone, and nothing else"
    assert all(path.read_bytes() == placed[path] for path in left)
    capsys.readouterr()
    assert main(["cache", "info", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["spaces"] == []


@pytest.mark.parametrize("ending", ["vectors", "sentences"])
def test_no_flip_or_cut_of_a_segment_gives_a_wrong_vector(cache, tmp_path, ending):
    whole = segment(cache, ending).read_bytes()
    for seed in range(60):
        shutil.copytree(cache, tmp_path / "copy")
        rng = random.Random(seed)
        content = bytearray(whole)
        for _ in range(rng.randint(1, 4)):
            content[rng.randrange(len(content))] ^= 1 << rng.randrange(8)
        content = content[: rng.randrange(len(content))] if seed % 3 == 0 else content
        segment(tmp_path / "copy", ending).write_bytes(content)
        assert_as_fresh(through_cache(tmp_path / "copy", TEXTS, sentences=True)[0])
        shutil.rmtree(tmp_path / "copy")


@pytest.mark.parametrize("for_ever", [False, True])
def test_a_disk_that_is_full_at_any_operation_stops_no_run_and_the_cache_heals(tmp_path, caplog, for_ever):
    """The n-th open, write, fsync, rename, mkdir or unlink fails, and with `for_ever` all later ones as well."""
    with watched(Operations(tmp_path, fail_at=None)) as all_of_them:
        through_cache(tmp_path / "counted", TEXTS, sentences=True)
    assert all_of_them.count > 20
    for number in range(all_of_them.count):
        place = tmp_path / str(number)
        through_cache(place, TEXTS[:2], sentences=True)
        caplog.clear()
        with watched(Operations(tmp_path, fail_at=number, for_ever=for_ever)) as operations:
            found, asked = through_cache(place, TEXTS, sentences=True)
        assert_as_fresh(found)
        failed = operations.count > number
        assert len(caplog.messages) <= 1 + for_ever, operations.seen[number]
        assert all(
            "No space left on device" in message and "PAPERATLAS_CACHE" in message for message in caplog.messages
        )
        again, asked = through_cache(place, TEXTS, sentences=True)
        assert_as_fresh(again)
        assert set(asked) <= set(TEXTS) if failed else asked == []
        healed, asked = through_cache(place, TEXTS, sentences=True)
        assert asked == []
        assert_as_fresh(healed)
        clear_cache(place)
        assert [path for path in place.rglob("*") if path.is_file()] == []


@pytest.mark.parametrize("text", ["unwritable", "unreadable", "gone"])
def test_a_cache_that_cannot_be_used_is_one_warning(tmp_path, caplog, text):
    place = tmp_path / "vectors"
    if text == "unwritable":
        place.write_text("a file where the folder should be")
    elif text == "unreadable":
        place.symlink_to(place)
    else:
        place = tmp_path / "missing" / "vectors"
    found, asked = through_cache(place, TEXTS, sentences=True)
    assert len(asked) == len(TEXTS)
    assert_as_fresh(found)
    assert len(caplog.messages) <= 2
    assert all("the vector cache cannot be" in message for message in caplog.messages)
    assert bool(caplog.messages) == (text != "gone")


# --- standard output and error


COMMAND = [sys.executable, "-m", "pipeline"]
ENVIRONMENT = os.environ | {"PYTHONPATH": str(REPOSITORY)}


@pytest.mark.skipif(not Path("/dev/full").is_char_device(), reason="needs /dev/full")
@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize("arguments", [["--help"], ["config", "default"], ["config", "schema"], ["cache", "info"]])
def test_a_full_output_is_one_line_and_a_closed_pipe_none(tmp_path, arguments, unbuffered):
    environment = ENVIRONMENT | {"PYTHONUNBUFFERED": unbuffered}
    with Path("/dev/full").open("w") as full:
        done = subprocess.run([*COMMAND, *arguments], stdout=full, stderr=subprocess.PIPE, text=True, env=environment)
    assert done.returncode == 2
    assert done.stderr == "paperatlas: standard output: No space left on device; not everything was printed\n"
    with subprocess.Popen(
        [*COMMAND, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment
    ) as process:
        process.stdout.close()
        errors = process.stderr.read()
    assert (process.returncode, errors) == (141, b"")


@pytest.mark.skipif(not Path("/dev/full").is_char_device(), reason="needs /dev/full")
def test_a_full_error_stream_changes_no_exit_code(tmp_path):
    for arguments in (["topics", "nosuch"], ["nosuch"]):
        with Path("/dev/full").open("w") as full:
            done = subprocess.run([*COMMAND, *arguments], stdout=subprocess.PIPE, stderr=full, env=ENVIRONMENT)
        assert (done.returncode, done.stdout) == (2, b"")


def test_streams_that_are_not_there_are_no_traceback(monkeypatch, capsys):
    monkeypatch.setattr(sys, "stdout", None)
    assert main(["config", "default"]) == 0
    assert sys.stdout is None
    monkeypatch.setattr(sys, "stderr", None)
    assert main(["topics", "nosuch"]) == 2


def test_what_the_terminal_cannot_show_is_escaped(folder):
    write_jsonl(
        folder / "p.jsonl",
        [paper | {"title": f"Größe 冰 {paper['title']}"} for paper in planted_papers(["bees", "bread"], 6)],
    )
    assert main(["run", "mine.toml", "-q"]) == 0
    environment = ENVIRONMENT | {"PYTHONIOENCODING": "ascii"}
    shown = subprocess.run(
        [*COMMAND, "similar", "mine", "--id", "bees-1"], capture_output=True, text=True, env=environment, check=True
    )
    assert "Gr\\xf6\\xdfe" in shown.stdout


# --- signals


def test_a_stop_that_gets_lost_in_a_callback_comes_again(monkeypatch):
    """Python prints exceptions of destructors and goes on; this one must arrive."""

    class Dropped:
        def __del__(self):
            signal.raise_signal(signal.SIGTERM)

    start = time.monotonic()

    def destroy_one():
        Dropped()
        time.sleep(30)

    with pytest.raises(KeyboardInterrupt), Stopping(for_good=False) as stopping:
        destroy_one()
    assert time.monotonic() - start < 10
    assert stopping.exit_code == 143
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL


def test_a_stop_waits_until_numba_is_done(tmp_path):
    """An exception raised within its compiler or dispatcher can crash the process."""
    module = tmp_path / "numba" / "compiled.py"
    module.parent.mkdir()
    module.write_text(
        "import signal\n\ndef call(steps):\n    signal.raise_signal(signal.SIGINT)\n    steps.append(1)\n"
    )
    call, steps = runpy.run_path(str(module))["call"], []

    def work():
        call(steps)
        time.sleep(30)

    with pytest.raises(KeyboardInterrupt), Stopping(for_good=False) as stopping:
        work()
    assert steps == [1]
    assert stopping.exit_code == 130


def test_what_else_goes_wrong_in_a_callback_sends_no_signal(monkeypatch):
    """It would come when the command has put its own handling away, and kill the program."""
    printed = []
    monkeypatch.setattr(sys, "unraisablehook", lambda unraisable: printed.append(unraisable.exc_type))

    class Broken:
        def __del__(self):
            raise LookupError

    def stop_amid_garbage():
        try:
            signal.raise_signal(signal.SIGINT)
        finally:
            Broken()

    before = threading.active_count()
    with pytest.raises(KeyboardInterrupt), Stopping(for_good=False) as stopping:
        stop_amid_garbage()
    assert printed == [LookupError]
    assert stopping.exit_code == 130
    assert threading.active_count() == before, "nothing waits to send it again"


def test_a_second_signal_within_a_second_interrupts_no_putting_away():
    put_away = []

    def work():
        try:
            signal.raise_signal(signal.SIGINT)
        finally:
            signal.raise_signal(signal.SIGTERM)
            put_away.append("draft")

    with pytest.raises(KeyboardInterrupt), Stopping(for_good=False) as stopping:
        work()
    assert put_away == ["draft"]
    assert stopping.exit_code == 130


def test_signals_that_were_ignored_stay_ignored():
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with Stopping(for_good=False):
            signal.raise_signal(signal.SIGINT)
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)


# --- worker processes and their folder


SCRIPT = """
import sys, time
from pathlib import Path
from pipeline.cli.stopping import Stopping
from pipeline.workers import run_side_by_side, work_folder
from tests.torture.tasks import slow_task
with Stopping(for_good=True), work_folder() as folder:
    print(folder, flush=True)
    list(run_side_by_side(2)(slow_task, folder, ["1", "2"]))
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_no_worker_outlives_the_run_and_its_folder_goes(tmp_path, monkeypatch, number):
    environment = ENVIRONMENT | {"TMPDIR": str(tmp_path)}
    with subprocess.Popen(
        [sys.executable, "-c", SCRIPT], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    ) as process:
        folder = Path(process.stdout.readline().strip())
        workers = [_pid_in(folder / f"began-{item}") for item in "12"]
        process.send_signal(number)
        try:
            process.communicate(timeout=30)
        finally:
            process.kill()  # or a failure would wait for it for ever
    deadline = time.monotonic() + 20
    while any(psutil.pid_exists(worker) for worker in workers):
        assert time.monotonic() < deadline, "a worker goes on alone"
        time.sleep(0.05)
    if number == signal.SIGKILL:
        assert folder.exists(), "nobody could remove it"
        monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
        with work_folder():
            assert not folder.exists()
    assert list(tmp_path.iterdir()) == []


def _pid_in(path):
    deadline = time.monotonic() + 60
    while not (path.exists() and path.read_text()):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return int(path.read_text())


def test_the_folder_of_a_process_at_work_is_left_alone(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    (tmp_path / f"{PREFIX}notes").mkdir()
    with work_folder() as one:
        (one / "vectors.npy").write_text("x")
        with work_folder() as two:
            assert (one / "vectors.npy").exists()
            assert one != two
        assert not two.exists()
        assert (one / "vectors.npy").exists()
    assert [path.name for path in tmp_path.iterdir()] == [f"{PREFIX}notes"], "what nobody locked is somebody else's"


def test_a_lock_that_a_clearing_process_holds_for_a_moment_stops_nobody(tmp_path, monkeypatch):
    held = []

    def beaten(path):
        if len(held) < 3:
            held.append(FileLock(path, timeout=0))
            held[-1].acquire()
        return take_lock(path)

    monkeypatch.setattr("pipeline.workers.task_folder.take_lock", beaten)
    with work_folder(tmp_path) as folder:
        assert folder.is_dir()
        assert all(Path(lock.lock_file).with_suffix("") != folder for lock in held)


def test_a_lock_that_cannot_be_held_is_not_left(tmp_path, monkeypatch):
    def full(path):
        path.touch()
        raise OSError(errno.ENOSPC, "No space left on device", str(path))

    monkeypatch.setattr("pipeline.workers.task_folder.take_lock", full)
    with pytest.raises(OSError, match="No space left"), work_folder(tmp_path):
        pass
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("operation", ["stat", "unlink"])
def test_a_temporary_folder_is_removed_though_one_look_or_removal_fails(tmp_path, monkeypatch, operation):
    real, failed = getattr(os, operation), []

    def failing(path, *arguments, **options):
        if not failed and Path(os.fsdecode(path)).name.startswith(PREFIX):
            failed.append(path)
            raise OSError(errno.EIO, "Input/output error", str(path))
        return real(path, *arguments, **options)

    with work_folder(tmp_path):
        monkeypatch.setattr(os, operation, failing)
    monkeypatch.undo()
    assert failed
    assert list(tmp_path.iterdir()) == []


def test_a_worker_without_memory_is_told_so(tmp_path):
    with pytest.raises(WorkerError) as problem:
        list(run_side_by_side(1)(short_of_memory, tmp_path, ["1"]))
    assert "not enough memory" in str(in_words(problem.value))
