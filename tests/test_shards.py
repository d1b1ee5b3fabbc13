"""Shards: made once, checked each time, the same bytes however many there are and whoever makes them."""

import hashlib
from pathlib import Path

import numpy as np
import pytest

from pipeline.build import run_config
from pipeline.build.manifest_builder import config_hash
from pipeline.config import EmbeddingConfig
from pipeline.corpus.record import text_hash
from pipeline.embedding import embed_texts, make_encoder
from pipeline.embedding import sharded_encoder as sharding
from pipeline.embedding.sharded_encoder import ShardedEncoder, bounds_of
from pipeline.errors import ConfigError, CorpusError, ModelError, RunFolderError
from pipeline.neighbours import (
    extend_neighbours,
    extended_search,
    find_in_shards,
    partitioned_search,
    sharded_search,
)
from pipeline.neighbours.partitioned_search import find_neighbours, make_partitions, search_partitions
from pipeline.workers import in_process
from pipeline.workers.shard_store import FolderStore
from pipeline.workers.shards import Shard, Shards, digest_of
from tests.planted import planted_papers, write_jsonl
from tests.shard_tasks import count_shard

SIX = [{"numbers": [number, number + 1]} for number in range(6)]


def shards_in(folder: Path, papers: int = 2) -> Shards:
    return Shards(FolderStore(folder), in_process(), papers)


def make(folder: Path, orders=SIX) -> list[list[int]]:
    wanted = [Shard(digest_of(repr(one).encode()), 2, lambda one=one: one) for one in orders]
    return [arrays["doubled"].tolist() for arrays in shards_in(folder).make("doubling", count_shard, wanted)]


def done(folder: Path) -> int:
    count = (folder / "done").read_text().count("\n") if (folder / "done").exists() else 0
    (folder / "done").unlink(missing_ok=True)
    return count


DOUBLED = [[0, 2], [2, 4], [4, 6], [6, 8], [8, 10], [10, 12]]


# --- resume


def test_each_shard_is_made_once_and_taken_afterwards(tmp_path, caplog):
    assert make(tmp_path) == DOUBLED
    assert done(tmp_path) == 6
    assert make(tmp_path) == DOUBLED
    assert done(tmp_path) == 0
    assert list(tmp_path.glob("*.task")) == [], "what a task was told is not kept"
    assert caplog.records == []


def test_the_sha256_of_each_file_is_recorded_beside_it(tmp_path):
    make(tmp_path)
    for file in tmp_path.glob("*.npz"):
        assert Path(f"{file}.sha256").read_text() == hashlib.sha256(file.read_bytes()).hexdigest()


def test_an_interrupted_stage_goes_on_with_what_is_left(tmp_path):
    wanted = [Shard(digest_of(repr(one).encode()), 2, lambda one=one: one) for one in SIX]
    made = shards_in(tmp_path).make("doubling", count_shard, wanted)
    next(made)
    next(made)
    made.close()
    assert done(tmp_path) == 2
    assert make(tmp_path) == DOUBLED
    assert done(tmp_path) == 4


def flip_a_bit(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)


@pytest.mark.parametrize(("harm", "told"), [
    (flip_a_bit, True),
    (Path.unlink, True),
    (lambda file: file.write_bytes(b""), True),
    (lambda file: flip_a_bit(Path(f"{file}.sha256")), True),
    (lambda file: Path(f"{file}.sha256").unlink(), False),  # as a kill between the two leaves it: never finished
])  # fmt: skip
def test_a_damaged_or_missing_shard_is_made_again_with_one_line(tmp_path, caplog, harm, told):
    make(tmp_path)
    done(tmp_path)
    harm(sorted(tmp_path.glob("*.npz"))[3])
    assert make(tmp_path) == DOUBLED
    assert done(tmp_path) == 1
    assert [record.message for record in caplog.records if "made again" in record.message] != [] or not told
    assert len(caplog.records) == told


def test_leftovers_of_the_stage_are_swept_and_nothing_else(tmp_path):
    make(tmp_path)
    other = f"other-{'0' * 32}.npz"
    for name in (other, "notes.txt", "doubling-plan.md"):
        (tmp_path / name).write_text("mine")
    make(tmp_path, SIX[:2])
    assert len(list(tmp_path.glob("doubling-*.npz"))) == 2
    assert all((tmp_path / name).read_text() == "mine" for name in (other, "notes.txt", "doubling-plan.md"))


def test_a_folder_that_cannot_be_used_is_named_with_the_way_out(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(RunFolderError, match=r"file: the folder of shards cannot be used: .*run\.shards"):
        make(tmp_path / "file")
    assert (tmp_path / "file").read_text() == "in the way"


def test_a_worker_that_does_not_reach_the_folder_says_so(tmp_path):
    with pytest.raises(RunFolderError, match=r"run\.shards must be a folder that every worker reaches"):
        count_shard(tmp_path / "elsewhere", "doubling-0")


# --- neighbours


def unit_rows(n: int, d: int = 8, seed: int = 0) -> np.ndarray:
    rows = np.random.default_rng(seed).normal(size=(n, d)).astype(np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def assert_same(one, other):
    assert one.indices.tobytes() == other.indices.tobytes()
    assert one.similarities.tobytes() == other.similarities.tobytes()


@pytest.mark.parametrize("papers", [7, 64, 299, 300])
def test_neighbours_are_the_same_bytes_from_any_size_of_shards(tmp_path, papers):
    vectors = unit_rows(300)
    vectors[200:220] = vectors[:20]  # equal papers: ties go to the smaller row in every shard
    whole = find_neighbours(vectors, k=12)
    told: list[int] = []
    found = find_in_shards(vectors, k=12, shards=shards_in(tmp_path, papers), advance=told.append)
    assert_same(found, whole)
    assert sum(told) == 300
    assert_same(find_in_shards(vectors, k=12, shards=None), whole)


@pytest.mark.parametrize("papers", [37, 400])
def test_in_partitions_too(tmp_path, monkeypatch, papers):
    for module in (partitioned_search, sharded_search):
        monkeypatch.setattr(module, "EXACT_TO", 100)
        monkeypatch.setattr(module, "PARTITION_SIZE", 50)
        monkeypatch.setattr(module, "PROBED", 3)
    vectors = unit_rows(400)
    assert_same(find_in_shards(vectors, k=9, shards=shards_in(tmp_path, papers)), find_neighbours(vectors, k=9))


def test_rows_searched_alone_have_the_neighbours_they_have_among_all():
    vectors = unit_rows(500)
    partitions = make_partitions(vectors, count=10, probed=3)
    whole = search_partitions(vectors, partitions, k=5)
    rows = np.array([3, 4, 99, 480])
    some = search_partitions(vectors, partitions, k=5, rows=rows)
    np.testing.assert_array_equal(some.indices, whole.indices[rows])
    assert rows[0] not in some.indices[0], "a paper is not its own neighbour, whatever its place in the shard"


def test_other_vectors_or_another_k_are_other_shards(tmp_path):
    one, other = unit_rows(20), unit_rows(20, seed=1)
    find_in_shards(one, k=3, shards=shards_in(tmp_path, 10))
    assert_same(find_in_shards(other, k=3, shards=shards_in(tmp_path, 10)), find_neighbours(other, k=3))
    assert_same(find_in_shards(other, k=4, shards=shards_in(tmp_path, 10)), find_neighbours(other, k=4))


# --- new papers beside those there


@pytest.mark.parametrize(("there", "k"), [(250, 12), (299, 12), (1, 12), (2, 12), (13, 12), (60, 100), (0, 5)])
def test_extended_neighbours_are_those_of_all_papers_to_the_byte(there, k):
    vectors = unit_rows(300)
    vectors[200:230] = vectors[:30]  # equal papers among the old, the new, and both
    rng = np.random.default_rng(5)
    old = np.sort(rng.choice(300, there, replace=False))
    new = np.setdiff1d(np.arange(300), old)
    before = find_neighbours(vectors[old], k=k)
    told: list[int] = []
    found = extend_neighbours(before, vectors, old=old, new=new, k=k, advance=told.append)
    assert_same(found, find_neighbours(vectors, k=k))
    assert sum(told) == 300


def test_no_old_paper_is_compared_with_an_old_one_again(monkeypatch):
    vectors, old, new = unit_rows(200), np.arange(0, 190), np.arange(190, 200)
    before = find_neighbours(vectors[old], k=5)
    compared = []
    real = extended_search.nearest

    def counting(rows, queries, **settings):
        compared.append((len(rows), len(queries)))
        return real(rows, queries, **settings)

    monkeypatch.setattr(extended_search, "nearest", counting)
    extend_neighbours(before, vectors, old=old, new=new, k=5)
    assert sum(rows * queries for rows, queries in compared) == 200 * 10 + 10 * 190


def test_lists_too_short_to_go_on_from_are_made_anew():
    vectors, old = unit_rows(50), np.arange(40)
    before = find_neighbours(vectors[old], k=3)
    found = extend_neighbours(before, vectors, old=old, new=np.arange(40, 50), k=9)
    assert_same(found, find_neighbours(vectors, k=9))


# --- embedding


TEXTS = [f"A note on subject {number}. It has {number} sentences of its own." for number in range(12)]


@pytest.fixture
def encoder(session_cache, monkeypatch):
    config = EmbeddingConfig(sentences=True)
    made, prompt = make_encoder(config, session_cache)
    monkeypatch.setattr(sharding, "_encoder_of", lambda _: (made, prompt))
    return made, config, prompt


def in_shards(encoder, folder: Path, papers: int) -> ShardedEncoder:
    made, config, prompt = encoder
    hashes = np.array(sorted(list(text_hash(text)) for text in TEXTS), np.uint8)
    return ShardedEncoder(made, shards_in(folder, papers), config, prompt=prompt, bounds=bounds_of(hashes, papers))


@pytest.mark.parametrize("papers", [1, 5, 12])
def test_vectors_and_sentences_are_the_same_bytes_from_any_size_of_shards(encoder, tmp_path, papers):
    whole = embed_texts(TEXTS, encoder[0], sentences=True)
    found = embed_texts(TEXTS, in_shards(encoder, tmp_path, papers), sentences=True)
    assert found.vectors.tobytes() == whole.vectors.tobytes()
    for part in ("vectors", "spans", "offsets"):
        assert getattr(found.sentences, part).tobytes() == getattr(whole.sentences, part).tobytes()
    assert found.info == whole.info
    assert len(list(tmp_path.glob("*.npz"))) == -(-12 // papers)


def test_what_is_known_already_moves_no_other_shard(encoder, tmp_path):
    """The cache knows the texts of the first shard: the files of the two others are taken as they are."""
    sharded = in_shards(encoder, tmp_path, 4)
    list(sharded.encode(TEXTS))
    files = sorted(path.name for path in tmp_path.glob("*.npz"))
    by_hash = sorted(TEXTS, key=text_hash)
    rest = [text for text in TEXTS if text in by_hash[4:]]
    assert len(dict(in_shards(encoder, tmp_path, 4).encode(rest))) == 8
    assert len(set(files) & {path.name for path in tmp_path.glob("*.npz")}) == 2


def test_a_worker_with_another_model_or_precision_is_refused(encoder, tmp_path):
    made, config, _ = encoder
    hashes = np.zeros((0, 32), np.uint8)
    other = ShardedEncoder(made, shards_in(tmp_path), config, prompt="query: ", bounds=bounds_of(hashes, 2))
    with pytest.raises(ModelError, match=r"a worker computes vectors by openvino in .*set embedding\.precision"):
        list(other.encode(TEXTS))


# --- whole runs


PROMISED = ("papers.parquet", "embedding.npy", "neighbours_indices.npy", "neighbours_similarities.npy", "topics.json")
PROMISED += ("lexical_idf.npy", "lexical_offsets.npy", "lexical_terms.npy", "lexical_words.npy", "lexical_weights.npy")


@pytest.fixture
def config(make_config, tmp_path, session_cache, monkeypatch):
    """Makes configs of one corpus; nothing is drawn, which takes longer than all the rest."""
    for drawing in ("draw_files", "report_file"):
        monkeypatch.setattr(f"pipeline.build.run.{drawing}", lambda *_, **__: {})
    write_jsonl(tmp_path / "p.jsonl", planted_papers(["bees", "bread"], 15))

    def make(folder: str, **run):
        return make_config(
            "p.jsonl", embedding={"backend": "openvino", "cache": False}, output={"folder": folder}, run=run
        )

    return make


def promised(folder: Path) -> dict[str, str]:
    return {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in PROMISED}


def test_forced_shards_give_every_promised_file_the_same_bytes(config, tmp_path):
    run_config(config("one"))
    run_config(config("many", shard_papers=8))
    run_config(config("beside", shard_papers=16, executor="processes", workers=2))
    assert promised(tmp_path / "many") == promised(tmp_path / "beside") == promised(tmp_path / "one")
    assert [path.name for path in tmp_path.iterdir() if "shards" in path.name] == [], "working files go with the run"


def test_a_run_that_fails_leaves_its_shards_and_the_next_one_takes_them(config, tmp_path, monkeypatch):
    from pipeline.build import build

    def break_down(*_, **__):
        raise ConfigError("the lights went out")

    with monkeypatch.context() as patch:
        patch.setattr(build, "cluster", break_down)
        with pytest.raises(ConfigError, match="lights"):
            run_config(config("many", shard_papers=8))
    assert len(list((tmp_path / "many.shards").glob("embedding-*.npz"))) == 4
    assert len(list((tmp_path / "many.shards").glob("neighbours-*.npz"))) == 4
    with monkeypatch.context() as patch:
        patch.setattr(sharding, "_encoder_of", break_down)
        patch.setattr(sharded_search, "_search", break_down)
        run_config(config("many", shard_papers=8))
    run_config(config("one"))
    assert promised(tmp_path / "many") == promised(tmp_path / "one")
    assert not (tmp_path / "many.shards").exists()


def test_who_does_the_work_is_no_part_of_the_result(config):
    assert config_hash(config("x")) == config_hash(config("x", executor="processes", workers=3, shard_papers=5))


def test_a_folder_of_shards_that_cannot_be_made_is_told_before_anything_is_read(config, tmp_path):
    (tmp_path / "file").write_text("in the way")
    (tmp_path / "p.jsonl").write_text("")
    with pytest.raises(RunFolderError, match=r"file/shards: the folder of shards cannot be used"):
        run_config(config("x", shards="file/shards"))


def test_what_a_refused_run_has_read_goes_with_the_next_one(config, tmp_path):
    made = config("x", shards="mine")
    content = (tmp_path / "p.jsonl").read_text()
    (tmp_path / "p.jsonl").write_text("no paper")
    with pytest.raises(CorpusError):
        run_config(made)
    assert sorted(path.suffix for path in (tmp_path / "mine").glob("*.[nr]*[sz]")) == [".npz", ".rows"]
    (tmp_path / "p.jsonl").write_text(content)
    run_config(made)
    assert not (tmp_path / "mine").exists()


def test_a_token_variable_that_is_not_set_is_named(config, monkeypatch):
    monkeypatch.delenv("CLUSTER_TOKEN", raising=False)
    with pytest.raises(ConfigError, match="CLUSTER_TOKEN is not set"):
        run_config(config("x", executor="ray", address="local", token_variable="CLUSTER_TOKEN"))
