"""id -> row number: the papers kept, and the duplicates that each stands for."""

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from pipeline.errors import UnknownPaperError


@dataclass(frozen=True)
class PaperIds:
    """ids: of the papers kept, in row order. duplicates: id of a duplicate -> id kept for it."""

    ids: Sequence[str]
    duplicates: Mapping[str, str]

    @cached_property
    def _rows(self) -> dict[str, int]:
        return {paper: row for row, paper in enumerate(self.ids)}

    def find(self, paper: str) -> int | None:
        """Row of a paper or of the paper kept for it, None where there is neither."""
        found = self._rows.get(paper)
        return self._rows.get(self.duplicates.get(paper, "")) if found is None else found

    def row(self, paper: str) -> int:
        """Row of a paper or of the paper kept for it. Raises UnknownPaperError, with the ids that look most like it."""
        found = self.find(paper)
        if found is None:
            known = [*self._rows, *self.duplicates]
            near = difflib.get_close_matches(paper, known[:200_000], n=3, cutoff=0.5) or sorted(known)[:3]
            raise UnknownPaperError(f"no paper has the id {paper!r}; ids that look like it: {', '.join(near)}")
        return found
