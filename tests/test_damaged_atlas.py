"""Damaged and hostile run folders: nothing wrong is answered, nothing is raised but a line, nobody is locked out."""

import errno
import hashlib
import json
import logging
import os
import random
import shutil
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline.atlas import (
    AtlasData,
    find_run,
    intact,
    load_atlas,
    read_manifest,
    refuse_foreign,
    save,
    save_atlas,
    verify,
)
from pipeline.atlas.column_groups import column_groups
from pipeline.atlas.intact import SHOWN_ONLY
from pipeline.atlas.locking import beside
from pipeline.atlas.manifest_file import manifest_bytes
from pipeline.build import run_config
from pipeline.cli import main
from pipeline.errors import PaperatlasError, RunFolderError
from pipeline.export.writers import WRITERS
from pipeline.map.columns import map_columns
from pipeline.map.content import page_points, with_texts
from pipeline.recommender import Request, answer, assign_texts, filter_papers, find_near_duplicates, search, where
from pipeline.report import report_file
from tests.damaged_folders import change_array, change_column, change_topics, flip, forge
from tests.planted import copy_of, planted_papers, run_once, write_jsonl
from tests.small_atlas import P, small_atlas

AGAIN = "rebuild it: run its config with force"


@pytest.fixture(scope="module")
def planted(tmp_path_factory) -> AtlasData:
    papers = planted_papers(["glaciers", "bees"], 12)
    papers += [papers[3] | {"id": "copy"}, {"id": "empty"}]
    return run_once(tmp_path_factory.mktemp("damaged"), papers, embedding={"sentences": True})


@pytest.fixture
def folder(planted, tmp_path) -> Path:
    return copy_of(planted, tmp_path / "run")


# --- what is asked of every folder


def questions() -> dict[str, Callable[[AtlasData], object]]:
    """What people ask of an atlas, each with an answer that can be compared."""
    return {
        "similar": lambda atlas: answer(atlas, Request("bees-1"), k=5).to_json(),
        "duplicate": lambda atlas: answer(atlas, Request("copy"), k=5).to_json(),
        "unlike": lambda atlas: answer(atlas, Request(like=("bees-1",), unlike=("glaciers-2",)), k=3).to_json(),
        "text": lambda atlas: answer(atlas, Request(text=("The nectar of a honeybee. It is pollen.",)), k=3).to_json(),
        "search": lambda atlas: [found.to_json() for found in search(atlas, '"the" meltwater moraine', k=4)],
        "assign": lambda atlas: [one.to_json() for one in assign_texts(atlas, ["Snowpack and crevasse."])],
        "where": lambda atlas: [
            where(atlas, text).tolist() for text in ("year >= 2010", "strength > 0.5", 'title contains "hive"')
        ],
        "topic": lambda atlas: filter_papers(atlas, topic="0").tolist(),
        "columns": lambda atlas: repr(map_columns(atlas)) + repr(column_groups(atlas, "year")),
        "page": lambda atlas: repr(with_texts(page_points(atlas, "t"), atlas)),
        "near duplicates": lambda atlas: repr(find_near_duplicates(atlas)),
        "report": lambda atlas: report_file(atlas),
        "export": lambda atlas: [WRITERS[name].write(atlas.tables.whole.papers) for name in ("bibtex", "csv", "jsonl")],
        "sources": lambda atlas: [
            getattr(atlas.tables.whole, name).to_pylist() for name in ("sources", "duplicates", "rejected")
        ],
        "topics": lambda atlas: repr(atlas.hierarchy),
    }


def answers(folder: Path) -> dict[str, object]:
    """Every answer of a folder; where there is none, the one line that says why.

    Any other error than a line is raised: then the test fails.
    """
    try:
        atlas = load_atlas(folder)
    except PaperatlasError as problem:
        return dict.fromkeys(questions(), one_line(problem))
    given: dict[str, object] = {}
    for name, ask in questions().items():
        try:
            given[name] = ask(atlas)
        except PaperatlasError as problem:
            given[name] = one_line(problem)
    return given


class Refused(str):
    """The line that stands for an answer."""


def one_line(problem: PaperatlasError) -> Refused:
    line = str(problem)
    assert line.strip(), problem
    assert "\n" not in line, problem
    assert len(line) < 700, problem
    return Refused(line)


def wrong_answers(folder: Path, expected: dict[str, object]) -> list[str]:
    given = answers(folder)
    return [name for name, value in given.items() if not isinstance(value, Refused) and value != expected[name]]


def verify_finds(folder: Path) -> bool:
    try:
        return bool(verify(folder))
    except PaperatlasError as problem:
        return bool(one_line(problem))


@pytest.fixture(scope="module")
def expected(planted) -> dict[str, object]:
    given = answers(planted.folder)
    assert not [value for value in given.values() if isinstance(value, Refused)]
    assert verify(planted.folder) == []
    return given


# --- chance


def damages(folder: Path, counts: dict[str, int], seed: int) -> Iterator[tuple[str, Path]]:
    """Damage the folder, again and again: each time it is as it was before, times of its files included."""
    rng = random.Random(seed)
    files = sorted(folder.iterdir())
    kinds = [kind for kind, count in counts.items() for _ in range(count)]
    for kind in kinds:
        path = rng.choice(files)
        whole, times = path.read_bytes(), path.stat()
        if not whole:
            continue
        if kind == "delete":
            path.unlink()
        elif kind == "cut":
            path.write_bytes(whole[: rng.randrange(len(whole))])
        else:
            flip(path, rng.randrange(8 * len(whole)))
            if kind == "rot":  # as a disk does it: no time changes
                os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
            if kind == "forged flip" and path.name != "manifest.json":
                manifest = (folder / "manifest.json").read_bytes()
                forge(folder)
        yield kind, path
        path.write_bytes(whole)
        os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
        if kind == "forged flip" and path.name != "manifest.json":
            (folder / "manifest.json").write_bytes(manifest)


def hunt(folder: Path, expected: dict[str, object], counts: dict[str, int]) -> Counter[str]:
    """How many cases of each kind gave a wrong answer, or were not found by verify."""
    found: Counter[str] = Counter()
    for kind, path in damages(folder, counts, seed=1):
        found[kind] += 1
        wrong = wrong_answers(folder, expected)
        found[f"{kind}: wrong"] += bool(wrong)
        if kind != "forged flip":
            assert verify_finds(folder), (kind, path.name)
        if kind != "forged flip":
            assert not wrong, (kind, path.name, wrong)
    return found


def test_damage_gives_a_line_or_the_right_answer_and_verify_finds_it(folder, expected):
    found = hunt(folder, expected, {"flip": 100, "cut": 20, "delete": 10, "rot": 10, "forged flip": 10})
    assert found["flip"] == 100
    assert verify(folder) == []
    assert wrong_answers(folder, expected) == []


@pytest.mark.torture
def test_much_damage_gives_a_line_or_the_right_answer(folder, expected, capsys):
    found = hunt(folder, expected, {"flip": 1000, "cut": 100, "delete": 20, "rot": 1000, "forged flip": 1000})
    with capsys.disabled():
        sys.stdout.write(f"{dict(found)}\n")


# --- a bit that no time tells of, and a file that is new though nothing in it changed


def test_what_seems_unchanged_in_a_large_atlas_is_not_read_and_what_changed_is(folder, monkeypatch):
    monkeypatch.setattr(intact, "ALWAYS_READ_BYTES", 1000)
    read = []
    true_digest = intact.hashlib.file_digest
    monkeypatch.setattr(
        intact.hashlib, "file_digest", lambda file, kind: read.append(file.name) or true_digest(file, kind)
    )
    load_atlas(folder)
    assert read == []
    os.utime(folder / "topics.json")
    load_atlas(folder)
    assert read == [str(folder / "topics.json")]


@pytest.mark.parametrize("more", [0, 1])
def test_a_bit_that_no_time_tells_of_is_found_up_to_a_size_and_beyond_it_by_verify(planted, folder, monkeypatch, more):
    size = sum(path.stat().st_size for path in folder.iterdir() if path.name not in {"manifest.json", *SHOWN_ONLY})
    monkeypatch.setattr(intact, "ALWAYS_READ_BYTES", size - more)
    path = folder / "embedding.npy"
    times = path.stat()
    flip(path, 8 * (times.st_size - 4))  # the last bits of a number: its value is as good as before
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
    if more:
        assert len(load_atlas(folder)) == len(planted)
    else:
        with pytest.raises(RunFolderError, match=r"embedding\.npy: damaged: its bytes are not those"):
            load_atlas(folder)
    (line,) = verify(folder)
    assert line.startswith("embedding.npy: ")


def test_a_copy_with_new_times_is_the_same_atlas(folder, expected):
    for path in folder.iterdir():
        os.utime(path, ns=(0, 0))
    assert wrong_answers(folder, expected) == []
    assert not isinstance(answers(folder)["similar"], Refused)


def test_a_changed_file_that_answers_nothing_stops_no_answer(tmp_path):
    folder = tmp_path / "run"
    save_atlas(small_atlas([P("a", "Ice"), P("b", "Bee")]), folder, pictures={"map.svg": b"<svg/>"})
    (folder / "map.svg").write_bytes(b"<svg>")
    assert len(load_atlas(folder)) == 2
    assert [problem.partition(":")[0] for problem in verify(folder)] == ["map.svg"]


def test_parquet_pages_have_checksums_that_are_compared(folder, monkeypatch):
    monkeypatch.setattr(intact, "ALWAYS_READ_BYTES", 0)
    path = folder / "papers.parquet"
    column = pq.ParquetFile(path).metadata.row_group(0).column(1)
    start = column.dictionary_page_offset or column.data_page_offset
    times = path.stat()
    flip(path, 8 * (start + column.total_compressed_size - 3))
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
    with pytest.raises(RunFolderError, match=r"papers\.parquet: damaged: .*[Cc][Rr][Cc]"):
        load_atlas(folder).column("title")


# --- manifest.json


def test_every_bit_of_the_manifest_is_guarded(folder):
    path = folder / "manifest.json"
    whole = path.read_bytes()
    before = read_manifest(folder)
    rng = random.Random(2)
    for bit in sorted(rng.sample(range(8 * len(whole)), 300)):
        flip(path, bit)
        with pytest.raises(RunFolderError):
            read_manifest(folder)
        path.write_bytes(whole)
    assert read_manifest(folder) == before
    for altered in (whole + b"\n", whole.replace(b"\n", b"\r\n"), whole.replace(b'"seed": 0', b'"seed":  0')):
        path.write_bytes(altered)
        if altered != whole:
            with pytest.raises(RunFolderError, match=r"manifest\.json: damaged: its bytes are not those"):
                read_manifest(folder)
            assert verify(folder) == ["manifest.json: its bytes are not those that were written"]


def test_the_digest_of_a_manifest_is_of_all_its_other_bytes(folder):
    content = (folder / "manifest.json").read_bytes()
    digest = json.loads(content)["digest"]
    assert content.startswith(b'{\n "digest": "' + digest.encode())
    assert hashlib.sha256(content.replace(digest.encode(), b"0" * 64)).hexdigest() == digest
    assert manifest_bytes(read_manifest(folder)) == content


def test_a_manifest_of_the_release_before_has_neither_digest_nor_stamps(folder, expected):
    forge(folder)
    assert "digest" not in json.loads((folder / "manifest.json").read_text())
    assert wrong_answers(folder, expected) == []
    flip(folder / "embedding.npy", 5000)
    with pytest.raises(RunFolderError, match=r"embedding\.npy: damaged: its bytes are not those that were written"):
        load_atlas(folder)


@pytest.mark.parametrize("name", ["../x", "a/b", "/etc/passwd", "a\\b", "..", "C:x", "a\0b", ""])
def test_names_that_lead_out_of_the_folder_are_refused(folder, name):
    forge(folder, lambda content: content["files"].update({name: "0" * 64}))
    for use in (load_atlas, verify):
        with pytest.raises(RunFolderError, match="is no name of a file"):
            use(folder)


# --- hostile folders: every digest is right


def value(name: str, place: tuple[int, ...] | int, number: float) -> Callable[[Path], None]:
    def change(array: np.ndarray) -> None:
        array[place] = number

    return lambda folder: change_array(folder, name, change)


def other(name: str, change: Callable[[np.ndarray], np.ndarray]) -> Callable[[Path], None]:
    return lambda folder: change_array(folder, name, change)


def column(name: str, values: Callable[[int], pa.Array]) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        change_column(folder, name, values(pq.ParquetFile(folder / "papers.parquet").metadata.num_rows))

    return change


def topic(**fields: object) -> Callable[[Path], None]:
    return lambda folder: change_topics(folder, **fields)


def text(name: str, content: str | bytes) -> Callable[[Path], None]:
    raw = content if isinstance(content, bytes) else content.encode()
    return lambda folder: (folder / name).write_bytes(raw) and None


def manifest(change: Callable[[dict], object]) -> Callable[[Path], None]:
    return lambda folder: forge(folder, change) and None


def twice(terms: np.ndarray) -> np.ndarray:
    """The first word in place of the second."""
    first, _, *rest = terms.tobytes().split(b"\n")
    return np.frombuffer(b"\n".join([first, first, *rest]), np.uint8)


NOT_UTF8 = pa.array([b"\xff\xfe"] * 25, pa.binary()).view(pa.string())

HOSTILE = {
    "negative neighbour": value("neighbours_indices.npy", (0, 0), -1),
    "neighbour too large": value("neighbours_indices.npy", (3, 1), 10**6),
    "neighbours of 64 bits": other("neighbours_indices.npy", lambda old: old.astype(np.int64)),
    "similarity above 1": value("neighbours_similarities.npy", (0, 0), 1.5),
    "similarity NaN": value("neighbours_similarities.npy", (0, 2), np.nan),
    "similarity infinite": value("neighbours_similarities.npy", (1, 0), -np.inf),
    "vector NaN": value("embedding.npy", (0, 0), np.nan),
    "vector infinite": value("embedding.npy", (0, 0), np.inf),
    "vector too long": value("embedding.npy", (2, 0), 9.0),
    "vectors of 64 bits": other("embedding.npy", lambda old: old.astype(np.float64)),
    "vectors of big ends": other("embedding.npy", lambda old: old.astype(">f4")),
    "vectors too narrow": other("embedding.npy", lambda old: np.eye(len(old), 3, dtype=np.float32)),
    "vectors in one row": other("embedding.npy", lambda old: old.ravel()),
    "no vectors": other("embedding.npy", lambda old: old[:0]),
    "one vector": other("embedding.npy", lambda old: old[0, 0]),
    "a vector too few": other("embedding.npy", lambda old: old[1:]),
    "hashes out of order": other("text_hashes.npy", lambda old: old[::-1]),
    "hashes too short": other("text_hashes.npy", lambda old: old[:, :16]),
    "sentence vectors too narrow": other("sentences_vectors.npy", lambda old: old[:, :2]),
    "sentence offset negative": value("sentences_offsets.npy", 1, -5),
    "sentence offset too large": value("sentences_offsets.npy", 1, 10**12),
    "sentence offsets not from 0": value("sentences_offsets.npy", 0, 1),
    "no sentence offsets": other("sentences_offsets.npy", lambda old: old[:0]),
    "sentence span backwards": value("sentences_spans.npy", (0, 0), 10**6),
    "sentence span negative": value("sentences_spans.npy", (0, 0), -3),
    "sentence spans of 3": other("sentences_spans.npy", lambda old: np.hstack([old, old[:, :1]])),
    "word too large": value("lexical_terms.npy", 0, 10**6),
    "word negative": value("lexical_terms.npy", 0, -2),
    "weight NaN": value("lexical_weights.npy", 0, np.nan),
    "weight negative": value("lexical_weights.npy", 0, -0.5),
    "lexical offsets fall": value("lexical_offsets.npy", 2, 0),
    "lexical offsets at once": value("lexical_offsets.npy", 1, 2**62),
    "no lexical offsets": other("lexical_offsets.npy", lambda old: old[:0]),
    "idf NaN": value("lexical_idf.npy", 0, np.nan),
    "idf too short": other("lexical_idf.npy", lambda old: old[:1]),
    "words not UTF-8": value("lexical_words.npy", 0, 0xFF),
    "a word too few": value("lexical_words.npy", 1, ord("\n")),
    "encoder words not UTF-8": value("encoder_terms.npy", 0, 0xFF),
    "encoder words gone": other("encoder_terms.npy", lambda old: old[:0]),
    "encoding words twice": other("encoder_terms.npy", lambda old: twice(old)),
    "encoder idf infinite": value("encoder_idf.npy", 0, np.inf),
    "encoder idf too short": other("encoder_idf.npy", lambda old: old[:-1]),
    "directions NaN": value("encoder_directions.npy", (0, 0), np.nan),
    "directions too narrow": other("encoder_directions.npy", lambda old: old[:, :-1]),
    "directions too few": other("encoder_directions.npy", lambda old: old[:-1]),
    "topic not listed": column("nearest_topic", lambda n: pa.array([77] * n, pa.int32())),
    "topic negative": column("topic", lambda n: pa.array([-5] * n, pa.int32())),
    "second topic not listed": column("second_topic", lambda n: pa.array([9] * n, pa.int32())),
    "topics missing": column("topic", lambda n: pa.array([None] * n, pa.int32())),
    "topics are text": column("topic", lambda n: pa.array(["0"] * n)),
    "topics are fractions": column("nearest_topic", lambda n: pa.array([0.5] * n)),
    "x NaN": column("x", lambda n: pa.array([float("nan")] * n, pa.float32())),
    "y infinite": column("y", lambda n: pa.array([float("inf")] * n, pa.float32())),
    "strength above 1": column("strength", lambda n: pa.array([2.0] * n, pa.float32())),
    "years are text": column("year", lambda n: pa.array(["soon"] * n)),
    "titles missing": column("title", lambda n: pa.array([None] * n, pa.string())),
    "titles are numbers": column("title", lambda n: pa.array(list(range(n)))),
    "titles not UTF-8": column("title", lambda n: NOT_UTF8.slice(0, n)),
    "ids missing": column("id", lambda n: pa.array([None] * n, pa.string())),
    "authors are text": column("authors", lambda n: pa.array(["A"] * n)),
    "no column": lambda folder: pq.write_table(
        pq.read_table(folder / "papers.parquet").drop_columns(["x"]), folder / "papers.parquet"
    ),
    "a row too few": lambda folder: pq.write_table(
        pq.read_table(folder / "papers.parquet").slice(1), folder / "papers.parquet"
    ),
    "no columns of sources": lambda folder: pq.write_table(pa.table({"x": [1] * 24}), folder / "sources.parquet"),
    "places are text": lambda folder: pq.write_table(
        pq.read_table(folder / "sources.parquet").set_column(3, "position", pa.array(["x"] * 24)),
        folder / "sources.parquet",
    ),
    "duplicates without ids": text("duplicates.csv", '"a","b"\n"1","2"\n'),
    "rejected without reasons": text("rejected.csv", '"source","row","id"\n"x","1",""\n'),
    "duplicates twice": text("duplicates.csv", '"id","id","kept_id"\n"1","2","3"\n'),
    "duplicates not UTF-8": text("duplicates.csv", b'"id","kept_id"\n"\xff","2"\n'),
    "duplicates in one field": text("duplicates.csv", '"' + "x" * 200_000),
    "topics nested deeply": text("topics.json", "[" * 100_000),
    "topics nested deeply and closed": text("topics.json", "[" * 900 + "]" * 900),
    "topics an object": text("topics.json", "{}"),
    "no topics": text("topics.json", "[]"),
    "topics a huge number": text("topics.json", "9" * 5000),
    "hierarchy empty": text("hierarchy.json", "{}"),
    "hierarchy with more": text("hierarchy.json", '{"areas": [], "subtopics": [], "topics": []}'),
    "topic id negative": topic(id=-1),
    "topic id of another": topic(id=1),
    "topic id huge": topic(id=2**70),
    "topic size negative": topic(size=-1),
    "topic colour negative": topic(colour=-(10**9)),
    "topic strength NaN": topic(strength=float("nan")),
    "topic strength huge": topic(strength=1e308),
    "topic strength infinite": text("topics.json", '[{"id": 0, "strength": 1e999}]'),
    "topic label half a pair": topic(label="\ud800"),
    "topic label a list": topic(label=["x"]),
    "topic of unknown papers": topic(representatives=["nobody"]),
    "topic with an unknown parent": topic(parent=99),
    "manifest nested deeply": text("manifest.json", '{"a":' * 100_000),
    "manifest half a pair": manifest(lambda content: content.update(name="\ud800")),
    "manifest with a huge number": manifest(lambda content: content["config"]["similar"].update(k=-1)),
    "manifest without files": manifest(lambda content: content.update(files={})),
    "manifest with stamps of text": manifest(lambda content: content.update(stamps={"a": "b"})),
    "an array of another name": lambda folder: np.save(folder / "encoder_more.npy", np.zeros(3)),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_folder_is_refused_in_one_line(folder, name):
    HOSTILE[name](folder)
    if not name.startswith("manifest"):
        forge(folder)
    given = answers(folder)
    refused = [asked for asked, line in given.items() if isinstance(line, Refused)]
    lazy = {
        "duplicates",
        "rejected",
        "places",
        "encoding",
        "titles",
        "authors",
        "years",
    }  # read when they are asked for
    if name.split()[0] not in lazy:
        assert len(refused) == len(given), set(given) - set(refused)
    assert refused
    assert verify_finds(folder)


def test_the_array_reader_evaluates_nothing(folder):
    head = b"{'descr': '<f4', 'fortran_order': False, 'shape': (__import__('os').abort(),), }"
    (folder / "embedding.npy").write_bytes(b"\x93NUMPY\x01\x00" + len(head).to_bytes(2, "little") + head)
    with pytest.raises(RunFolderError, match=r"embedding\.npy: damaged: not an array as a run writes them"):
        load_atlas(forge(folder))


@pytest.mark.parametrize("name", ["embedding.npy", "papers.parquet", "topics.json", "duplicates.csv", "manifest.json"])
def test_what_is_no_file_of_its_own_is_refused_and_nothing_waits(folder, tmp_path, name):
    whole = (folder / name).read_bytes()
    (tmp_path / "outside").write_bytes(whole)
    (folder / name).unlink()
    os.mkfifo(folder / name)
    with pytest.raises(RunFolderError, match=f"{name}: damaged: a pipe or a device, not a file"):
        load_atlas(folder)
    assert verify_finds(folder)
    (folder / name).unlink()
    (folder / name).symlink_to(tmp_path / "outside")
    with pytest.raises(RunFolderError, match=f"{name}: damaged: a link, not a file"):
        load_atlas(folder)
    assert verify_finds(folder)
    (folder / name).unlink()
    (folder / name).mkdir()
    with pytest.raises(RunFolderError, match=name):
        load_atlas(folder)
    assert verify_finds(folder)


# --- nobody is locked out, and nobody's files are removed


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:900])


DAMAGED_MANIFESTS: dict[str, Callable[[Path], object]] = {
    "cut": cut,
    "cut in the first half": lambda path: path.write_bytes(path.read_bytes()[: path.stat().st_size // 2]),
    "empty": lambda path: path.write_bytes(b""),
    "of schema 2": lambda path: path.write_text(json.dumps({"schema_version": 2, "run": "x"})),
    "of a later schema": lambda path: path.write_text(
        path.read_text().replace('"schema_version": 4', '"schema_version": 9')
    ),
    "missing": lambda path: path.unlink(),
    "binary": lambda path: path.write_bytes(bytes(range(256)) * 9),
    "flipped": lambda path: flip(path, 8000),
    "a list": lambda path: path.write_text("[]"),
}


def citing_papers() -> list[dict[str, object]]:
    """Papers with references, so that their run has every kind of file but sentences."""
    return [paper | {"references": ["10.1000/a", "10.1000/b"]} for paper in planted_papers(["glaciers", "bees"], 4)]


@pytest.fixture(scope="module")
def ran_once(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("ran")
    run_once(folder, citing_papers())
    assert (folder / "run" / "references_works.npy").is_file()
    return folder / "run"


@pytest.fixture
def config(tmp_path, make_config, ran_once):
    write_jsonl(tmp_path / "p.jsonl", citing_papers())
    shutil.copytree(ran_once, tmp_path / "run")
    return make_config("p.jsonl", name="planted")


@pytest.fixture
def _no_pictures(monkeypatch):
    """Drawing takes longer than all the rest."""
    monkeypatch.setattr("pipeline.build.run.draw_files", lambda atlas, advance: {})
    monkeypatch.setattr("pipeline.build.run.report_file", lambda atlas: {})


@pytest.mark.usefixtures("_no_pictures")
@pytest.mark.parametrize(
    ("damage", "force"), [*((name, True) for name in DAMAGED_MANIFESTS), ("cut", False), ("missing", False)]
)
def test_a_run_with_a_damaged_manifest_is_built_again(config, damage, force):
    folder = config.run_folder
    DAMAGED_MANIFESTS[damage](folder / "manifest.json")
    with pytest.raises(RunFolderError):
        load_atlas(folder)
    assert run_config(config, force=force).built
    assert verify(folder) == []
    assert not run_config(config).built


@pytest.mark.parametrize("damage", DAMAGED_MANIFESTS)
def test_a_folder_of_somebody_else_stays_whatever_its_manifest_is(tmp_path, damage):
    folder = tmp_path / "thesis"
    folder.mkdir()
    (folder / "chapter.tex").write_text("years of work")
    (folder / "manifest.json").write_text('{"name": "a web app", "schema_version": 4}' + " " * 2000)
    DAMAGED_MANIFESTS[damage](folder / "manifest.json")
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    with pytest.raises(RunFolderError, match="has files but is no run folder"):
        refuse_foreign(folder)
    with pytest.raises(RunFolderError, match="has files but is no run folder"):
        save_atlas(small_atlas([P("a", "Ice")]), folder, pictures={})
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_a_cut_manifest_is_a_mark_though_other_files_are_gone(folder):
    cut_length = (folder / "manifest.json").read_bytes().index(b'"input_digest"') + 30
    (folder / "manifest.json").write_bytes((folder / "manifest.json").read_bytes()[:cut_length])
    (folder / "topics.json").unlink()
    refuse_foreign(folder)
    (folder / "mine.txt").write_text("x")
    with pytest.raises(RunFolderError, match=r"holds 'mine\.txt', which no run wrote"):
        refuse_foreign(folder)


@pytest.mark.usefixtures("_no_pictures")
@pytest.mark.parametrize(
    ("name", "damage"),
    [
        ("embedding.npy", lambda path: flip(path, 8 * 200 + 3)),
        ("papers.parquet", lambda path: flip(path, 8 * 200 + 3)),
        ("rejected.csv", lambda path: path.write_bytes(b"")),
        ("topics.json", lambda path: path.unlink()),
    ],
)
def test_a_damaged_run_is_not_up_to_date(config, name, damage, caplog):
    damage(config.run_folder / name)
    with caplog.at_level(logging.WARNING):
        assert run_config(config).built
    (line,) = [record.getMessage() for record in caplog.records if record.name == "pipeline.build.run"]
    assert name in line
    assert line.endswith("it is built again")
    assert verify(config.run_folder) == []


def test_no_file_is_written_that_a_run_would_not_know_again(tmp_path):
    with pytest.raises(ValueError, match=r"new\.svg: no name of a file of a run"):
        save_atlas(small_atlas([P("a", "Ice")]), tmp_path / "run", pictures={"new.svg": b"<svg/>"})
    assert list(tmp_path.iterdir()) == []


SHORT = {
    "memory": (OSError(errno.ENOMEM, "Cannot allocate memory", "x.npy"), "Cannot allocate memory; end other programs"),
    "open files": (OSError(errno.EMFILE, "Too many open files", "x.npy"), "Too many open files; raise the limit"),
    "Python's memory": (MemoryError(), "not enough memory; read fewer papers"),
}


@pytest.mark.usefixtures("_no_pictures")
@pytest.mark.parametrize("short_of", SHORT)
@pytest.mark.parametrize("where", ["load.read_array", "intact.require_regular", "manifest_file.read_regular"])
def test_a_machine_that_is_short_of_something_has_damaged_nothing(config, monkeypatch, capsys, short_of, where):
    """Else the atlas is said to be damaged, and hours are spent on building it again."""
    problem, line = SHORT[short_of]
    before = {path.name: path.read_bytes() for path in config.run_folder.iterdir()}

    def refuse(*_):
        raise problem

    with monkeypatch.context() as patch:
        patch.setattr(f"pipeline.atlas.{where}", refuse)
        with pytest.raises(type(problem)):
            run_config(config)
        assert main(["topics", str(config.run_folder)]) == 2
    assert line in capsys.readouterr().err
    assert {path.name: path.read_bytes() for path in config.run_folder.iterdir()} == before
    assert not run_config(config).built


@pytest.mark.usefixtures("_no_pictures")
def test_a_new_result_is_kept_when_the_machine_is_short_at_the_end(config, monkeypatch, caplog):
    """What was in the folder before, and what has just been written, are only looked at."""

    def refuse(*_):
        raise OSError(errno.EMFILE, "Too many open files")

    monkeypatch.setattr("pipeline.build.left_out.load_atlas", refuse)
    monkeypatch.setattr(save, "open_unchecked", refuse)
    assert run_config(config, force=True).built
    assert "the run is written but could not be opened: [Errno 24] Too many open files" in caplog.text
    assert verify(config.run_folder) == []


@pytest.mark.usefixtures("_no_pictures")
def test_a_hostile_run_is_not_up_to_date(config):
    change_array(config.run_folder, "neighbours_indices.npy", lambda indices: indices - 1)
    forge(config.run_folder)
    assert run_config(config).built


def test_a_damaged_run_that_is_its_own_baseline_says_how_it_is_mended(config):
    own = config.model_copy(update={"baseline": str(config.run_folder)})
    (config.run_folder / "manifest.json").write_text("{")
    with pytest.raises(RunFolderError, match=r"it is its own baseline: build it once without `baseline`$"):
        run_config(own, force=True)


# --- the swap


def fail_rename(monkeypatch, *, target: str, times: int = 1) -> None:
    true_rename = Path.rename
    left = [times]

    def rename(self, new):
        if Path(new).name == target and self.name.endswith(".draft") and left[0]:
            left[0] -= 1
            raise OSError(errno.EBUSY, "Device or resource busy")
        return true_rename(self, new)

    monkeypatch.setattr(Path, "rename", rename)


def test_when_the_second_rename_fails_the_old_folder_is_back_at_once(folder, expected, monkeypatch):
    fail_rename(monkeypatch, target="run")
    with pytest.raises(RunFolderError, match="run: cannot be written: Device or resource busy"):
        save_atlas(small_atlas([P("a", "Ice")]), folder, pictures={})
    assert wrong_answers(folder, expected) == []
    assert len(load_atlas(folder)) == len(expected["sources"][0])
    assert [path.name for path in folder.parent.iterdir()] == ["run"]


def test_ctrl_c_between_the_renames_leaves_the_old_folder(folder, monkeypatch):
    true_rename = Path.rename

    def rename(self, new):
        if self.name.endswith(".draft"):
            raise KeyboardInterrupt
        return true_rename(self, new)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "rename", rename)
        with pytest.raises(KeyboardInterrupt):
            save_atlas(small_atlas([P("a", "Ice")]), folder, pictures={})
    assert verify(folder) == []
    assert [path.name for path in folder.parent.iterdir()] == ["run"]


def test_what_fails_after_the_swap_is_a_warning(folder, monkeypatch, caplog):
    def broken(path):
        if path == folder.parent:
            raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(save, "sync_folder", broken)
    saved = save_atlas(small_atlas([P("a", "Ice")]), folder, pictures={})
    assert saved.ids.ids == ["a"]
    assert verify(folder) == []
    assert not beside(folder, "old").exists()
    assert "perhaps not yet on the disk: Input/output error" in caplog.text


def test_a_result_that_cannot_be_opened_again_is_there(folder, monkeypatch, caplog):
    def closed(*_):
        raise RunFolderError("too many open files")

    with monkeypatch.context() as patch:
        patch.setattr(save, "open_unchecked", closed)
        saved = save_atlas(small_atlas([P("a", "Ice")]), folder, pictures={})
    assert (saved.ids.ids, saved.folder) == (["a"], folder)
    assert "the run is written but could not be opened: too many open files" in caplog.text
    assert verify(folder) == []


# --- what may not be read


def deny(monkeypatch, method: str, name: str) -> None:
    true = getattr(Path, method)

    def denied(self, *arguments, **options):
        if self.name == name:
            raise PermissionError(errno.EACCES, "Permission denied", str(self))
        return true(self, *arguments, **options)

    monkeypatch.setattr(Path, method, denied)


@pytest.mark.parametrize("method", ["lstat", "read_bytes"])
def test_a_manifest_that_may_not_be_read_is_a_line(folder, monkeypatch, method):
    deny(monkeypatch, method, "manifest.json")
    for use in (load_atlas, verify):
        with pytest.raises(RunFolderError, match=r"manifest\.json: cannot be read: Permission denied; ask its owner"):
            use(folder)


def test_a_file_that_may_not_be_read_is_a_line(folder, monkeypatch):
    deny(monkeypatch, "open", "embedding.npy")
    with pytest.raises(RunFolderError, match=r"embedding\.npy: cannot be read: Permission denied; ask its owner"):
        load_atlas(folder)
    assert verify(folder) == ["embedding.npy: cannot be read: Permission denied"]


def test_a_folder_that_may_not_be_listed_is_a_line(folder, monkeypatch):
    deny(monkeypatch, "iterdir", "run")
    with pytest.raises(RunFolderError, match="run: cannot be read: Permission denied; choose another output folder"):
        refuse_foreign(folder)
    with pytest.raises(RunFolderError, match="run: cannot be read: Permission denied"):
        verify(folder)


@pytest.mark.parametrize("run", ["run\0x", "x" * 300])
def test_a_name_that_no_system_takes_is_a_line(tmp_path, monkeypatch, run):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(RunFolderError) as problem:
        find_run(run)
    one_line(problem.value)


@pytest.mark.usefixtures("_no_pictures")
def test_a_run_whose_files_may_not_be_read_is_built_again(config, monkeypatch):
    os.utime(config.run_folder / "topics.json")
    true_open, refused = Path.open, []

    def denied(self, *arguments, **options):
        if self == config.run_folder / "topics.json" and not refused:
            refused.append(self)
            raise PermissionError(errno.EACCES, "Permission denied", str(self))
        return true_open(self, *arguments, **options)

    monkeypatch.setattr(Path, "open", denied)
    assert run_config(config).built
    assert refused
    assert verify(config.run_folder) == []
