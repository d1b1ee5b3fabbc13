"""Similar papers by what they cite: likeness worked by hand, the order, its reasons, what is stored and added."""

import json
import re
from dataclasses import replace

import numpy as np
import pytest

from pipeline import Atlas
from pipeline.adding import add_papers
from pipeline.atlas import load_atlas, verify
from pipeline.atlas.array_checks import array_problems
from pipeline.cli.main import main
from pipeline.config import SimilarConfig
from pipeline.recommender import read_query, similar
from pipeline.recommender.precomputed import precompute_similar
from pipeline.recommender.query import query_of_row
from pipeline.recommender.ranking import Candidates, fuse, known_z_scores, rank
from pipeline.recommender.related_papers import references_weight, related_papers
from pipeline.recommender.surroundings import all_among_nearest
from pipeline.references import StoredReferences, coupling, direct_citation, find_works, relations, store_references
from pipeline.references import stored_references as stored_module
from tests.planted import planted_papers, run_once, write_jsonl
from tests.planted_references import NAMES, columns_of, planted
from tests.small_atlas import P, small_atlas
from tests.test_references_relations import random_works


def stored_of(columns) -> StoredReferences:
    return store_references(find_works(columns.__getitem__, list(columns)))


def likeness(stored: StoredReferences, row: int) -> np.ndarray:
    asked = stored.list_of([row])
    return stored.likeness(stored.related(asked), np.arange(len(stored)))


@pytest.fixture(scope="module")
def twelve() -> StoredReferences:
    return stored_of(planted())


# --- likeness


@pytest.mark.parametrize("seed", [None, 1, 2])
def test_likeness_is_coupling_and_a_tenth_for_a_citation(seed, twelve):
    columns = planted()
    works = find_works(columns.__getitem__, list(columns)) if seed is None else random_works(25, 30, seed=seed)
    stored = store_references(works)
    cites = direct_citation(works).toarray() > 0
    expected = coupling(works).toarray() + 0.1 * (cites | cites.T)
    has = np.bincount(works.citations[:, 0], minlength=len(stored)) > 0
    assert stored.share == has.mean()
    for row in range(len(stored)):
        found = likeness(stored, row)
        known = has | (expected[row] > 0)
        known[row] = has[row]
        np.testing.assert_array_equal(np.isnan(found), ~known)
        np.testing.assert_allclose(found[known], expected[row][known], atol=1e-6)


def test_works_that_nearly_everybody_cites_link_nobody_here_either(monkeypatch):
    monkeypatch.setattr(relations, "MOST_CITING", 3)
    monkeypatch.setattr(stored_module, "MOST_CITING", 3)
    works = random_works(20, 12, seed=3)
    expected = coupling(works).toarray()
    for row in range(20):
        found = likeness(store_references(works), row)
        np.testing.assert_allclose(np.nan_to_num(found), expected[row], atol=1e-6)
    assert (expected > 0).any()


def test_names_are_what_a_reader_calls_the_works(twelve):
    works = {twelve.name(int(work)) for work in twelve.works}
    assert works == {"Moe 2001", "Larsen 2002", "Berg 2003", "Stone 1999", "Aas 2010", "Bo 2011", "Li 2018"} | {
        twelve.name(int(work)) for work in twelve.paper(NAMES.index("f"))[0]
    }


def test_several_likes_are_one_list_of_what_they_cite(twelve):
    # a cites x1 x2 x3 and l x2 x3: together x1, twice x2, twice x3, each list of length 1 first.
    a, l_, c = (NAMES.index(name) for name in "alc")
    asked = twelve.list_of([a, l_])
    sums: dict[int, float] = {}
    for row in (a, l_):
        for work, weight in zip(*(part.tolist() for part in twelve.paper(row)), strict=True):
            sums[work] = sums.get(work, 0.0) + weight
    length = sum(value**2 for value in sums.values()) ** 0.5
    mine = dict(zip(*(part.tolist() for part in twelve.paper(c)), strict=True))
    expected = sum(sums.get(work, 0.0) / length * weight for work, weight in mine.items()) + 0.1  # c cites a
    rows, values = twelve.related(asked)
    assert not {a, l_} & set(rows.tolist())
    assert values[rows.tolist().index(c)] == pytest.approx(expected, abs=1e-6)


def test_references_that_only_one_paper_has_make_its_list_longer_though_they_are_not_stored():
    lists = [["10.1000/a", "10.1000/b", "10.1000/only"], ["10.1000/a", "10.1000/b"], ["10.1000/c"]]
    stored = stored_of(columns_of([{"id": name} for name in "pqr"], lists))
    assert np.diff(stored.offsets).tolist() == [2, 2, 0]
    assert stored.counts.tolist() == [3, 2, 1]
    two, one = np.log(4 / 2) ** 2, np.log(4 / 1) ** 2
    expected = 2 * two / np.sqrt((2 * two + one) * 2 * two)
    np.testing.assert_allclose(likeness(stored, 0)[1:], [expected, 0], atol=1e-6)
    # Of both together: each work of theirs twice and what one has alone, at the length of that.
    asked = stored.list_of([0, 1])
    whole = np.array([1 / np.sqrt(2 * two + one) + 1 / np.sqrt(2 * two)] * 2) * np.sqrt(two)
    alone = np.sqrt(one / (2 * two + one))
    np.testing.assert_allclose(asked.weights, whole / np.sqrt((whole**2).sum() + alone**2), atol=1e-6)


def test_no_paper_with_references_has_nothing_to_store():
    assert stored_of(columns_of([{"id": "a"}, {"id": "b"}], [[], None])) is None


# --- the order


def test_only_known_values_make_the_mean_and_unknown_ones_decide_nothing():
    values = np.array([[0.2, np.nan, 0.6, 1.0], [np.nan, np.nan, 0.5, 0.7]])
    np.testing.assert_allclose(known_z_scores(values, 3), [[-1, 0, 1, 3], [0, 0, 0, 0]])


def test_references_count_beside_the_whole_text_however_many_parts_it_has():
    meaning, words = np.array([1.0, 0.0, 1.0, 0.0]), np.array([1.0, 1.0, 0.0, 0.0])
    alike = np.array([0.0, 0.4, np.nan, 0.2])
    # Both parts have z-scores of 1 and -1: with weights 1 and 0.5 they sum to 1.5, -0.5, 0.5 and -1.5, whose standard
    # deviation is the root of 1.25. What is known of the references has the mean 0.2 and the deviation 0.4 / root of 6.
    text = np.array([1.5, -0.5, 0.5, -1.5]) / np.sqrt(1.25)
    expected = text + 0.5 * np.array([-0.2, 0.2, 0.0, 0.0]) / (0.4 / np.sqrt(6))
    parts = [(1.0, meaning), (0.5, words)]
    np.testing.assert_allclose(fuse(parts, 4, related=(0.5, alike)), expected, atol=1e-7)
    # The same part twice says no more than once.
    one, both = ([(1.0, meaning)] * count for count in (1, 2))
    np.testing.assert_allclose(fuse(both, 4, related=(0.5, alike)), fuse(one, 4, related=(0.5, alike)), atol=1e-7)
    # Without references the text is what it was.
    for nothing in (None, (0.0, alike)):
        np.testing.assert_allclose(fuse(parts, 4, related=nothing), [1.5, -0.5, 0.5, -1.5], atol=1e-7)


LISTS = {
    "q": ["10.1000/a", "10.1000/b"],
    "coupled": ["10.1000/a", "10.1000/b"],
    "citing": ["10.1000/q", "10.1000/z"],
    "other": ["10.1000/z", "10.1000/y"],
    "third": ["10.1000/y", "10.1000/a", "10.1000/z"],
}


def ten_papers(lists=LISTS, **sections):
    """Papers in a fan around q, each farther than the one before; those of `lists` have references."""
    names = ["q", "near", "other", "silent", "third", *(f"p{number}" for number in range(9)), "citing", "coupled"]
    papers = []
    for place, name in enumerate(names):
        angle = 0.05 * place + (0.3 if place else 0)
        more = {"doi": f"10.1000/{name}", "references": list(lists[name]) if name in lists else None}
        papers.append(
            P(name, f"{name} ice", "", (np.cos(angle), np.sin(angle), 0, 0, 0, 0), authors=("Ola Li",), more=more)
        )
    atlas = small_atlas(papers, lexical=False, **sections)
    return replace(atlas, references=stored_of({name: atlas.column(name) for name in atlas.column_names}))


def test_papers_that_share_references_come_first_though_their_texts_are_far():
    atlas = ten_papers(similar={"candidates": 10, "references": 2.0})
    found = similar(atlas, read_query(atlas, ["q"]), k=15)
    order = [one.id for one in found]
    assert order[0] == "coupled"  # it was no candidate by its text
    assert order.index("third") < order.index("near")
    by_id = {one.id: one for one in found}
    assert by_id["coupled"].parts.references == pytest.approx(1.0)
    assert by_id["citing"].parts.references == pytest.approx(0.1)
    assert by_id["other"].parts.references == 0
    assert by_id["near"].parts.references is None
    assert "references" not in by_id["near"].reasons.ranks
    assert (by_id["coupled"].reasons.ranks["references"], by_id["third"].reasons.ranks["references"]) == (1, 2)
    assert str(by_id["coupled"].reasons.references) == "both cite 10.1000/b and 10.1000/a"
    assert str(by_id["citing"].reasons.references) == "cites it"
    assert by_id["near"].reasons.references is by_id["other"].reasons.references is None
    back = similar(atlas, read_query(atlas, ["citing"]), k=15)
    assert {one.id: str(one.reasons.references) for one in back}["q"] == "cited by it"


def test_the_order_is_the_sum_with_scores_over_those_that_have_references():
    atlas = ten_papers(similar={"candidates": 10, "references": 0.75})
    row = atlas.ids.row("q")
    found = similar(atlas, query_of_row(atlas, row), k=15)
    cosines = {one.id: one.similarity for one in found}
    texts = sorted(cosines, key=lambda name: -cosines[name])
    values = {one.id: one.parts.references for one in found}
    known = [values[name] for name in texts[:10] if values[name] is not None]
    whole = all_among_nearest(atlas.vectors, atlas.neighbours).astype(float)
    meaning = {name: float(whole[atlas.ids.row(name)] @ atlas.vectors[row]) for name in texts}
    dense = np.array([meaning[name] for name in texts[:10]])

    def fused(name: str) -> float:
        score = (meaning[name] - dense.mean()) / dense.std()
        return score + (0.75 * (values[name] - np.mean(known)) / np.std(known) if values[name] is not None else 0)

    candidates = [*texts[:10], "citing", "coupled"]
    expected = sorted(candidates, key=fused, reverse=True)
    assert [one.id for one in similar(atlas, query_of_row(atlas, row), k=10)] == expected[:10]


def test_without_weight_and_for_papers_without_references_the_order_is_that_of_text():
    for weight, asked in ((0.0, "q"), (0.5, "near"), ("auto", "q")):
        atlas = ten_papers(similar={"candidates": 10, "references": weight})
        text = replace(atlas, references=None)
        for k in (3, 10, 12):
            assert [one.id for one in similar(atlas, read_query(atlas, [asked]), k=k)] == [
                one.id for one in similar(text, read_query(text, [asked]), k=k)
            ]
    shown = {one.id: one.reasons.references for one in similar(ten_papers(), read_query(atlas, ["q"]), k=15)}
    assert str(shown["coupled"]) == "both cite 10.1000/b and 10.1000/a"  # reasons are there all the same


def test_auto_counts_references_where_more_than_half_of_the_papers_have_them(twelve):
    half = replace(twelve, counts=np.array([1, 0] * 6, np.int32))
    more = replace(twelve, counts=np.array([1, 0] * 5 + [1, 1], np.int32))
    assert [references_weight(one, SimilarConfig()) for one in (None, half, more)] == [0, 0, 0.5]
    assert references_weight(half, SimilarConfig(references=0.3)) == 0.3


def test_a_filter_and_what_is_asked_about_stay_as_they_were():
    atlas = ten_papers(similar={"candidates": 10, "references": 0.5})
    whole = [one.id for one in similar(atlas, read_query(atlas, ["q"]), k=15)]
    allowed = Atlas(atlas).similar("q", k=3, where='id != "coupled"')
    assert [one.id for one in allowed] == [name for name in whole if name != "coupled"][:3]
    both = [one.id for one in similar(atlas, read_query(atlas, ["q", "coupled"]), k=14)]
    assert not {"q", "coupled"} & set(both)
    assert both[0] == "third"


def test_rank_takes_ties_by_cosine_where_references_do_not_differ(twelve):
    query = replace(query_of_row(ten_papers(), 0), references=twelve.list_of([0]))
    related = related_papers(twelve, query.references, weight=0.5)
    ranked = rank(
        query,
        Candidates(np.array([8, 9]), np.array([0.2, 0.4]), 2),
        lexical=None,
        sentences=None,
        config=SimilarConfig(),
        related=related,
    )
    assert ranked.rows.tolist() == [9, 8]
    assert np.isnan(ranked.references).all()  # i and j have no references


@pytest.mark.parametrize(("k", "block"), [(3, 512), (12, 4), (29, 7)])
@pytest.mark.parametrize("sentences", [False, True])
def test_lists_of_the_page_are_what_similar_answers(monkeypatch, k, block, sentences):
    monkeypatch.setattr("pipeline.recommender.precomputed.BLOCK", block)
    rng = np.random.default_rng(5)
    papers = []
    for number in range(30):
        cited = [f"10.1000/{work}" for work in rng.integers(20, size=rng.integers(5))]
        vector = rng.normal(size=6) + np.array([2, 0, 0, 0, 0, 0])
        words = " ".join(rng.choice(["ice", "bee", "oak", "sea"], 4))
        more = {"doi": f"10.1000/{number + 10}", "references": cited}
        papers.append(P(f"p{number}", f"{words} {number}.", "Ice fog. Bee sea.", vector, more=more))
    atlas = small_atlas(papers, sentences=sentences, similar={"candidates": 10, "references": 0.5})
    atlas = replace(atlas, references=stored_of({name: atlas.column(name) for name in atlas.column_names}))
    lists = precompute_similar(atlas, k=k)
    for row, paper in enumerate(atlas.ids.ids):
        found = similar(atlas, read_query(atlas, [paper]), k=k)
        assert [atlas.ids.ids[other] for other in lists.rows[row] if other >= 0] == [one.id for one in found]
        np.testing.assert_allclose(lists.similarities[row][: len(found)], [one.similarity for one in found], atol=1e-6)
        listed = zip(lists.references.works[row].tolist(), lists.references.counts[row].tolist(), found, strict=False)
        for works, count, one in listed:
            shared = one.reasons.references
            assert count == (0 if shared is None else shared.count)
            names = tuple(atlas.references.name(work) for work in works if work >= 0)
            assert names == (() if shared is None else shared.shared[:2])
    assert lists.references.counts.max() > 2, "some name fewer works than they share"


# --- runs


@pytest.fixture(scope="module")
def papers():
    made = planted_papers(["glaciers", "bees"], 12)
    for number, paper in enumerate(made):
        kind = "bees" if number % 2 else "glaciers"
        paper |= {"doi": f"10.1000/{paper['id']}", "authors": ["Ida Berg"]}
        paper["references"] = [f"Moe P, 2001, {kind.upper()} LETT, V3, P14", "10.1000/glaciers-0"]
    return made


@pytest.fixture(scope="module")
def built(tmp_path_factory, papers):
    return run_once(tmp_path_factory.mktemp("cited"), papers)


def test_a_run_keeps_its_references_and_the_command_says_why(built, capsys):
    loaded = load_atlas(built.folder)
    assert verify(built.folder) == []
    assert {f"references_{part}.npy" for part in ("offsets", "works", "weights", "counts", "names")} <= set(
        loaded.manifest.files
    )
    made = stored_of({name: loaded.column(name) for name in loaded.column_names})
    for part in ("offsets", "works", "weights", "counts", "names"):
        np.testing.assert_array_equal(getattr(loaded.references, part), getattr(made, part))
    main(["similar", str(built.folder), "--id", "glaciers-2", "--explain", "-k", "22"])
    shown = capsys.readouterr().out
    assert re.search(r"references \(\d\.\d\d, rank \d+\): both cite Moe 2001 and Berg 2000\n", shown)
    assert re.search(r"references \(\d\.\d\d, rank 1\): cited by it; both cite Moe 2001\n", shown)
    main(["similar", str(built.folder), "--id", "glaciers-2", "--json"])
    first = json.loads(capsys.readouterr().out)["results"][0]
    assert first["reasons"]["references"]["count"] == 2
    assert first["reasons"]["references"]["shared"] == ["Moe 2001", "Berg 2000"]
    assert 0 < first["parts"]["references"] <= 1.1


def test_a_run_without_references_stores_none_and_one_made_before_they_were_is_read(built, tmp_path):
    plain = run_once(tmp_path, planted_papers(["bees"], 8))
    assert plain.references is None
    assert not [name for name in plain.manifest.files if name.startswith("references_")]
    before = json.loads((built.folder / "manifest.json").read_text(encoding="utf-8"))
    assert "references" in before["config"]["similar"]
    result = Atlas.load(plain.folder).similar("bees-1")[0]
    assert (result.parts.references, result.reasons.references) == (None, None)


def test_papers_added_are_matched_with_those_there(built, papers, tmp_path, monkeypatch):
    monkeypatch.setenv("PAPERATLAS_CACHE", str(tmp_path / "cache"))
    run = run_once(tmp_path, papers)
    new = {
        **{"id": "new", "title": "Nectar of the hive", "abstract": "Pollen and nectar of a forager.", "year": 2020},
        **{"doi": "10.1000/new", "authors": ["Ola Li"]},
        "references": ["Moe P, 2001, BEES LETT, V3, P14", "10.1000/bees-3", "10.1000/unheard-of"],
    }
    add_papers(run.folder, [str(write_jsonl(tmp_path / "new.jsonl", [new]))])
    grown = Atlas.load(run.folder)
    assert verify(run.folder) == []
    reasons = {one.id: one.reasons.references for one in grown.similar("new", k=24)}
    assert str(reasons["bees-3"]) == "cited by it; both cite Moe 2001"
    assert str(reasons["bees-1"]) == "both cite Moe 2001"
    assert grown.data.references.counts[grown.data.ids.row("new")] == 3


@pytest.mark.parametrize(
    ("part", "place", "value", "said"),
    [
        ("works", 0, 10**6, "a work that is not there"),
        ("works", 0, -1, "a work that is not there"),
        ("weights", 0, np.nan, r"a weight that is not in \[0, 1\]"),
        ("offsets", 1, 0, "do not rise from 0"),
        ("counts", 0, 0, "cites more works than it is said to"),
        ("names", 0, 0xFF, "lines of UTF-8 text"),
    ],
)
def test_damaged_references_are_found(built, part, place, value, said):
    changed = np.array(getattr(built.references, part))
    changed[place] = value
    if part == "offsets":
        changed[2] = changed[1] - 1
    damaged = replace(built, references=replace(built.references, **{part: changed}))
    problems = dict(array_problems(damaged))
    assert re.search(said, problems[f"references_{part}.npy"])


def test_rows_of_references_are_those_of_papers(built):
    with pytest.raises(ValueError, match="references has 12 rows for 24 papers"):
        replace(built, references=stored_of(planted()))
