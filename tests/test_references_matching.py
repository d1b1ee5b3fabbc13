"""References matched with each other and with papers: the planted corpus exactly, and every kind of bad input."""

import json
from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.references import (
    WAYS,
    CitedWorks,
    ParsedReference,
    count_coverage,
    find_works,
    match_works,
    parse_reference,
    read_reference_lists,
)
from tests.planted_references import CITED, NAMES, columns_of, numbers, planted

PRINTED, ALL_BUT_ONE = "author, year, volume, page", "all but one of these"


def works_of(columns: dict[str, pa.ChunkedArray]) -> CitedWorks:
    return find_works(columns.__getitem__, list(columns))


def cited_together(works: CitedWorks) -> list[list[int]]:
    """For each paper, the works of its references, in their order."""
    return [works.cited[works.lists.citing == paper].tolist() for paper in range(len(works.papers))]


def works_of_lists(*lists: object, papers: Sequence[dict] = ()) -> CitedWorks:
    papers = papers or [{"id": f"p{row}", "title": "", "year": 2020} for row in range(len(lists))]
    return works_of(columns_of(papers, lists))


def test_planted_references_become_the_works_worked_out_on_paper():
    works = works_of(planted())
    number = numbers(works)
    assert len(works) == len(set(number.values())) == 10
    expected = sorted((NAMES.index(paper), number[name]) for paper, names in CITED.items() for name in names.split())
    assert works.citations.tolist() == [list(pair) for pair in expected]
    rows = {name: int(works.row_of[work]) for name, work in number.items()}
    assert rows == {**dict.fromkeys(("x1", "x2", "x3", "x4", "x5", "x6"), -1), "a": 0, "b": 1, "g": 6, "h": 7}


def test_planted_matches_each_have_the_way_that_found_them():
    works = works_of(planted())
    assert count_coverage(works).ways == {
        **{"DOI": 8, "arXiv id": 1, "PubMed id": 1, "OpenAlex id": 1, "other id": 1, "title and year": 2},
        **{"author, year, volume, page": 3, "author, year, source": 2, "all but one of these": 1, "similar title": 1},
    }
    evidence = {(one.left, one.right): one.by for one in works.matches()}
    assert evidence["Larsen IB, 2002, J SNOW RES, V7, P101", "Larzen IB, 2002, J SNOW RES, V7, P101"] == WAYS[-2]
    assert evidence["Mapping sea ice from small planes", "arXiv:1001.00001"] == "arXiv id"


def test_planted_coverage():
    coverage = count_coverage(works_of(planted()))
    counts = {name: value for name, value in coverage.to_json().items() if name not in ("ways", "sources")}
    assert counts == {
        **{"papers": 12, "papers_with_references": 10, "references": 30, "works": 10, "in_corpus": 4},
        **{"unreadable": 1, "repeated": 1, "to_itself": 1, "to_later": 1, "longest": 4},
        **{"collisions": 0, "refused": 0},
    }
    assert coverage.share == pytest.approx(10 / 12)
    [source] = coverage.sources
    # Named: all but ten bare ids (x1 twice, a three times, b, x5 twice, x6 in k, g, h), "undefined", both of a PubMed
    # id and the object of x5, which names no author. Shared: all but those to g and h.
    assert (source.source, source.papers, source.references, source.in_corpus) == ("planted", 10, 30, 8)
    assert (source.named, source.shared) == (15, 27)


def test_what_is_known_of_a_work_is_what_most_references_say_with_every_id():
    works = works_of(planted())
    number = numbers(works)
    first = works.record(number["x1"])
    assert (first.author, first.year, first.volume, first.page, first.doi) == ("Moe", 2001, "3", "14", "10.1000/x1")
    assert works.record(number["x2"]).author == "Larsen"
    assert works.record(number["x3"]).title == "A field guide to drifting ice floes"
    assert set(works.record(number["x6"]).ids) == {"pmid:16000006", "doi:10.1000/x6"}
    assert works.record(number["a"]).title == "Mapping sea ice from small planes"


def test_the_order_of_references_in_a_list_changes_no_work():
    columns = planted()
    turned = [None if one is None else one[::-1] for one in columns["references"].to_pylist()]
    other = works_of({**columns, "references": pa.chunked_array([pa.array(turned, columns["references"].type)])})
    works = works_of(columns)
    together = [sorted(one) for one in cited_together(works)]
    names = {int(b): int(a) for a, b in zip(works.cited, _turned_back(other), strict=True)}
    assert [sorted(names[work] for work in one) for one in cited_together(other)] == together


def _turned_back(works: CitedWorks) -> list[int]:
    return [work for one in cited_together(works) for work in one[::-1]]


# --- what must stay apart


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Moe P, 2001, ICE LETT, V3, P14", "Moe P, 2001, ICE LETT, V3, P88"),
        ("Moe P, 2001, ICE LETT, V3, P14", "Moe P, 2001, HEART LUNG, V3, P14"),
        ("Moe P, 2001, ICE LETT, V3, P14", "Aho K, 2001, ICE LETT, V3, P14"),
        ("Moe P, 2001, ICE LETT, V3, P14, DOI 10.1000/abc", "Moe P, 2001, ICE LETT, V3, P14, DOI 10.2345/xyz9"),
        ("Moe P, 2001, FROST", "Moe P, 2002, FROST"),
        (
            "Moe, P., The melting of ice, part 1 (2001) Ice, 3, pp. 1-9",
            "Moe, P., The melting of ice, part 2 (2001) Ice, 3",
        ),
        ("World Forum, The state of snow in the world (2001)", "World Forum, The state of snow in the world (2002)"),
        ("Moe, P., The state of snow in the world (2001)", "Aho, K., The state of snow in the world (2001)"),
        ("058-611-004-345-434", "043-254-878-638-417"),
    ],
)
def test_other_works_stay_apart(one, other):
    works = works_of_lists([one], [other])
    assert works.cited[0] != works.cited[1]


@pytest.mark.parametrize(
    ("one", "other", "way"),
    [
        ("Moe P, 2001, ICE LETT, V3, P14", "Moe P, 2007, ICE LETT, V3, P14", ALL_BUT_ONE),
        ("Moe P, 2001, ICE LETT, V3, P14", "Moe P, 2001, ICE LETT, V8, P14", ALL_BUT_ONE),
        ("Moe P, 2001, ICE LETT, V3, P14", "Ice Letters. 2001 May;3(2):14-9", ALL_BUT_ONE),
        ("Moe P, 2001, J SNOW RES, V3, P14", "Moe, P., On (2001) Journal of Snow Research, 3 (1), pp. 14-19", PRINTED),
        ("Moe P, 2001, ICE, V3, P14, DOI 10.1000/J0CN.1", "Moe P, 2001, ICE, V3, P14, DOI 10.1000/JOCN.1", PRINTED),
        (
            "Moe, P., A paper on very old snow (2001)",
            "Moe, P., A paper on very old snow (2002) Ice, 3, pp. 14-19",
            "title and year",
        ),
        ("Moe, P., The theory of snow drifts (2001)", "Moe, P., The theory of snow drift (2001)", "similar title"),
    ],
)
def test_the_same_work_written_differently_is_one(one, other, way):
    works = works_of_lists([one], [other])
    assert works.cited[0] == works.cited[1]
    assert [match.by for match in works.matches()] == [way]


def test_papers_of_the_corpus_are_never_joined_and_the_first_is_cited():
    papers = [{"id": name, "title": "", "year": 2001, "doi": "10.1000/same"} for name in ("first", "second", "third")]
    works = works_of_lists(None, None, ["10.1000/same"], papers=papers)
    assert works.row_of.tolist() == [0]
    assert count_coverage(works).refused == 2


def test_an_id_that_two_works_have_joins_each_with_its_like_alone():
    """A book's DOI given to its chapters: by other authors and of other years, as the exports have them."""
    works = works_of_lists(
        ["Moe P, 1991, ICE, V3, P14, DOI 10.1000/book", "Aho K, 2005, SNOW, V8, P99, DOI 10.1000/book"],
        ["Moe P, 1991, ICE, P14, DOI 10.1000/book", "Aho K, 2005, SNOW REV, P99, DOI 10.1000/book"],
    )
    assert works.cited.tolist() == [0, 1, 0, 1]
    assert count_coverage(works).collisions == 2


# --- bad input


def test_references_in_any_form_are_read_and_counted():
    """One text, an object, a number, a list with nothing in it, a list of lists."""
    values = ["Moe P, 2001, ICE, V3, P14\nAho K, 2002, SNOW, V1, P20", {"DOI": "10.1000/x"}, [None, "", {}], [["odd"]]]
    works = works_of_lists(*values)
    assert [len(one) for one in cited_together(works)] == [2, 1, 0, 1]


@pytest.mark.parametrize(
    ("column", "counts"),
    [
        (pa.array(["10.1000/x", None, "10.1000/x\n10.1000/y"]), [1, 0, 2]),
        (pa.array([["10.1000/x"], None, ["10.1000/x", "10.1000/y"]]), [1, 0, 2]),
        (pa.array([[31000001], [], [31000001, 5]]), [1, 0, 2]),
        (pa.array([31000001, None, 31000001]), [1, 0, 1]),
        (pa.array([[{"doi": "10.1000/x"}], None, [{"doi": "10.1000/x"}, {"doi": "10.1000/y"}]]), [1, 0, 2]),
        (pa.array([None, None, None], pa.null()), [0, 0, 0]),
    ],
)
def test_columns_of_other_types_are_read_as_references(column, counts):
    lists = read_reference_lists(column, papers=3)
    assert np.bincount(lists.citing, minlength=3).tolist() == counts
    if sum(counts):
        works = match_works([ParsedReference()] * 3, lists)
        assert works.cited[0] == works.cited[1]  # the one thing that the first and the third share


def test_without_any_reference_there_is_no_work():
    columns = planted()
    del columns["references"]
    works = works_of(columns)
    coverage = count_coverage(works)
    assert (len(works), works.citations.tolist(), coverage.papers, coverage.references) == (0, [], 12, 0)
    assert (coverage.share, coverage.sources, coverage.longest) == (0.0, (), 0)
    empty = find_works({"id": pa.chunked_array([], pa.string())}.__getitem__, ["id"])
    assert count_coverage(empty).to_json()["papers"] == 0


def test_a_paper_that_cites_five_thousand_works_cites_each():
    many = [f"Moe P, {1950 + number % 70}, ICE LETT, V{number}, P{number + 100}" for number in range(5000)]
    works = works_of_lists(many, many[:3], None)
    coverage = count_coverage(works)
    assert (coverage.works, coverage.longest, coverage.repeated) == (5000, 5000, 0)
    assert works.citations[5000:].tolist() == [[1, work] for work in sorted(works.cited[:3].tolist())]


ANYTHING = st.text(max_size=60) | st.integers() | st.dictionaries(st.text(max_size=8), st.text(max_size=9), max_size=3)


@given(st.lists(ANYTHING, max_size=5))
def test_whatever_stands_in_a_list_is_counted_and_harms_nothing(values):
    works = works_of_lists(values, None, values)
    counts = np.bincount(works.lists.citing, minlength=3)
    assert counts[0] == counts[2]
    before, after = (works.cited[works.lists.citing == row] for row in (0, 2))
    assert (before == after).all()


@given(st.text(max_size=200))
def test_any_text_is_parsed_without_harm(text):
    parsed = parse_reference(text)
    assert parsed.year is None or 1400 <= parsed.year < 2100
    assert parse_reference(json.dumps({"unstructured": text, "key": text})).year in (parsed.year, None)
