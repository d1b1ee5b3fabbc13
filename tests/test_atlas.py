"""The atlas in memory and on disk: rows, columns, hashes; saving, loading, locks, what is wrong with a run folder."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline.atlas import (
    RowCounts,
    TablesInMemory,
    atlas_tables,
    encoder,
    exclusive,
    file_contents,
    find_run,
    load,
    load_atlas,
    load_run,
    locking,
    read_manifest,
    refuse_foreign,
    run_folder,
    save,
    save_atlas,
    verify,
)
from pipeline.atlas.column_groups import column_groups, group_values
from pipeline.atlas.encoder import load_encoder, needs_query_prompt
from pipeline.atlas.locking import beside, mend, mend_if_free
from pipeline.corpus.paper_ids import PaperIds
from pipeline.embedding import vector_cache
from pipeline.embedding.embedding import EncodedText, Sentences, unit
from pipeline.embedding.tfidf_encoder import TfidfModel
from pipeline.embedding.vector_cache import VectorCache
from pipeline.errors import BusyError, PaperatlasError, RunFolderError, UnknownPaperError
from pipeline.neighbours import Neighbours
from pipeline.topics import TopicHierarchy
from tests.damaged_folders import forge
from tests.small_atlas import P, WordCounts, sha, small_atlas, small_manifest, small_topic, tables_of

CHOOSE = "choose another output folder"
AGAIN = "rebuild it: run its config with force"


def three_papers(**options):
    papers = [
        P(
            "a",
            "<i>Ice</i>",
            "Abstract: Melts &amp; freezes.",
            topic=0,
            x=1.5,
            y=-2.0,
            authors=("Ann", "Bo"),
            more={"venue": "ICML", "doi": "10.1000/a", "url": "https://example.org/a"},
        ),
        P("b", "Bee", topic=4, second=0, strength=0.25, year=None, more={"venue": "icml"}),
        P("c", "Oak\nSea", 'Said "so",\r\ntwice.', topic=-1, nearest=4, x=3.0, y=4.0, more={"arxiv_id": "2101.00001"}),
    ]
    return small_atlas(
        papers, labels={0: "Ice", 4: "Bees"}, duplicates=[('b "2",\nx', "b"), ("a\r2", "a")], rejected=1, **options
    )


@pytest.fixture(scope="module")
def atlas():
    return three_papers(sentences=True)


# --- in memory


def test_columns_papers_and_topics(atlas):
    row = atlas.ids.row("a")
    assert len(atlas) == 3
    assert repr(atlas) == "<AtlasData 'small': 3 papers, 2 topics>"
    assert atlas.column_names[:5] == ["id", "title", "abstract", "authors", "year"]
    assert atlas.paper(row) == {
        "id": "a",
        "title": "<i>Ice</i>",
        "abstract": "Abstract: Melts &amp; freezes.",
        "authors": ["Ann", "Bo"],
        "year": 2000,
        "venue": "ICML",
        "doi": "10.1000/a",
        "url": "https://example.org/a",
        "arxiv_id": None,
        "topic": 0,
        "nearest_topic": 0,
        "strength": 1.0,
        "second_topic": -1,
        "subtopic": -1,
        "x": 1.5,
        "y": -2.0,
    }
    assert atlas.points[row].tolist() == [1.5, -2.0]
    assert atlas.points.shape == (3, 2)
    assert [atlas.topic(number).label for number in (0, 4)] == ["Ice", "Bees"]
    assert atlas.topics == atlas.hierarchy.topics
    for number in (1, -1):
        with pytest.raises(KeyError):
            atlas.topic(number)
    with pytest.raises(KeyError):
        atlas.column("nothing")


def test_the_title_of_the_map_is_the_configs_or_the_runs(atlas):
    assert atlas.title == "small"
    assert three_papers(map={"title": "Cold things"}).title == "Cold things"


def test_texts_are_those_that_were_embedded(atlas):
    row = atlas.ids.row("a")
    assert atlas.text(row) == "Ice. Melts & freezes."
    titles, abstracts = atlas.cleaned_papers()
    assert (titles[row], abstracts[row]) == ("Ice", "Melts & freezes.")
    assert [sha(atlas.text(row)) for row in range(3)] == [line.tobytes() for line in atlas.text_hashes]


def test_links_are_made_of_the_columns_that_identify(atlas):
    assert [(link.name, link.address) for link in atlas.links(atlas.ids.row("a"))] == [
        ("DOI", "https://doi.org/10.1000/a"),
        ("web page", "https://example.org/a"),
    ]
    assert [link.address for link in atlas.links(atlas.ids.row("c"))] == ["https://arxiv.org/abs/2101.00001"]
    assert atlas.links(atlas.ids.row("b")) == ()


def test_the_index_finds_the_nearest_rows(atlas):
    found = atlas.index.nearest(atlas.vectors[:1], k=1)
    assert found.indices.tolist() == [[0]]
    assert atlas.ids.row('b "2",\nx') == atlas.ids.row("b")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"text_hashes": np.zeros((2, 32), np.uint8)}, "text_hashes has 2 rows for 3 papers"),
        (
            {"neighbours": Neighbours(np.zeros((4, 1), np.int32), np.zeros((4, 1), np.float32))},
            "neighbours has 4 rows for 3",
        ),
        ({"tables": TablesInMemory(tables_of([P("a", "x"), P("b", "y")]))}, "papers has 2 rows for 3 papers"),
        (
            {"sentences": Sentences(np.zeros((0, 6), np.int8), np.zeros((0, 2), np.int32), np.zeros(3, np.int64))},
            "sentences has 2 rows for 3 papers",
        ),
        ({"lexical": small_atlas([P("a", "x"), P("b", "y")]).lexical}, "lexical has 2 rows for 3 papers"),
    ],
)
def test_parts_of_other_lengths_are_refused(atlas, changes, message):
    with pytest.raises(ValueError, match=message):
        replace(atlas, **changes)


def test_rows_are_found_by_hash_though_many_hashes_begin_alike():
    papers = [P(name, name) for name in "abcdefg"]
    atlas = small_atlas(papers)
    hashes = np.zeros((7, 32), np.uint8)
    hashes[:, 7] = [1, 5, 5, 5, 5, 9, 255]
    hashes[:, 31] = [3, 1, 4, 6, 8, 2, 255]
    atlas = replace(atlas, text_hashes=hashes)
    wanted = [bytes(line) for line in hashes]
    assert atlas.rows_of_hashes(wanted).tolist() == [0, 1, 2, 3, 4, 5, 6]
    assert atlas.rows_of_hashes(wanted[::-1]).tolist() == [6, 5, 4, 3, 2, 1, 0]

    def with_ends(first, last):
        line = bytearray(32)
        line[7], line[31] = first, last
        return bytes(line)

    absent = [with_ends(5, 0), with_ends(5, 5), with_ends(5, 9), with_ends(0, 0), with_ends(7, 1), b"\xff" * 32]
    assert atlas.rows_of_hashes(absent).tolist() == [-1] * 6
    assert atlas.rows_of_hashes([]).tolist() == []
    assert atlas.rows_of_hashes(wanted).dtype == np.int64


def test_texts_as_their_sources_have_them_are_found_the_first_of_equal_ones(atlas):
    rows = atlas.source_text_rows
    assert rows[sha("<i>Ice</i>. Abstract: Melts &amp; freezes.")] == atlas.ids.row("a")
    assert rows[sha("Bee")] == atlas.ids.row("b")
    assert len(rows) == 3
    # A row that cleaning told apart may have the same raw text as another: then the first one is found.
    twice = replace(atlas, tables=TablesInMemory(tables_of([P("x", "Ice"), P("y", "Bee"), P("z", "Ice")])))
    assert twice.source_text_rows == {sha("Ice"): 0, sha("Bee"): 1}


def test_groups_of_a_column_are_ordered_by_size_then_by_name(atlas):
    values = ["b", ["a", "b"], None, "a", 7, " b ", [], [None, "c"], float("nan"), "null", ("a",), True]
    groups = group_values(values)
    assert groups.names == ("a", "b", "7", "True", "c")
    assert groups.codes.tolist() == [1, 0, -1, 0, 2, 1, -1, 4, -1, -1, 0, 3]
    assert groups.codes.dtype == group_values([]).codes.dtype == np.int64
    assert column_groups(atlas, "venue").names == ("ICML", "icml")
    assert column_groups(atlas, "authors").codes[atlas.ids.row("b")] == -1
    assert column_groups(atlas, "year").names == ("2000",)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("venu", "no column venu to group papers by; did you mean venue?"),
        ("abstract", "no column abstract to group papers by; there are id, title, authors, year, arxiv_id, "),
        ("vector", "no column vector to group papers by; "),
    ],
)
def test_columns_that_make_no_groups(atlas, name, message):
    with pytest.raises(PaperatlasError) as problem:
        column_groups(atlas, name)
    assert str(problem.value).startswith(message)


def test_a_column_without_values_makes_no_groups():
    empty = small_atlas([P("a", "Ice", more={"venue": None, "vector": "1"})])
    with pytest.raises(PaperatlasError, match=r"^column venue: no paper has a value$"):
        column_groups(empty, "venue")
    with pytest.raises(PaperatlasError, match="no column vector to group"):
        column_groups(empty, "vector")


# --- ids


def test_an_unknown_id_among_many_is_answered_soon_with_ids_like_it():
    ids = PaperIds([f"paper-{number:06d}" for number in range(100_000)], {"copy-1": "paper-000001"})
    assert ids.row("paper-099999") == 99_999
    assert ids.row("copy-1") == 1
    start = time.process_time()
    with pytest.raises(UnknownPaperError) as problem:
        ids.row("paper-04242")
    assert time.process_time() - start < 5
    message = str(problem.value)
    assert message.startswith("no paper has the id 'paper-04242'; ids that look like it: paper-")
    shown = message.partition("like it: ")[2].split(", ")
    assert len(shown) == 3
    assert all(name.startswith("paper-0") for name in shown)


# --- the encoder of new texts


def with_backend(backend, **changes):
    manifest = small_manifest(3)
    return replace(manifest, embedding=replace(manifest.embedding, backend=backend, **changes))


def test_an_atlas_of_own_vectors_has_no_encoder():
    with pytest.raises(PaperatlasError) as problem:
        load_encoder(with_backend("vectors"), {}, sentences=False)
    assert (
        str(problem.value) == "small: made from your own vectors, so a new text has no vector here; name papers by id"
    )
    assert needs_query_prompt(with_backend("vectors")) is False


@pytest.mark.parametrize("sentences", [False, True])
def test_the_tfidf_encoder_comes_from_the_arrays_of_the_atlas(sentences):
    model = TfidfModel(("bee", "ice"), np.array([2.0, 1.0]), np.eye(2, dtype=np.float32))
    options = {"sentences": True} if sentences else {}
    atlas = replace(small_atlas([P("a", "Ice"), P("b", "Bee")], **options), encoder_arrays=model.to_arrays())
    ((_, encoded),) = atlas.encoder.encode(["Bee. Ice ice and more."])
    # Each weight is (1 + log count) idf: 2 for bee, 1 + log 2 for ice.
    np.testing.assert_allclose(encoded.vector, unit(np.array([2, 1 + np.log(2)], np.float32)), rtol=1e-6)
    assert len(encoded.sentence_vectors) == 2 * sentences
    assert atlas.query_encoder is atlas.encoder


@pytest.fixture
def made(monkeypatch):
    """Calls of `make_encoder`, whose encoder has the digest of word counts."""
    calls = []

    def make_encoder(config, cache, *, prompt_names):
        calls.append((config, cache, prompt_names))
        return WordCounts(), "a prompt"

    monkeypatch.setattr(encoder, "make_encoder", make_encoder)
    monkeypatch.setenv("PAPERATLAS_CACHE", "/tmp/a-cache")
    return calls


def test_a_models_encoder_is_made_as_the_run_made_it(made):
    manifest = with_backend("openvino", precision="bfloat16")
    found = load_encoder(manifest, {}, sentences=True, prompt_names=("query",))
    assert isinstance(found, WordCounts)
    ((config, cache, names),) = made
    assert (config.backend, config.precision, config.sentences) == ("openvino", "bfloat16", True)
    assert (config.model, config.cache) == (manifest.config.embedding.model, True)
    assert (str(cache), names) == ("/tmp/a-cache", ("query",))
    load_encoder(manifest, {}, sentences=False)
    assert made[1][0].sentences is False
    assert made[1][2] == encoder.DOCUMENT_PROMPTS


def test_another_model_is_refused(made):
    with pytest.raises(PaperatlasError) as problem:
        load_encoder(with_backend("openvino", model_digest="1234567890abcdefgh"), {}, sentences=False)
    assert str(problem.value) == (
        "all-MiniLM-L6-v2: not the model this atlas was made with (digest 0000000000000000, then 1234567890abcdef);"
        " run the config again, or bring back the model"
    )


class Files:
    """A model's files: with a prompt of its own for queries, or without."""

    def __init__(self, prompts):
        self.prompts = prompts

    def prompt(self, *names):
        return next((self.prompts[name] for name in names if name in self.prompts), "")


@pytest.mark.parametrize("backend", ["openvino", "sentence-transformers"])
def test_a_model_with_prompts_for_queries_has_a_second_encoder(made, monkeypatch, backend):
    atlas = small_atlas([P("a", "Ice"), P("b", "Bee")])
    atlas = replace(atlas, manifest=replace(atlas.manifest, embedding=with_backend(backend).embedding))
    monkeypatch.setattr(encoder, "find_model", lambda config: Files({encoder.QUERY_PROMPTS[0]: "query: "}))
    assert needs_query_prompt(atlas.manifest)
    assert atlas.query_encoder is not atlas.encoder
    assert [names for _, _, names in made] == [
        (*encoder.QUERY_PROMPTS, *encoder.DOCUMENT_PROMPTS),
        encoder.DOCUMENT_PROMPTS,
    ]
    monkeypatch.setattr(encoder, "find_model", lambda config: Files({encoder.DOCUMENT_PROMPTS[0]: "text: "}))
    assert not needs_query_prompt(atlas.manifest)
    again = replace(atlas)
    assert again.query_encoder is again.encoder
    assert made[-1][0].sentences is False
    kept = replace(small_atlas([P("a", "Ice"), P("b", "Bee")], sentences=True), manifest=atlas.manifest)
    assert kept.encoder.info
    assert made[-1][0].sentences is True


# --- saved and loaded


@pytest.fixture(scope="module")
def saved_once(tmp_path_factory, atlas):
    arrays = {"idf": np.array([1.0, 2.0]), "terms": np.array([65, 66], np.uint8)}
    folder = tmp_path_factory.mktemp("saved") / "run"
    save_atlas(replace(atlas, encoder_arrays=arrays), folder, pictures={"map.svg": b"<svg/>", "report.md": b"# r\n"})
    return folder


@pytest.fixture
def folder(saved_once, tmp_path):
    shutil.copytree(saved_once, tmp_path / "run")
    return tmp_path / "run"


def test_what_is_loaded_is_what_was_saved(atlas, folder):
    loaded = load_atlas(folder)
    assert loaded.folder == folder
    assert loaded.hierarchy == atlas.hierarchy
    for name in ("vectors", "text_hashes"):
        np.testing.assert_array_equal(getattr(loaded, name), getattr(atlas, name))
        assert getattr(loaded, name).dtype == getattr(atlas, name).dtype
    np.testing.assert_array_equal(loaded.neighbours.indices, atlas.neighbours.indices)
    np.testing.assert_array_equal(loaded.neighbours.similarities, atlas.neighbours.similarities)
    for part in ("vectors", "spans", "offsets"):
        np.testing.assert_array_equal(getattr(loaded.sentences, part), getattr(atlas.sentences, part))
    for part in ("offsets", "terms", "weights", "idf", "words"):
        np.testing.assert_array_equal(getattr(loaded.lexical, part), getattr(atlas.lexical, part))
    assert {name: array.tolist() for name, array in loaded.encoder_arrays.items()} == {
        "idf": [1.0, 2.0],
        "terms": [65, 66],
    }
    for table in ("papers", "sources", "rejected", "duplicates"):
        kept, read = getattr(atlas.tables.whole, table), getattr(loaded.tables.whole, table)
        assert [{name: value or "" for name, value in row.items()} for row in read.to_pylist()] == [
            {name: value or "" for name, value in row.items()} for row in kept.to_pylist()
        ]
    assert loaded.tables.duplicates.column("id").to_pylist() == ['b "2",\nx', "a\r2"]
    assert loaded.ids.row("a\r2") == loaded.ids.row("a")
    assert loaded.column("title").to_pylist() == atlas.column("title").to_pylist()
    assert loaded.column("title") is loaded.column("title")
    with pytest.raises(KeyError):
        loaded.column("nothing")
    manifest = replace(loaded.manifest, files={}, config=atlas.manifest.config)
    assert manifest == atlas.manifest
    assert verify(folder) == []


def test_every_file_is_in_the_manifest_with_its_digest(folder):
    manifest = read_manifest(folder)
    names = {path.name for path in folder.iterdir()} - {"manifest.json"}
    assert names == manifest.files.keys()
    assert names == {
        "embedding.npy",
        "text_hashes.npy",
        "neighbours_indices.npy",
        "neighbours_similarities.npy",
        "sentences_vectors.npy",
        "sentences_spans.npy",
        "sentences_offsets.npy",
        "lexical_offsets.npy",
        "lexical_terms.npy",
        "lexical_weights.npy",
        "lexical_idf.npy",
        "lexical_words.npy",
        "encoder_idf.npy",
        "encoder_terms.npy",
        "papers.parquet",
        "sources.parquet",
        "duplicates.csv",
        "rejected.csv",
        "topics.json",
        "hierarchy.json",
        "map.svg",
        "report.md",
    }
    for name, digest in manifest.files.items():
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest
    assert list(manifest.files) == sorted(manifest.files)
    assert (folder / "map.svg").read_bytes() == b"<svg/>"


def test_files_are_written_the_same_everywhere(folder):
    assert (
        (folder / "duplicates.csv")
        .read_bytes()
        .startswith(b'"id","kept_id","reason","source","row"\n"b ""2"",\nx","b",')
    )
    assert json.loads((folder / "topics.json").read_text())[1]["label"] == "Bees"
    assert (folder / "topics.json").read_text().startswith('[\n {\n  "id": 0,\n')
    assert (folder / "topics.json").read_text().endswith("]\n")
    assert pq.ParquetFile(folder / "papers.parquet").metadata.row_group(0).column(0).compression == "ZSTD"
    accents = small_atlas([P("a", "Ice")], labels={0: "Über 氷"})
    save_atlas(accents, folder.parent / "other", pictures={})
    assert '"Über 氷"' in (folder.parent / "other" / "topics.json").read_text(encoding="utf-8")


def test_an_atlas_without_sentences_or_words_has_no_files_of_them(tmp_path):
    plain = save_atlas(small_atlas([P("a", "Ice"), P("b", "Bee")], lexical=False), tmp_path / "run", pictures={})
    assert (plain.sentences, plain.lexical, plain.encoder_arrays) == (None, None, {})
    names = {path.name for path in (tmp_path / "run").iterdir()}
    assert not [name for name in names if name.startswith(("sentences_", "lexical_", "encoder_"))]
    assert verify(tmp_path / "run") == []


def test_a_new_run_takes_the_place_of_the_old_one_and_leaves_nothing_beside(folder, monkeypatch):
    synced = []
    monkeypatch.setattr(save, "sync_folder", synced.append)
    save_atlas(small_atlas([P("z", "Jam")], lexical=False), folder, pictures={})
    assert load_atlas(folder).ids.ids == ["z"]
    assert not (folder / "map.svg").exists()
    assert [path.name for path in folder.parent.iterdir()] == ["run"]
    assert synced == [beside(folder, "draft"), folder.parent]
    assert verify(folder) == []


def test_every_file_is_flushed_to_the_disk(tmp_path, monkeypatch):
    flushed = []
    monkeypatch.setattr(os, "fsync", flushed.append)
    save_atlas(small_atlas([P("z", "Jam")], lexical=False), tmp_path / "run", pictures={})
    assert len(flushed) == len(list((tmp_path / "run").iterdir())) + 2


def test_a_folder_that_cannot_be_written_stays_as_it_was(folder, monkeypatch):
    before = {path.name: path.read_bytes() for path in folder.iterdir()}

    def full(path, content):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(save, "write_synced", full)
        with pytest.raises(RunFolderError) as problem:
            save_atlas(small_atlas([P("z", "Jam")]), folder, pictures={})
    assert str(problem.value) == (
        f"{folder}: cannot be written: No space left on device; free some space or choose another output folder."
        " Vectors already computed are kept."
    )
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    assert [path.name for path in folder.parent.iterdir()] == ["run"]


def test_an_error_without_words_of_the_system_is_told_by_its_own(tmp_path, monkeypatch):
    def broken(path, content):
        raise OSError("odd")

    monkeypatch.setattr(save, "write_synced", broken)
    with pytest.raises(RunFolderError, match="cannot be written: odd; free some space"):
        save_atlas(small_atlas([P("z", "Jam")]), tmp_path / "run", pictures={})


def test_saving_into_a_folder_of_other_files_changes_nothing(tmp_path):
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "thesis.txt").write_text("years of work")
    with pytest.raises(RunFolderError, match="has files but is no run folder"):
        save_atlas(small_atlas([P("z", "Jam")]), tmp_path / "run", pictures={})
    assert [path.name for path in tmp_path.rglob("*")] == ["run", "thesis.txt"]


# --- which folders a run may replace


def refused(folder) -> str | None:
    try:
        refuse_foreign(folder)
    except RunFolderError as problem:
        return str(problem)
    return None


SYSTEM_FILES = (".DS_Store", "Thumbs.db", "desktop.ini", "._map.png", "._x")


@pytest.mark.parametrize("name", SYSTEM_FILES)
def test_what_systems_leave_in_folders_is_nobodys_file(folder, name):
    (folder / name).write_bytes(b"\0")
    assert refused(folder) is None
    assert verify(folder) == []
    save_atlas(small_atlas([P("z", "Jam")]), folder, pictures={})
    assert not (folder / name).exists()


@pytest.mark.parametrize("name", ["notes.txt", ".hidden", "_x", "thumbs.db.txt", "DS_Store", "zz"])
def test_another_file_is_foreign(folder, name):
    (folder / name).write_bytes(b"")
    assert refused(folder) == f"{folder}: holds {name!r}, which no run wrote; move it away, or {CHOOSE}"
    assert verify(folder) == [f"{name}: not in the manifest"]


def test_the_first_of_the_foreign_files_is_named(folder):
    for name in ("zebra", "apple", ".DS_Store", "middle"):
        (folder / name).mkdir()
    assert "holds 'apple'" in str(refused(folder))
    assert verify(folder) == [f"{name}: not in the manifest" for name in ("apple", "middle", "zebra")]


def cut_manifest(folder):
    content = (folder / "manifest.json").read_bytes()
    (folder / "manifest.json").write_bytes(content[: len(content) // 2])


def old_schema(folder):
    (folder / "manifest.json").write_text(json.dumps({"schema_version": 2, "run": "x", "files": {}}))


def no_manifest(folder):
    (folder / "manifest.json").unlink()


DAMAGES = (cut_manifest, old_schema, no_manifest)


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_run_folder_that_cannot_be_read_may_still_be_replaced(folder, damage):
    damage(folder)
    for name in ("map.html", "map.png", "topic_choice.svg", "layers.json", "Thumbs.db", "._y"):
        (folder / name).write_bytes(b"")
    assert refused(folder) is None
    assert verify_fails(folder)
    save_atlas(small_atlas([P("z", "Jam")]), folder, pictures={})
    assert verify(folder) == []


def verify_fails(folder) -> bool:
    with pytest.raises(RunFolderError):
        verify(folder)
    return True


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("name", ["notes.txt", "notes.csv", "mapping", "report.md.bak"])
def test_but_not_with_a_foreign_file_in_it(folder, damage, name):
    damage(folder)
    (folder / name).write_bytes(b"")
    assert refused(folder) == f"{folder}: holds {name!r}, which no run wrote; move it away, or {CHOOSE}"


@pytest.mark.parametrize("damage", DAMAGES)
def test_and_not_with_a_foreign_folder_in_it(folder, damage):
    damage(folder)
    (folder / "figures.csv").mkdir()
    assert "holds 'figures.csv'" in str(refused(folder))


SIGNATURE = ("embedding.npy", "text_hashes.npy", "papers.parquet", "topics.json")


@pytest.mark.parametrize("missing", SIGNATURE)
def test_a_folder_without_the_files_of_every_run_is_no_run_folder(tmp_path, missing):
    for name in SIGNATURE:
        (tmp_path / name).write_bytes(b"")
    assert refused(tmp_path) is None
    (tmp_path / missing).unlink()
    assert refused(tmp_path) == f"{tmp_path}: has files but is no run folder; {CHOOSE}"
    (tmp_path / missing).mkdir()
    assert refused(tmp_path) == f"{tmp_path}: has files but is no run folder; {CHOOSE}"


@pytest.mark.parametrize("names", [["thesis.tex"], ["papers.parquet", "report.md"], ["manifest.json"], [".hidden"]])
def test_other_folders_are_refused(tmp_path, names):
    for name in names:
        (tmp_path / name).write_text("{}")
    assert refused(tmp_path) == f"{tmp_path}: has files but is no run folder; {CHOOSE}"


def test_empty_and_absent_folders_are_free_and_a_file_is_none(tmp_path):
    assert refused(tmp_path) is None
    assert refused(tmp_path / "absent") is None
    (tmp_path / ".DS_Store").write_text("")
    assert refused(tmp_path) is None
    (tmp_path / "file").write_text("")
    assert refused(tmp_path / "file") == f"{tmp_path / 'file'}: a file, not a folder; {CHOOSE}"


# --- loading what is damaged or changes meanwhile


@pytest.mark.parametrize(
    "name", ["embedding.npy", "sentences_spans.npy", "papers.parquet", "duplicates.csv", "topics.json"]
)
def test_a_missing_file_is_named(folder, name):
    (folder / name).unlink()
    with pytest.raises(RunFolderError) as problem:
        load_atlas(folder)
    assert str(problem.value) == f"{folder / name}: missing from the run folder; {AGAIN}"


@pytest.mark.parametrize(
    "name", ["embedding.npy", "lexical_idf.npy", "encoder_idf.npy", "papers.parquet", "topics.json", "hierarchy.json"]
)
@pytest.mark.parametrize("content", [b"", b"garbage", b"\x93NUMPY\x01\x00\xff\xff{"])
def test_a_damaged_file_is_named(folder, name, content):
    (folder / name).write_bytes(content)
    with pytest.raises(RunFolderError) as problem:
        load_atlas(folder)
    assert str(problem.value).startswith(f"{folder / name}: damaged: ")
    assert str(problem.value).endswith(f"; {AGAIN}")
    assert "\n" not in str(problem.value)


def test_arrays_that_hold_objects_are_not_read(folder):
    np.save(folder / "embedding.npy", np.array([{"a": 1}], dtype=object), allow_pickle=True)
    with pytest.raises(RunFolderError, match=r"embedding\.npy: damaged: not an array as a run writes them"):
        load_atlas(forge(folder))


def test_an_empty_table_of_duplicates_is_damaged(folder):
    (folder / "duplicates.csv").write_bytes(b"")
    loaded = load_atlas(forge(folder))
    with pytest.raises(RunFolderError, match=r"duplicates\.csv: damaged: empty, not even a header"):
        _ = loaded.ids
    (folder / "duplicates.csv").write_bytes(b'"id","kept_id"\n"1"\n')
    with pytest.raises(RunFolderError, match=r"duplicates\.csv: damaged: "):
        _ = load_atlas(forge(folder)).tables.whole


def test_a_topic_with_a_field_too_many_is_damage(folder):
    topics = json.loads((folder / "topics.json").read_text())
    (folder / "topics.json").write_text(json.dumps([topics[0] | {"odd": 1}, topics[1]]))
    with pytest.raises(RunFolderError, match=r"topics\.json: damaged: .*validation error"):
        load_atlas(forge(folder))


def test_files_of_different_lengths_are_damage(folder):
    np.save(folder / "text_hashes.npy", np.zeros((2, 32), np.uint8))
    with pytest.raises(RunFolderError) as problem:
        load_atlas(forge(folder))
    assert str(problem.value) == f"{folder}: damaged: text_hashes has 2 rows for 3 papers; {AGAIN}"


def test_a_run_that_is_swapped_in_while_it_is_read_is_read_again(folder, monkeypatch):
    real, opened = load.read_manifest, []
    true_open = load._open
    manifest = real(folder)
    other = replace(manifest, finished="2025")
    answers = [manifest, other, manifest, other, manifest, manifest]
    monkeypatch.setattr(load, "read_manifest", lambda _: answers.pop(0))

    def counting(where, known):
        opened.append(known)
        if len(opened) == 2:
            raise RunFolderError("gone meanwhile")
        return true_open(where, known)

    monkeypatch.setattr(load, "_open", counting)
    assert load_atlas(folder).manifest == manifest
    assert len(opened) == 3
    assert answers == []


def test_a_file_that_is_gone_without_a_new_run_is_an_error_at_once(folder, monkeypatch):
    (folder / "embedding.npy").unlink()
    calls = []
    real = load.read_manifest
    monkeypatch.setattr(load, "read_manifest", lambda where: calls.append(1) or real(where))
    with pytest.raises(RunFolderError, match=r"embedding\.npy: missing"):
        load_atlas(folder)
    assert len(calls) == 2


def test_a_run_that_never_stays_is_given_up(folder, monkeypatch):
    manifest, calls = load.read_manifest(folder), []

    def changing(_):
        calls.append(1)
        return replace(manifest, finished=str(len(calls)))

    monkeypatch.setattr(load, "read_manifest", changing)
    monkeypatch.setattr(load, "_open", lambda where, known: None)
    with pytest.raises(RunFolderError) as problem:
        load_atlas(folder)
    assert str(problem.value) == f"{folder}: written again and again while it was read; try later"
    assert len(calls) == 40


def test_the_folder_of_an_atlas_is_absolute(folder, monkeypatch):
    monkeypatch.chdir(folder.parent)
    assert load_atlas(Path("run")).folder == folder


def test_what_is_told_of_a_file_that_cannot_be_read(tmp_path):
    def fails_with(problem):
        def reader(_):
            raise problem

        with pytest.raises(RunFolderError) as raised:
            run_folder.read_file(tmp_path / "x", reader)
        return str(raised.value)

    where = f"{tmp_path / 'x'}: "
    assert fails_with(FileNotFoundError(2, "no")) == f"{where}missing from the run folder; {AGAIN}"
    assert fails_with(ValueError(" first \nsecond")) == f"{where}damaged: first ; {AGAIN}"
    assert fails_with(EOFError()) == f"{where}damaged: EOFError; {AGAIN}"
    closed = fails_with(PermissionError(13, "Permission denied"))
    assert closed == f"{where}cannot be read: Permission denied; ask its owner for the right to"
    for problem in (
        KeyError("k"),
        IndexError("i"),
        TypeError("t"),
        RecursionError("r"),
        pa.ArrowInvalid("a"),
    ):
        assert fails_with(problem).startswith(f"{where}damaged: ")
    with pytest.raises(ZeroDivisionError):
        fails_with(ZeroDivisionError())
    assert run_folder.read_file(tmp_path / "x", lambda path: path.name) == "x"


def test_arrays_of_objects_are_not_written(tmp_path):
    broken = replace(small_atlas([P("z", "Jam")]), encoder_arrays={"terms": np.array([{"a": 1}], dtype=object)})
    with pytest.raises(ValueError, match="Object arrays cannot be saved"):
        save_atlas(broken, tmp_path / "run", pictures={})
    assert list(tmp_path.iterdir()) == []


def test_a_large_table_of_text_may_have_line_ends_anywhere():
    values = [f"{number} {'x' * number}\n" * 3 for number in range(900)]
    content = '"id"\n' + "".join(f'"{value}"\n' for value in values)
    assert len(content) > 2**20  # more than pyarrow reads at once
    assert atlas_tables._parse_csv(content.encode()).column("id").to_pylist() == values


def test_tables_of_text_have_every_column_as_text():
    table = atlas_tables._parse_csv(b'"id","row"\n"01","7"\n"a\nb",""\n')
    assert table.to_pylist() == [{"id": "01", "row": "7"}, {"id": "a\nb", "row": ""}]
    assert table.schema.types == [pa.string(), pa.string()]


# --- finding a run


@pytest.fixture
def outputs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("outputs/one", "outputs/two", "three", "outputs/three", "four"):
        Path(name).mkdir(parents=True)
        Path(name, "manifest.json").write_text("{}")
    Path("outputs/empty").mkdir()
    return tmp_path


def test_a_run_is_a_name_under_outputs_or_a_path(outputs):
    assert find_run("one") == Path("outputs/one")
    assert find_run("three") == Path("outputs/three")
    assert find_run("./three") == Path("./three")
    assert find_run("four") == Path("four")
    assert find_run(Path("outputs/two")) == Path("outputs/two")
    assert find_run(str(outputs / "four")) == outputs / "four"


@pytest.mark.parametrize("run", ["empty", "five", "./five", "/five", "./one"])
def test_where_there_is_no_run_those_that_there_are_are_listed(outputs, run):
    with pytest.raises(RunFolderError) as problem:
        find_run(run)
    assert str(problem.value) == (
        f"{run}: no manifest.json; run 'paperatlas run CONFIG' first; under outputs/ there are: one, three, two"
    )


def test_where_there_are_none_nothing_is_listed(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(RunFolderError, match=r"^five: no manifest\.json; run 'paperatlas run CONFIG' first$"):
        find_run("five")


def test_a_name_that_no_file_system_takes_is_no_run(outputs):
    with pytest.raises(RunFolderError) as problem:
        find_run("x" * 300)
    assert str(problem.value) == f"{'x' * 300}: File name too long"


def test_a_run_left_between_two_renames_is_put_back(outputs):
    Path("outputs/two").rename("outputs/.two.old")
    assert find_run("two") == Path("outputs/two")
    assert Path("outputs/two/manifest.json").is_file()
    assert not Path("outputs/.two.old").exists()
    Path("four").rename(".four.old")
    assert find_run("./four") == Path("./four")


def test_a_reader_waits_while_a_writer_swaps(outputs, monkeypatch):
    waits = []

    def slept(seconds):
        waits.append(seconds)
        if len(waits) == 3:
            Path("outputs/.two.draft").rename("outputs/two")

    monkeypatch.setattr(run_folder.time, "sleep", slept)
    with exclusive(Path("outputs/two")):
        Path("outputs/two").rename("outputs/.two.old")
        shutil.copytree("outputs/one", "outputs/.two.draft")
        assert find_run("two") == Path("outputs/two")
    assert waits == [0.05] * 3


def test_a_reader_waits_a_second_and_no_longer(outputs, monkeypatch):
    waits = []
    monkeypatch.setattr(run_folder.time, "sleep", waits.append)
    with exclusive(Path("outputs/two")):
        Path("outputs/two").rename("outputs/.two.old")
        with pytest.raises(RunFolderError, match=r"two: no manifest\.json"):
            find_run("two")
    assert waits == [0.05] * 20


def test_load_run_takes_a_name(folder, monkeypatch):
    monkeypatch.chdir(folder.parent)
    (folder.parent / "outputs").mkdir()
    folder.rename(folder.parent / "outputs" / "mine")
    assert len(load_run("mine")) == 3


# --- one writer


def test_a_folder_is_held_by_one(tmp_path):
    folder = tmp_path / "deep" / "run"
    with exclusive(folder):
        assert beside(folder, "lock") == tmp_path / "deep" / ".run.lock"
        assert beside(folder, "lock").is_file()
        with pytest.raises(BusyError, match=f"^{folder}: another run holds it; wait until it ends$"), exclusive(folder):
            pass
        with exclusive(tmp_path / "deep" / "other"):
            pass
    with exclusive(folder):
        pass


def test_a_folder_is_let_go_after_an_error(tmp_path):
    with pytest.raises(ZeroDivisionError), exclusive(tmp_path / "run"):
        raise ZeroDivisionError
    with exclusive(tmp_path / "run"):
        pass


def test_a_place_that_cannot_be_written_is_told(tmp_path):
    (tmp_path / "file").write_text("")
    folder = tmp_path / "file" / "run"
    with pytest.raises(RunFolderError) as problem, exclusive(folder):
        pass
    assert not isinstance(problem.value, BusyError)
    assert str(problem.value).startswith(f"{folder}: cannot be written: ")
    assert str(problem.value).endswith("; choose another folder in [output] folder")
    assert mend_if_free(folder) is None


def leftovers(tmp_path, *names):
    for name in names:
        (tmp_path / name).mkdir()
        (tmp_path / name / "of").write_text(name)
    return tmp_path / "run"


def test_a_crash_between_the_renames_is_undone(tmp_path):
    folder = leftovers(tmp_path, ".run.old", ".run.draft")
    with exclusive(folder):
        assert (folder / "of").read_text() == ".run.old"
    assert sorted(path.name for path in tmp_path.iterdir()) == [".run.lock", "run"]


def test_after_both_renames_the_old_folder_goes(tmp_path):
    folder = leftovers(tmp_path, "run", ".run.old", ".run.draft", ".other.old")
    mend(folder)
    assert (folder / "of").read_text() == "run"
    assert sorted(path.name for path in tmp_path.iterdir()) == [".other.old", "run"]


def test_a_file_of_that_name_is_no_leftover(tmp_path):
    (tmp_path / ".run.old").write_text("")
    (tmp_path / ".run.draft").write_text("")
    mend(tmp_path / "run")
    assert sorted(path.name for path in tmp_path.iterdir()) == [".run.draft", ".run.old"]


def test_what_cannot_be_mended_is_told_and_the_folder_let_go(tmp_path, monkeypatch):
    folder = leftovers(tmp_path, "run", ".run.draft")

    def fails(_):
        raise OSError(16, "Busy")

    with monkeypatch.context() as patch:
        patch.setattr(locking.shutil, "rmtree", fails)
        with pytest.raises(RunFolderError) as problem, exclusive(folder):
            pass
    assert str(problem.value).startswith(f"{folder}: what a crash left beside it cannot be mended: [Errno 16] Busy")
    with exclusive(folder):
        assert not (tmp_path / ".run.draft").exists()


def test_a_reader_mends_only_where_no_writer_is_at_work(tmp_path):
    folder = leftovers(tmp_path, ".run.draft")
    with exclusive(tmp_path / "run"):
        leftovers(tmp_path, ".run.old")
        mend_if_free(folder)
        assert not folder.exists()
    mend_if_free(folder)
    assert (folder / "of").read_text() == ".run.old"


# --- verify


def problems_of(atlas, tmp_path) -> list[str]:
    """What verify says of a folder whose digests are right."""
    folder = tmp_path / "broken"
    save_atlas(atlas, folder, pictures={})
    return verify(folder)


def test_missing_and_changed_files_are_told_each_in_a_line(folder):
    expected = read_manifest(folder).files
    (folder / "embedding.npy").unlink()
    (folder / "topics.json").unlink()
    (folder / "topics.json").mkdir()
    (folder / "map.svg").write_bytes(b"<svg></svg>")
    (folder / "report.md").write_bytes(b"")
    (folder / "left.txt").write_bytes(b"")
    assert verify(folder) == [
        "embedding.npy: missing",
        f"map.svg: sha256 {hashlib.sha256(b'<svg></svg>').hexdigest()}, the manifest says {expected['map.svg']}",
        f"report.md: sha256 {hashlib.sha256(b'').hexdigest()}, the manifest says {expected['report.md']}",
        "topics.json: missing",
        "left.txt: not in the manifest",
    ]


def test_a_folder_without_manifest_cannot_be_verified(folder):
    (folder / "manifest.json").unlink()
    with pytest.raises(RunFolderError, match=r"no manifest\.json"):
        verify(folder)


def test_a_file_that_is_broken_though_its_digest_is_right_is_told(folder):
    (folder / "embedding.npy").write_bytes(b"garbage")
    (problem,) = verify(forge(folder))
    assert problem.startswith(f"{folder / 'embedding.npy'}: damaged: ")


def counted(atlas, **changes):
    return replace(atlas, manifest=replace(atlas.manifest, counts=replace(atlas.manifest.counts, **changes)))


def test_counts_must_add_up(atlas, tmp_path):
    assert atlas.manifest.counts == RowCounts(6, 3, 2, 1, 2, 1)
    wrong = counted(atlas, read=7)
    assert problems_of(wrong, tmp_path) == [
        f"counts: {wrong.manifest.counts} do not add up, or 3 papers are not those kept"
    ]
    more = counted(atlas, read=7, kept=4)
    assert problems_of(more, tmp_path) == [
        f"counts: {more.manifest.counts} do not add up, or 3 papers are not those kept"
    ]
    assert problems_of(counted(atlas, read=7, duplicates=3), tmp_path) == ["duplicates: 2 rows, the manifest counts 3"]
    assert problems_of(counted(atlas, read=8, rejected=3), tmp_path) == ["rejected: 1 rows, the manifest counts 3"]


def test_texts_must_be_those_that_were_embedded(atlas, tmp_path):
    for rows in ([0], [2], [1, 2]):
        titles = [title + ("!" if row in rows else "") for row, title in enumerate(atlas.column("title").to_pylist())]
        tables = atlas.tables.whole
        papers = tables.papers.set_column(1, "title", pa.array(titles))
        changed = replace(atlas, tables=TablesInMemory(replace(tables, papers=papers)))
        assert problems_of(changed, tmp_path) == [f"papers.parquet: row {rows[0]} is not the text that was embedded"]


def with_papers(*papers, **options):
    return small_atlas(papers, **options)


def topics_of(*sizes, **changes):
    """Topics 0, 1, 2 of these sizes."""
    return TopicHierarchy(tuple(small_topic(number, "x", size=size, **changes) for number, size in enumerate(sizes)))


@pytest.mark.parametrize(
    ("papers", "hierarchy", "expected"),
    [
        ([P("a", "Ice", topic=-1, nearest=2)], topics_of(0), ["papers.parquet: topics that topics.json does not list"]),
        (
            [P("a", "Ice", topic=3, nearest=0)],
            topics_of(0),
            [
                "papers.parquet: topics that topics.json does not list",
                "papers.parquet: a paper in a topic that is not its nearest",
            ],
        ),
        (
            [P("a", "Ice", topic=0, nearest=1), P("b", "Bee", topic=0)],
            topics_of(2, 0),
            ["papers.parquet: a paper in a topic that is not its nearest"],
        ),
        ([P("a", "Ice", topic=-1, nearest=0), P("b", "Bee", topic=0)], topics_of(1), []),
        ([P("a", "Ice", topic=0)], topics_of(2), ["topics.json: sizes differ from papers.parquet"]),
        ([P("a", "Ice", topic=0)], topics_of(1, 0, 1), ["topics.json: sizes differ from papers.parquet"]),
        (
            [P("a", "Ice", topic=-1, nearest=-1)],
            topics_of(0),
            ["papers.parquet: topics that topics.json does not list"],
        ),
        (
            [P("a", "Ice")],
            topics_of(1, representatives=("a", "z")),
            ["topics.json: a representative that is not a paper"],
        ),
        (
            [P("a", "Ice")],
            topics_of(1, mmr_representatives=("z",)),
            ["topics.json: a representative that is not a paper"],
        ),
        ([P("a", "Ice")], topics_of(1, boundary=("z",)), ["topics.json: a representative that is not a paper"]),
        ([P("a", "Ice")], topics_of(1, representatives=("a",), mmr_representatives=("a",), boundary=("a",)), []),
    ],
)
def test_topics_must_fit_the_papers(tmp_path, papers, hierarchy, expected):
    assert problems_of(small_atlas(papers, hierarchy=hierarchy), tmp_path) == expected


@pytest.mark.parametrize(
    ("length", "expected"),
    [
        (1.00009, []),
        (0.99991, []),
        (1.00012, ["embedding.npy"]),
        (0.99988, ["embedding.npy"]),
        (0.0, []),
        (2.0, ["embedding.npy"]),
    ],
)
def test_vectors_must_be_of_length_1_or_0(tmp_path, length, expected):
    atlas = small_atlas(
        [P("a", "Ice"), P("b", "Bee")], neighbours=Neighbours(np.zeros((2, 0), np.int32), np.zeros((2, 0), np.float32))
    )
    vectors = atlas.vectors.copy()
    vectors[1] *= np.float32(length)
    found = problems_of(replace(atlas, vectors=vectors), tmp_path)
    assert found == [f"{name}: a vector that is not of length 1" for name in expected]


@pytest.fixture(scope="module")
def linked():
    return small_atlas([P("a", "Ice"), P("b", "Ice bee"), P("c", "Ice oak oak"), P("d", "Ice oak bee")])


def relinked(linked, change):
    indices, similarities = linked.neighbours.indices.copy(), linked.neighbours.similarities.copy()
    change(indices, similarities)
    return replace(linked, neighbours=Neighbours(indices, similarities))


def at(row, column, value):
    def change(indices, similarities):
        indices[row, column] = value

    return change


def similarity(row, column, by):
    def change(indices, similarities):
        similarities[row, column] += np.float32(by)

    return change


def test_neighbours_must_be_rows_that_are_there(linked, tmp_path):
    assert problems_of(linked, tmp_path) == []
    for value in (-1, 4, 99):
        assert problems_of(relinked(linked, at(3, 2, value)), tmp_path) == [
            "neighbours_indices.npy: a row that is not there"
        ]


def test_a_paper_must_not_be_its_own_neighbour(linked, tmp_path):
    own = relinked(linked, at(2, 0, 2))
    assert "neighbours_indices.npy: a paper that is its own neighbour" in problems_of(own, tmp_path)


def test_similarities_must_fall(linked, tmp_path):
    def turned(indices, similarities):
        indices[1], similarities[1] = indices[1, ::-1].copy(), similarities[1, ::-1].copy()

    rising = relinked(linked, turned)
    assert problems_of(rising, tmp_path) == ["neighbours_similarities.npy: not in falling order"]


@pytest.mark.parametrize("row", [0, 1, 3])
def test_similarities_must_be_the_cosines(linked, tmp_path, row):
    line = f"neighbours_similarities.npy: row {row} differs from the cosines of embedding.npy"
    assert problems_of(relinked(linked, similarity(row, 2, -2e-4)), tmp_path) == [line]
    assert problems_of(relinked(linked, similarity(row, 2, -1.2e-4)), tmp_path) == [line]
    assert problems_of(relinked(linked, similarity(row, 2, -8e-5)), tmp_path) == []
    both = relinked(relinked(linked, similarity(row, 2, -0.1)), similarity(3, 2, -0.1))
    assert problems_of(both, tmp_path) == [line]


def test_a_large_corpus_is_checked_at_some_rows_from_the_first_on(tmp_path):
    atlas = small_atlas([P(f"p{number}", f"Ice {number}") for number in range(401)], k=1, lexical=False)
    tables = atlas.tables.whole

    def with_change(row):
        titles = atlas.column("title").to_pylist()
        titles[row] += "!"
        papers = tables.papers.set_column(1, "title", pa.array(titles))
        return replace(atlas, tables=TablesInMemory(replace(tables, papers=papers)))

    # 401 // 200: every second row.
    assert problems_of(with_change(400), tmp_path) == ["papers.parquet: row 400 is not the text that was embedded"]
    assert problems_of(with_change(399), tmp_path) == []
    line = "neighbours_similarities.npy: row 400 differs from the cosines of embedding.npy"
    assert problems_of(relinked(atlas, similarity(400, 0, -0.1)), tmp_path) == [line]
    assert problems_of(relinked(atlas, similarity(399, 0, -0.1)), tmp_path) == []


# --- the machine, and the cache that others may empty


def test_the_machine_is_described_where_memory_cannot_be_measured():
    code = (
        "import sys; sys.modules['resource'] = None\n"
        "from pipeline.workers import machine\n"
        "assert machine.peak_memory_mb() is None\n"
        "assert machine.core_count() >= 1\n"
        "from pipeline.workers.machine import peak_memory_mb\n"
        "print('fine')\n"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=False)
    assert (shown.stdout, shown.stderr) == ("fine\n", "")


def cached(folder, *, sentences=True):
    """A cache that holds two texts, and the hashes of them."""
    info = WordCounts().info
    hashes = [sha("one"), sha("two")]
    with VectorCache(folder, info) as cache:
        for number, name in enumerate(hashes):
            vector = np.full(6, number + 1, np.float32)
            spans = np.array([[0, 3]], np.int32)
            cache.add(name, EncodedText(vector, 4, np.full((1, 6), number, np.int8), spans), sentences=sentences)
    return VectorCache(folder, info), hashes


def test_vectors_dropped_by_another_process_are_not_known(tmp_path):
    cache, hashes = cached(tmp_path)
    assert [place for place, _ in cache.lookup(hashes, sentences=True)] == [0, 1]
    (segment,) = tmp_path.glob("*/*.vectors")
    listed = vector_cache.vector_files

    def dropped_after_listing(space):
        found = listed(space)
        segment.unlink()
        return found

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(vector_cache, "vector_files", dropped_after_listing)
        assert list(cache.lookup(hashes, sentences=False)) == []
    assert not segment.exists()


def test_sentences_dropped_by_another_process_are_not_known_but_vectors_are(tmp_path):
    cache, hashes = cached(tmp_path)
    (blob,) = tmp_path.glob("*/*.sentences")
    blob.unlink()
    assert list(cache.lookup(hashes, sentences=True)) == []
    found = dict(cache.lookup(hashes, sentences=False))
    assert [found[place].vector.tolist() for place in (0, 1)] == [[1.0] * 6, [2.0] * 6]


def test_a_segment_dropped_while_it_is_read_is_no_error(tmp_path):
    cache, hashes = cached(tmp_path)
    found = []
    for place, _ in cache.lookup(hashes, sentences=False):
        found.append(place)
        for file in (*tmp_path.glob("*/*.vectors"), *tmp_path.glob("*/*.sentences")):
            file.unlink()
    assert found == [0, 1]
    cache, hashes = cached(tmp_path)
    lookup = cache.lookup(hashes, sentences=True)
    assert next(lookup)[0] == 0
    for file in tmp_path.glob("*/*.sentences"):
        file.unlink()
    assert list(lookup) == []


def test_a_large_table_is_written_in_row_groups_and_read_back_whole(tmp_path, monkeypatch):
    atlas = small_atlas([P(f"p{number}", f"On subject {number}") for number in range(10)])
    whole = save_atlas(atlas, tmp_path / "whole", pictures={})
    monkeypatch.setattr(file_contents, "ROW_GROUP", 4)
    monkeypatch.setattr(file_contents, "BLOCK_BYTES", 16)
    save_atlas(atlas, tmp_path / "parts", pictures={})
    assert pq.ParquetFile(tmp_path / "parts" / "papers.parquet").num_row_groups == 3
    parts = load_atlas(tmp_path / "parts")
    for row in (0, 3, 4, 9, -1):
        assert parts.paper(row) == whole.paper(row)
        assert parts.text(row) == whole.text(row)
    with pytest.raises(IndexError):
        parts.value("title", 10)
    with pytest.raises(KeyError):
        parts.value("colour", 0)
    assert parts.tables.whole.papers.equals(whole.tables.whole.papers)
    assert verify(tmp_path / "parts") == []
    for name in ("embedding.npy", "lexical_terms.npy", "text_hashes.npy"):
        assert (tmp_path / "parts" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()
