"""Columns of papers -> what the map can be coloured and sized by: numbers, or a few named groups."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipeline.atlas import AtlasData
from pipeline.atlas.column_groups import group_values
from pipeline.corpus.adapters.usual_names import plain_column
from pipeline.words.display import shorten

MOST_COLUMNS = 12
MOST_GROUPS = 60
OTHER = 255  # every group beyond the largest 60, and no value at all
BUILT_IN = frozenset(  # columns that the page shows in its own way, or not at all
    {"id", "title", "abstract", "authors", "year", "topic", "nearest_topic", "second_topic", "subtopic", "x", "y"}
)
NAME_LENGTH = 40
ACRONYMS = frozenset({"doi", "isbn", "issn", "pmid", "url"})
# What people look for first, compared as plain_column gives names; other columns come after these.
PREFERRED = (
    *("timescited", "journal", "venue", "booktitle", "type", "documenttype", "language", "categories"),
    *("woscategories", "researchareas", "fieldsofstudy", "keywords", "publisher", "openaccess", "country"),
)


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
    """The columns of the source that papers differ in, those that people look for first; at most 12."""
    names = [name for name in atlas.column_names if name not in BUILT_IN and name != "strength"]
    columns: list[Column] = []
    for name in sorted(names, key=_preference):
        if len(columns) < MOST_COLUMNS:
            column = _column(name, atlas.column(name))
            if column is not None:
                columns.append(column)
    return tuple(columns)


def heading(name: str) -> str:
    """A column's name as a page shows it.

    >>> heading("times_cited"), heading("WoS Categories"), heading("pmid")
    ('Times cited', 'WoS Categories', 'PMID')
    """
    if name in ACRONYMS:
        return name.upper()
    words = name.replace("_", " ").strip()
    return words[:1].upper() + words[1:] if words == words.lower() else words


def _preference(name: str) -> int:
    plain = plain_column(name)
    return PREFERRED.index(plain) if plain in PREFERRED else len(PREFERRED)


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
