"""Conditions over columns and topics, each answer by hand, and every message with its place."""

import datetime
import re

import numpy as np
import pyarrow as pa
import pytest

from pipeline.errors import PaperatlasError
from pipeline.recommender import filter_papers, where
from pipeline.recommender.column_values import meets
from pipeline.recommender.filter import of_topic
from tests.small_atlas import P, small_atlas

BIG = 123456789012345678  # more than a float64 tells from its neighbours
EXAMPLE = "; e.g. year >= 2020 and topic == 'label'"


@pytest.fixture(scope="module")
def atlas():
    """Topics 0, 2 and 7: two numbers were merged away."""
    return small_atlas(
        [
            P(
                "a",
                "Alpha ice",
                year=2019,
                authors=("Hui Qu", "Bo Li"),
                topic=0,
                second=7,
                more={
                    **{"open": True, "venue": "ICML", "n": 1.5, "big": BIG, "grounds": "none", "blank": None},
                    "references": [{"raw": "Knuth 1974", "id": None, "source": "papers.jsonl"}, None],
                    "made": datetime.date(2024, 1, 2),
                },
            ),
            P(
                "b",
                "Beta ice",
                year=2020,
                authors=("Ada Ng",),
                topic=2,
                more={
                    **{"open": False, "venue": "NeurIPS", "big": BIG + 1, "or": "x"},
                    "references": [{"raw": "Hopper 1952", "id": "a", "source": "papers.jsonl"}],
                },
            ),
            P("c", "Gamma ice", year=None, topic=-1, nearest=7, more={"open": True, "n": 3.0, "tags": ["x", "Ümit"]}),
            P(
                "d",
                "Delta ice",
                year=2024,
                authors=("Hui Qu",),
                topic=7,
                more={"open": False, "venue": "icml", "n": -2.0, "big": 5, "greek": "ΟΔΟΣ"},
            ),
            P("e", "Epsilon ice", year=2021, topic=2, more={"venue": 'the "best"', "tags": [], "greek": "İzmir"}),
        ],
        labels={0: "Winter 'ice'", 2: "Bees", 7: """It's "both" kinds"""},
    )


def ids(atlas, mask) -> str:
    assert mask.dtype == bool
    assert mask.shape == (len(atlas),)
    return "".join(sorted(np.array(atlas.ids.ids)[mask].tolist()))


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        # each operator, with a value on its border
        ("year == 2020", "b"),
        ("year != 2020", "acde"),
        ("year < 2020", "a"),
        ("year <= 2020", "ab"),
        ("year > 2021", "d"),
        ("year >= 2021", "de"),
        ("n == 1.5", "a"),
        ("n < 1.5", "d"),
        ("n >= -2", "acd"),
        ("n > -2", "ac"),
        ("year > 2020.5", "de"),
        # and before or; not before and; brackets
        ("year == 2019 or year == 2020 and open == true", "a"),
        ("(year == 2019 or year == 2020) and open == true", "a"),
        ("open == true or year == 2024 and n > 0", "ac"),
        ("(open == true or year == 2024) and n > 0", "ac"),
        ("(open == false or year == 2019) and n < 0", "d"),
        ("open == false or year == 2019 and n < 0", "bd"),
        ("not open == true and year > 2000", "bde"),
        ("not (open == true and year > 2000)", "bcde"),
        ("not not open == true", "ac"),
        ("year == 2019 or year == 2020 or year == 2021", "abe"),
        ("year > 2018 and year < 2024 and year != 2020", "ae"),
        ("year == 2019 OR year == 2020", "ab"),
        ("NOT year > 2019 And open == TRUE", "ac"),
        # missing values meet nothing but !=
        ("open != true", "bde"),
        ("not year >= 2020", "ac"),
        ("venue != 'ICML'", "bce"),
        ("blank == 'x'", ""),
        ("blank != 'x'", "abcde"),
        ("blank > 3", ""),
        ("blank contains 'x'", ""),
        # texts in any case; both kinds of quotes
        ("venue == 'ICML'", "ad"),
        ("venue contains 'RIP'", "b"),
        ('venue contains "best"', "e"),
        ("venue == 'the \"best\"'", "e"),
        ("venue < 'j'", "ad"),
        ("venue > 'neurips'", "e"),
        ("venue >= 'neurips'", "be"),
        # lists: one of their parts
        ("authors == 'hui qu'", "ad"),
        ("authors != 'Hui Qu'", "bce"),
        ("authors contains 'LI'", "a"),
        ("authors < 'b'", "b"),
        ("tags == 'ümit'", "c"),
        ("tags contains 'x'", "c"),
        ("tags != 'x'", "abde"),
        # letters that have two small forms, or one of more letters
        ("greek == 'ΟΔΟΣ'", "d"),
        ("greek contains 'οδο'", "d"),
        ("greek == 'İzmir'", "e"),
        # cited references: as their source wrote them
        ("references contains 'KNUTH'", "a"),
        ("references == 'knuth 1974'", "a"),
        ("references != 'Knuth 1974'", "bcde"),
        ("references contains ''", "ab"),
        # booleans
        ("open == false", "bd"),
        ("open < true", "bd"),
        # values of another kind are never equal, and so all differ
        ("year != 'many'", "abcde"),
        ("venue != 3", "abcde"),
        ("open != 1", "abcde"),
        ("year contains 2020", ""),
        # large whole numbers: all digits count, beside fractions and numbers beyond 64 bits too
        (f"big == {BIG}", "a"),
        (f"big > {BIG}", "b"),
        (f"big < {BIG}.5", "ad"),
        (f"big >= {BIG}.5", "b"),
        (f"big == {BIG}.5", ""),
        (f"big == {BIG}.0", "a"),
        ("big == 9223372036854775808", ""),
        ("big > 9223372036854775807", ""),
        ("big != 99999999999999999999", "abcde"),
        ("big >= 99999999999999999999", ""),
        ("year > 2019.5", "bde"),
        ("year <= 2019.5", "a"),
        ("strength >= 20000000", ""),
        ("strength < 20000000", "abcde"),
        (f"x == {BIG}", ""),
        (f"x >= -{'9' * 299}", "abcde"),
        ("big < 9223372036854775808", "abd"),
        ("big > -99999999999999999999", "abd"),
        (f"n < {BIG}", "acd"),
        # topics by number or label, whatever the gaps between numbers
        ("topic == 0", "a"),
        ("topic == 2", "be"),
        ("topic == 7", "cd"),
        ("topic != 7", "abe"),
        ("topic > 0", "bcde"),
        ("topic >= 2 and topic < 7", "be"),
        ("topic == 1", ""),
        ("topic == 'BEES'", "be"),
        ("topic != 'bees'", "acd"),
        ("topic == \"winter 'ICE'\"", "a"),
        ("topic contains 'it'", "cd"),
        ("topic != 2.5", "abcde"),
        ("topic > 99999999999999999999", ""),
        ("topic contains 'e'", "abe"),
        ("topic == 'nothing'", ""),
        ("nearest_topic == 7 and topic == 7", "cd"),
        # spaces or none, and names that begin as words of the grammar do
        ("year>=2020and(n<0)or  year==2019 ", "ad"),
        ("grounds == 'none'", "a"),
        ("n == -2.0", "d"),
    ],
)
def test_conditions_by_hand(atlas, condition, expected):
    assert ids(atlas, where(atlas, condition)) == expected


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("", "condition '': expected a column at its end"),
        ("   ", "condition '   ': expected a column at its end"),
        ("year", "condition 'year': expected == != < <= > >= or contains at its end"),
        ("year 2020", "condition 'year 2020': expected == != < <= > >= or contains at '2020'"),
        ("year and", "condition 'year and': expected == != < <= > >= or contains at 'and'"),
        ("year >", "condition 'year >': expected a number, true, false or a text in quotes at its end"),
        ("year > >", "condition 'year > >': expected a number, true, false or a text in quotes at '>'"),
        ("year > (1)", "condition 'year > (1)': expected a number, true, false or a text in quotes at '(1)'"),
        ("2020 < year", "condition '2020 < year': expected a column at '2020 < year'"),
        ("'year' > 1", "condition \"'year' > 1\": expected a column at \"'year' > 1\""),
        ("year > 2000 2001", "condition 'year > 2000 2001': expected 'and', 'or' or the end at '2001'"),
        ("year > 1)", "condition 'year > 1)': expected 'and', 'or' or the end at ')'"),
        ("(year > 2000", "condition '(year > 2000': expected ) at its end"),
        ("(year > 1 year", "condition '(year > 1 year': expected ) at 'year'"),
        ("venue == ICML", "condition 'venue == ICML': a text must be in quotes at 'ICML'"),
        ("venue contains icml or n > 1", "a text must be in quotes at 'icml or n > 1'"),
        ("venue == icml and open == true", "a text must be in quotes at 'icml and open == tru'"),
        ("year > 1 and", "expected a column at its end"),
        ("not", "expected a column at its end"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_place(atlas, condition, expected):
    with pytest.raises(PaperatlasError) as problem:
        where(atlas, condition)
    assert str(problem.value).endswith(expected + EXAMPLE)
    assert str(problem.value).startswith(f"condition {condition!r}: ")


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("yaer > 2000", "no column 'yaer'; did you mean year?"),
        ("or == 1", "or holds text, not numbers"),
        ("year == 'many'", "year holds numbers, not text"),
        ("year > true", "year holds numbers, not true or false"),
        ("venue < 3", "venue holds text, not numbers"),
        ("authors == 3", "authors holds text, not numbers"),
        ("open == 'yes'", "open holds true or false, not text"),
        ("open == 1", "open holds true or false, not numbers"),
        ("year contains '20'", "year holds numbers, not text"),
        ("topic == true", "topic holds numbers and labels, not true or false"),
        ("topic != false", "topic holds numbers and labels, not true or false"),
        ("topic contains true", "topic holds numbers and labels, not true or false"),
        ("references == 1", "references holds text, not numbers"),
        ("made > 2020", "made holds date32[day] values, which cannot be compared; use another column"),
        ("made != 'x'", "made holds date32[day] values, which cannot be compared; use another column"),
        ("venue == '\ud800'", "not Unicode text; write it in UTF-8"),
        ("year.__class__ == 1", "no column 'year.__class__'; "),
    ],
)
def test_columns_that_are_not_there_or_hold_something_else_are_refused(atlas, condition, expected):
    with pytest.raises(PaperatlasError) as problem:
        where(atlas, condition)
    assert str(problem.value).startswith(f"condition {condition!r}: {expected}")


def test_a_column_unlike_all_others_brings_the_whole_list(atlas):
    with pytest.raises(PaperatlasError, match="no column 'qqq'; there are id, title, abstract, authors, year, open"):
        where(atlas, "qqq == 1")


@pytest.mark.parametrize(
    ("condition", "rest"),
    [
        ("year > 1; import os", "; import os"),
        ("venue == 'open", "'open"),
        ("year = 2020", "= 2020"),
        ("year > 1 ; 0123456789 0123456789", "; 0123456789 0123456"),
        ("__import__('os').system('x')", ".system('x')"),
    ],
)
def test_signs_that_the_grammar_does_not_have_are_shown(atlas, condition, rest):
    with pytest.raises(PaperatlasError) as problem:
        where(atlas, condition)
    assert str(problem.value) == f"condition {condition!r}: {rest!r} is not understood{EXAMPLE}"


def test_fifty_levels_are_read_and_one_more_is_not(atlas):
    assert ids(atlas, where(atlas, "(" * 49 + "year == 2020" + ")" * 49)) == "b"
    assert ids(atlas, where(atlas, "not " * 49 + "year == 2020")) == "acde"
    with pytest.raises(PaperatlasError, match="more than 50 brackets and 'not' in one another at 'year == 2020\\)"):
        where(atlas, "(" * 50 + "year == 2020" + ")" * 50)
    with pytest.raises(PaperatlasError, match="more than 50 brackets"):
        where(atlas, "not " * 50 + "year == 2020")
    assert ids(atlas, where(atlas, " or ".join(["(year == 2020)"] * 120))) == "b"
    with pytest.raises(PaperatlasError, match="more than 50 brackets"):
        where(atlas, "year == 2020 or " * 9 + "(" * 50 + "year == 2020" + ")" * 50)


def test_what_is_too_long_is_refused_in_a_short_line(atlas):
    def refused(condition):
        with pytest.raises(PaperatlasError) as problem:
            where(atlas, condition)
        assert len(str(problem.value)) < 700
        assert "\n" not in str(problem.value)
        return str(problem.value)

    assert "longer than 10,000 characters; use a shorter one" in refused("year > 1 or " * 5000 + "year > 1")
    assert "a number of more than 300 characters at '1111" in refused("n < " + "1" * 301)
    assert "no column 'aaa" in refused("a" * 9000 + " == 1")
    many = " or ".join(f"year == {number}" for number in range(101))
    assert "more than 100 tests; use fewer" in refused(many)
    assert ids(atlas, where(atlas, many.replace(" or year == 100", ""))) == ""
    with pytest.raises(PaperatlasError, match=r"^no paper meets year > 3000 and year > 3000"):
        filter_papers(atlas, condition="year\n>\n3000" + " and year > 3000" * 300)


# --- filter_papers: a condition and a topic


def test_nothing_given_is_no_filter(atlas):
    assert filter_papers(atlas) is None


@pytest.mark.parametrize(
    ("condition", "topic", "expected"),
    [
        ("year > 2000", None, "abde"),
        (None, "0", "a"),
        (None, "2", "be"),
        (None, "7", "cd"),
        (None, "bees", "be"),
        (None, """it's "BOTH" kinds""", "cd"),
        ("year > 2020", "2", "e"),
        ("year > 2020", "7", "d"),
        ("year == 2019 or year == 2024", "7", "d"),
    ],
)
def test_papers_of_a_topic_that_meet_a_condition(atlas, condition, topic, expected):
    assert ids(atlas, filter_papers(atlas, condition=condition, topic=topic)) == expected


def test_a_condition_cannot_reach_around_the_topic(atlas):
    with pytest.raises(PaperatlasError, match=r"expected 'and', 'or' or the end at '\) or \(year == 2500'"):
        filter_papers(atlas, condition="year >= 0) or (year == 2500", topic="7")


@pytest.mark.parametrize(
    "topic", ["' or year > 0 or topic == '", "0 or year > 0", "7) or (year > 0", "1", "-1", "99", "\udcff"]
)
def test_a_topic_is_a_number_or_a_label_and_nothing_else(atlas, topic):
    with pytest.raises(PaperatlasError) as problem:
        filter_papers(atlas, topic=topic)
    assert str(problem.value).startswith(f"no paper meets topic {topic!r}; ")


def test_an_unknown_topic_is_answered_with_those_there_are(atlas):
    largest = sorted(atlas.topics, key=lambda topic: -topic.assigned)
    named = ", ".join(f"{topic.id} ({topic.label})" for topic in largest)
    with pytest.raises(PaperatlasError) as problem:
        filter_papers(atlas, topic="99")
    assert str(problem.value) == f"no paper meets topic '99'; the largest are {named}"
    label = atlas.topics[-1].label
    with pytest.raises(PaperatlasError, match=rf"; did you mean \d+ \({re.escape(label)}\)$"):
        filter_papers(atlas, topic=f"{label}x", condition="year > 0")


def test_no_paper_left_is_an_error_that_names_what_was_asked(atlas):
    with pytest.raises(PaperatlasError, match=r"^no paper meets year > 3000$"):
        filter_papers(atlas, condition="year > 3000")
    with pytest.raises(PaperatlasError, match=r"^no paper meets year > 2021 and topic '2'$"):
        filter_papers(atlas, condition="year > 2021", topic="2")


def test_a_number_too_long_for_a_topic_is_a_label():
    label = "9" * 30
    atlas = small_atlas([P("a", "ice", topic=0), P("b", "bee", topic=3)], labels={0: "Ice", 3: label})
    assert ids(atlas, of_topic(atlas, label)) == "b"
    assert ids(atlas, of_topic(atlas, "9" * 18)) == ""
    nineteen = small_atlas([P("a", "ice", topic=0)], labels={0: "9" * 19})
    assert ids(nineteen, of_topic(nineteen, "9" * 19)) == "a"
    eighteen = small_atlas([P("a", "ice", topic=0)], labels={0: "9" * 18})
    assert ids(eighteen, of_topic(eighteen, "9" * 18)) == ""


def test_lists_are_met_by_one_part_and_missing_lists_by_none():
    lists = pa.array([["a", "b"], None, [], ["c"], ["b", None]], pa.list_(pa.string()))
    assert meets(lists, "==", "B").tolist() == [True, False, False, False, True]
    assert meets(lists, "!=", "b").tolist() == [False, True, True, True, False]
    assert meets(lists, "contains", "C").tolist() == [False, False, False, True, False]
