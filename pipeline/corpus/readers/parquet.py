"""Parquet -> records, a batch of rows at a time, by pyarrow."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

from pipeline.corpus.file_format import ROWS_AT_ONCE, Format, Piece
from pipeline.corpus.record import Record, Rejected
from pipeline.corpus.sources import Source
from pipeline.errors import CorpusError

if TYPE_CHECKING:
    import pyarrow as pa


def read(source: Source, encoding: str) -> Iterator[Record | Rejected]:
    """Text in Parquet is UTF-8 by definition, whatever encoding is configured."""
    for piece in cut(source, encoding):
        yield from piece()


def cut(source: Source, _encoding: str) -> Iterator[Piece]:
    """The same in pieces."""
    import pyarrow.parquet as pq

    number = 0
    with _damage_as_error(source, lambda: number), source.open() as stream, pq.ParquetFile(stream) as file:
        for batch in file.iter_batches(batch_size=ROWS_AT_ONCE):
            yield partial(_to_records, source, batch, number)
            number += batch.num_rows


def _to_records(source: Source, batch: "pa.RecordBatch", before: int) -> Iterator[Record | Rejected]:
    with _damage_as_error(source, lambda: before):
        for number, fields in enumerate(batch.to_pylist(), start=before + 1):
            yield Record(source.name, number, fields, decoded=True)


@contextmanager
def _damage_as_error(source: Source, row: Callable[[], int]) -> Iterator[None]:
    """Turns what a file raises that cannot be read into CorpusError. row: gives the last row that could be."""
    import pyarrow as pa

    try:
        yield
    except pa.ArrowException as problem:
        first_line = str(problem).strip().splitlines()[0]
        raise CorpusError(f"{source}: not a readable Parquet file: {first_line}") from None
    except UnicodeDecodeError:
        raise CorpusError(f"{source}: text near row {row() + 1} is not UTF-8") from None
    except (OverflowError, ValueError) as problem:
        raise CorpusError(f"{source}: a value near row {row() + 1} cannot be read: {problem}") from None
    except OSError as problem:
        raise CorpusError(f"{source}: cannot be read: {problem.strerror or problem}") from None


FORMAT = Format("Parquet", (".parquet",), read, cut=cut)
