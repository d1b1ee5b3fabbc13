"""id -> row number: the papers kept, and the duplicates of each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from typing import Self

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipeline.errors import UnknownPaperError
from pipeline.words.did_you_mean import nearest_names


@dataclass(frozen=True)
class PaperIds:
    """ids: of the papers kept, in row order. duplicates: id of a duplicate -> id kept for it."""

    ids: Sequence[str]
    duplicates: Mapping[str, str]

    @classmethod
    def of_tables(cls, papers: pa.Table | pa.ChunkedArray, duplicates: pa.Table) -> Self:
        """papers: a table with the column id, or that column; duplicates: with the columns id and kept_id."""
        ids = papers.column("id") if isinstance(papers, pa.Table) else papers
        pairs = (duplicates.column(name).to_pylist() for name in ("id", "kept_id"))
        return cls(ids.to_pylist(), dict(zip(*pairs, strict=True)))

    def __len__(self) -> int:
        return len(self.ids)

    @cached_property
    def _rows(self) -> dict[str, int]:
        return {paper: row for row, paper in enumerate(self.ids)}

    def find(self, paper: str) -> int | None:
        """Row of a paper or of the paper kept for it, None where there is neither."""
        row = self._rows.get(paper)
        return self._rows.get(self.duplicates.get(paper, "")) if row is None else row

    def row(self, paper: str) -> int:
        """Row of a paper or of the paper kept for it. Raises UnknownPaperError, with the ids most like it."""
        if not isinstance(paper, str):
            raise UnknownPaperError(f"no paper has the id {paper!r}: an id is a text, e.g. {self.ids[0]!r}")
        row = self.find(paper)
        if row is None:
            near = nearest_names(paper, chain(self._rows, self.duplicates), count=3, least=50.0)
            shown = near or sorted([*self._rows, *self.duplicates])[:3]
            hint = "ids that look like it" if near else "ids look like these"
            raise UnknownPaperError(f"no paper has the id {paper!r}; {hint}: {', '.join(shown)}")
        return row

    def rows_in(self, earlier: "PaperIds") -> NDArray[np.int64]:
        """(n,) row that each of these papers has in an earlier run, -1 for new ones; papers are the same by id,
        duplicates included, and each earlier paper is matched once.
        """
        rows, matched = np.full(len(self.ids), -1, dtype=np.int64), set()
        for row, paper in enumerate(self.ids):
            before = earlier.find(paper)
            if before is not None and before not in matched:
                rows[row] = before
                matched.add(before)
        return rows
