"""A condition over the papers' columns, e.g. year >= 2020 and topic == 'federated GAN' -> the rows that meet it.

A small grammar read by hand, since nothing a user types is ever evaluated as code:

    condition  = all ("or" all)*        all  = one ("and" one)*        one = "not" one | "(" condition ")" | test
    test       = column operator value  operator = == != < <= > >= contains
    value      = number | 'text' | "text" | true | false

A missing value meets no test but !=. `topic` compares with the nearest topic: its number, or its label in any case.
In a column of lists (authors, categories) == and contains ask whether one of them does.
"""

import difflib
import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.atlas import Atlas
from pipeline.errors import PaperatlasError

TOKEN = re.compile(
    r"""\s*(?:(?P<number>-?\d+(?:\.\d+)?)|(?P<text>'[^']*'|"[^"]*")|(?P<operator>==|!=|<=|>=|<|>)|(?P<bracket>[()])"""
    r"""|(?P<word>[^\W\d][\w.-]*))"""
)
COMPARE: Mapping[str, Callable[[Any, Any], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
EXAMPLE = "e.g. year >= 2020 and topic == 'label'"
WORDS = {"true": True, "false": False}
DEEPEST = 50


@dataclass(frozen=True)
class _Token:
    kind: str
    text: str
    start: int


def where(atlas: Atlas, condition: str) -> NDArray[np.bool_]:
    """(n,) whether each paper meets the condition. Raises PaperatlasError with the place where it goes wrong."""
    return _Reader(atlas, condition).read()


class _Reader:
    """Reads one condition from left to right."""

    def __init__(self, atlas: Atlas, condition: str) -> None:
        self._atlas = atlas
        self._condition = condition
        self._tokens = _tokens(condition)
        self._place = 0
        self._depth = 0

    def read(self) -> NDArray[np.bool_]:
        found = self._any()
        if self._next is not None:
            raise self._wrong("expected 'and', 'or' or the end")
        return found

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
        found = self._all()
        while self._take("or"):
            found = found | self._all()
        return found

    def _all(self) -> NDArray[np.bool_]:
        found = self._one()
        while self._take("and"):
            found = found & self._one()
        return found

    def _one(self) -> NDArray[np.bool_]:
        self._depth += 1
        if self._depth > DEEPEST:
            raise self._wrong(f"more than {DEEPEST} brackets and 'not' in one another")
        if self._take("not"):
            found = ~self._one()
        elif self._take("("):
            found = self._any()
            if not self._take(")"):
                raise self._wrong("expected )")
        else:
            found = self._test()
        self._depth -= 1
        return found

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
        return PaperatlasError(f"--where {self._condition!r}: {why} {at}; {EXAMPLE}")

    def _compare(self, column: str, how: str, value: Any) -> NDArray[np.bool_]:
        values = self._values(column, value)
        kinds = {
            _kind(part) for one in values for part in (one if isinstance(one, list) else [one]) if part is not None
        }
        if kinds and _kind(value) not in kinds and how != "!=":
            raise PaperatlasError(
                f"--where {self._condition!r}: {column} holds {' and '.join(sorted(kinds))}, not {_kind(value)}"
            )
        return np.array([_meets(one, how, value) for one in values], dtype=bool)

    def _values(self, column: str, value: Any) -> list[Any]:
        names = self._atlas.column_names
        if column == "topic":
            topics = self._atlas.column("nearest_topic").to_pylist()
            if isinstance(value, str):
                return [self._atlas.topics[topic].label for topic in topics]
            return list(topics)
        if column not in names:
            near = difflib.get_close_matches(column, names, n=1)
            hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(names)}"
            raise PaperatlasError(f"--where {self._condition!r}: no column {column!r}; {hint}")
        return list(self._atlas.column(column).to_pylist())


def _tokens(condition: str) -> list[_Token]:
    tokens, place = [], 0
    condition = condition.rstrip()
    while place < len(condition):
        found = TOKEN.match(condition, place)
        if found is None:
            rest = condition[place:].strip()[:20]
            raise PaperatlasError(
                f"--where {condition!r}: {rest!r} is not understood; e.g. year >= 2020 and topic == 'label'"
            )
        kind = str(found.lastgroup)
        tokens.append(_Token(kind, found[kind], found.start(kind)))
        place = found.end()
    return tokens


def _value(token: _Token) -> Any:
    if token.kind == "number":
        return float(token.text) if "." in token.text else int(token.text)
    return WORDS[token.text.lower()] if token.kind == "word" else token.text[1:-1]


def _kind(value: Any) -> str:
    if isinstance(value, bool):
        return "true or false"
    return "numbers" if isinstance(value, int | float) else "text"


def _meets(one: Any, how: str, value: Any) -> bool:
    if isinstance(one, list):
        if how == "!=":
            return all(_meets(part, how, value) for part in one)
        return any(_meets(part, how, value) for part in one)
    if one is None:
        return how == "!="
    if isinstance(one, str) and isinstance(value, str):
        one, value = one.casefold(), value.casefold()
    if how == "contains":
        return isinstance(one, str) and isinstance(value, str) and value in one
    return COMPARE[how](one, value)
