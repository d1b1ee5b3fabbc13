"""Conditions drawn at random over a column of every type, against a slow evaluator that reads no text."""

import datetime
import math
import operator
import random
import time
from fractions import Fraction

import numpy as np
import pytest

from pipeline.errors import PaperatlasError
from pipeline.recommender import where
from tests.small_atlas import P, small_atlas

PROMISED_SECONDS = 1.0
WATCHDOG = 10 * PROMISED_SECONDS
BIG = 2**63 - 1
LABELS = {0: "Ice", 2: "Bees 'n' hives", 7: "20"}
OPERATORS = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
# What a column holds, as the atlas below has it; None where there is nothing but missing values.
KINDS = {
    **dict.fromkeys(["year", "big", "n", "odd", "strength", "x", "topic", "nearest_topic"], "number"),
    **dict.fromkeys(["id", "title", "venue", "authors", "tags", "references"], "text"),
    **{"open": "truth", "blank": None, "hollow": None, "made": "date"},
}
NUMBERS = [
    *("0", "-0", "1", "2", "7", "-1", "1.5", "-2.0", "0.25", "2019", "2020", "2020.5", "20000000", "00012"),
    *("123456789012345678", "9007199254740993", "9223372036854775807", "9223372036854775808", "-9223372036854775808"),
    *("-9223372036854775809", "9223372036854775806.5", "9" * 40, "-" + "9" * 299, "9" * 299, "0." + "3" * 250, "٣"),
]
TEXTS = [
    "",
    "a",
    "A",
    "icml",
    "ICML",
    "ΟΔΟΣ",
    "straße",
    "é",
    "bees",
    "20",
    "hui qu",
    "%",
    ".*",
    "\\",
    "\x00",
    "\n",
    "🐝",
]
TRUTHS = ["true", "FALSE"]


@pytest.fixture(scope="module")
def atlas():
    def cited(*texts):
        return [None if text is None else {"raw": text, "id": None, "source": "s"} for text in texts]

    more = [
        {"open": True, "venue": "ICML", "n": 1.5, "big": BIG, "odd": math.nan, "tags": ["a", "É"], "hollow": None},
        {
            "open": False,
            "venue": "icml ΟΔΟΣ",
            "n": -2.0,
            "big": -BIG - 1,
            "odd": math.inf,
            "references": cited("A", None),
        },
        {"open": None, "venue": "", "n": 0.25, "big": 9007199254740993, "odd": -math.inf, "tags": []},
        {
            "open": True,
            "venue": "🐝 %.*\\",
            "n": 1e300,
            "big": 0,
            "odd": -0.0,
            "references": cited("ICML 20", "Straße"),
        },
        {"open": False, "n": None, "tags": ["20", None], "made": datetime.date(2020, 1, 1), "blank": None},
        {"venue": "Straße", "references": [], "odd": 5e-324},
    ]
    places = [(0, 0), (2, 2), (-1, 7), (7, 7), (2, 2), (-1, 0)]
    years = [2019, 2020, None, 2021, 0, -1]
    return small_atlas(
        [
            P(
                f"p{row}",
                f"Title {row} ICE",
                year=year,
                topic=topic,
                nearest=nearest,
                more=columns,
                x=row / 4,
                strength=0.1 * row,
                authors=("Hui Qu", "Ada") if row % 2 else (),
            )
            for row, (columns, (topic, nearest), year) in enumerate(zip(more, places, years, strict=True))
        ],
        labels=LABELS,
    )


# --- the slow truth


def fold(text):
    return "".join(letter.lower() for letter in text)  # letter by letter: no final sigma


def parts_of(paper, column):
    """What is compared: the parts of a list, the raw text of a reference."""
    found = paper[column]
    parts = found if isinstance(found, list) else [found]
    return [part["raw"] if isinstance(part, dict) else part for part in parts if part is not None]


def part_meets(part, how, kind, literal):
    if how == "contains":
        return kind == "text" and fold(literal) in fold(part)
    if kind == "text":
        return OPERATORS[how](fold(part), fold(literal))
    if kind == "truth":
        return OPERATORS[how](part, literal.lower() == "true")
    return OPERATORS[how](part, float(literal) if isinstance(part, float) else Fraction(literal))


def meets(paper, test):
    column, how, kind, literal = test
    if how == "!=":
        return not meets(paper, (column, "==", kind, literal))
    if column == "topic":
        topic = paper["nearest_topic"]
        parts = [LABELS[topic] if kind == "text" else topic]
        return any(part_meets(part, how, kind, literal) for part in parts)
    return KINDS[column] == kind and any(part_meets(part, how, kind, literal) for part in parts_of(paper, column))


def is_valid(test):
    column, how, kind, literal = test
    if "\ud800" in literal or KINDS[column] == "date":
        return False
    if column == "topic":
        return kind != "truth"
    return how == "!=" or KINDS[column] in (None, kind)


def holds(paper, tree):
    match tree:
        case ("not", one):
            return not holds(paper, one)
        case ("and", *several):
            return all(holds(paper, one) for one in several)
        case ("or", *several):
            return any(holds(paper, one) for one in several)
    return meets(paper, tree)


# --- drawing


def draw_test(rng):
    kind = rng.choice(["number", "text", "truth"])
    column = rng.choice(list(KINDS))
    if rng.random() < 0.7:  # mostly of the column's own kind
        kind = KINDS[column] if KINDS[column] in ("number", "text", "truth") else kind
    literal = rng.choice({"number": NUMBERS, "text": TEXTS, "truth": TRUTHS}[kind])
    if kind == "text" and rng.random() < 0.02:
        literal += "\ud800"
    return column, rng.choice([*OPERATORS, "contains"]), kind, literal


def draw_tree(rng, depth):
    branch = rng.random()
    if depth == 0 or branch < 0.4:
        return draw_test(rng)
    if branch < 0.55:
        return "not", draw_tree(rng, depth - 1)
    return rng.choice(["and", "or"]), *(draw_tree(rng, depth - 1) for _ in range(rng.randint(2, 4)))


def all_tests(tree):
    if tree[0] in ("not", "and", "or"):
        return [test for one in tree[1:] for test in all_tests(one)]
    return [tree]


def write(rng, tree, *, inside=""):
    """The tree in words; brackets where they are needed, and sometimes where they are not."""
    if tree[0] == "not":
        return f"not {write(rng, tree[1], inside='not')}"
    if tree[0] in ("and", "or"):
        word = rng.choice([tree[0], tree[0].upper()])
        text = f" {word} ".join(write(rng, one, inside=tree[0]) for one in tree[1:])
        needed = inside == "not" or (inside == "and" and tree[0] == "or")
        return f"({text})" if needed or rng.random() < 0.2 else text
    column, how, kind, literal = tree
    quote = rng.choice("\"'")
    space = " " * rng.randint(how == "contains", 2)
    return f"{column}{space}{how}{space}{f'{quote}{literal}{quote}' if kind == 'text' else literal}"


def spoil(rng, text):
    """The text with a few letters taken out, doubled, or put in."""
    for _ in range(rng.randint(1, 3)):
        place = rng.randrange(len(text) + 1)
        new = rng.choice(
            ["", "(", ")", "'", '"', "not ", "==", "\x00", "\ud800", "😀", "99", ".", "-", " or ", text[:9]]
        )
        text = text[:place] + new + text[place + rng.randint(0, 2) :]
    return text


# --- hunting


def answer(atlas, condition):
    """The rows, or the one line of a refusal; anything else that is raised fails the test."""
    start = time.perf_counter()
    try:
        return where(atlas, condition)
    except PaperatlasError as problem:
        line = str(problem)
        assert line.isprintable(), condition
        assert len(line) < 1000
        assert line.startswith("condition ")
        return line
    finally:
        assert time.perf_counter() - start < WATCHDOG, condition


def hunt(atlas, seed, count):
    rng = random.Random(seed)
    papers = [atlas.paper(row) for row in range(len(atlas))]
    answered = 0
    for _ in range(count):
        tree = draw_tree(rng, rng.randint(0, 4))
        condition = write(rng, tree)
        rows = answer(atlas, condition)
        if all(is_valid(test) for test in all_tests(tree)) and len(condition) <= 10_000:
            assert not isinstance(rows, str), (condition, rows)
            np.testing.assert_array_equal(rows, [holds(paper, tree) for paper in papers], err_msg=condition)
            answered += 1
        else:
            assert isinstance(rows, str), condition
        answer(atlas, spoil(rng, condition))
    return answered


def test_random_conditions_are_answered_as_the_slow_evaluator_does(atlas):
    assert hunt(atlas, 0, 500) > 150


@pytest.mark.torture
def test_twelve_thousand_conditions(atlas):
    assert hunt(atlas, 1, 12_000) > 4000


@pytest.mark.parametrize("column", KINDS)
@pytest.mark.parametrize("how", [*OPERATORS, "contains"])
def test_every_type_with_every_operator_and_every_value(atlas, column, how):
    papers = [atlas.paper(row) for row in range(len(atlas))]
    for kind, literals in (("number", NUMBERS), ("text", TEXTS), ("truth", TRUTHS)):
        for literal in literals:
            test = column, how, kind, literal
            rows = answer(atlas, write(random.Random(0), test))
            if is_valid(test):
                assert not isinstance(rows, str), (test, rows)
                np.testing.assert_array_equal(rows, [meets(paper, test) for paper in papers], err_msg=str(test))
            else:
                assert "holds" in rows, test


@pytest.mark.parametrize(
    "condition",
    [
        "(" * 100_000,
        "not " * 100_000,
        "'" * 9_999,
        " " * 10_000_000,
        "year > 1 or " * 1_000_000,
        "year > 1 and " * 700 + "year > 1",
        " or ".join(f"title contains '{number}'" for number in range(300)),
        "a." * 4_999 + " == 1",
        "year == " + "1" * 9_000,
        "year == 1." + "1" * 9_000,
        "title contains '" + "a" * 9_900 + "'",
    ],
    ids=range(11),
)
def test_long_and_deep_conditions_end_at_once(atlas, condition):
    answer(atlas, condition)
