"""The manifest to JSON and back, what is refused of it, and run folders of the schema before."""

import hashlib
import json
from dataclasses import replace

import numpy as np
import pyarrow.parquet as pq
import pytest

from pipeline.atlas import SCHEMA_VERSION, ChatSummary, Manifest, load_atlas, read_manifest, save_atlas, verify
from pipeline.atlas.manifest import from_schema_3
from pipeline.errors import RunFolderError
from pipeline.topics import TopicHierarchy
from pipeline.topics.topic import SeededTopic
from tests.damaged_folders import forge
from tests.small_atlas import P, addition, small_atlas, small_config, small_manifest, small_topic

CHAT = ChatSummary("a model", 1, {"2": "it answered in rhyme"})


def full_manifest() -> Manifest:
    config = small_config(
        topics={"seeded": {"winter": "ice and snow"}, "resamples": 7},
        clusterer={"method": "max_cluster_size"},
    )
    manifest = small_manifest(5, config=config, added=(addition(2, read=3), addition(1)), files={"a.npy": "e" * 64})
    return replace(manifest, selection=replace(manifest.selection, chat=CHAT))


def test_a_manifest_is_read_back_as_it_was_written():
    manifest = full_manifest()
    written = json.loads(json.dumps(manifest.to_json()))
    read = Manifest.from_json(written, where="here")
    assert read == replace(manifest, config=read.config)
    assert read.config.model_dump() == manifest.config.model_dump()
    assert written["schema_version"] == SCHEMA_VERSION == 4
    assert written["selection"]["scores"][1]["max_cluster_share"] == 0.3
    assert written["added"][0] == {
        "papers": 2,
        "read": 3,
        "sources": ["more.jsonl"],
        "finished": "2024-06-01T00:00:00+00:00",
    }
    assert "path" not in written["config"]


def test_the_score_selected():
    selection = small_manifest(5).selection
    assert selection.selected_score is selection.scores[1]
    assert replace(selection, selected=0).selected_score is selection.scores[0]
    assert replace(selection, selected=None).selected_score is None


@pytest.mark.parametrize("version", [None, 2, 5, "4"])
def test_other_schemas_are_refused(version):
    content = full_manifest().to_json() | {"schema_version": version}
    with pytest.raises(RunFolderError) as problem:
        Manifest.from_json(content, where="outputs/x")
    assert str(problem.value) == (
        f"outputs/x: run folder of schema {version}, this version reads 3 and 4; rebuild it: run its config with force"
    )


@pytest.mark.parametrize(
    ("change", "key"),
    [
        (lambda content: content.pop("counts"), "counts: "),
        (lambda content: content["counts"].pop("noise"), "counts.noise: "),
        (lambda content: content.update(surprise=1), "surprise: "),
        (lambda content: content["selection"]["scores"][1].update(count="many"), "selection.scores.1.count: "),
        (lambda content: content["config"].update(sed=1), "config.sed: "),
    ],
)
def test_fields_missing_new_or_of_another_type_are_named(change, key):
    content = json.loads(json.dumps(full_manifest().to_json()))
    change(content)
    with pytest.raises(RunFolderError) as problem:
        Manifest.from_json(content, where="outputs/x")
    assert str(problem.value).startswith(f"outputs/x: damaged manifest.json: {key}")
    assert str(problem.value).endswith("; rebuild it: run its config with force")


# --- reading a manifest.json


def write_manifest(folder, text):
    folder.mkdir(exist_ok=True)
    (folder / "manifest.json").write_text(text, encoding="utf-8")
    return folder


def test_a_folder_without_manifest_says_so(tmp_path):
    with pytest.raises(RunFolderError) as problem:
        read_manifest(tmp_path)
    assert str(problem.value) == f"{tmp_path}: no manifest.json; run 'paperatlas run CONFIG' first"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('{"name": "x"', "Expecting ',' delimiter"),
        ("", "Expecting value"),
        ("[1, 2]", "not an object"),
        ('"text"', "not an object"),
        ("[" * 100_000, "maximum recursion depth"),
        ('{"schema_version": 3}', "'config'"),
        ('{"schema_version": 3, "config": []}', "expected an object, found list"),
    ],
)
def test_a_damaged_manifest_says_why(tmp_path, text, reason):
    folder = write_manifest(tmp_path / "run", text)
    with pytest.raises(RunFolderError) as problem:
        read_manifest(folder)
    assert str(problem.value).startswith(f"{folder / 'manifest.json'}: damaged: {reason}")
    assert str(problem.value).endswith("; rebuild it: run its config with force")


def test_a_manifest_of_bytes_that_are_no_text_is_damaged(tmp_path):
    (tmp_path / "manifest.json").write_bytes(b'{"name": "\xff"}')
    with pytest.raises(RunFolderError, match=r"manifest\.json: damaged: 'utf-8' codec"):
        read_manifest(tmp_path)
    (tmp_path / "run" / "manifest.json").mkdir(parents=True)
    with pytest.raises(RunFolderError, match=r"manifest\.json: damaged: .*Is a directory"):
        read_manifest(tmp_path / "run")


# --- schema 3

OLD_IN_TOPICS = {"mmr_representatives": "diverse", "neighbourhood_preservation": "map_trust", "seeded": "known"}
OLD_IN_SELECTION = {
    "warnings": "doubts",
    "selected": "taken",
    "scores": "curve",
    "resamples": "refits",
    "neighbourhood_preservation": "map_trust",
    "seeded": "known",
}


def renamed(fields, names):
    return {names.get(key, key): value for key, value in fields.items()}


def old_topic(topic):
    old = renamed(topic, OLD_IN_TOPICS)
    return old | {"named_by": "known"} if old["named_by"] == "seeded" else old


def old_manifest(content):
    """As the release before wrote it."""
    selection = renamed(content.pop("selection"), OLD_IN_SELECTION)
    for score in selection["curve"]:
        score["cap"] = score.pop("max_cluster_share")
        score["method"] = {"max_cluster_size": "capped"}.get(score["method"], score["method"])
    config = content["config"]
    config["topics"] = renamed(config["topics"], {"seeded": "known", "resamples": "refits"})
    config["corpus"] = renamed(config["corpus"], {"deduplication": "same_work"})
    if config["clusterer"]["method"] == "max_cluster_size":
        config["clusterer"]["method"] = "capped"
    config["toml"] = "name = 'small'\n"
    for entry in content["added"]:
        del entry["read"]
    return content | {"choice": selection, "schema_version": 3}


def make_schema_3(folder):
    """Rewrite a run folder of this schema in the form of the one before."""
    topics = json.loads((folder / "topics.json").read_text())
    (folder / "topics.json").write_text(json.dumps([old_topic(topic) for topic in topics]))
    levels = json.loads((folder / "hierarchy.json").read_text())
    (folder / "hierarchy.json").unlink()
    old_levels = {"fields": levels["areas"], "fine": levels["subtopics"]}
    old_levels = {name: [old_topic(topic) for topic in listed] for name, listed in old_levels.items()}
    (folder / "layers.json").write_text(json.dumps(old_levels))
    papers = pq.read_table(folder / "papers.parquet")
    columns = {"subtopic": "fine_topic", "source_subtopic": "subtopic"}
    pq.write_table(
        papers.rename_columns([columns.get(name, name) for name in papers.column_names]), folder / "papers.parquet"
    )
    content = old_manifest(json.loads((folder / "manifest.json").read_text()))
    files = sorted(path for path in folder.iterdir() if path.name != "manifest.json")
    for name in ("digest", "stamps"):  # of this release
        del content[name]
    content["files"] = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in files}
    (folder / "manifest.json").write_text(json.dumps(content))


def two_level_atlas():
    papers = [
        P("a", "Ice", topic=0, subtopic=4, more={"source_subtopic": "cold"}),
        P("b", "Bee", topic=2, more={"source_subtopic": "warm"}),
        P("c", "Oak", "Sea.", topic=-1, nearest=2, second=0, strength=0.5),
    ]
    seeded = {"named_by": "seeded", "seeded": SeededTopic("ice and snow", 0.5)}
    changes = {"mmr_representatives": ("a",), "neighbourhood_preservation": 0.625, "stability": 0.5}
    topics = (small_topic(0, "Ice", papers, parent=0, **seeded, **changes), small_topic(2, "Bees", papers, parent=0))
    hierarchy = TopicHierarchy(
        topics,
        (small_topic(0, "Nature", [], size=2, assigned=3, neighbourhood_preservation=0.375),),
        (small_topic(4, "Snow", [], size=1, assigned=1, parent=0, mmr_representatives=("a",), **seeded),),
    )
    manifest = full_manifest()
    return small_atlas(
        papers,
        hierarchy=hierarchy,
        sentences=True,
        manifest={"selection": manifest.selection, "added": (addition(1), addition(1))},
        topics={"seeded": {"winter": "ice and snow"}, "resamples": 7},
        clusterer={"method": "max_cluster_size"},
        corpus={"files": ["papers.jsonl"], "deduplication": "keep"},
    )


def test_a_run_folder_of_schema_3_is_the_same_atlas(tmp_path):
    now = save_atlas(two_level_atlas(), tmp_path / "now", pictures={})
    save_atlas(two_level_atlas(), tmp_path / "before", pictures={})
    make_schema_3(tmp_path / "before")
    assert verify(tmp_path / "before") == []
    before = load_atlas(tmp_path / "before")
    assert before.hierarchy == now.hierarchy
    assert before.hierarchy == two_level_atlas().hierarchy
    assert before.manifest == replace(now.manifest, files=before.manifest.files)
    assert before.manifest.schema_version == 4
    assert "layers.json" in before.manifest.files
    assert before.manifest.config.topics.seeded == {"winter": "ice and snow"}
    assert before.manifest.config.topics.resamples == 7
    assert before.manifest.config.corpus.deduplication == "keep"
    assert before.manifest.config.clusterer.method == "max_cluster_size"
    assert before.manifest.selection.chat == CHAT
    assert [entry.read for entry in before.manifest.added] == [1, 1]
    assert before.column_names == now.column_names
    for name in now.column_names:
        assert before.column(name).to_pylist() == now.column(name).to_pylist()
    assert sorted(map(str, before.column("source_subtopic").to_pylist())) == ["None", "cold", "warm"]
    assert sorted(before.column("subtopic").to_pylist()) == [-1, -1, 4]
    assert "fine_topic" not in before.column_names
    whole, expected = before.tables.whole, now.tables.whole
    for table in ("papers", "sources", "duplicates", "rejected"):
        assert getattr(whole, table).to_pylist() == getattr(expected, table).to_pylist()
    np.testing.assert_array_equal(before.vectors, now.vectors)


def test_saving_it_again_makes_it_schema_4(tmp_path):
    now = save_atlas(two_level_atlas(), tmp_path / "now", pictures={})
    save_atlas(two_level_atlas(), tmp_path / "before", pictures={})
    make_schema_3(tmp_path / "before")
    save_atlas(load_atlas(tmp_path / "before"), tmp_path / "before", pictures={})
    names = {path.name for path in (tmp_path / "before").iterdir()}
    assert "layers.json" not in names
    assert names == {path.name for path in (tmp_path / "now").iterdir()}
    assert verify(tmp_path / "before") == []
    assert read_manifest(tmp_path / "before").files.keys() == now.manifest.files.keys()
    assert read_manifest(tmp_path / "before").files["hierarchy.json"] == now.manifest.files["hierarchy.json"]


def test_a_column_of_schema_3_that_nobody_renamed_stays(tmp_path):
    plain = small_atlas([P("a", "Ice", more={"venue": "x"})])
    save_atlas(plain, tmp_path / "run", pictures={})
    make_schema_3(tmp_path / "run")
    assert load_atlas(tmp_path / "run").column_names == plain.column_names


@pytest.mark.parametrize(
    ("file", "content", "message"),
    [
        ("topics.json", {"topics": []}, "expected a list, found dict"),
        ("topics.json", [1], "expected an object, found int"),
        ("layers.json", [], "expected an object, found list"),
        ("layers.json", {"fields": []}, "'fine'"),
        ("layers.json", {"fields": {}, "fine": []}, "expected a list, found dict"),
    ],
)
def test_damaged_files_of_schema_3_are_told(tmp_path, file, content, message):
    save_atlas(small_atlas([P("a", "Ice")]), tmp_path / "run", pictures={})
    make_schema_3(tmp_path / "run")
    (tmp_path / "run" / file).write_text(json.dumps(content))
    with pytest.raises(RunFolderError, match=f"{file}: damaged: {message}; rebuild it: run its config with force"):
        load_atlas(forge(tmp_path / "run"))


def test_names_of_schema_3_by_hand():
    topic = {"id": 0, "diverse": ["a"], "map_trust": 0.5, "known": None, "named_by": "keywords"}
    now = {
        "id": 0,
        "mmr_representatives": ["a"],
        "neighbourhood_preservation": 0.5,
        "seeded": None,
        "named_by": "keywords",
    }
    assert from_schema_3("topics.json", [topic, topic | {"named_by": "known"}]) == {
        "topics": [now, now | {"named_by": "seeded"}]
    }
    assert from_schema_3("hierarchy.json", {"fields": [topic], "fine": [], "other": 1}) == {
        "areas": [now],
        "subtopics": [],
    }
    manifest = {
        "schema_version": 3,
        "name": "x",
        "config": {
            "toml": "...",
            "seed": 3,
            "topics": {"known": {"a": "b"}, "refits": 2},
            "corpus": {"same_work": "keep"},
        },
        "choice": {
            "curve": [{"cap": 0.5, "method": "capped"}, {"cap": None, "method": "leaf"}],
            "taken": 1,
            "known": [],
        },
        "added": [{"papers": 3}, {"papers": 4, "read": 9}],
    }
    assert from_schema_3("manifest.json", manifest) == {
        "schema_version": 4,
        "name": "x",
        "config": {"seed": 3, "topics": {"seeded": {"a": "b"}, "resamples": 2}, "corpus": {"deduplication": "keep"}},
        "selection": {
            "scores": [
                {"max_cluster_share": 0.5, "method": "max_cluster_size"},
                {"max_cluster_share": None, "method": "leaf"},
            ],
            "selected": 1,
            "seeded": [],
        },
        "added": [{"read": 3, "papers": 3}, {"read": 9, "papers": 4}],
    }
