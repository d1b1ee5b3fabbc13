"""A large input read in parts, by several processes, and kept in files: the same corpus as of one process in memory."""

import gc
import gzip
import importlib
import json
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline.build import sharding
from pipeline.build.sharding import Sharding
from pipeline.config import CorpusConfig
from pipeline.corpus import Paper, Rejected, batch_store, read_corpus, shares, stretches, work_keys
from pipeline.corpus.batch_store import BatchStore
from pipeline.corpus.paper_rows import to_block
from pipeline.corpus.paper_texts import ChosenTexts
from pipeline.corpus.record import text_hash, text_of
from pipeline.corpus.row_index import RowIndex
from pipeline.errors import CorpusError
from pipeline.workers import in_process
from pipeline.workers.shard_store import FolderStore
from pipeline.workers.shards import Shards
from tests.test_reading_speed_paths import awkward_rows, shown, write_awkward


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A folder with the folder `papers` in it."""
    place = tmp_path_factory.mktemp("parts")
    write_folder(place / "papers")
    return place


@pytest.fixture(scope="module")
def alone(place):
    """What one process reads of it, in memory."""
    return read_corpus(CONFIG, place)


CONFIG = CorpusConfig(files=("papers",))


def write_folder(folder):
    """A folder whose files have several pieces, copies in each other, fields that only later rows have, and damage."""
    folder.mkdir()
    lines = [
        {"id": f"p{number % 2500}", "title": f"On ice {number}", "abstract": f"Sheet {number % 2450} melts."}
        | ({"colour": number} if number > 2200 else {})
        | ({"doi": f"10.1000/{number}"} if number % 9 else {"abstract": None, "title": None})
        for number in range(2600)
    ]
    (folder / "many.jsonl").write_text("\n".join(map(json.dumps, lines)))
    rows = "".join(f"On snow {number},Flake {number} falls.,{number % 7}\n" for number in range(2100))
    (folder / "many.csv").write_text(f"title,abstract,colour\n{rows}")
    entries = [
        f"@article{{k{number % 650}, title = {{On frost {number}}}, journal = {'ice' if number > 350 else '{Ice}'},"
        f" year = {2000 + number % 20}}}\n"
        for number in range(700)
    ]
    entries.insert(320, "@string{ice = {Annals of Ice}}\n")
    (folder / "many.bib").write_text("".join(entries))
    (folder / "some.ris").write_text("TY  - JOUR\nTI  - On ice 7\nAB  - Sheet 7 melts.\nDO  - 10.1000/7\nER  -\n" * 3)
    pq.write_table(pa.table({"title": ["On hail", None], "abstract": ["It falls.", None]}), folder / "two.parquet")
    (folder / "broken.jsonl.gz").write_bytes(gzip.compress((folder / "many.jsonl").read_bytes())[:-4000])
    (folder / "odd.blob").write_bytes(b"\x01\x02")
    write_awkward(folder)


@pytest.fixture
def shared(monkeypatch):
    """From here on three processes share what is read."""

    def start():
        monkeypatch.setattr(shares, "SHARED_FROM", 0)
        monkeypatch.setattr(shares, "core_count", lambda: 3)

    return start


def test_processes_that_share_files_read_the_same_corpus(place, alone, shared):
    reasons = alone.tables.rejected.column("reason").to_pylist()
    assert any(reason.startswith("damaged after line") for reason in reasons)
    assert any(reason.startswith("not a format") for reason in reasons)
    assert alone.tables.duplicates.num_rows > 100
    shared()
    counted = []
    assert shown(read_corpus(CONFIG, place, advance=counted.append)) == shown(alone)
    assert sum(counted) == alone.tables.read - 1  # but for the reject of the file that is damaged


@pytest.mark.parametrize(
    ("name", "settings"),
    [("broken.jsonl.gz", {}), ("two.parquet", {"fields": {"title": "colours"}})],
)
def test_a_file_that_cannot_be_read_is_the_same_line_of_any_process(place, shared, name, settings):
    config = CorpusConfig(files=(f"papers/{name}",), **settings)
    with pytest.raises(CorpusError) as by_one:
        read_corpus(config, place)
    shared()
    with pytest.raises(CorpusError) as by_three:
        read_corpus(config, place)
    assert str(by_three.value) == str(by_one.value)


def test_an_interrupted_reading_ends_the_other_processes_and_leaves_nothing(place, shared, tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    shared()

    def interrupt(_):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        read_corpus(CONFIG, place, advance=interrupt)
    assert list(tmp_path.iterdir()) == []


# --- in the store of shards: kept, taken, mended


@pytest.fixture
def in_shards(place, tmp_path, monkeypatch):
    """Reads the folder, or files of it, by tasks of this process whose results are kept; how many pieces were read."""
    for name, value in (("STRETCH", 1), ("LOAD_BYTES", 100_000)):
        monkeypatch.setattr(shares, name, value)
    read = []
    real = stretches.to_part
    monkeypatch.setattr(stretches, "to_part", lambda step, *rest: read.append(step.source) or real(step, *rest))

    def start(files=CONFIG.files, workers=2, **settings):
        read.clear()
        executor = replace(in_process(), workers=workers)
        kept = Shards(FolderStore(tmp_path / "shards"), executor, 1)
        corpus = read_corpus(CorpusConfig(files=files, **settings), place, shards=kept)
        return corpus, len(read)

    return start


def files_of(folder, kind="stretch"):
    return sorted(path for path in (folder / "shards").glob(f"{kind}-*") if path.suffix in (".npz", ".rows"))


def test_what_tasks_keep_is_the_same_corpus_and_is_not_read_again(alone, in_shards, tmp_path):
    first, pieces = in_shards()
    assert shown(first) == shown(alone)
    assert len(files_of(tmp_path)) > 10
    again, read = in_shards()
    assert shown(again) == shown(alone)
    assert 0 < read < pieces / 2, "only loads of which something could not be read are looked at again"
    other, read = in_shards(workers=1)
    assert shown(other) == shown(alone)
    assert read < pieces / 2, "whoever shares a file next time takes the same stretches"


def test_an_interrupted_reading_goes_on_with_what_is_left(place, in_shards, tmp_path, monkeypatch):
    class Dark(Exception):
        pass

    write = stretches.write_whole

    def fail_at_the_second(store, name, content):
        if len(files_of(tmp_path)) == 2:
            raise Dark
        write(store, name, content)

    files = ("papers/many.csv", "papers/many.jsonl")
    with monkeypatch.context() as patch:
        patch.setattr(stretches, "write_whole", fail_at_the_second)
        with pytest.raises(Dark):
            in_shards(files)
    corpus, read = in_shards(files)
    assert (read, len(files_of(tmp_path))) == (2, 4)
    assert shown(corpus) == shown(read_corpus(CorpusConfig(files=files), place))


def flip_a_bit(file):
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)


@pytest.mark.parametrize("harm", [flip_a_bit, lambda file: file.unlink()])
@pytest.mark.parametrize("kind", ["stretch", "reading"])
def test_what_is_damaged_is_read_again_with_one_line(place, in_shards, tmp_path, caplog, harm, kind):
    files = ("papers/many.csv", "papers/many.jsonl")
    whole, _ = in_shards(files)
    harm(files_of(tmp_path, kind)[0])
    corpus, read = in_shards(files)
    assert read == (kind == "stretch")
    assert shown(corpus) == shown(whole)
    assert [record.message for record in caplog.records if "missing or damaged" in record.message] != []


def test_a_file_that_changed_and_other_settings_are_read_anew(place, in_shards):
    _, pieces = in_shards(("papers/many.csv",))
    assert in_shards(("papers/many.csv",))[1] == 0
    assert in_shards(("papers/many.csv",), encoding="latin-1")[1] == pieces
    (place / "again.csv").write_text((place / "papers/many.csv").read_text().replace("Flake 3 ", "Flake three "))
    corpus, read = in_shards(("again.csv",))
    assert read == pieces
    assert "Flake three falls." in list(corpus.cleaned.abstracts)


def test_what_could_not_be_read_is_tried_again_with_the_same_line(place, in_shards):
    for _ in range(2):
        with pytest.raises(CorpusError, match="damaged after line"):
            in_shards(("papers/broken.jsonl.gz", "papers/many.csv"))


def test_a_worker_without_the_files_leaves_them_to_this_process(place, in_shards, monkeypatch, caplog):
    files = ("papers/many.csv",)
    seen_from_elsewhere = []
    real = shares._is_there
    monkeypatch.setattr(shares, "_is_there", lambda *file: seen_from_elsewhere.append(file) or False)
    corpus, read = in_shards(files)
    assert seen_from_elsewhere
    assert read == 2
    assert "does not reach the files" in caplog.text
    assert shown(corpus) == shown(read_corpus(CorpusConfig(files=files), place))
    monkeypatch.setattr(shares, "_is_there", real)
    assert in_shards(files)[1] == 0, "and what it read is kept too"


@pytest.mark.parametrize(("size", "asked", "kept"), [(1, False, False), (1, True, True), (100, False, True)])
def test_a_run_keeps_what_it_reads_where_it_is_much_or_shards_are_asked_for(tmp_path, monkeypatch, size, asked, kept):
    (tmp_path / "papers.csv").write_bytes(b"x" * size)
    monkeypatch.setattr(sharding, "SHARED_FROM", 100)
    place = Sharding(in_process(), FolderStore(tmp_path / "shards"), 5, asked)
    made = place.shards_of_files([str(tmp_path / "papers.csv")])
    assert (made is not None) == kept
    if made is not None:
        assert made.executor.kind == ("processes" if size == 100 else "local")


def test_what_is_kept_in_files_is_the_same_and_outlives_its_store(place, alone, monkeypatch):
    monkeypatch.setattr(batch_store, "MOST_IN_MEMORY", 0)
    in_files = read_corpus(CONFIG, place)
    gc.collect()
    assert shown(in_files) == shown(alone)


def test_texts_are_found_by_row_from_either_end(alone):
    titles = alone.cleaned.titles
    whole = list(titles)
    assert [titles[row] for row in (0, 5, -1, len(whole) - 1)] == [whole[row] for row in (0, 5, -1, -1)]
    assert titles[3:9:2] == whole[3:9:2]
    with pytest.raises(IndexError):
        titles[len(whole)]
    texts = [text_of(*both) for both in zip(whole, alone.cleaned.abstracts, strict=True)]
    assert list(alone.cleaned.texts) == texts
    assert alone.cleaned.texts[3:9:2] == texts[3:9:2]
    some = ChosenTexts(alone.cleaned.texts, [7, 0, 7])
    assert [*some] == some[:] == [texts[7], texts[0], texts[7]]


def test_keys_that_collide_only_cost_a_comparison(tmp_path, monkeypatch):
    (tmp_path / "rows.jsonl").write_text("\n".join(json.dumps(row) for row in awkward_rows(200)))
    config = CorpusConfig(files=("rows.jsonl",))
    apart = read_corpus(config, tmp_path)
    for module in (work_keys, importlib.import_module("pipeline.corpus.collect")):
        monkeypatch.setattr(module, "key_of", lambda kind, name: b"8 bytes.")
    assert shown(read_corpus(config, tmp_path)) == shown(apart)


def test_pieces_of_any_size_give_the_same_corpus(place, alone, monkeypatch):
    for module in ("file_format", "readers.parquet"):
        monkeypatch.setattr(f"pipeline.corpus.{module}.ROWS_AT_ONCE", 100)
    assert shown(read_corpus(CONFIG, place)) == shown(alone)


def test_the_index_knows_the_paper_and_the_id_of_each_key():
    papers = [Paper("p", number, f"p{number}", f"Title {number} of this", "", (), None) for number in range(3)]
    others = [replace(paper, id=f"10.1000/{paper.id}", title="Short") for paper in papers]
    store = BatchStore()
    blocks = [to_block(rows, store) for rows in (papers, [Rejected("p", 9, "no text")], [papers[0], *others])]
    index = RowIndex(blocks)
    written = [work_keys.work_keys(paper) for paper in (*papers, papers[0], *others)]
    assert index.keys.tobytes() == b"".join(written)
    assert index.id_keys.tobytes() == b"".join(keys[: work_keys.KEY_BYTES] for keys in written)
    owners = [number for number, keys in enumerate(written) for _ in range(len(keys) // work_keys.KEY_BYTES)]
    assert index.papers_of_keys(np.arange(len(owners))).tolist() == owners
    assert index.positions.tolist() == [0, 1, 2, 4, 5, 6, 7]
    for number, paper in enumerate((*papers, papers[0], *others)):
        assert index.batch_of(number).column("title").to_pylist() == [paper.title]
        assert index.hashes[number].astype(">u8").tobytes() == text_hash(paper.text)
