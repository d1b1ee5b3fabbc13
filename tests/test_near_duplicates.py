"""Near-duplicates: planted versions in groups, in near_duplicates.csv, the report, the command and the page."""

import csv
import io
import json
import random
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest

from pipeline import Atlas
from pipeline.adding import add_papers
from pipeline.atlas import TablesInMemory, load_atlas, load_run, refuse_foreign, save_atlas, verify
from pipeline.cli.main import main
from pipeline.errors import RunFolderError
from pipeline.map.content import page_points
from pipeline.neighbours import find_neighbours
from pipeline.recommender import find_near_duplicates, read_query, similar, version_groups
from pipeline.report import report_file
from pipeline.report.near_duplicate_list import near_duplicates_csv, near_duplicates_section
from pipeline.words.tfidf import build_lexical
from tests.browser import file_address, show
from tests.planted import copy_of, planted_papers, run_once, write_jsonl
from tests.small_atlas import WORDS, P, small_atlas

RIGHT_ANGLES = (("ice", (0, 0, 1, 0)), ("bee", (0, 0, -1, 0)), ("oak", (0, 0, 0, 1)), ("sea", (0, 0, 0, -1)))
BESIDE = [P(f"beside {number}", f"{word} elk", vector=vector) for number, (word, vector) in enumerate(RIGHT_ANGLES)]
WORD_ORDERS = ("ice bee oak sea", "sea oak bee ice", "bee ice sea oak", "oak sea ice bee", "ice sea bee oak")


def at(degrees: float) -> tuple[float, ...]:
    """A vector in the plane that all versions lie in; the others are at a right angle to it."""
    return float(np.cos(np.radians(degrees))), float(np.sin(np.radians(degrees))), 0.0, 0.0


def versions(*degrees: float, name: str = "v", words: tuple[str, ...] = WORD_ORDERS) -> list[P]:
    """Papers of the same words in another order, their vectors at these angles."""
    return [P(f"{name}{number}", words[number], vector=at(angle)) for number, angle in enumerate(degrees)]


def ids_of(groups) -> list[list[str]]:
    return [[one.id for one in group.versions] for group in groups]


def rows_of_csv(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode(), newline="")))


# --- groups


def test_two_versions_are_one_group_and_say_how_alike_they_are():
    atlas = small_atlas([*versions(0, 10), *BESIDE])
    (group,) = find_near_duplicates(atlas)
    assert group.number == 1
    first, second = group.versions
    assert (first.id, first.title, first.closest) == ("v0", "ice bee oak sea", "v1")
    assert (second.id, second.closest) == ("v1", "v0")
    assert first.similarity == second.similarity == pytest.approx(np.cos(np.radians(10)), abs=1e-6)
    assert first.words_in_common == second.words_in_common == pytest.approx(1, abs=1e-6)
    assert Atlas(atlas).near_duplicates() == (group,)


def test_one_of_meaning_and_words_is_not_enough():
    other_words = P("w", "ice jam fog elk", vector=at(0))
    assert find_near_duplicates(small_atlas([*versions(0), other_words, *BESIDE])) == ()
    assert find_near_duplicates(small_atlas([*versions(0, 19), *BESIDE])) == ()  # cos 19 degrees = 0.9455
    assert ids_of(find_near_duplicates(small_atlas([*versions(0, 18), *BESIDE]))) == [["v0", "v1"]]  # 0.9511


def test_three_versions_of_which_two_are_joined_by_the_third_are_one_group():
    atlas = small_atlas([*versions(0, 15, 32), *BESIDE])
    (group,) = find_near_duplicates(atlas)
    assert [(one.id, one.closest) for one in group.versions] == [("v0", "v1"), ("v1", "v0"), ("v2", "v1")]
    assert group.versions[1].similarity == pytest.approx(np.cos(np.radians(15)), abs=1e-6)
    assert group.versions[2].similarity == pytest.approx(np.cos(np.radians(17)), abs=1e-6)


def test_groups_are_numbered_by_size_then_by_similarity_then_by_id():
    def group_of(name, *angles):
        last = {"a": "elk", "b": "yew", "c": "owl", "d": "ash"}[name]  # titles do not sort as ids do
        words = tuple(f"{last} {order}" for order in WORD_ORDERS)
        return versions(*angles, name=name, words=words)

    atlas = small_atlas(
        [*group_of("d", 0, 8), *group_of("c", 40, 45), *group_of("b", 80, 88), *group_of("a", 120, 132, 144)]
    )
    groups = find_near_duplicates(atlas)
    assert ids_of(groups) == [["a0", "a1", "a2"], ["c0", "c1"], ["b0", "b1"], ["d0", "d1"]]
    assert [one.number for one in groups] == [1, 2, 3, 4]
    row = atlas.ids.row
    numbers = version_groups(atlas)
    assert {paper: int(numbers[row(paper)]) for paper in ("a2", "c0", "b1", "d0")} == {
        "a2": 1,
        "c0": 2,
        "b1": 3,
        "d0": 4,
    }


def test_more_versions_than_neighbours_are_still_one_group():
    papers = [P(f"v{number}", f"ice bee oak sea part{number}", vector=at(number)) for number in range(12)]
    words = [
        replace(paper, title=" ".join(random.Random(number).sample(WORDS[:5], 5)), abstract="")
        for number, paper in enumerate(papers)
    ]
    atlas = small_atlas([*words, *BESIDE], k=2)
    (group,) = find_near_duplicates(atlas)
    assert len(group.versions) == 12


def test_without_words_meaning_decides():
    atlas = small_atlas([*versions(0, 10), P("w", "jam fog", vector=at(5)), *BESIDE], lexical=False)
    (group,) = find_near_duplicates(atlas)
    assert [one.id for one in group.versions] == ["v0", "v1", "w"]
    assert {one.words_in_common for one in group.versions} == {None}
    assert {row["words_in_common"] for row in rows_of_csv(near_duplicates_csv((group,)))} == {""}


@pytest.mark.parametrize("count", [0, 1, 2])
def test_few_papers_have_none(count):
    atlas = small_atlas([P("a", "Ice"), P("b", "Bee"), P("c", "Oak")][: count + 1])
    assert find_near_duplicates(atlas) == ()
    assert version_groups(atlas).tolist() == [-1] * (count + 1)


@pytest.fixture(scope="module")
def mixed():
    """Sixty texts of a few words, many of them alike."""
    rng = np.random.default_rng(1)
    texts = sorted({" ".join(rng.choice(WORDS, rng.integers(6, 14)).tolist()) for _ in range(60)})
    return small_atlas([P(f"p{number}", text) for number, text in enumerate(texts)], k=80)


def test_groups_are_the_connected_pairs_that_a_loop_over_all_pairs_finds(mixed):
    ids, lexical = mixed.ids.ids, mixed.lexical
    dense = np.round(mixed.vectors.astype(np.float64) @ mixed.vectors.astype(np.float64).T, 7)
    words = np.zeros((len(mixed), len(lexical.idf)))
    for row in range(len(mixed)):
        terms, weights = lexical.paper(row)
        words[row, terms] = weights
    alike = (dense >= 0.95) & (words @ words.T >= 0.85) & ~np.eye(len(mixed), dtype=bool)
    reached = [{row, *np.flatnonzero(alike[row]).tolist()} for row in range(len(mixed))]
    for _ in range(len(mixed)):
        reached = [set().union(*(reached[other] for other in near)) for near in reached]
    expected = {tuple(sorted(ids[row] for row in near)) for near in reached if len(near) > 1}
    groups = find_near_duplicates(mixed)
    assert {tuple(one) for one in ids_of(groups)} == expected
    assert 1 < len(expected) < 30, "several groups, or the test says little"
    for version in (version for group in groups for version in group.versions):
        row, other = mixed.ids.row(version.id), mixed.ids.row(version.closest)
        assert alike[row, other]
        assert version.similarity == pytest.approx(dense[row][alike[row]].max(), abs=1e-6)
        assert version.words_in_common == pytest.approx(words[row] @ words[other], abs=1e-6)


def test_they_are_what_similar_leaves_out(mixed):
    left_out = {}
    for paper in mixed.ids.ids:
        shown = {one.id for one in similar(mixed, read_query(mixed, [paper]), k=len(mixed) - 1)}
        left_out[paper] = set(mixed.ids.ids) - shown - {paper}
    assert {paper for paper, others in left_out.items() if others} == {
        one.id for group in find_near_duplicates(mixed) for one in group.versions
    }
    for group in find_near_duplicates(mixed):
        members = {one.id for one in group.versions}
        assert all(left_out[paper] <= members for paper in members)


def test_the_order_of_rows_changes_nothing(mixed):
    expected = find_near_duplicates(mixed)
    whole = mixed.tables.whole
    for seed in range(3):
        order = np.random.default_rng(seed).permutation(len(mixed))
        vectors = mixed.vectors[order]
        turned = replace(
            mixed,
            vectors=vectors,
            text_hashes=mixed.text_hashes[order],
            neighbours=find_neighbours(vectors, k=80),
            tables=TablesInMemory(replace(whole, papers=whole.papers.take(pa.array(order)))),
            lexical=build_lexical([mixed.text(row) for row in order.tolist()]),
        )
        assert find_near_duplicates(turned) == expected


# --- files


TOPICS = ("glaciers", "bees", "bridges")


def corpus(*, versions: bool = True):
    """Papers of three topics; of two, other versions: one in capitals, and two of another in capitals or turned."""
    papers = planted_papers(TOPICS, 6, seed=92)  # a seed with which no two of them are alike by chance
    if not versions:
        return papers
    one, other = papers[3], papers[10]
    return [
        *papers,
        one | {"id": "shouted", "abstract": one["abstract"].upper()},
        other | {"id": "loud", "title": other["title"].upper()},
        other | {"id": "turned", "abstract": " ".join(reversed(other["abstract"].split(". ")))},
    ]


PLANTED = {("bees-4", "loud", "turned"), ("glaciers-3", "shouted")}


@pytest.fixture(scope="module")
def atlas(tmp_path_factory):
    return run_once(tmp_path_factory.mktemp("versions"), corpus(), drawn=True)


@pytest.fixture
def folder(atlas, tmp_path):
    return copy_of(atlas, tmp_path / "run")


def test_a_run_lists_them_and_they_stay_papers(atlas):
    assert {tuple(one) for one in ids_of(find_near_duplicates(atlas))} == PLANTED
    counts = atlas.manifest.counts
    assert (counts.kept, counts.duplicates) == (21, 0)
    rows = rows_of_csv((atlas.folder / "near_duplicates.csv").read_bytes())
    assert list(rows[0]) == ["group", "id", "similarity", "words_in_common", "closest", "title"]
    assert [(row["group"], row["id"]) for row in rows] == [
        *(("1", "bees-4"), ("1", "loud"), ("1", "turned")),
        *(("2", "glaciers-3"), ("2", "shouted")),
    ]
    assert all(float(row["similarity"]) >= 0.95 and float(row["words_in_common"]) >= 0.85 for row in rows)
    titles = dict(zip(atlas.column("id").to_pylist(), atlas.column("title").to_pylist(), strict=True))
    assert all(row["title"] == titles[row["id"]] for row in rows)
    assert rows[4]["closest"] == "glaciers-3"


def test_the_file_is_the_same_whatever_the_order_of_the_rows_in_the_source(atlas, tmp_path, make_atlas):
    papers = corpus()
    random.Random(5).shuffle(papers)
    shuffled = make_atlas(str(write_jsonl(tmp_path / "p.jsonl", papers)))
    written = (atlas.folder / "near_duplicates.csv").read_bytes()
    assert report_file(shuffled)["near_duplicates.csv"] == written


def test_a_title_that_a_spreadsheet_would_run_is_quoted():
    atlas = small_atlas([P("=1", "=ice bee oak", vector=at(0)), P("v", "oak bee =ice", vector=at(0)), *BESIDE])
    rows = rows_of_csv(near_duplicates_csv(find_near_duplicates(atlas)))
    assert [(row["id"], row["title"]) for row in rows] == [("=1", "'=ice bee oak"), ("v", "oak bee =ice")]


def test_verify_and_the_manifest_know_the_file(folder):
    assert "near_duplicates.csv" in load_run(folder).manifest.files
    assert verify(folder) == []
    with (folder / "near_duplicates.csv").open("ab") as file:
        file.write(b'"3","new"\n')
    assert [problem.partition(":")[0] for problem in verify(folder)] == ["near_duplicates.csv"]


def test_a_folder_with_the_file_and_a_damaged_manifest_is_still_a_run_folder(folder):
    (folder / "manifest.json").write_text("{")
    refuse_foreign(folder)
    (folder / "near_duplicates.csv").rename(folder / "mine.csv")
    with pytest.raises(RunFolderError, match=r"mine\.csv"):
        refuse_foreign(folder)


def test_an_old_folder_without_the_file_loads_and_is_asked_as_before(atlas, tmp_path, capsys):
    old = save_atlas(load_atlas(atlas.folder), tmp_path / "old", pictures={})
    assert not (tmp_path / "old" / "near_duplicates.csv").exists()
    assert verify(tmp_path / "old") == []
    assert find_near_duplicates(old) == find_near_duplicates(atlas)
    assert main(["duplicates", str(tmp_path / "old")]) == 0
    assert "shouted" in capsys.readouterr().out


def test_added_papers_are_listed_anew(folder, tmp_path):
    before = corpus()
    new = [before[16] | {"id": "added", "abstract": before[16]["abstract"].upper()}]
    add_papers(folder, [str(write_jsonl(tmp_path / "new.jsonl", new))])
    listed = {row["id"]: row["group"] for row in rows_of_csv((folder / "near_duplicates.csv").read_bytes())}
    assert listed["added"] == listed["bridges-4"]
    assert len(set(listed.values())) == 3
    assert "3 groups of papers that are other versions of each other, 7 papers" in (folder / "report.md").read_text()
    assert verify(folder) == []


# --- the report


def section_of(atlas) -> str:
    return "\n".join(near_duplicates_section(atlas)) + "\n"


def test_the_report_counts_them_and_shows_the_first(atlas):
    report = (atlas.folder / "report.md").read_text()
    section = report[report.index("## Near-duplicates") : report.index("## Topics")]
    assert "2 groups of papers that are other versions of each other, 5 papers in all (near_duplicates.csv)" in section
    assert "a cosine of at least 0.95 and a TF-IDF cosine of the words of at least 0.85" in section
    assert "They stay papers and are not counted as duplicates." in section
    assert "(bees-4) and 2 other versions, cosine up to 1.000" in section
    assert "(glaciers-3) and 1 other version, " in section
    assert (
        section.index("(bees-4)") < section.index("(loud)") < section.index("(turned)") < section.index("(glaciers-3)")
    )
    assert "21 papers kept + 0 duplicates (duplicates.csv)" in report


def test_a_long_list_is_cut_and_titles_are_escaped():
    many = [
        P(f"{group:02}{letter}", f"{order} <b>w{group}</b> w{group} w{group}", vector=(np.eye(13)[group]).tolist())
        for group in range(12)
        for letter, order in zip("ab", WORD_ORDERS, strict=False)
    ]
    words = " ".join(WORD_ORDERS[:1])
    long = [P(f"x{n}", f"{words} {'fog ' * (n + 3)}".strip(), vector=(np.eye(13)[12]).tolist()) for n in range(8)]
    section = section_of(small_atlas([*many, *long]))
    assert section.startswith("## Near-duplicates\n\n13 groups")
    assert section.count("\n* ") == 11
    assert "\n* and 3 more\n" in section
    assert "(x0) and 7 other versions" in section
    assert "(x5)" in section
    assert "\n  * and 2 more\n" in section
    assert "(x6)" not in section
    assert "<b>" not in section


def test_a_report_without_any_says_so():
    few = [P("a", "Ice"), P("b", "Bee")]
    assert (
        "No paper is another version of one of its neighbours (a cosine of at least 0.95 and a TF-IDF cosine of the"
        " words of at least 0.85, or one title inside the other, a cosine of at least 0.8 and 80% of the shorter text's"
        " words in the longer)." in section_of(small_atlas(few))
    )
    assert "neighbours (a cosine of at least 0.95)." in section_of(small_atlas(few, lexical=False))


# --- the command


def test_the_command_prints_the_groups(atlas, capsys):
    assert main(["duplicates", str(atlas.folder)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "2 groups of near-duplicates, 5 papers"
    assert lines[1].split() == ["group", "cosine", "words", "in", "common", "id", "title"]
    assert [line.split()[0] for line in lines[2:7]] == ["1", "1", "1", "2", "2"]
    assert [line.split()[3] for line in lines[2:7]] == ["bees-4", "loud", "turned", "glaciers-3", "shouted"]
    assert all(float(line.split()[1]) >= 0.95 for line in lines[2:7])


def test_the_command_prints_json(atlas, capsys):
    assert main(["duplicates", str(atlas.folder), "--json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed == json.loads(json.dumps([group.to_json() for group in Atlas(atlas).near_duplicates()]))
    assert [group["number"] for group in printed] == [1, 2]
    assert printed[1]["versions"][1] == {
        "id": "shouted",
        "title": corpus()[3]["title"],
        "similarity": pytest.approx(1, abs=1e-4),
        "words_in_common": pytest.approx(1, abs=1e-4),
        "closest": "glaciers-3",
    }


def test_the_command_says_that_there_are_none(tmp_path, capsys, make_atlas):
    none = make_atlas(str(write_jsonl(tmp_path / "p.jsonl", corpus(versions=False))))
    assert main(["duplicates", str(none.folder)]) == 0
    assert capsys.readouterr().out == "no near-duplicates: no paper is another version of one of its neighbours\n"
    assert main(["duplicates", str(none.folder), "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == []
    assert near_duplicates_csv(find_near_duplicates(none)).count(b"\n") == 1


def test_a_run_that_is_not_there_is_one_line(tmp_path, capsys):
    assert main(["duplicates", str(tmp_path / "absent")]) == 2
    assert capsys.readouterr().err.count("\n") == 1


# --- the page


def test_the_page_knows_the_groups(atlas):
    versions = page_points(atlas, "planted").points["versions"]
    assert versions.tolist() == version_groups(atlas).tolist()
    assert sorted(set(versions.tolist())) == [-1, 1, 2]


@pytest.fixture
def page(browser, atlas):
    seen = show(browser, file_address(atlas.folder / "map.html", "#paper=loud"), offline=True)
    yield seen
    assert seen.complaints == []
    seen.page.context.close()


def test_a_paper_names_its_other_versions(page, atlas):
    page.expect("#panel h2", "Other versions")
    titles = [corpus()[10]["title"]] * 2
    shown = page.page.locator("#panel .versions .paper")
    assert [text.split("\n")[0] for text in shown.all_inner_texts()] == titles
    shown.first.click()
    page.expect("#panel h2.title", titles[0])
    page.page.locator("#panel .versions .paper", has_text=corpus()[10]["title"].upper()).first.click()
    page.expect("#panel h2.title", corpus()[10]["title"].upper())


def test_lists_show_a_group_as_one(page):
    page.page.fill("#search", f"{corpus()[10]['title']}")
    page.expect("#search-status", "3 papers found")
    results = page.page.locator("#results .paper")
    assert results.count() == 1
    assert "and 2 other versions" in results.first.inner_text()
    page.page.locator("#panel [aria-label=Close]").click()
    page.page.locator("#toolbar button", has_text="Select shown").click()
    page.expect("#panel h2", "3 papers selected")
    rows = page.page.locator("#panel tbody tr")
    assert rows.count() == 1
    assert "and 2 other versions" in rows.first.inner_text()


def test_similar_papers_show_a_group_as_one(browser, atlas):
    seen = show(browser, file_address(atlas.folder / "map.html", "#paper=bees-1"), offline=True)
    seen.expect("#panel .similar .paper", "and 2 other versions")
    titles = [text.split("\n")[0].lower() for text in seen.page.locator("#panel .similar .paper").all_inner_texts()]
    assert titles.count(corpus()[10]["title"].lower()) == 1
    assert seen.page.locator("#panel .versions").count() == 0
    seen.page.context.close()


def test_a_record_whose_abstract_is_cut_is_a_version_of_the_whole_one():
    title, whole = "Ice drift seen by buoys", "ice drift buoy fog jam elk oak bee sea"
    papers = [P("whole", f"{title}: a note", whole, vector=at(0)), P("cut", title, "ice drift", vector=at(30)), *BESIDE]
    assert ids_of(find_near_duplicates(small_atlas(papers))) == [["cut", "whole"]]
    apart = [papers[0], replace(papers[1], vector=at(40)), *BESIDE]  # cos 40 degrees = 0.77
    assert find_near_duplicates(small_atlas(apart)) == ()
    other_words = [papers[0], P("cut", title, "moss fern pond lake", vector=at(30)), *BESIDE]
    assert find_near_duplicates(small_atlas(other_words)) == ()
    other_title = [papers[0], P("cut", "Buoys that see ice drift", "ice drift buoy", vector=at(30)), *BESIDE]
    assert find_near_duplicates(small_atlas(other_title)) == ()
    short = [P("one", "Editorial", "ice elk", vector=at(0)), P("two", "Editorial", "ice elk oak fog", vector=at(30))]
    assert find_near_duplicates(small_atlas([*short, *BESIDE])) == (), "a title that many papers have says nothing"
