"""Reading paths: planted topics and chains, routes and lists beside all that there could be, and odd questions."""

import json
import os
import subprocess
import sys
from itertools import pairwise, permutations, product

import numpy as np
import pytest

from pipeline import Atlas
from pipeline.atlas import save_atlas
from pipeline.cli import main
from pipeline.corpus.cited_references import to_references
from pipeline.errors import PaperatlasError, UnknownPaperError
from pipeline.neighbours import Neighbours
from pipeline.recommender import find_path
from pipeline.recommender import reading_path_links as links_module
from pipeline.recommender import reading_path_story as story
from pipeline.recommender.kept_references import references_of
from pipeline.recommender.reading_path_links import CITATION, PaperLinks, best_route, fewest_papers
from pipeline.references import coupling, find_works
from tests.conftest import REPOSITORY
from tests.small_atlas import P, small_atlas

WORDS = ("glacier", "lake", "moraine", "hive", "pollen", "queen", "oven", "yeast")


def paper(name, words, *, cites=(), **fields):
    """cites: names of papers, and of works outside by an author and a year."""
    listed = [one if "," in one else f"10.1000/{one}" for one in cites]
    more = {"doi": f"10.1000/{name}", "references": to_references(listed, source="")}
    return P(name, f"On {words}", f"{words}.", more=more, authors=("Ola Li",), **fields)


def by_ids(steps):
    return [step.id for step in steps]


FROST, SNOW = "Larsen IB, 2002, J SNOW RES, V7, P101", "Moe P, 2001, ICE LETT, V3, P14"
ICE = (
    paper("root", "glacier glacier lake", year=1998),
    paper("early", "glacier lake lake", year=1999, cites=("root",)),
    paper("aside", "glacier moraine moraine moraine", year=2000),
    paper("middle", "glacier lake moraine", year=2005, cites=("root", "early", FROST)),
    paper("asked", "glacier glacier lake moraine pollen", year=2008, cites=("root", "middle", SNOW)),
    paper("later", "glacier lake lake moraine", year=2012, cites=("root", "middle", FROST, SNOW)),
    paper(
        "newest", "glacier glacier lake lake moraine yeast", year=2020, cites=("later", "middle", "root", FROST, SNOW)
    ),
    paper("bees", "hive pollen queen", year=1990, topic=1, cites=("root",)),
    paper("honey", "hive hive pollen", year=1995, topic=1, cites=("bees",)),
)


@pytest.fixture(scope="module")
def atlas():
    return small_atlas(ICE, labels={0: "ice", 1: "bees"}, words=WORDS)


@pytest.fixture(scope="module")
def folder(atlas, tmp_path_factory):
    path = tmp_path_factory.mktemp("path") / "run"
    save_atlas(atlas, path, pictures={})
    return str(path)


def test_a_topic_is_read_from_what_it_cites_most_and_early_to_the_recent_work(atlas):
    steps = find_path(atlas, "asked", k=5)
    assert by_ids(steps) == ["asked", "root", "early", "middle", "newest"]
    assert [step.step for step in steps] == [1, 2, 3, 4, 5]
    assert steps[0].reasons.why[0] == "the paper you start from"
    assert steps[1].reasons.why[:2] == (
        "cited by 5 papers of this topic, more than any other, the earliest of the list",
        "cited by step 1",
    )
    assert steps[1].reasons.cited_here == 5, "the paper on bees that cites it is of another topic"
    assert "cites step 2" in steps[2].reasons.why
    assert "cites steps 2 and 3" in steps[3].reasons.why
    assert "both cite Larsen 2002 and Li 1998 (with step 4)" in steps[4].reasons.why
    assert steps[4].reasons.why[-1].startswith("similarity 0.91 with step 4: ")
    assert set(steps[4].reasons.shared_words) == {"glacier", "lake", "moraine"}


def test_of_two_papers_cited_most_neither_is_said_to_be_cited_more():
    papers = [paper(name, f"glacier lake {name}", cites=("a", "b"), year=2000 + at) for at, name in enumerate("abcd")]
    steps = find_path(small_atlas(papers, words=WORDS), "d", k=4)
    said = {step.id: step.reasons.why[0] for step in steps[1:]}
    assert said["a"] == "cited by 3 papers of this topic, the earliest of the list"
    assert said["b"] == "cited by 3 papers of this topic"


def test_one_step_is_what_the_topic_cites_most(atlas):
    assert by_ids(find_path(atlas, "newest", k=2)) == ["newest", "root"]


@pytest.mark.parametrize("k", [1, 2, 3, 7, 8, 50])
def test_k_bounds_the_steps_and_no_paper_stands_twice(atlas, k):
    steps = find_path(atlas, "asked", k=k)
    assert len(steps) == min(k, 7)
    assert len(set(by_ids(steps))) == len(steps)
    years = [step.year for step in steps[1:]]
    assert years == sorted(years)
    assert {step.topic for step in steps} == {0}


def test_another_topic_is_read_from_a_paper_outside_it(atlas):
    for topic in ("1", "bees", "Bees"):
        assert by_ids(find_path(atlas, "asked", topic=topic)) == ["asked", "bees", "honey"]
    assert by_ids(Atlas(atlas).path("asked", topic=1)) == ["asked", "bees", "honey"]
    with pytest.raises(PaperatlasError, match="7"):
        find_path(atlas, "asked", topic="7")


def test_in_a_topic_of_several_subjects_the_list_stays_on_that_of_the_paper():
    ice = [paper(f"ice{at}", f"glacier lake moraine Nr{at}", year=2000 + at) for at in range(20)]
    cites = [f"bees{at}" for at in range(5)]
    bees = [paper(f"bees{at}", f"hive pollen queen Nr{at}", year=1990 + at, cites=cites) for at in range(20)]
    oven = paper("oven", "oven yeast", topic=1)
    atlas = small_atlas([*ice, *bees, oven], words=WORDS)
    assert all(step.id.startswith("ice") for step in find_path(atlas, "ice7", k=3))
    assert [step.id[:4] for step in find_path(atlas, "oven", topic="0", k=3)][1] == "bees", (
        "from outside the whole topic"
    )


def test_noise_is_of_its_nearest_topic():
    papers = [*ICE[:4], paper("stray", "glacier lake", topic=-1, nearest=0, year=2001)]
    steps = find_path(small_atlas(papers, words=WORDS), "stray", k=4)
    assert by_ids(steps)[:2] == ["stray", "root"]
    assert steps[0].topic == 0


def test_without_references_years_and_nearness_decide():
    papers = [P(one.id, one.title, one.abstract, year=one.year, topic=one.topic) for one in ICE]
    steps = find_path(small_atlas(papers, words=WORDS), "asked", k=4)
    assert by_ids(steps)[0] == "asked"
    assert [step.year for step in steps[1:]] == sorted(step.year for step in steps[1:])
    assert all(step.reasons.cited_here is None for step in steps)
    assert "aside" not in by_ids(steps), "the least like the paper asked about"
    assert not any("cite" in why for step in steps for why in step.reasons.why)


def test_without_years_the_most_cited_come_first_then_the_nearest():
    papers = [paper(one.id, one.abstract.strip("."), cites=cites_of(one), year=None, topic=one.topic) for one in ICE]
    steps = find_path(small_atlas(papers, words=WORDS), "asked", k=8)
    counts = {"root": 5, "middle": 3, "early": 1, "later": 1, "newest": 0, "aside": 0}
    found = [counts[one] for one in by_ids(steps)[1:]]
    assert found == sorted(counts.values(), reverse=True)
    assert by_ids(steps)[-2:] == ["newest", "aside"], "of as many citations the nearest first"
    bare = [P(one.id, one.title, one.abstract, year=None) for one in ICE[:7]]
    assert by_ids(find_path(small_atlas(bare, words=WORDS), "asked", k=3))[1:] == ["middle", "root"]


def cites_of(one):
    return [ref["raw"].removeprefix("10.1000/") for ref in one.more["references"]]


# A chain by texts: each next shares a word with the one before; the ends share none.
CHAIN = (
    paper("ice", "glacier glacier moraine", year=2001),
    paper("lakes", "glacier lake lake", year=2002),
    paper("ponds", "lake pollen pollen", year=2003),
    paper("flowers", "pollen hive hive", year=2004),
    paper("bread", "oven yeast", year=2005),
)


def chain_atlas(k=1, papers=CHAIN):
    return small_atlas(papers, words=WORDS, k=k)


def test_a_path_between_two_papers_follows_the_strongest_links():
    steps = find_path(chain_atlas(k=2), "ice", end="flowers", k=8)
    assert by_ids(steps) == ["ice", "lakes", "ponds", "flowers"]
    assert steps[0].reasons.why == ("where the path begins",)
    assert [step.reasons.after for step in steps] == [None, 1, 2, 3]
    assert steps[1].reasons.shared_words == ("glacier",)
    assert steps[1].reasons.similarity == pytest.approx(2 / 5, abs=1e-6)
    assert by_ids(find_path(chain_atlas(k=2), "flowers", end="ice")) == ["flowers", "ponds", "lakes", "ice"]


def test_citations_link_papers_whose_texts_have_nothing_in_common():
    papers = (*CHAIN[:4], paper("bread", "oven yeast", year=2005, cites=("flowers", SNOW)))
    papers = (*papers[:3], paper("flowers", "pollen hive hive", year=2004, cites=(SNOW,)), papers[4])
    steps = find_path(chain_atlas(papers=papers, k=2), "lakes", end="bread")
    assert by_ids(steps) == ["lakes", "ponds", "flowers", "bread"]
    assert steps[-1].reasons.why == (
        "cites step 3",
        "both cite Moe 2001 (with step 3)",
        "similarity 0.00 with step 3",
    )


def test_a_paper_to_itself_is_one_step_and_duplicates_are_known_by_either_id():
    atlas = small_atlas(CHAIN, words=WORDS, k=2, duplicates=[("ice-2", "ice")])
    assert by_ids(find_path(atlas, "ice", end="ice")) == ["ice"]
    assert by_ids(find_path(atlas, "ice-2", end="ice", k=1)) == ["ice"]
    assert by_ids(find_path(atlas, "ice-2", end="lakes")) == ["ice", "lakes"]
    one = small_atlas([P("a", "Ice")])
    assert by_ids(find_path(one, "a")) == by_ids(find_path(one, "a", end="a")) == ["a"]


def linked(papers, pairs):
    """An atlas in which the papers of these pairs are neighbours, and no others."""
    ids = small_atlas(papers, words=WORDS).ids.ids
    near = {one: sorted({*"".join(pair for pair in pairs if one in pair)} - {one}) for one in ids}
    most = max(map(len, near.values()))
    rows = [[ids.index(other) for other in (near[one] * most)[:most]] for one in ids]
    indices = np.array(rows, np.int32)
    return small_atlas(papers, words=WORDS, neighbours=Neighbours(indices, np.full(indices.shape, 0.5, np.float32)))


def two_islands():
    return linked(
        [P(name, f"{name} paper", vector=vector) for name, vector in zip("abcd", np.eye(4) + 0.1, strict=True)],
        ["ab", "cd"],
    )


def test_a_route_goes_through_another_paper_rather_than_through_a_version():
    texts = {
        "a": "glacier lake moraine",
        "b": "glacier lake moraine!",
        "c": "glacier lake pollen",
        "d": "glacier pollen",
    }
    papers = [P(name, text) for name, text in texts.items()]
    assert by_ids(find_path(linked(papers, ["ab", "bc", "ad", "cd"]), "a", end="c")) == ["a", "d", "c"]
    assert by_ids(find_path(linked(papers[:3], ["ab", "bc"]), "a", end="c")) == ["a", "b", "c"], (
        "where no other joins them"
    )


def test_where_no_route_leads_one_line_says_so(tmp_path, capsys):
    with pytest.raises(PaperatlasError, match="no path from 'a' to 'c': neither near texts nor citations join the two"):
        find_path(two_islands(), "a", end="c")
    assert by_ids(find_path(two_islands(), "a", end="b")) == ["a", "b"]
    with pytest.raises(
        PaperatlasError, match="no path of at most 3 papers from 'ice' to 'flowers'; the shortest has 4"
    ):
        find_path(chain_atlas(k=1), "ice", end="flowers", k=3)
    save_atlas(two_islands(), tmp_path / "run", pictures={})
    assert main(["path", str(tmp_path / "run"), "--from", "a", "--to", "d", "--json"]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.count("\n") == 1


def test_questions_that_make_no_sense_are_refused(atlas):
    with pytest.raises(UnknownPaperError, match="no paper has the id 'rot'; ids that look like it: root"):
        find_path(atlas, "rot")
    with pytest.raises(UnknownPaperError, match=r"^no paper has the id 3: an id is a text, e\.g\. '\w+'$"):
        Atlas(atlas).path(3)
    with pytest.raises(UnknownPaperError, match="'newst'"):
        find_path(atlas, "root", end="newst")
    with pytest.raises(PaperatlasError, match="give one of the two"):
        find_path(atlas, "root", end="early", topic="0")
    with pytest.raises(PaperatlasError, match="at least 1"):
        find_path(atlas, "root", k=0)
    with pytest.raises(PaperatlasError, match="at least 2"):
        find_path(atlas, "root", end="early", k=1)


def test_versions_of_one_paper_are_no_steps_where_others_will_do():
    texts = ["glacier lake moraine"] * 2 + ["glacier lake", "glacier moraine moraine"]
    papers = [P(name, text, year=2000 + at) for at, (name, text) in enumerate(zip("abcd", texts, strict=True))]
    papers[1] = P("b", "glacier lake moraine!", year=2001)
    atlas = small_atlas(papers, words=WORDS)
    assert "b" not in by_ids(find_path(atlas, "a", k=2))
    assert by_ids(find_path(small_atlas(papers[:2], words=WORDS), "a", k=2)) == ["a", "b"]
    assert by_ids(find_path(small_atlas(papers[:2], words=WORDS), "a", end="b")) == ["a", "b"]


def random_atlas(seed, papers=9, k=3):
    rng = np.random.default_rng(seed)
    rows = [
        paper(
            f"p{at}",
            " ".join(rng.choice(WORDS, size=4)),
            year=int(rng.integers(1990, 2000)),
            cites=[
                f"p{other}" if other < papers else f"Moe P, {1900 + other}, ICE LETT, V{other}, P{other}4"
                for other in rng.choice(papers + 6, size=rng.integers(0, 6), replace=False).tolist()
            ],
        )
        for at in range(papers)
    ]
    rows = [
        P(one.id, f"{one.title} {at}", f"{one.abstract} Number{at}.", year=one.year, more=one.more)
        for at, one in enumerate(rows)
    ]
    return small_atlas(rows, words=WORDS, k=k)


@pytest.mark.parametrize("seed", range(4))
def test_strengths_are_those_of_vectors_and_relations(seed):
    atlas = random_atlas(seed)
    links = PaperLinks(atlas, references_of(atlas))
    works = find_works(atlas.column, atlas.column_names)
    coupled = coupling(works).toarray()
    cites = {(int(one), int(works.row_of[work])) for one, work in works.citations.tolist() if works.row_of[work] >= 0}
    left, right = (one.ravel() for one in np.meshgrid(range(len(atlas)), range(len(atlas)), indexing="ij"))
    apart = left != right
    left, right = left[apart], right[apart]
    np.testing.assert_allclose(links.coupled(left, right), coupled[left, right], atol=2e-6)
    assert {
        pair
        for pair, one in zip(zip(left.tolist(), right.tolist(), strict=True), links.cites(left, right), strict=True)
        if one
    } == cites
    for one, other, strength in zip(left.tolist(), right.tolist(), links.strengths(left, right).tolist(), strict=True):
        text = max(float(atlas.vectors[one] @ atlas.vectors[other]), 0)
        direct = CITATION if {(one, other), (other, one)} & cites else 0
        assert strength == pytest.approx(1 - (1 - text) * (1 - coupled[one, other]) * (1 - direct), abs=1e-5)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("near", [3, 1000])
def test_the_route_is_the_best_of_all(monkeypatch, seed, near):
    atlas = random_atlas(seed, k=2)
    monkeypatch.setattr(links_module, "NEAR", 1000 if near == 1000 else len(atlas))
    links = PaperLinks(atlas, references_of(atlas))
    left, right = links.pairs(np.ones(len(atlas), dtype=bool))
    versions, strengths = links.versions(left, right), links.strengths(left, right)
    cost = {}
    for one, other, version, strength in zip(left.tolist(), right.tolist(), versions, strengths, strict=True):
        cost[one, other] = cost[other, one] = (1 - (0 if version else strength)) ** 2
    for end, k in product(range(1, len(atlas)), (2, 3, 5)):
        routes = [
            (0, *between, end)
            for length in range(k - 1)
            for between in permutations([row for row in range(1, len(atlas)) if row != end], length)
        ]
        possible = {
            route: sum(cost[pair] for pair in pairwise(route))
            for route in routes
            if all(pair in cost for pair in pairwise(route))
        }
        found = best_route(links, (0, end), k=k)
        assert bool(found) == bool(possible)
        if found:
            assert len(found) <= k
            assert possible[tuple(found)] == pytest.approx(min(possible.values()), abs=1e-9)
        fewest = fewest_papers(links, (0, end))
        assert not possible or fewest == min(map(len, possible)) or k < fewest


def test_a_route_among_the_nearest_is_enough_and_else_all_are_asked(monkeypatch):
    atlas = chain_atlas(k=2)
    monkeypatch.setattr(links_module, "NEAR", 2)
    assert by_ids(find_path(atlas, "ice", end="flowers")) == ["ice", "lakes", "ponds", "flowers"]
    monkeypatch.setattr(links_module, "NEAR", 3)
    assert by_ids(find_path(atlas, "ice", end="ponds")) == ["ice", "lakes", "ponds"]


@pytest.mark.parametrize("seed", range(4))
def test_the_list_is_the_best_of_one_paper_of_each_span(seed):
    atlas = random_atlas(seed)
    links = PaperLinks(atlas, references_of(atlas))
    rng = np.random.default_rng(seed)
    spans = np.array_split(np.arange(len(atlas)), 3)
    own = [rng.random(len(span)) for span in spans]

    def worth(places):
        rows = [span[place] for span, place in zip(spans, places, strict=True)]
        left, right = np.array(rows[:-1]), np.array(rows[1:])
        strengths = np.where(links.versions(left, right), story.VERSION, links.strengths(left, right))
        return sum(one[place] for one, place in zip(own, places, strict=True)) + story.LINKED * strengths.sum()

    best = max(worth(places) for places in product(*(range(len(span)) for span in spans)))
    assert worth(story._best_chain(spans, own, links)) == pytest.approx(best)


def test_spans_have_about_equal_weight_and_none_is_empty():
    spans = story._spans(np.array([4.0, 1, 1, 1, 1, 2, 2]), 3)
    assert [span.tolist() for span in spans] == [[0], [1, 2, 3, 4], [5, 6]]
    assert [len(span) for span in story._spans(np.array([100.0, 1, 1, 1, 1, 1]), 3)] == [2, 2, 2]
    assert [span.tolist() for span in story._spans(np.ones(2), 5)] == [[0], [1]]


def test_the_command_prints_steps_with_their_reasons_and_json_for_programs(folder, capsys):
    assert main(["path", folder, "--from", "asked", "-k", "3"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "1. On glacier glacier lake moraine pollen (2008, asked)"
    assert lines[1].startswith("   the paper you start from")
    assert len(lines) == 6
    assert main(["path", folder, "--from", "early", "--to", "newest", "--json"]) == 0
    steps = json.loads(capsys.readouterr().out)
    assert [step["id"] for step in steps][:: len(steps) - 1] == ["early", "newest"]
    assert list(steps[1]) == [
        *("step", "id", "title", "year", "topic", "label", "after", "similarity", "shared_words", "shared_references"),
        *("cites", "cited_by", "cited_here", "why"),
    ]
    assert main(["path", folder, "--from", "nobody"]) == 2
    assert "no paper has the id 'nobody'" in capsys.readouterr().err


def test_the_command_loads_no_heavy_library(folder):
    script = (
        "import sys; from pipeline.cli import main; main(['path', sys.argv[1], '--from', 'asked', '--to', 'root']);"
        " heavy = {'torch', 'sklearn', 'scipy', 'pandas', 'matplotlib', 'openvino'} & set(sys.modules);"
        " assert not heavy, heavy"
    )
    environment = os.environ | {"PYTHONPATH": str(REPOSITORY)}
    subprocess.run([sys.executable, "-c", script, folder], check=True, capture_output=True, env=environment)
