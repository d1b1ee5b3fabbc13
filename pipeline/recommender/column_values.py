"""Column, operator, value -> papers that meet the test: whole numbers exactly, texts in any case, lists by one part."""

import re
from collections.abc import Callable, Mapping
from fractions import Fraction
from functools import cached_property
from math import floor

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

Value = bool | int | Fraction | str

COMPARE: Mapping[str, Callable[[pa.Array, pa.Scalar], pa.Array]] = {
    "==": pc.equal,
    "<": pc.less,
    "<=": pc.less_equal,
    ">": pc.greater,
    ">=": pc.greater_equal,
}
TEXT, NUMBERS, TRUTH = "text", "numbers", "true or false"
LONGEST_PATTERN = 200  # characters; a long regular expression takes memory
COMPARED_FIELD = "raw"  # the field of a cited reference that is compared: as its source wrote it


def kind_of(value: Value) -> str:
    """What a value is, in words for the user.

    >>> kind_of(True), kind_of(Fraction("2.5")), kind_of("ICML")
    ('true or false', 'numbers', 'text')
    """
    if isinstance(value, bool):
        return TRUTH
    return NUMBERS if isinstance(value, int | Fraction) else TEXT


def meets(values: pa.Array, how: str, value: Value) -> NDArray[np.bool_]:
    """(n,) whether each value meets a test; see `ColumnValues.meets`.

    >>> meets(pa.array(["ICML", None, "NeurIPS"]), "==", "icml").tolist()
    [True, False, False]
    """
    return ColumnValues(values).meets(how, value)


class ColumnValues:
    """The values of a column, those of lists taken out of them."""

    def __init__(self, values: pa.Array) -> None:
        self._rows = len(values)
        self._parents: NDArray[np.int64] | None = None  # the row of every part of a list
        self._missing = values.null_count == len(values)
        while _is_list(values.type):
            lengths = pc.fill_null(pc.list_value_length(values), 0).to_numpy()
            rows = np.repeat(np.arange(len(values)), lengths)
            self._parents = rows if self._parents is None else self._parents[rows]
            values = pc.list_flatten(values)
        if pa.types.is_struct(values.type) and values.type.get_field_index(COMPARED_FIELD) >= 0:
            values = pc.struct_field(values, COMPARED_FIELD)
        self._values = values

    @property
    def kind(self) -> str | None:
        """What the column holds: a kind of value, another type by its Arrow name, None for missing values alone."""
        kind = self._values.type
        if self._missing or pa.types.is_null(kind):
            return None
        if pa.types.is_boolean(kind):
            return TRUTH
        if pa.types.is_string(kind) or pa.types.is_large_string(kind):
            return TEXT
        return NUMBERS if pa.types.is_integer(kind) or pa.types.is_floating(kind) else str(kind)

    def meets(self, how: str, value: Value) -> NDArray[np.bool_]:
        """(n,) whether each row meets a test: a text in any case, a list where one of its parts does.

        A missing value, and a value of another kind, meets nothing but !=. Whole numbers are compared exactly, with
        whatever number; fractional ones as float64.
        """
        if how == "!=":
            return ~self.meets("==", value)
        if self.kind != kind_of(value) or (how == "contains" and self.kind != TEXT):
            return np.zeros(self._rows, dtype=bool)
        met_by = np.asarray(pc.fill_null(self._compare(how, value), False).to_numpy(zero_copy_only=False), dtype=bool)
        if self._parents is None:
            return met_by
        met = np.zeros(self._rows, dtype=bool)
        met[self._parents[met_by]] = True
        return met

    @cached_property
    def _lower(self) -> pa.Array:
        return pc.utf8_lower(self._values)

    def _compare(self, how: str, value: Value) -> pa.Array:
        kind = self._values.type
        if isinstance(value, str):
            lower = pc.utf8_lower(pa.scalar(value, kind))  # by Arrow too: Python folds some letters in another way
            if how == "contains":
                return _containing(self._lower, lower.as_py())
            return COMPARE[how](self._lower, lower)
        if isinstance(value, bool):
            return COMPARE[how](self._values, pa.scalar(value))
        if pa.types.is_integer(kind):
            return self._compare_whole(how, Fraction(value))
        return COMPARE[how](self._values.cast(pa.float64()), pa.scalar(float(value), pa.float64()))

    def _compare_whole(self, how: str, number: Fraction) -> pa.Array:
        """Whole numbers with any number, without rounding: x < 2.5 is x <= 2, and all are below what 64 bits hold."""
        kind, whole = self._values.type, floor(number)
        if whole != number:
            how = {"<": "<=", ">=": ">"}.get(how, how)
        if how == "==" and whole != number:
            return pa.array(np.zeros(len(self._values), dtype=bool))
        bits = kind.bit_width - pa.types.is_signed_integer(kind)
        largest = 2**bits - 1
        smallest = -largest - 1 if pa.types.is_signed_integer(kind) else 0
        if smallest <= whole <= largest:
            return COMPARE[how](self._values, pa.scalar(whole, kind))
        every = how in (("<", "<=") if whole > largest else (">", ">="))
        return pc.and_(self._values.is_valid(), pa.scalar(every))


def _containing(texts: pa.Array, part: str) -> pa.Array:
    """Whether each text contains a part. Arrow's regular expressions find one four times as fast as its search does."""
    if len(part) > LONGEST_PATTERN:
        return pc.match_substring(texts, part)
    return pc.match_substring_regex(texts, re.escape(part))


def _is_list(kind: pa.DataType) -> bool:
    return bool(pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind))
