"""Texts of papers that are made Python texts when they are asked for: a large corpus never holds them all at once."""

from abc import abstractmethod
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import overload

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.corpus.record import text_of


class LazyTexts(Sequence[str]):
    """n texts, each made when it is asked for."""

    @abstractmethod
    def text(self, row: int) -> str:
        """One text; row: from 0 to n - 1."""

    @overload
    def __getitem__(self, row: int) -> str: ...

    @overload
    def __getitem__(self, row: slice) -> list[str]: ...

    def __getitem__(self, row: int | slice) -> str | list[str]:
        if isinstance(row, slice):
            return [self.text(one) for one in range(*row.indices(len(self)))]
        place = row + len(self) if row < 0 else row
        if not 0 <= place < len(self):
            raise IndexError(f"row {row} of {len(self)} texts")
        return self.text(place)


class ArrowTexts(LazyTexts):
    """Texts in Arrow's memory.

    shown: n texts. cleaned: in their place where it is not null; in chunks of the same lengths.
    """

    def __init__(self, shown: pa.ChunkedArray, cleaned: pa.ChunkedArray) -> None:
        self._chunks = list(zip(shown.chunks, cleaned.chunks, strict=True))
        self._ends = list(accumulate(len(chunk) for chunk in shown.chunks))

    def __len__(self) -> int:
        return self._ends[-1] if self._ends else 0

    def text(self, row: int) -> str:
        """One text; row: from 0 to n - 1."""
        chunk = bisect_right(self._ends, row)
        shown, cleaned = self._chunks[chunk]
        place = row - self._ends[chunk] + len(shown)
        text = cleaned[place].as_py()
        return str(shown[place].as_py() if text is None else text)

    def __iter__(self) -> Iterator[str]:
        for shown, cleaned in self._chunks:
            yield from pc.coalesce(cleaned, shown).to_pylist()


class PaperTexts(LazyTexts):
    """What is embedded of each paper: title, a stop, abstract."""

    def __init__(self, titles: Sequence[str], abstracts: Sequence[str]) -> None:
        self._titles, self._abstracts = titles, abstracts

    def __len__(self) -> int:
        return len(self._titles)

    def text(self, row: int) -> str:
        """One text; row: from 0 to n - 1."""
        return text_of(self._titles[row], self._abstracts[row])

    def __iter__(self) -> Iterator[str]:
        return map(text_of, self._titles, self._abstracts)


class ChosenTexts(LazyTexts):
    """Some of other texts. rows: of those texts."""

    def __init__(self, texts: Sequence[str], rows: Sequence[int]) -> None:
        self._texts, self._rows = texts, rows

    def __len__(self) -> int:
        return len(self._rows)

    def text(self, row: int) -> str:
        """One text; row: from 0 to m - 1."""
        return self._texts[self._rows[row]]
