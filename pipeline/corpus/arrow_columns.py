"""Python values -> Arrow arrays and back, from their bytes: pyarrow's own conversion of lists and arrays would import
pandas, which costs each process a third of a second and 40 MB.
"""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import DTypeLike, NDArray

MOST_BYTES = 2**31 - 1  # of the texts of one array


def text_array(values: Sequence[str | None]) -> pa.Array:
    """Texts, None as null. Raises UnicodeEncodeError for a text that UTF-8 cannot hold.

    >>> text_array(["ice", None, "é"]).to_pylist()
    ['ice', None, 'é']
    """
    return _from_bytes([b"" if value is None else value.encode() for value in values], pa.string(), _validity(values))


def encoded_array(values: Sequence[bytes]) -> pa.Array:
    """Texts that are UTF-8 already."""
    return _from_bytes(values, pa.string(), None)


def bytes_array(values: Sequence[bytes | None]) -> pa.Array:
    """Values of any lengths, None as null."""
    return _from_bytes([b"" if value is None else value for value in values], pa.binary(), _validity(values))


def text_lists_array(values: Sequence[Sequence[str] | None]) -> pa.Array:
    """Lists of texts, None as null.

    >>> text_lists_array([["a", "b"], None, []]).to_pylist()
    [['a', 'b'], None, []]
    """
    flat = text_array([text for texts in values if texts for text in texts])
    offsets = _offsets([0 if texts is None else len(texts) for texts in values])
    return pa.Array.from_buffers(
        pa.list_(pa.string()), len(values), [_validity(values), pa.py_buffer(offsets)], children=[flat]
    )


def number_array(values: NDArray[np.generic], kind: pa.DataType) -> pa.Array:
    """Numbers of a kind that numpy has too, or (n, width) bytes as fixed-size binary, without nulls."""
    return pa.Array.from_buffers(kind, len(values), [None, pa.py_buffer(np.ascontiguousarray(values))])


def optional_numbers(values: Sequence[int | float | None], kind: pa.DataType, dtype: DTypeLike) -> pa.Array:
    """Numbers, None as null.

    >>> optional_numbers([2020, None], pa.int32(), "int32").to_pylist()
    [2020, None]
    """
    numbers = np.array([0 if value is None else value for value in values], dtype=dtype)
    return pa.Array.from_buffers(kind, len(values), [_validity(values), pa.py_buffer(numbers)])


def numbers_of(array: pa.Array, dtype: DTypeLike, *, width: int = 1) -> NDArray[np.generic]:
    """The values of a column of numbers or of fixed-size binary without nulls. width: numpy's items in each value."""
    buffer = array.buffers()[1]
    if not len(array):
        return np.zeros(0, dtype=dtype)
    whole = np.frombuffer(buffer, dtype=dtype)
    return whole[array.offset * width : (array.offset + len(array)) * width]


def row_numbers(rows: NDArray[np.int64]) -> pa.Array:
    """Row numbers, for `take`."""
    return number_array(rows.astype(np.int64, copy=False), pa.int64())


def _from_bytes(encoded: Sequence[bytes], kind: pa.DataType, validity: pa.Buffer | None) -> pa.Array:
    offsets = _offsets(list(map(len, encoded)))
    return pa.Array.from_buffers(kind, len(encoded), [validity, pa.py_buffer(offsets), pa.py_buffer(b"".join(encoded))])


def _offsets(lengths: Sequence[int]) -> NDArray[np.int32]:
    ends = np.cumsum(np.array(lengths, dtype=np.int64))
    if len(ends) and ends[-1] > MOST_BYTES:
        raise ValueError(f"{ends[-1]:,} bytes of text in one batch of rows: more than 2 GB")
    offsets = np.zeros(len(lengths) + 1, dtype=np.int32)
    offsets[1:] = ends
    return offsets


def _validity(values: Sequence[object]) -> pa.Buffer | None:
    if None not in values:
        return None
    present = np.array([value is not None for value in values], dtype=bool)
    return pa.py_buffer(np.packbits(present, bitorder="little"))
