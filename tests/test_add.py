"""`add`: new papers into a run, by what they share with those there; the run keeps its topics."""

import json
import random

import numpy as np
import pytest

from pipeline import Atlas
from pipeline.adding import add_papers
from pipeline.adding.drift import measure_drift
from pipeline.atlas import load_run
from pipeline.cli.main import main
from pipeline.errors import PaperatlasError
from pipeline.neighbours import find_neighbours
from tests.planted import copy_of, planted_papers, run_once, write_jsonl

KINDS = ("glaciers", "bees", "bridges")


@pytest.fixture(scope="module")
def first_run(tmp_path_factory):
    """A run of planted papers: the first 25 of each kind."""
    papers = [paper for paper in planted_papers(KINDS, 40) if int(paper["id"].split("-")[1]) < 25]
    return run_once(tmp_path_factory.mktemp("add"), papers)


@pytest.fixture
def folder(first_run, tmp_path):
    """A copy of that run, to add to."""
    return copy_of(first_run, tmp_path / "run")


def rest(tmp_path, first=25, kinds=KINDS, **changes):
    papers = [paper | changes for paper in planted_papers(kinds, 40) if int(paper["id"].split("-")[1]) >= first]
    return papers, str(write_jsonl(tmp_path / "rest.jsonl", papers))


def test_new_papers_join_the_topic_of_their_kind_and_the_old_ones_stay(folder, tmp_path):
    before = load_run(folder)
    old = dict(zip(before.column("id").to_pylist(), before.tables.whole.papers.to_pylist(), strict=True))
    papers, file = rest(tmp_path)
    found = add_papers(folder, [file])
    assert (found.new, found.known, found.rejected) == (len(papers), 0, 0)
    after = load_run(folder)
    assert len(after) == len(before) + len(papers)
    kind_of = {row["nearest_topic"]: row["id"].split("-")[0] for row in old.values()}
    for row in after.tables.whole.papers.to_pylist():
        if row["id"] in old:
            assert row == old[row["id"]], "a paper that was there keeps all that was said of it"
        else:
            assert kind_of[row["nearest_topic"]] == row["id"].split("-")[0]
    for one, other in zip(before.topics, after.topics, strict=True):
        assert (one.id, one.label, one.keywords, one.colour) == (other.id, other.label, other.keywords, other.colour)
    assert sum(topic.assigned for topic in after.topics) == len(after)
    assert main(["verify", str(folder)]) == 0


def test_neighbours_are_those_of_all_papers_together(folder, tmp_path):
    add_papers(folder, [rest(tmp_path)[1]])
    atlas = load_run(folder)
    truth = find_neighbours(np.asarray(atlas.vectors), k=atlas.neighbours.k)
    assert np.array_equal(truth.indices, atlas.neighbours.indices)
    hashes = [row.tobytes() for row in np.asarray(atlas.text_hashes)]
    assert hashes == sorted(hashes)
    paper = Atlas(atlas).similar("bees-30", k=3)[0]
    assert paper.id.startswith("bees")


def test_what_is_there_already_is_not_added_again(folder, tmp_path):
    _, file = rest(tmp_path, first=20)
    first = add_papers(folder, [file])
    assert (first.new, first.known) == (45, 15)
    before = (folder / "papers.parquet").read_bytes()
    again = add_papers(folder, [file])
    assert (again.new, again.known, again.drift) == (0, 60, None)
    assert (folder / "papers.parquet").read_bytes() == before
    counts = load_run(folder).manifest.counts
    assert counts.kept + counts.duplicates + counts.rejected == counts.read == 75 + 60


def test_the_order_of_the_new_papers_decides_nothing(first_run, tmp_path):
    papers, _ = rest(tmp_path)
    results = []
    for seed in (0, 1):
        folder = copy_of(first_run, tmp_path / f"run{seed}")
        random.Random(seed).shuffle(papers)
        add_papers(folder, [str(write_jsonl(tmp_path / "rest.jsonl", papers))])
        atlas = load_run(folder)
        results.append(
            (
                atlas.tables.whole.papers,
                np.asarray(atlas.vectors).tobytes(),
                np.asarray(atlas.neighbours.indices).tobytes(),
            )
        )
    assert results[0][0].equals(results[1][0])
    assert results[0][1:] == results[1][1:]


def test_another_record_of_a_paper_there_is_that_paper(tmp_path, make_atlas):
    papers = planted_papers(KINDS, 10)
    papers[0]["doi"] = "10.1000/x"
    folder = make_atlas(str(write_jsonl(tmp_path / "p.jsonl", papers))).folder
    other = papers[0] | {"id": "other", "abstract": "Said in other words.", "doi": "https://doi.org/10.1000/X"}
    revised = papers[1] | {"abstract": "Another text under the same id and title."}
    found = add_papers(folder, [str(write_jsonl(tmp_path / "n.jsonl", [other, revised]))])
    assert (found.new, found.known, found.rejected) == (0, 2, 0)


def test_another_paper_under_an_id_that_is_there_is_added_with_an_id_of_its_own(tmp_path, make_atlas):
    papers = planted_papers(KINDS, 10)
    folder = make_atlas(str(write_jsonl(tmp_path / "p.jsonl", papers))).folder
    stranger = {"id": papers[1]["id"], "title": "Whale song in the Bering Sea", "abstract": "We listened."}
    file = str(write_jsonl(tmp_path / "n.jsonl", [stranger]))
    found = add_papers(folder, [file])
    assert (found.new, found.known, found.rejected) == (1, 0, 0)
    ids = load_run(folder).ids.ids
    (own,) = [name for name in ids if name.startswith(f"{papers[1]['id']}-")]
    assert papers[1]["id"] in ids
    assert load_run(folder).paper(load_run(folder).ids.row(own))["title"] == stranger["title"]
    again = add_papers(folder, [file])
    assert (again.new, again.known) == (0, 1), "added once"


def test_new_columns_and_other_types_find_a_place(folder, tmp_path):
    _, file = rest(tmp_path, venue="Ice Letters")
    add_papers(folder, [file])
    papers = load_run(folder).tables.whole.papers.to_pylist()
    assert {paper["venue"] for paper in papers} == {None, "Ice Letters"}
    extra = [planted_papers(["bees"], 50)[45] | {"venue": 7, "id": "bees-45"}]
    add_papers(folder, [str(write_jsonl(tmp_path / "more.jsonl", extra))])
    papers = load_run(folder).tables.whole.papers.to_pylist()
    assert next(paper["venue"] for paper in papers if paper["id"] == "bees-45") == "7"


def test_papers_of_a_kind_of_their_own_say_that_a_run_is_due(folder, tmp_path):
    strangers = str(write_jsonl(tmp_path / "s.jsonl", planted_papers(["violins"], 10)))
    found = add_papers(folder, [strangers])
    assert found.drift.far_share > 0.5
    assert any("far from all others" in reason for reason in found.drift.reasons)
    assert [entry.papers for entry in load_run(folder).manifest.added] == [10]


def test_drift_by_hand():
    near = np.linspace(0.2, 1.0, 101, dtype=np.float32)
    sure = np.full(100, 0.9, dtype=np.float32)

    def drift(added, nearest, strength):
        return measure_drift(
            papers=100,
            added=added,
            nearest_before=near,
            nearest_new=np.array(nearest, dtype=np.float32),
            strength_before=sure,
            strength_new=np.array(strength, dtype=np.float32),
        )

    assert not drift(10, [0.5, 0.6], [0.9, 0.8]).due
    assert "30%" in drift(30, [0.5], [0.9]).reasons[0]
    assert drift(2, [0.1, 0.5], [0.9, 0.9]).far_share == 0.5
    assert "less sure" in drift(2, [0.5, 0.5], [0.5, 0.5]).reasons[0]


def test_the_command_says_what_was_done(folder, tmp_path, capsys):
    folder = str(folder)
    _, file = rest(tmp_path, first=35)
    assert main(["add", folder, file, "-q"]) == 0
    told = capsys.readouterr().out
    assert "15 papers added, 0 papers there already, 0 rows rejected; 90 now" in told
    assert main(["add", folder, file, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["known"] == 15
    assert main(["add", folder, str(tmp_path / "nothing.ris"), "-q"]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_an_atlas_of_own_vectors_is_refused_and_stays(tmp_path, make_atlas):
    papers = [paper | {"v": [1.0, float(place)]} for place, paper in enumerate(planted_papers(["bees"], 6))]
    file = str(write_jsonl(tmp_path / "p.jsonl", papers))
    folder = make_atlas(file, embedding={"backend": "vectors", "vectors_column": "v"}).folder
    with pytest.raises(PaperatlasError, match="own vectors"):
        add_papers(folder, [file])
    assert main(["verify", str(folder)]) == 0


def test_sentences_go_with_their_papers(tmp_path, make_atlas):
    papers = [paper for paper in planted_papers(KINDS, 40) if int(paper["id"].split("-")[1]) < 25]
    folder = make_atlas(str(write_jsonl(tmp_path / "first.jsonl", papers)), embedding={"sentences": True}).folder
    add_papers(folder, [rest(tmp_path)[1]])
    atlas = load_run(folder)
    for row in range(0, len(atlas), 17):
        text = atlas.text(row)
        spans = atlas.sentences.spans[atlas.sentences.offsets[row] : atlas.sentences.offsets[row + 1]]
        assert len(spans)
        assert all(0 <= start < end <= len(text) for start, end in spans.tolist())
    assert main(["verify", str(folder)]) == 0


def test_the_report_speaks_of_all_papers(folder, tmp_path):
    add_papers(folder, [rest(tmp_path, first=35)[1]])
    report = (folder / "report.md").read_text()
    assert "90 rows read from p.jsonl, rest.jsonl" in report
    assert "formats: JSONL 90" in report
    assert sum(load_run(folder).manifest.quality.years.values()) == 90


def test_a_run_that_leaves_out_what_was_added_says_so(tmp_path, monkeypatch, caplog):
    monkeypatch.chdir(tmp_path)
    papers = planted_papers(KINDS[:2], 8)
    write_jsonl(tmp_path / "p.jsonl", papers[:12])
    write_jsonl(tmp_path / "later.jsonl", papers[12:])
    config = tmp_path / "mine.toml"
    settings = '[embedding]\nbackend = "tfidf"\n[topics]\nresamples = 0\n[map]\nhtml = false\n'
    config.write_text(f'[corpus]\nfiles = ["p.jsonl"]\n{settings}')
    assert main(["run", "mine.toml", "--quiet"]) == main(["add", "mine", "later.jsonl", "--quiet"]) == 0
    assert main(["run", "mine.toml", "--quiet", "--force"]) == 0
    assert "papers added to mine earlier (4, from later.jsonl) are not in the files of this run" in caplog.text
    assert main(["add", "mine", "later.jsonl", "--quiet"]) == 0
    caplog.clear()
    config.write_text(f'[corpus]\nfiles = ["p.jsonl", "later.jsonl"]\n{settings}')
    assert main(["run", "mine.toml", "--quiet"]) == 0
    assert caplog.text == ""
