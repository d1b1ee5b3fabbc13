"""Columns of the tables of a run folder -> an error where they cannot be what a run wrote."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray


def _is_texts(kind: pa.DataType) -> bool:
    return bool(pa.types.is_list(kind) and pa.types.is_string(kind.value_type))


COLUMNS: dict[str, tuple[Callable[[pa.DataType], bool], bool]] = {  # the types of a column, whether values may miss
    "id": (pa.types.is_string, False),
    "title": (pa.types.is_string, False),
    "abstract": (pa.types.is_string, False),
    "authors": (_is_texts, True),
    "year": (pa.types.is_integer, True),
    "topic": (pa.types.is_integer, False),
    "nearest_topic": (pa.types.is_integer, False),
    "second_topic": (pa.types.is_integer, False),
    "strength": (pa.types.is_floating, False),
    "x": (pa.types.is_floating, False),
    "y": (pa.types.is_floating, False),
}


def check_names(names: Sequence[str], needed: Iterable[str]) -> None:
    """Raises ValueError where a column is not there, or there twice."""
    for name in needed:
        if name not in names:
            raise ValueError(f"no column {name}")
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        raise ValueError(f"two columns {twice[0]!r}")


def check_column(name: str, values: pa.ChunkedArray, *, rows: int) -> None:
    """Raises ValueError or pa.ArrowInvalid where a column of papers cannot be what a run wrote.

    >>> check_column("x", pa.chunked_array([[0.5, None]]), rows=2)
    Traceback (most recent call last):
    ValueError: column x: a value is missing
    """
    values.validate(full=True)  # text that is not UTF-8 too
    if len(values) != rows:
        raise ValueError(f"column {name}: {len(values)} rows for {rows} papers")
    if name not in COLUMNS:
        return
    fits, may_miss = COLUMNS[name]
    if not fits(values.type):
        raise ValueError(f"column {name}: of type {values.type}")
    if values.null_count and not may_miss:
        raise ValueError(f"column {name}: a value is missing")
    if pa.types.is_floating(values.type):
        limits = (0, 1 + 1e-6) if name == "strength" else (-3e38, 3e38)
        lowest, highest = pc.min_max(values).as_py().values()  # to_numpy would import pandas
        if pc.any(pc.is_nan(values)).as_py() or (
            lowest is not None and not limits[0] <= lowest <= highest <= limits[1]
        ):
            raise ValueError(f"column {name}: a number that cannot be")


def within(values: NDArray[np.generic], least: float, most: float | None) -> bool:
    """Whether all values lie in [least, most]; NaN does not.

    >>> within(np.array([0.0, 1.0]), 0, 1), within(np.array([np.nan]), 0, 1), within(np.zeros(0), 1, 1)
    (True, False, True)
    """
    if not values.size:
        return True
    with np.errstate(invalid="ignore"):
        return bool(values.min() >= least) and (most is None or bool(values.max() <= most))
