"""The four tables that hold every row read: papers kept, where each was read, duplicates, rejected rows."""

from dataclasses import dataclass, replace
from typing import Self

import pyarrow as pa


@dataclass(frozen=True)
class CorpusTables:
    """papers: one row a paper kept, in row order. sources: row-aligned with papers, where each was read.

    duplicates: id, kept_id, reason, source, row. rejected: source, row, id, reason.
    """

    papers: pa.Table
    sources: pa.Table
    duplicates: pa.Table
    rejected: pa.Table

    def __post_init__(self) -> None:
        if self.sources.num_rows != self.papers.num_rows:
            raise ValueError(f"sources has {self.sources.num_rows} rows for {self.papers.num_rows} papers")

    @property
    def read(self) -> int:
        """Rows read: kept + duplicates + rejected."""
        return int(self.papers.num_rows + self.duplicates.num_rows + self.rejected.num_rows)

    def with_columns(self, columns: dict[str, pa.Array]) -> Self:
        """The same tables, the papers with more columns."""
        papers = self.papers
        for name, values in columns.items():
            papers = papers.append_column(name, values)
        return replace(self, papers=papers)
