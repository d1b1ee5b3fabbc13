"""A condition over the papers' columns, e.g. year >= 2020 and topic == 'federated GAN' -> the rows that meet it.

A small grammar read by hand, since nothing a user types is ever evaluated as code:

    condition  = all ("or" all)*        all  = one ("and" one)*        one = "not" one | "(" condition ")" | test
    test       = column operator value  operator = == != < <= > >= contains
    value      = number | 'text' | "text" | true | false

A missing value meets no test but !=. `topic` compares with the nearest topic: its number, or its label in any case.
In a column of lists (authors, categories) == and contains ask whether one of them does.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from pipeline.atlas import AtlasData
from pipeline.did_you_mean import did_you_mean
from pipeline.errors import PaperatlasError

Value = bool | int | float | str

TOKEN = re.compile(
    r"""\s*(?:(?P<number>-?\d+(?:\.\d+)?)|(?P<text>'[^']*'|"[^"]*")|(?P<operator>==|!=|<=|>=|<|>)|(?P<bracket>[()])"""
    r"""|(?P<word>[^\W\d][\w.-]*))"""
)
COMPARE: Mapping[str, Callable[[pa.Array, Value], pa.Array]] = {
    "==": pc.equal,
    "<": pc.less,
    "<=": pc.less_equal,
    ">": pc.greater,
    ">=": pc.greater_equal,
}
EXAMPLE = "e.g. year >= 2020 and topic == 'label'"
WORDS = {"true": True, "false": False}
DEEPEST = 50
LONGEST_WHOLE = 19  # letters of a whole number that 64 bits hold for sure; a longer one is compared as a float


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
        return PaperatlasError(f"condition {self._condition!r}: {why} {at}; {EXAMPLE}")

    def _compare(self, column: str, how: str, value: Value) -> NDArray[np.bool_]:
        if column == "topic":
            if isinstance(value, bool):
                raise PaperatlasError(
                    f"condition {self._condition!r}: topic holds numbers and labels, not true or false"
                )
            return _topic_meets(self._atlas, how, value)
        values = self._column(column)
        kind = _kind_of_column(values)
        if kind is not None and _kind(value) != kind and how != "!=":
            raise PaperatlasError(f"condition {self._condition!r}: {column} holds {kind}, not {_kind(value)}")
        if kind is None or _kind(value) != kind:  # nothing there is equal to it
            return np.full(len(self._atlas), how == "!=")
        return meets(values, how, value)

    def _column(self, column: str) -> pa.Array:
        names = self._atlas.column_names
        if column not in names:
            hint = did_you_mean(column, names, otherwise="there are")
            raise PaperatlasError(f"condition {self._condition!r}: no column {column!r}; {hint}")
        return self._atlas.column(column).combine_chunks()


def _topic_meets(atlas: AtlasData, how: str, value: Value) -> NDArray[np.bool_]:
    """(n,) whether the nearest topic of each paper meets a test: by number, or by label for a text."""
    nearest = atlas.column("nearest_topic").to_numpy()
    if not isinstance(value, str):
        return meets(pa.array(nearest), how, value)
    labels = pa.array([topic.label for topic in atlas.topics], pa.string())
    ids = np.array([topic.id for topic in atlas.topics], dtype=np.int64)
    return np.isin(nearest, ids[meets(labels, how, value)])


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
        keep &= of_topic(atlas, topic)
    if not keep.any():
        given = [*([] if condition is None else [condition]), *([] if topic is None else [f"topic {topic!r}"])]
        raise PaperatlasError(f"no paper meets {' and '.join(given)}")
    return keep


def of_topic(atlas: AtlasData, topic: str) -> NDArray[np.bool_]:
    """(n,) whether each paper's nearest topic has this number, or this label in any case."""
    number: Value = int(topic) if topic.isdecimal() and len(topic) < LONGEST_WHOLE else topic
    return _topic_meets(atlas, "==", number)


def _tokens(condition: str) -> list[_Token]:
    tokens, place = [], 0
    condition = condition.rstrip()
    while place < len(condition):
        match = TOKEN.match(condition, place)
        if match is None:
            rest = condition[place:].strip()[:20]
            raise PaperatlasError(
                f"condition {condition!r}: {rest!r} is not understood; e.g. year >= 2020 and topic == 'label'"
            )
        kind = str(match.lastgroup)
        tokens.append(_Token(kind, match[kind], match.start(kind)))
        place = match.end()
    return tokens


def _value(token: _Token) -> Value:
    if token.kind == "number":
        whole = "." not in token.text and len(token.text) < LONGEST_WHOLE
        return int(token.text) if whole else float(token.text)
    return WORDS[token.text.lower()] if token.kind == "word" else token.text[1:-1]


def _kind(value: Value) -> str:
    if isinstance(value, bool):
        return "true or false"
    return "numbers" if isinstance(value, int | float) else "text"


def _kind_of_column(values: pa.Array) -> str | None:
    """What a column holds, in words for the user; None where it holds nothing but missing values."""
    kind = values.type.value_type if pa.types.is_list(values.type) else values.type
    kind = kind.field("raw").type if pa.types.is_struct(kind) else kind
    if pa.types.is_null(kind) or values.null_count == len(values):
        return None
    return "true or false" if pa.types.is_boolean(kind) else "text" if pa.types.is_string(kind) else "numbers"


def meets(values: pa.Array, how: str, value: Value) -> NDArray[np.bool_]:
    """(n,) whether each value meets a test; texts in any case. A list meets it where one of its parts does.

    >>> meets(pa.array(["ICML", None, "NeurIPS"]), "==", "icml").tolist()
    [True, False, False]
    """
    if how == "!=":
        return ~meets(values, "==", value)
    if pa.types.is_list(values.type):
        parents = pc.list_parent_indices(values).to_numpy()
        met = np.zeros(len(values), dtype=bool)
        met[parents[meets(pc.list_flatten(values), how, value)]] = True
        return met
    if pa.types.is_struct(values.type):  # references are compared as their source wrote them
        return meets(pc.struct_field(values, "raw"), how, value)
    if how == "contains":
        met_by = pc.match_substring(values, value, ignore_case=True) if isinstance(value, str) else None
    elif isinstance(value, str):
        met_by = COMPARE[how](pc.utf8_lower(values), value.lower())
    elif isinstance(value, bool) or (isinstance(value, int) and pa.types.is_integer(values.type)):
        met_by = COMPARE[how](values, value)
    else:  # unsafe: a large whole number may be rounded, which pyarrow refuses by default
        met_by = COMPARE[how](values.cast(pa.float64(), safe=False), float(value))
    if met_by is None:
        return np.zeros(len(values), dtype=bool)
    return np.asarray(pc.fill_null(met_by, False).to_numpy(zero_copy_only=False))
