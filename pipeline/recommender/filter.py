"""A condition over the papers' columns, e.g. year >= 2020 and topic == 'federated GAN' -> the rows that meet it.

A small grammar read by hand, since nothing a user types is ever evaluated as code:

    condition  = all ("or" all)*        all  = one ("and" one)*        one = "not" one | "(" condition ")" | test
    test       = column operator value  operator = == != < <= > >= contains
    value      = number | 'text' | "text" | true | false

A missing value meets no test but !=. `topic` compares with the nearest topic: its number, or its label in any case.
In a column of lists (authors, categories) == and contains ask whether one of them does.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipeline.atlas import AtlasData
from pipeline.errors import PaperatlasError
from pipeline.recommender.column_values import NUMBERS, TEXT, TRUTH, ColumnValues, Value, kind_of
from pipeline.words.did_you_mean import did_you_mean, nearest_names
from pipeline.words.display import shorten

TOKEN = re.compile(
    r"""\s*(?:(?P<number>-?\d+(?:\.\d+)?)|(?P<text>'[^']*'|"[^"]*")|(?P<operator>==|!=|<=|>=|<|>)|(?P<bracket>[()])"""
    r"""|(?P<word>[^\W\d][\w.-]*))"""
)
EXAMPLE = "e.g. year >= 2020 and topic == 'label'"
WORDS: Mapping[str, Value] = {"true": True, "false": False}
DEEPEST = 50
LONGEST = 10_000  # characters of a condition
MOST_TESTS = 100  # that differ from each other
LONGEST_NUMBER = 300  # characters; the largest float64 has 309 digits
LONGEST_SHOWN = 200  # characters of a condition or a name in a message
TOPICS_SHOWN = 5  # in a message, where none is like the one asked for
LONGEST_TOPIC_NUMBER = 18  # digits; a longer one is a label


@dataclass(frozen=True)
class _Token:
    kind: str
    text: str
    start: int


def where(atlas: AtlasData, condition: str) -> NDArray[np.bool_]:
    """(n,) whether each paper meets the condition. Raises PaperatlasError with the place where it goes wrong."""
    return _Reader(atlas, condition).read()


class _Reader:
    """Reads one condition from left to right."""

    def __init__(self, atlas: AtlasData, condition: str) -> None:
        self._atlas = atlas
        self._condition = condition
        self._tokens = _tokens(condition)
        self._place = 0
        self._depth = 0
        self._columns: dict[str, ColumnValues] = {}
        self._tests: dict[tuple[str, str, Value, str], NDArray[np.bool_]] = {}

    def read(self) -> NDArray[np.bool_]:
        mask = self._any()
        if self._next is not None:
            raise self._wrong("expected 'and', 'or' or the end")
        return mask

    @property
    def _next(self) -> _Token | None:
        return self._tokens[self._place] if self._place < len(self._tokens) else None

    def _take(self, *texts: str) -> bool:
        """Whether the next token is one of these words or brackets, which is then behind us."""
        token = self._next
        if token is not None and token.kind in ("word", "bracket") and token.text.lower() in texts:
            self._place += 1
            return True
        return False

    def _any(self) -> NDArray[np.bool_]:
        mask = self._all()
        while self._take("or"):
            mask = mask | self._all()
        return mask

    def _all(self) -> NDArray[np.bool_]:
        mask = self._one()
        while self._take("and"):
            mask = mask & self._one()
        return mask

    def _one(self) -> NDArray[np.bool_]:
        self._depth += 1
        if self._depth > DEEPEST:
            raise self._wrong(f"more than {DEEPEST} brackets and 'not' in one another")
        if self._take("not"):
            mask = ~self._one()
        elif self._take("("):
            mask = self._any()
            if not self._take(")"):
                raise self._wrong("expected )")
        else:
            mask = self._test()
        self._depth -= 1
        return mask

    def _test(self) -> NDArray[np.bool_]:
        column = self._expect("a column", "word").text
        compare = self._next
        if compare is None or (compare.kind != "operator" and compare.text.lower() != "contains"):
            raise self._wrong("expected == != < <= > >= or contains")
        self._place += 1
        token = self._expect("a number, true, false or a text in quotes", "number", "text", "word")
        if token.kind == "word" and token.text.lower() not in WORDS:
            self._place -= 1
            raise self._wrong("a text must be in quotes")
        if token.kind == "number" and len(token.text) > LONGEST_NUMBER:
            self._place -= 1
            raise self._wrong(f"a number of more than {LONGEST_NUMBER} characters")
        return self._compare(column, compare.text.lower(), _value(token))

    def _expect(self, what: str, *kinds: str) -> _Token:
        token = self._next
        if token is None or token.kind not in kinds:
            raise self._wrong(f"expected {what}")
        self._place += 1
        return token

    def _wrong(self, why: str) -> PaperatlasError:
        token = self._next
        at = f"at {self._condition[token.start :].strip()[:20]!r}" if token is not None else "at its end"
        return self._refused(f"{why} {at}; {EXAMPLE}")

    def _refused(self, why: str) -> PaperatlasError:
        return _refusal(self._condition, why)

    def _compare(self, column: str, how: str, value: Value) -> NDArray[np.bool_]:
        """The rows of a test; one that was read before costs nothing."""
        test = column, how, value, kind_of(value)
        if test not in self._tests:
            if len(self._tests) == MOST_TESTS:
                raise self._refused(f"more than {MOST_TESTS} tests; use fewer")
            self._tests[test] = self._rows(column, how, value)
        return self._tests[test]

    def _rows(self, column: str, how: str, value: Value) -> NDArray[np.bool_]:
        if column == "topic":
            if isinstance(value, bool):
                raise self._refused("topic holds numbers and labels, not true or false")
            return _topic_meets(self._atlas, how, value)
        values = self._column(column)
        if values.kind not in (None, NUMBERS, TEXT, TRUTH):
            raise self._refused(f"{column} holds {values.kind} values, which cannot be compared; use another column")
        if values.kind not in (None, kind_of(value)) and how != "!=":
            raise self._refused(f"{column} holds {values.kind}, not {kind_of(value)}")
        return values.meets(how, value)

    def _column(self, column: str) -> ColumnValues:
        if column not in self._columns:
            names = self._atlas.column_names
            if column not in names:
                hint = did_you_mean(column, names, otherwise="there are")
                raise self._refused(f"no column {shorten(column, LONGEST_SHOWN)!r}; {hint}")
            self._columns[column] = ColumnValues(self._atlas.column(column).combine_chunks())
        return self._columns[column]


def _refusal(condition: str, why: str) -> PaperatlasError:
    shown = condition if len(condition) <= LONGEST_SHOWN else condition[: LONGEST_SHOWN - 1] + "…"
    return PaperatlasError(f"condition {shown!r}: {why}")


def _topic_meets(atlas: AtlasData, how: str, value: Value) -> NDArray[np.bool_]:
    """(n,) whether the nearest topic of each paper meets a test: by number, or by label for a text."""
    nearest = atlas.column("nearest_topic").combine_chunks()
    if not isinstance(value, str):
        return ColumnValues(nearest).meets(how, value)
    labels = ColumnValues(pa.array([topic.label for topic in atlas.topics], pa.string()))
    ids = np.array([topic.id for topic in atlas.topics], dtype=np.int64)
    return np.isin(nearest.to_numpy(zero_copy_only=False), ids[labels.meets(how, value)])


def filter_papers(
    atlas: AtlasData, *, condition: str | None = None, topic: str | None = None
) -> NDArray[np.bool_] | None:
    """(n,) the papers that meet a condition and are of a topic (its number or label); None where neither is given.

    Raises PaperatlasError for a condition that cannot be read, or where no paper is left.
    """
    if condition is None and topic is None:
        return None
    keep = np.ones(len(atlas), dtype=bool)
    if condition is not None:
        keep &= where(atlas, condition)
    if topic is not None:
        members = of_topic(atlas, topic)
        if not members.any():
            raise PaperatlasError(f"no paper meets topic {topic[:LONGEST_SHOWN]!r}; {topics_like(atlas, topic)}")
        keep &= members
    if not keep.any():
        given = [] if condition is None else [shorten(condition, LONGEST_SHOWN)]
        given += [] if topic is None else [f"topic {topic[:LONGEST_SHOWN]!r}"]
        raise PaperatlasError(f"no paper meets {' and '.join(given)}")
    return keep


def topics_like(atlas: AtlasData, name: str) -> str:
    """For a message that a run has no topic of this name: the topics with a similar label, or else the largest."""
    near = nearest_names(name, [topic.label for topic in atlas.topics])
    largest = sorted(atlas.topics, key=lambda topic: (-topic.assigned, topic.id))[:TOPICS_SHOWN]
    shown = [topic for topic in atlas.topics if topic.label in near] or largest
    return f"{'did you mean' if near else 'the largest are'} {', '.join(f'{one.id} ({one.label})' for one in shown)}"


def of_topic(atlas: AtlasData, topic: str) -> NDArray[np.bool_]:
    """(n,) whether each paper's nearest topic has this number, or this label in any case."""
    if _has_lone_surrogate(topic):  # no label has
        return np.zeros(len(atlas), dtype=bool)
    number: Value = int(topic) if topic.isdecimal() and len(topic) <= LONGEST_TOPIC_NUMBER else topic
    return _topic_meets(atlas, "==", number)


def _has_lone_surrogate(text: str) -> bool:
    """Whether a text holds half a character, as a byte of an argument that is not UTF-8 becomes."""
    return any("\ud800" <= letter <= "\udfff" for letter in text)


def _tokens(condition: str) -> list[_Token]:
    if len(condition) > LONGEST:
        raise _refusal(condition, f"longer than {LONGEST:,} characters; use a shorter one")
    if _has_lone_surrogate(condition):
        raise _refusal(condition, "not Unicode text; write it in UTF-8")
    tokens, place = [], 0
    condition = condition.rstrip()
    while place < len(condition):
        match = TOKEN.match(condition, place)
        if match is None:
            raise _refusal(condition, f"{condition[place:].strip()[:20]!r} is not understood; {EXAMPLE}")
        kind = str(match.lastgroup)
        tokens.append(_Token(kind, match[kind], match.start(kind)))
        place = match.end()
    return tokens


def _value(token: _Token) -> Value:
    """The value that a token stands for, a number without any rounding."""
    if token.kind == "number":
        return Fraction(token.text)
    return WORDS[token.text.lower()] if token.kind == "word" else token.text[1:-1]
