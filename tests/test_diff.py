"""`diff`: two runs whose topics differ in a way given by hand."""

import json
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest

from pipeline.atlas.atlas_tables import TablesInMemory
from pipeline.cli.main import main
from pipeline.diff import draw_changes, find_changes
from pipeline.errors import PaperatlasError
from pipeline.neighbours import Neighbours
from pipeline.topics import TopicHierarchy
from tests.planted import planted_papers, run_once


@pytest.fixture(scope="module")
def planted(tmp_path_factory):
    """Three topics of forty papers, on disk."""
    folder = tmp_path_factory.mktemp("diff")
    return run_once(folder, planted_papers(("glaciers", "bees", "bridges"), 40), name="before")


def kinds(atlas):
    return [paper.split("-")[0] for paper in atlas.column("id").to_pylist()]


def regrouped(atlas, group_of, *, keep=lambda paper: True):
    """The same atlas with topics given by hand: paper id -> number of its topic."""
    rows = [row for row, paper in enumerate(atlas.column("id").to_pylist()) if keep(paper)]
    papers = atlas.tables.whole.papers.take(rows)
    topics = np.array([group_of(paper) for paper in papers.column("id").to_pylist()], dtype=np.int32)
    for name in ("topic", "nearest_topic"):
        papers = papers.set_column(papers.column_names.index(name), name, pa.array(topics))
    numbers, counts = np.unique(topics, return_counts=True)
    topics_by_hand = tuple(
        replace(atlas.topics[0], id=int(number), label=f"group {number}", size=int(count), assigned=int(count))
        for number, count in zip(numbers, counts, strict=True)
    )
    whole = atlas.tables.whole
    tables = replace(whole, papers=papers, sources=whole.sources.take(rows), duplicates=whole.duplicates.slice(0, 0))
    manifest = replace(atlas.manifest, name="after")
    nobody = np.zeros((len(rows), 0), dtype=np.int32)
    return replace(
        atlas,
        vectors=atlas.vectors[rows],
        text_hashes=atlas.text_hashes[rows],
        neighbours=Neighbours(nobody, nobody.astype(np.float32)),
        tables=TablesInMemory(tables),
        hierarchy=TopicHierarchy(topics_by_hand),
        manifest=manifest,
        lexical=None,
        folder=None,
    )


ORDER = {"glaciers": 0, "bees": 1, "bridges": 2}


def by_kind(paper):
    return ORDER[paper.split("-")[0]]


def number(paper):
    return int(paper.split("-")[1])


def test_a_run_beside_itself_has_nothing_to_tell(planted):
    found = find_changes(planted, planted)
    assert len(found.continued) == 3
    assert all(same.jaccard == 1.0 and same.before == same.after for same in found.continued)
    assert (found.born, found.gone, found.split, found.merged, found.moved, found.new, found.lost) == ((),) * 7
    assert found.agreement == 1.0


def test_new_numbers_are_no_change(planted):
    before = regrouped(planted, by_kind)
    found = find_changes(before, regrouped(planted, lambda paper: 2 - by_kind(paper)))
    assert {(same.before.id, same.after.id) for same in found.continued} == {(0, 2), (1, 1), (2, 0)}
    assert found.moved == ()


def test_a_split_and_a_merge_are_told_by_name(planted):
    one = regrouped(planted, lambda paper: 0 if by_kind(paper) == 0 else 1)
    three = regrouped(planted, by_kind)
    found = find_changes(one, three)
    assert [(split.before.id, [part.id for part in split.after]) for split in found.split] == [(1, [1, 2])]
    assert (found.born, found.gone, found.merged, found.moved) == ((), (), (), ())
    back = find_changes(three, one)
    assert [([part.id for part in merged.before], merged.after.id) for merged in back.merged] == [([1, 2], 1)]
    assert (back.born, back.gone, back.split, back.moved) == ((), (), (), ())


def test_topics_of_new_papers_are_born_and_those_of_lost_papers_gone(planted):
    before = regrouped(planted, by_kind, keep=lambda paper: by_kind(paper) != 2)
    after = regrouped(planted, by_kind, keep=lambda paper: by_kind(paper) != 0)
    found = find_changes(before, after)
    assert [ref.label for ref in found.born] == ["group 2"]
    assert [ref.label for ref in found.gone] == ["group 0"]
    assert (len(found.new), len(found.lost), found.shared) == (40, 40, 40)
    assert all(paper.startswith("bridges") for paper in found.new)


def test_moved_papers_are_named_with_where_they_went(planted):
    def strays(paper):
        return 2 if paper in ("bees-3", "bees-7") else by_kind(paper)

    found = find_changes(regrouped(planted, by_kind), regrouped(planted, strays))
    assert [(moved.paper, moved.before, moved.after) for moved in found.moved] == [("bees-3", 1, 2), ("bees-7", 1, 2)]
    assert len(found.continued) == 3
    assert found.split == ()


def test_a_topic_that_is_scattered_is_gone_and_its_papers_moved(planted):
    def scattered(paper):
        return [0, 2][number(paper) % 2] if by_kind(paper) == 1 else by_kind(paper)

    found = find_changes(regrouped(planted, by_kind), regrouped(planted, scattered))
    assert [ref.id for ref in found.gone] == [1]
    assert len(found.moved) == 40
    assert found.born == ()


def test_flows_account_for_every_shared_paper(planted):
    found = find_changes(regrouped(planted, by_kind), regrouped(planted, lambda paper: number(paper) % 4))
    assert sum(flow.papers for flow in found.flows) == found.shared == 120


def test_runs_without_a_common_paper_are_one_clear_line(planted):
    glaciers = regrouped(planted, by_kind, keep=lambda paper: by_kind(paper) == 0)
    bees = regrouped(planted, by_kind, keep=lambda paper: by_kind(paper) == 1)
    with pytest.raises(PaperatlasError, match="no paper in common"):
        find_changes(glaciers, bees)


@pytest.mark.parametrize("kind", ["svg", "png"])
def test_the_picture_is_the_same_every_time_and_names_the_born(planted, kind):
    before = regrouped(planted, by_kind, keep=lambda paper: by_kind(paper) != 2)
    found = find_changes(before, regrouped(planted, by_kind))
    assert draw_changes(found, kind) == draw_changes(found, kind)


def test_the_command_tells_counts_and_json(planted, tmp_path, capsys):
    folder, picture = str(planted.folder), tmp_path / "d.png"
    assert main(["diff", folder, folder, "--png", str(picture)]) == 0
    told = capsys.readouterr().out
    assert "3 topics continue, 0 born, 0 gone, 0 split, 0 merged" in told
    assert "0 papers moved" in told
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert main(["diff", folder, folder, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["agreement"] == 1.0
    assert main(["diff", folder, str(tmp_path / "nowhere")]) == 2
    assert capsys.readouterr().err.count("\n") == 1
