"""Columns of papers -> what the map can be coloured and sized by: numbers, or a few named groups."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipeline.atlas import AtlasData
from pipeline.atlas.column_groups import group_values
from pipeline.words.display import shorten

MOST_COLUMNS = 12
MOST_GROUPS = 60
OTHER = 255  # every group beyond the largest 60, and no value at all
BUILT_IN = frozenset(  # columns that the page shows in its own way, or not at all
    {"id", "title", "abstract", "authors", "year", "topic", "nearest_topic", "second_topic", "subtopic", "x", "y"}
)
NAME_LENGTH = 40


@dataclass(frozen=True)
class Column:
    """name: as people see it. groups: names of the groups, the largest first; empty for numbers.

    values: (n,) float32, or float64 where float32 cannot hold them, NaN where missing; or uint8 numbers of groups, 255
    for the rest.
    """

    name: str
    values: NDArray[np.generic]
    groups: tuple[str, ...] = ()


def map_columns(atlas: AtlasData) -> tuple[Column, ...]:
    """The columns of the source that papers differ in, in their order; at most 12."""
    columns: list[Column] = []
    for name in atlas.column_names:
        if name not in BUILT_IN and name != "strength" and len(columns) < MOST_COLUMNS:
            column = _column(name, atlas.column(name))
            if column is not None:
                columns.append(column)
    return tuple(columns)


def _column(name: str, values: pa.ChunkedArray) -> Column | None:
    kind = values.type
    if pa.types.is_integer(kind) or pa.types.is_floating(kind):
        numbers = np.array(values.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False))
        numbers[~np.isfinite(numbers)] = np.nan
        short = numbers.astype(np.float32)
        exact = short if np.array_equal(short.astype(np.float64), numbers, equal_nan=True) else numbers
        return Column(name, exact) if len(np.unique(numbers[np.isfinite(numbers)])) > 1 else None
    if pa.types.is_string(kind) or pa.types.is_boolean(kind):
        return _grouped(name, values.to_pylist())
    texts = pa.types.is_list(kind) and pa.types.is_string(kind.value_type)
    return _grouped(name, values.to_pylist()) if texts else None


def _grouped(name: str, values: Sequence[object]) -> Column | None:
    """Groups of equal values; None where all are one group, or more than half as many groups as papers."""
    groups = group_values(values)
    if len(groups.names) < 2 or len(groups.names) > max(0.5 * (groups.codes >= 0).sum(), 2):
        return None
    codes = np.where((groups.codes >= 0) & (groups.codes < MOST_GROUPS), groups.codes, OTHER).astype(np.uint8)
    return Column(name, codes, tuple(shorten(value, NAME_LENGTH) for value in groups.names[:MOST_GROUPS]))
