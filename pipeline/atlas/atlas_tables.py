"""The tables of an atlas: in memory as they were made, or in the files of a run folder."""

import csv
import io
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from functools import cached_property, partial
from itertools import accumulate
from pathlib import Path
from typing import Protocol

import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from pipeline.atlas.manifest import RENAMED_COLUMNS
from pipeline.atlas.run_folder import read_file
from pipeline.atlas.table_checks import COLUMNS, check_column, check_names
from pipeline.corpus import CorpusTables

SOURCE_COLUMNS = ("id", "source", "row", "position", "format")
DUPLICATE_COLUMNS = ("id", "kept_id", "reason", "source", "row")
REJECTED_COLUMNS = ("source", "row", "id", "reason")


class AtlasTables(Protocol):
    """The tables of an atlas."""

    @property
    def whole(self) -> CorpusTables:
        """All four tables."""
        ...

    @property
    def duplicates(self) -> pa.Table:
        """The table of duplicates alone."""
        ...

    @property
    def column_names(self) -> list[str]:
        """Columns of papers."""
        ...

    def column(self, name: str) -> pa.ChunkedArray:
        """One column of papers. Raises KeyError where there is none."""
        ...

    def value(self, name: str, row: int) -> object:
        """What one paper has in a column. Raises KeyError where there is no such column."""
        ...


class TablesInMemory:
    """The tables as they were just made."""

    def __init__(self, whole: CorpusTables) -> None:
        self.whole = whole

    @property
    def duplicates(self) -> pa.Table:
        """The table of duplicates alone."""
        return self.whole.duplicates

    @property
    def column_names(self) -> list[str]:
        """Columns of papers."""
        return list(self.whole.papers.column_names)

    def column(self, name: str) -> pa.ChunkedArray:
        """One column of papers. Raises KeyError where there is none."""
        return self.whole.papers.column(name)

    def value(self, name: str, row: int) -> object:
        """What one paper has in a column. Raises KeyError where there is no such column."""
        return self.column(name)[row].as_py()


class OpenTables:
    """The tables of a run folder, their files open since the atlas was loaded; a column is read once, when asked for.

    Parquet is read by file, not by pyarrow's dataset module, which would import pandas for a third of a second.
    """

    def __init__(self, folder: Path, *, rows: int, schema_3: bool = False) -> None:
        self._folder = folder
        self._rows = rows
        self._parquet = {
            name: read_file(folder / f"{name}.parquet", partial(_open_parquet, rows=rows, needed=needed))
            for name, needed in (("papers", ()), ("sources", SOURCE_COLUMNS))
        }
        self._csv = {name: read_file(folder / f"{name}.csv", Path.read_bytes) for name in ("duplicates", "rejected")}
        self._stored = _stored_names(self._parquet["papers"].schema_arrow.names, schema_3=schema_3)
        read_file(folder / "papers.parquet", lambda _: check_names(self.column_names, COLUMNS))
        self._columns: dict[str, pa.ChunkedArray] = {}
        self._groups: dict[tuple[str, int], pa.ChunkedArray] = {}

    @cached_property
    def whole(self) -> CorpusTables:
        """All four tables, each read once."""
        return CorpusTables(
            papers=self._read_papers(),
            sources=read_file(self._folder / "sources.parquet", lambda _: _sources(self._parquet["sources"])),
            duplicates=self.duplicates,
            rejected=self._read_csv("rejected", needed=REJECTED_COLUMNS),
        )

    @cached_property
    def duplicates(self) -> pa.Table:
        """The table of duplicates alone."""
        return self._read_csv("duplicates", needed=DUPLICATE_COLUMNS)

    def _read_papers(self) -> pa.Table:
        def read(_: Path) -> pa.Table:
            table = _whole(self._parquet["papers"]).rename_columns(self.column_names)
            for name in COLUMNS:
                check_column(name, table.column(name), rows=self._rows)
            return table

        return read_file(self._folder / "papers.parquet", read)

    def _read_csv(self, name: str, *, needed: Sequence[str]) -> pa.Table:
        return read_file(self._folder / f"{name}.csv", lambda _: _parse_csv(self._csv[name], needed=needed))

    def column(self, name: str) -> pa.ChunkedArray:
        """One column of papers. Raises KeyError where there is none."""
        stored = self._stored[name]
        if name not in self._columns:
            self._columns[name] = read_file(self._folder / "papers.parquet", lambda _: self._read(name, stored))
        return self._columns[name]

    def value(self, name: str, row: int) -> object:
        """What one paper has in a column; of a large corpus only those stored beside it are read, once.

        Raises KeyError where there is no such column, IndexError where there is no such row.
        """
        stored, place = self._stored[name], range(self._rows)[row]
        if name in self._columns or len(self._group_ends) < 2:
            return self.column(name)[place].as_py()
        group = bisect_right(self._group_ends, place)
        if (name, group) not in self._groups:
            self._groups[name, group] = read_file(
                self._folder / "papers.parquet", lambda _: self._read(name, stored, group=group)
            )
        values = self._groups[name, group]
        return values[place - self._group_ends[group] + len(values)].as_py()

    @cached_property
    def _group_ends(self) -> list[int]:
        """Row after the last of each row group of papers.parquet."""
        metadata = self._parquet["papers"].metadata
        return list(accumulate(metadata.row_group(group).num_rows for group in range(metadata.num_row_groups)))

    def _read(self, name: str, stored: str, *, group: int | None = None) -> pa.ChunkedArray:
        papers = self._parquet["papers"]
        table = papers.read([stored]) if group is None else papers.read_row_group(group, [stored])
        rows = self._rows if group is None else papers.metadata.row_group(group).num_rows
        check_column(name, table.column(0), rows=rows)
        return table.column(0)

    @property
    def column_names(self) -> list[str]:
        """Columns of papers."""
        return list(self._stored)


def _open_parquet(path: Path, *, rows: int, needed: Sequence[str]) -> pq.ParquetFile:
    """Its pages are compared with their checksums when they are read."""
    opened = pq.ParquetFile(path, memory_map=True, page_checksum_verification=True)
    check_names(opened.schema_arrow.names, needed)
    if opened.metadata.num_rows != rows:
        raise ValueError(f"{opened.metadata.num_rows} rows for {rows} papers")
    return opened


def _whole(opened: pq.ParquetFile) -> pa.Table:
    table = opened.read()
    table.validate(full=True)
    return table


def _sources(opened: pq.ParquetFile) -> pa.Table:
    table = _whole(opened)
    position = table.column("position")
    if not pa.types.is_integer(position.type) or position.null_count:
        raise ValueError("column position: not all whole numbers")
    return table


def _stored_names(names: Sequence[str], *, schema_3: bool) -> Mapping[str, str]:
    """Name of each column of papers.parquet -> the name that it has in the file."""
    if not schema_3:
        return {name: name for name in names}
    stored: dict[str, str] = {}
    for name in names:
        renamed = RENAMED_COLUMNS.get(name, name)
        # A column that a source called by what is now our own name stays the source's, as in a new run.
        ours_now = renamed == name and name in RENAMED_COLUMNS.values()
        stored[f"source_{name}" if ours_now else renamed] = name
    return stored


def _parse_csv(content: bytes, *, needed: Sequence[str] = ()) -> pa.Table:
    """All columns as text. By pyarrow: its conversion of Python lists would import pandas, for a third of a second."""
    header = next(csv.reader(io.StringIO(content.decode(), newline="")), None)
    if header is None:
        raise ValueError("empty, not even a header")
    check_names(header, needed)
    convert = pa_csv.ConvertOptions(column_types=dict.fromkeys(header, pa.string()))
    parse = pa_csv.ParseOptions(newlines_in_values=True)
    return pa_csv.read_csv(io.BytesIO(content), parse_options=parse, convert_options=convert)
