"""The whole run: planted answers, the same bytes in any order, every size of corpus, nothing half done."""

import errno
import io
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline import Atlas
from pipeline.atlas import AtlasData, find_run, load_atlas, load_run, save, save_atlas, verify
from pipeline.atlas.locking import beside, exclusive
from pipeline.atlas.manifest import SCHEMA_VERSION
from pipeline.build import build_atlas, corpus_digest, run_config
from pipeline.build.plan import plan_run
from pipeline.build.preflight import Machines
from pipeline.build.stages import Stages
from pipeline.config import EmbeddingConfig, load_config
from pipeline.embedding import VectorCache
from pipeline.embedding.model_files import find_model
from pipeline.errors import BusyError, ConfigError, CorpusError, PaperatlasError, RunFolderError, UnknownPaperError
from pipeline.progress import Silent
from tests.conftest import REPOSITORY
from tests.planted import VOCABULARIES, copy_of, planted_papers, run, run_once, write_jsonl
from tests.test_plan import RATES

PROMISED = (
    *("papers.parquet", "embedding.npy", "neighbours_indices.npy", "neighbours_similarities.npy"),
    *("topics.json", "hierarchy.json", "map.png", "map.svg", "map.html", "text_hashes.npy"),
    *(f"lexical_{part}.npy" for part in ("offsets", "terms", "weights", "idf", "words")),
)


def promised_bytes(folder: Path) -> dict[str, bytes]:
    names = [*PROMISED, *(path.name for path in folder.glob("sentences_*.npy"))]
    return {name: (folder / name).read_bytes() for name in names}


PICTURES = {"map.png", "map.svg", "map.html", "report.md", "near_duplicates.csv", "years.svg", "lengths.svg"}
QUICK = "[topics]\nresamples = 0\n[map]\nhtml = false\n"


def topic_of_ids(atlas: AtlasData, column: str = "nearest_topic") -> dict[str, int]:
    return dict(zip(atlas.column("id").to_pylist(), atlas.column(column).to_pylist(), strict=True))


def test_planted_topics_are_found_named_and_neighbours_are_of_their_own(tmp_path, make_atlas):
    names = list(VOCABULARIES)
    atlas = make_atlas(str(write_jsonl(tmp_path / "p.jsonl", planted_papers(names, 40))))
    found = topic_of_ids(atlas)
    groups = [{topic for paper, topic in found.items() if paper.startswith(name)} for name in names]
    assert all(len(group) == 1 for group in groups)
    assert len(set.union(*groups)) == len(names) == len(atlas.topics)
    for name, group in zip(names, groups, strict=True):
        topic = atlas.topics[group.pop()]
        words = {word for phrase in VOCABULARIES[name] for word in phrase.split()}
        assert {word.rstrip("s") for word in topic.label.lower().replace(",", "").split()} <= {
            w.rstrip("s") for w in words
        }
        assert all(representative.startswith(name) for representative in topic.representatives)
        assert all(result.id.startswith(name) for result in Atlas(atlas).similar(topic.representatives[0], k=5))
    assert verify(atlas.folder) == []


@pytest.mark.parametrize("n", [1, 2, 3, 4, 5, 6, 7, 10, 15, 16, 30, 100])
@pytest.mark.parametrize("kind", ["planted", "all different"])
def test_every_size_gives_a_defined_atlas(tmp_path, make_config, n, kind):
    papers = planted_papers(["glaciers", "bees"], n)[::2][:n]
    if kind == "all different":
        papers = [{"id": str(i), "title": f"alpha{i} beta{i}", "abstract": f"gamma{i} delta{i}."} for i in range(n)]
    write_jsonl(tmp_path / "p.jsonl", papers)
    atlas = run(make_config("p.jsonl", topics={"resamples": 1}, map={"html": True}))  # these too for every size
    nearest = atlas.column("nearest_topic").to_numpy()
    assert len(atlas) == n
    assert nearest.min() >= 0
    assert set(nearest.tolist()) == set(range(len(atlas.topics)))
    assert np.isfinite(atlas.column("x").to_numpy()).all()
    assert verify(atlas.folder) == []


def test_identical_papers_are_one_paper(tmp_path, make_atlas):
    papers = [{"id": f"p{i:03}", "title": "Same", "abstract": "Same words."} for i in range(100)]
    atlas = make_atlas(str(write_jsonl(tmp_path / "p.jsonl", papers)))
    assert (len(atlas), len(atlas.topics), atlas.manifest.counts.duplicates) == (1, 1, 99)
    assert atlas.ids.row("p057") == atlas.ids.row("p000") == 0


@pytest.mark.parametrize("n", [2, 6, 40, 200])
def test_different_texts_with_identical_vectors(tmp_path, make_atlas, n):
    papers = [{"id": str(i), "title": f"T{i}", "vec": [0.6, 0.8, 0.0]} for i in range(n)]
    atlas = make_atlas(
        str(write_jsonl(tmp_path / "p.jsonl", papers)), embedding={"backend": "vectors", "vectors_column": "vec"}
    )
    assert len(atlas) == n
    assert (atlas.neighbours.similarities == 1).all()
    assert verify(atlas.folder) == []


def test_no_paper_kept_is_one_line(tmp_path, make_config):
    write_jsonl(tmp_path / "p.jsonl", [{"id": "a", "title": ""}])
    with pytest.raises(CorpusError, match="none of 1 rows is a paper"):
        run(make_config("p.jsonl"))
    assert not (tmp_path / "run").exists()


# --- the same bytes


@pytest.fixture(scope="module")
def three_hundred():
    return planted_papers(["glaciers", "bees", "bread"], 100)


def run_with_model(folder: Path, papers, name: str, *, more: str = "", **kwargs) -> AtlasData:
    write_jsonl(folder / f"{name}.jsonl", papers)
    settings = f'[corpus]\nfiles = ["{name}.jsonl"]\n[embedding]\nsentences = true\n[output]\nfolder = "{name}"\n'
    (folder / "same.toml").write_text(settings + more)
    return run(load_config(folder / "same.toml"), force=True, **kwargs)


def test_row_order_repetition_and_a_half_full_cache_change_no_byte(tmp_path, three_hundred, empty_cache):
    empty_cache()
    half = run_with_model(tmp_path, three_hundred[::2], "half", more=QUICK)
    assert half.manifest.embedding.embedded == 150
    first = run_with_model(tmp_path, three_hundred, "first")
    assert first.manifest.embedding.from_cache == 150
    expected = promised_bytes(first.folder)
    shuffled = [three_hundred[row] for row in np.random.default_rng(5).permutation(300)]
    assert promised_bytes(run_with_model(tmp_path, shuffled, "shuffled").folder) == expected
    empty_cache("empty-cache")
    fresh = run_with_model(tmp_path, three_hundred, "fresh")
    assert fresh.manifest.embedding.embedded == 300
    assert promised_bytes(fresh.folder) == expected


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity") or (os.cpu_count() or 1) < 2, reason="needs two cores")
def test_one_and_two_threads_give_the_same_bytes(tmp_path, three_hundred, session_cache):
    write_jsonl(tmp_path / "p.jsonl", three_hundred)
    (tmp_path / "same.toml").write_text('[corpus]\nfiles = ["p.jsonl"]\n[embedding]\ncache = false\n')
    results = []
    for cores in (1, 2):
        folder = tmp_path / f"threads{cores}"
        # Affinity, not an environment variable: every library counts the cores it may use.
        script = (
            f"import os, sys; os.sched_setaffinity(0, range({cores}));"
            " from pipeline.cli import main; sys.exit(main(sys.argv[1:]))"
        )
        arguments = ["run", str(tmp_path / "same.toml"), "--output", str(folder), "--quiet"]
        subprocess.run([sys.executable, "-c", script, *arguments], check=True, capture_output=True, cwd=REPOSITORY)
        assert load_atlas(folder).manifest.cpu.cores == cores
        results.append(promised_bytes(folder))
    assert results[0] == results[1]


# --- the seed


def seed_corpora() -> list:
    real = REPOSITORY.parent / "shared" / "data" / "seed.txt"
    missing = pytest.mark.skipif(not real.exists(), reason="the real papers of ../shared/data are not here")
    return [
        pytest.param(REPOSITORY / "configs" / "seed.jsonl", id="shipped"),
        pytest.param(real, id="real", marks=missing),
    ]


@pytest.mark.parametrize("file", seed_corpora())
def test_six_papers_give_two_topics_for_every_seed(make_config, session_cache, file):
    memory = {}  # what no seed changes: the papers, their vectors and neighbours
    for seed in range(20):
        config = make_config(str(file), seed=seed, embedding={"backend": "openvino"})
        atlas = build_atlas(config, corpus_digest(config), Stages(Silent(), memory=memory))
        titles = atlas.column("title").to_pylist()
        topics = atlas.column("topic").to_pylist()
        gan = {i for i, title in enumerate(titles) if "GAN" in title}
        assert len(gan) == 2
        assert len(atlas.topics) == 2
        assert {topics[i] for i in gan} == {1}
        assert {topics[i] for i in range(6) if i not in gan} == {0}
        plan = atlas.manifest.selection
        assert plan.reducer.method == "umap"
        assert len(plan.scores) > 0
    assert "anguage model" in atlas.topics[0].label
    assert "adversarial" in atlas.topics[1].label or "GAN" in atlas.topics[1].label
    first, second = sorted(gan)
    assert atlas.neighbours.indices[first, 0] == second
    assert atlas.neighbours.indices[second, 0] == first


# --- running again


def test_an_unchanged_run_is_up_to_date_and_any_change_runs(tmp_path, make_config):
    papers = planted_papers(["glaciers", "bees"], 10)
    write_jsonl(tmp_path / "p.jsonl", papers)
    config = make_config("p.jsonl")
    assert run_config(config).built
    assert not run_config(config).built
    assert run_config(config, force=True).built
    assert run_config(make_config("p.jsonl", seed=7)).built
    assert run_config(config).built
    write_jsonl(tmp_path / "p.jsonl", papers[:-1])
    assert run_config(config).built
    (tmp_path / "run" / "map.png").unlink()
    assert run_config(config).built


def test_adding_papers_embeds_only_them(tmp_path, empty_cache):
    empty_cache()
    papers = planted_papers(["glaciers", "bees"], 15)
    run_with_model(tmp_path, papers[:22], "first", more=QUICK)
    grown = run_with_model(tmp_path, papers, "second", more=QUICK)
    assert (grown.manifest.embedding.embedded, grown.manifest.embedding.from_cache) == (8, 22)


def test_a_run_stopped_while_embedding_goes_on_from_there(tmp_path, monkeypatch, empty_cache):
    empty_cache()
    papers = planted_papers(["glaciers", "bees"], 20)
    made = []
    real_add = VectorCache.add

    def stop_after_ten(cache, text_hash, encoded, *, sentences):
        made.append(text_hash)
        real_add(cache, text_hash, encoded, sentences=sentences)
        if len(made) == 10:
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(VectorCache, "add", stop_after_ten)
        with pytest.raises(KeyboardInterrupt):
            run_with_model(tmp_path, papers, "stopped", more=QUICK)
    assert not (tmp_path / "stopped").exists()
    finished = run_with_model(tmp_path, papers, "stopped", more=QUICK)
    assert finished.manifest.embedding.from_cache == 10
    assert sorted(path.name for path in tmp_path.glob(".stopped*")) == [".stopped.lock"]


# --- own vectors, edits, assignment


def test_own_vectors_from_a_file_follow_their_papers(tmp_path, make_atlas):
    papers = planted_papers(["glaciers", "bees"], 12)
    rows = [*papers, papers[3], {"id": "empty", "title": ""}]
    vectors = np.random.default_rng(0).normal(size=(len(rows), 5))
    vectors[15] = vectors[2] * 3  # the same direction: each other's first neighbour
    np.save(tmp_path / "v.npy", vectors)
    atlas = make_atlas(str(write_jsonl(tmp_path / "p.jsonl", rows)), embedding={"backend": "auto", "vectors": "v.npy"})
    assert atlas.manifest.embedding.backend == "vectors"
    assert Atlas(atlas).similar(rows[2]["id"], k=1)[0].id == rows[15]["id"]
    assert Atlas(atlas).similar(rows[2]["id"], k=1)[0].similarity == pytest.approx(1)
    with pytest.raises(PaperatlasError, match="made from your own vectors"):
        Atlas(atlas).assign(["a new text"])


@pytest.mark.parametrize(
    ("vectors", "expected"),
    [
        (np.zeros((3, 4)), "expected one row for each of the 24 rows read"),
        (np.zeros(24), r"expected one \(papers, dimensions\) array"),
        (np.full((24, 4), np.nan), "24 vectors are missing.*NaN"),
        (np.zeros((24, 4)), r"v\.npy: every vector is zeros alone"),
        (np.zeros((24, 4), dtype=object), "not a .npy file of numbers"),
        (np.array([["x"] * 4] * 24), "floating point numbers"),
    ],
)
def test_unusable_vectors_are_refused(tmp_path, make_config, vectors, expected):
    write_jsonl(tmp_path / "p.jsonl", planted_papers(["glaciers", "bees"], 12))
    np.save(tmp_path / "v.npy", vectors, allow_pickle=vectors.dtype == object)
    with pytest.raises(CorpusError, match=expected):
        run(make_config("p.jsonl", embedding={"backend": "vectors", "vectors": "v.npy"}))


def test_a_vector_field_that_one_paper_lacks_is_refused_by_name(tmp_path, make_config):
    table = pa.Table.from_pylist([{"id": "a", "title": "A", "v": [1.0, 0.0]}, {"id": "b", "title": "B", "v": None}])
    pq.write_table(table, tmp_path / "p.parquet")
    with pytest.raises(CorpusError, match=r"of paper 'b' \(p\.parquet row 2\)"):
        run(make_config("p.parquet", embedding={"backend": "vectors", "vectors_column": "v"}))


def test_edits_survive_the_next_run_with_more_papers(tmp_path, make_atlas):
    names = ["glaciers", "bees", "bread", "violins"]
    edits = {
        "merge": [{"topics_of": ["bees-0", "bread-0"]}],
        "pin": [{"papers": ["violins-3"], "topic_of": "glaciers-0"}],
        "rename": [{"topic_of": "glaciers-1", "label": "Frozen water"}],
    }
    for each in (30, 40):
        write_jsonl(tmp_path / "p.jsonl", planted_papers(names, each))
        atlas = make_atlas("p.jsonl", topics={"edits": edits})
        found = topic_of_ids(atlas)
        assert len(atlas.topics) == 3
        assert found["bees-5"] == found["bread-5"]
        assert found["violins-3"] == found["glaciers-5"] != found["violins-4"]
        assert atlas.topics[found["glaciers-5"]].label == "Frozen water"
        assert verify(atlas.folder) == []
    with pytest.raises(UnknownPaperError, match="no paper has the id 'bees-99'"):
        make_atlas("p.jsonl", topics={"edits": {"rename": [{"topic_of": "bees-99", "label": "x"}]}})
    two = [{"topic_of": "bees-0", "label": "A"}, {"topic_of": "bees-1", "label": "B"}]
    with pytest.raises(ConfigError, match="name one topic"):
        make_atlas("p.jsonl", topics={"edits": {"rename": two}})


def test_assign_gives_the_run_s_answer_for_known_texts_and_the_right_topic_for_new_ones(tmp_path, make_atlas):
    papers = planted_papers(["glaciers", "bees", "bread"], 30)
    atlas = make_atlas(str(write_jsonl(tmp_path / "p.jsonl", papers)))
    texts = [f"{paper['title']}. {paper['abstract']}" for paper in papers]
    together = Atlas(atlas).assign(texts)
    found, core = topic_of_ids(atlas), topic_of_ids(atlas, "topic")
    assert [result.nearest_topic for result in together] == [found[paper["id"]] for paper in papers]
    assert [result.topic for result in together] == [core[paper["id"]] for paper in papers]
    assert [result.known_as for result in together] == [paper["id"] for paper in papers]
    new = ["A hive of honeybees dances for nectar and pollen", "Sourdough bread with rye flour and yeast", texts[0]]
    answers = Atlas(atlas).assign(new)
    assert [answer.nearest_topic for answer in answers[:2]] == [found["bees-0"], found["bread-0"]]
    assert answers[0].known_as is None
    assert [Atlas(atlas).assign([text])[0] for text in new] == answers
    assert Atlas(atlas).assign([f"  {texts[0]} \n"])[0].known_as == papers[0]["id"]
    assert Atlas(atlas).assign(new[::-1]) == answers[::-1]


# --- the run folder


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """Twelve papers of each of two topics, with every file that a run can have but sentences."""
    return run_once(tmp_path_factory.mktemp("small"), planted_papers(["glaciers", "bees"], 12), drawn=True)


@pytest.fixture(scope="module")
def smaller(tmp_path_factory):
    """Four papers of each of two topics."""
    return run_once(tmp_path_factory.mktemp("smaller"), planted_papers(["glaciers", "bees"], 4), drawn=True)


def test_a_loaded_atlas_is_the_one_that_was_built(small):
    loaded = load_run(small.folder)
    assert loaded.tables.whole.papers.equals(small.tables.whole.papers)
    assert loaded.topics == small.topics
    np.testing.assert_array_equal(loaded.vectors, small.vectors)
    assert isinstance(loaded.vectors, np.memmap)
    frame = Atlas(loaded).to_pandas()
    assert len(frame) == 24
    assert set(frame["label"]) == {topic.label for topic in small.topics}
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, "pandas", None)
        with pytest.raises(PaperatlasError, match=r"pip install 'paperatlas\[pandas\]'"):
            Atlas(loaded).to_pandas()
    shown = Atlas(loaded)._repr_html_()
    assert "data:image/png;base64," in shown
    assert all(topic.label in shown for topic in small.topics)


def test_what_a_notebook_shows_is_escaped(tmp_path, make_config):
    hostile = [{"topic_of": "bees-0", "label": "<script>alert(1)</script>"}]
    write_jsonl(tmp_path / "p.jsonl", planted_papers(["glaciers", "bees"], 12))
    atlas = run(make_config("p.jsonl", topics={"edits": {"rename": hostile}}))
    assert "<script>" not in Atlas(atlas)._repr_html_()
    report, settings = (atlas.folder / "report.md").read_text().split("```toml")
    assert "<script>" not in report + settings.split("\n```\n")[1], "outside the code block with the settings"


def test_verify_finds_every_flipped_byte_missing_and_foreign_file(small, tmp_path):
    folder = copy_of(small, tmp_path / "run")
    for name in small.manifest.files:
        content = (folder / name).read_bytes()
        (folder / name).write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
        assert len(verify(folder)) == 1
        assert verify(folder)[0].startswith(f"{name}: sha256")
        (folder / name).unlink()
        assert verify(folder) == [f"{name}: missing"]
        (folder / name).write_bytes(content)
    (folder / "note.txt").write_text("mine")
    assert verify(folder) == ["note.txt: not in the manifest"]


def test_a_file_of_the_user_s_in_a_run_folder_stops_the_next_run(tmp_path, make_config):
    write_jsonl(tmp_path / "p.jsonl", planted_papers(["glaciers", "bees"], 4))
    run(make_config("p.jsonl"))
    (tmp_path / "run" / "notes.md").write_text("precious")
    with pytest.raises(RunFolderError, match=r"holds 'notes\.md', which no run wrote"):
        run(make_config("p.jsonl"), force=True)
    assert (tmp_path / "run" / "notes.md").read_text() == "precious"


def test_a_folder_with_another_program_s_manifest_is_never_touched(tmp_path, make_config):
    write_jsonl(tmp_path / "p.jsonl", planted_papers(["glaciers", "bees"], 4))
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "manifest.json").write_text('{"name": "a web app"}')
    with pytest.raises(RunFolderError, match="has files but is no run folder"):
        run(make_config("p.jsonl"), force=True)
    assert (tmp_path / "run" / "manifest.json").read_text() == '{"name": "a web app"}'


def test_a_loaded_atlas_stays_what_it_was_when_the_run_is_replaced(tmp_path, make_config):
    papers = planted_papers(["glaciers", "bees"], 6)
    write_jsonl(tmp_path / "p.jsonl", papers[:8])
    old = load_run(run(make_config("p.jsonl")).folder)
    write_jsonl(tmp_path / "p.jsonl", papers[2:])
    run(make_config("p.jsonl"))
    assert set(old.column("id").to_pylist()) == {paper["id"] for paper in papers[:8]}
    assert old.tables.whole.papers.num_rows == len(old.vectors) == 8
    assert len(load_run(tmp_path / "run")) == 10


def test_a_run_folder_behind_a_link_is_replaced_where_it_lies(tmp_path, make_config):
    write_jsonl(tmp_path / "p.jsonl", planted_papers(["glaciers", "bees"], 4))
    (tmp_path / "disk" / "big").mkdir(parents=True)
    (tmp_path / "run").symlink_to(tmp_path / "disk" / "big")
    for seed in (1, 2, 3):
        run(make_config("p.jsonl", seed=seed))
        assert (tmp_path / "run").is_symlink()
        assert verify(tmp_path / "disk" / "big") == []


def test_ids_with_line_ends_survive_the_folder(tmp_path, make_atlas):
    same = [{"id": name, "title": "Same", "abstract": "Same words."} for name in ("a\rb", "z\ry", "q\nr", 'x",y')]
    atlas = make_atlas(str(write_jsonl(tmp_path / "p.jsonl", [*same, *planted_papers(["glaciers"], 3)])))
    assert verify(atlas.folder) == []
    loaded = load_run(atlas.folder)
    assert {loaded.ids.row(paper["id"]) for paper in same} == {loaded.ids.row("a\rb")}


def test_damaged_folders_are_one_line(smaller, tmp_path):
    atlas = load_atlas(copy_of(smaller, tmp_path / "run"))
    with pytest.raises(KeyError):
        atlas.column("nope")
    for name, broken in (("topics.json", b'[{"new": 1}]'), ("duplicates.csv", b""), ("papers.parquet", b"PAR1")):
        content = (atlas.folder / name).read_bytes()
        (atlas.folder / name).write_bytes(broken)
        with pytest.raises(RunFolderError, match=f"{name}: damaged"):
            _ = load_run(atlas.folder).ids
        (atlas.folder / name).write_bytes(content)


def test_a_changed_model_is_no_longer_up_to_date(tmp_path, empty_cache):
    empty_cache()
    shutil.copytree(find_model(EmbeddingConfig()).folder, tmp_path / "model")
    write_jsonl(tmp_path / "p.jsonl", planted_papers(["glaciers", "bees"], 3))
    (tmp_path / "m.toml").write_text(
        '[corpus]\nfiles = ["p.jsonl"]\n[embedding]\nmodel = "./model"\n[output]\nfolder = "run"\n' + QUICK
    )
    assert run_config(load_config(tmp_path / "m.toml")).built
    assert not run_config(load_config(tmp_path / "m.toml")).built
    (tmp_path / "model" / "sentence_bert_config.json").write_text('{"max_seq_length": 128}')
    assert run_config(load_config(tmp_path / "m.toml")).built


def test_as_many_neighbours_are_kept_as_asked_for(tmp_path, make_atlas):
    papers = planted_papers(["glaciers", "bees"], 30)
    atlas = make_atlas(str(write_jsonl(tmp_path / "p.jsonl", papers)), neighbours={"k": 3})
    assert atlas.neighbours.k == 3
    assert [result.id for result in Atlas(atlas).similar("bees-1", k=3)]


def test_verify_checks_that_rows_of_different_files_fit(small, tmp_path):
    folder = copy_of(small, tmp_path / "run")
    swapped = np.array(small.vectors)[::-1]
    np.save(folder / "embedding.npy", swapped)
    manifest = json.loads((folder / "manifest.json").read_text())
    import hashlib

    manifest["files"]["embedding.npy"] = hashlib.sha256((folder / "embedding.npy").read_bytes()).hexdigest()
    (folder / "manifest.json").write_text(json.dumps(manifest))
    assert any("differs from the cosines" in problem for problem in verify(folder))


def fill_disk_after(number, monkeypatch):
    """Writing the next file but so many of a run folder finds the disk full half way."""
    written = []
    real_write = save._write

    def full_disk(path, write):
        written.append(path)
        if len(written) > number:
            whole = io.BytesIO()
            write(whole)
            path.write_bytes(whole.getvalue()[: len(whole.getvalue()) // 2])
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return real_write(path, write)

    monkeypatch.setattr(save, "_write", full_disk)


@pytest.fixture(scope="module")
def other_seed(tmp_path_factory):
    """The smaller run with another seed, and its pictures and report."""
    papers = planted_papers(["glaciers", "bees"], 4)
    atlas = run_once(tmp_path_factory.mktemp("other"), papers, drawn=True, seed=1)
    assert len(atlas.manifest.files) + 1 == FILES
    return atlas, {name: (atlas.folder / name).read_bytes() for name in PICTURES}


FILES = 26  # of such a run, its manifest among them


@pytest.mark.parametrize("number", range(FILES))
def test_a_disk_that_fills_up_at_any_file_leaves_the_old_run(smaller, other_seed, tmp_path, monkeypatch, number):
    copy_of(smaller, tmp_path / "run")
    before = promised_bytes(tmp_path / "run")
    atlas, pictures = other_seed
    fill_disk_after(number, monkeypatch)
    with pytest.raises(RunFolderError, match="No space left on device"), exclusive(tmp_path / "run"):
        save_atlas(atlas, tmp_path / "run", pictures=pictures)
    assert promised_bytes(tmp_path / "run") == before
    assert verify(tmp_path / "run") == []
    assert sorted(path.name for path in tmp_path.glob(".run.*")) == [".run.lock"]


def test_a_run_on_a_full_disk_leaves_the_old_one(smaller, tmp_path, make_config, monkeypatch):
    copy_of(smaller, tmp_path / "run")
    before = promised_bytes(tmp_path / "run")
    write_jsonl(tmp_path / "p.jsonl", planted_papers(["glaciers", "bees"], 4))
    fill_disk_after(7, monkeypatch)
    with pytest.raises(RunFolderError, match="No space left on device"):
        run(make_config("p.jsonl", seed=1))
    assert promised_bytes(tmp_path / "run") == before
    assert verify(tmp_path / "run") == []
    assert sorted(path.name for path in tmp_path.glob(".run.*")) == [".run.lock"]


def test_a_crash_between_the_two_renames_is_mended_by_the_next_reader(smaller, tmp_path):
    folder = copy_of(smaller, tmp_path / "run")
    folder.rename(beside(folder, "old"))
    (beside(folder, "draft")).mkdir()
    assert find_run(folder) == folder
    assert verify(folder) == []
    assert not beside(folder, "draft").exists()


def test_a_second_run_of_one_folder_is_told_to_wait(tmp_path, make_config):
    write_jsonl(tmp_path / "p.jsonl", planted_papers(["glaciers", "bees"], 4))
    holder = (
        "import sys, pathlib; from pipeline.atlas import exclusive\n"
        "with exclusive(pathlib.Path(sys.argv[1])): print('held', flush=True); sys.stdin.read()"
    )
    command = [sys.executable, "-c", holder, str(tmp_path / "run")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=REPOSITORY, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        with pytest.raises(BusyError) as problem:
            run(make_config("p.jsonl"))
        assert problem.value.exit_code == 75
        other.communicate("")
    assert run(make_config("p.jsonl")).manifest.counts.kept == 8


def test_a_folder_that_is_no_run_is_never_touched(tmp_path, make_config):
    write_jsonl(tmp_path / "p.jsonl", planted_papers(["glaciers", "bees"], 4))
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "thesis.tex").write_text("precious")
    with pytest.raises(RunFolderError, match="has files but is no run folder"):
        run(make_config("p.jsonl"), force=True)
    assert (tmp_path / "run" / "thesis.tex").read_text() == "precious"


def test_output_that_cannot_be_written_is_one_line(tmp_path, make_config):
    write_jsonl(tmp_path / "p.jsonl", planted_papers(["glaciers", "bees"], 4))
    (tmp_path / "file").write_text("")
    config = make_config("p.jsonl", output={"folder": str(tmp_path / "file" / "run")})
    with pytest.raises(RunFolderError, match="cannot be written"):
        run(config)


def test_readers_refuse_other_schemas_and_damage(smaller, tmp_path):
    folder = copy_of(smaller, tmp_path / "run")
    manifest = folder / "manifest.json"
    content = json.loads(manifest.read_text())
    for broken, expected in (
        (json.dumps(content | {"schema_version": 99}), "of schema 99"),
        (json.dumps({"schema_version": SCHEMA_VERSION}), "damaged manifest.json"),
        ("{", "damaged"),
        ("[]", "not an object"),
    ):
        manifest.write_text(broken)
        with pytest.raises(RunFolderError, match=expected):
            load_run(folder)
    manifest.unlink()
    with pytest.raises(RunFolderError, match="run 'paperatlas run CONFIG' first"):
        load_run(folder)


def test_the_lock_is_free_again_after_an_error(tmp_path):
    with pytest.raises(ZeroDivisionError), exclusive(tmp_path / "run"):
        raise ZeroDivisionError
    with exclusive(tmp_path / "run"):
        pass


# --- queries and plans


def test_a_plan_counts_papers_and_writes_nothing(tmp_path, make_config):
    write_jsonl(tmp_path / "p.jsonl", [*planted_papers(["glaciers"], 6), {"id": "x"}])
    planned = plan_run(make_config("p.jsonl"), RATES, Machines())
    assert (planned.read, planned.papers, planned.rejected) == (7, 6, 1)
    assert "UMAP to 3 dimensions" in {stage: what for stage, what, _ in planned.steps}["reducer"]
    assert not (tmp_path / "run").exists()


def test_sentences_are_written_with_the_run_and_belong_to_their_papers(tmp_path, make_atlas):
    papers = planted_papers(["glaciers", "bees"], 8)
    atlas = make_atlas(str(write_jsonl(tmp_path / "p.jsonl", papers)), embedding={"sentences": True})
    assert atlas.sentences is not None
    by_id = {paper["id"]: paper for paper in papers}
    for row, paper in enumerate(atlas.column("id").to_pylist()):
        text = f"{by_id[paper]['title']}. {by_id[paper]['abstract']}"
        mine = slice(atlas.sentences.offsets[row], atlas.sentences.offsets[row + 1])
        shown = [text[start:end] for start, end in atlas.sentences.spans[mine].tolist()]
        assert " ".join(shown) == text
        assert len(shown) == 3
    assert verify(atlas.folder) == []
