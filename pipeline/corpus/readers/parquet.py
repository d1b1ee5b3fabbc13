"""Parquet -> records, a batch of rows at a time, by pyarrow."""

from collections.abc import Iterator

from pipeline.corpus.file_format import Format
from pipeline.corpus.record import Record, Rejected
from pipeline.corpus.sources import Source
from pipeline.errors import CorpusError

ROWS_AT_ONCE = 4096


def read(source: Source, _encoding: str) -> Iterator[Record | Rejected]:
    """Text in Parquet is UTF-8 by definition, whatever encoding is configured."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    number = 0
    try:
        with source.open() as stream, pq.ParquetFile(stream) as file:
            for batch in file.iter_batches(batch_size=ROWS_AT_ONCE):
                for fields in batch.to_pylist():
                    number += 1
                    yield Record(source.name, number, fields)
    except pa.ArrowException as problem:
        first_line = str(problem).strip().splitlines()[0]
        raise CorpusError(f"{source}: not a readable Parquet file: {first_line}") from None
    except UnicodeDecodeError:
        raise CorpusError(f"{source}: text near row {number + 1} is not UTF-8") from None
    except (OverflowError, ValueError) as problem:
        raise CorpusError(f"{source}: a value near row {number + 1} cannot be read: {problem}") from None
    except OSError as problem:
        raise CorpusError(f"{source}: cannot be read: {problem.strerror or problem}") from None


FORMAT = Format("Parquet", (".parquet",), read)
