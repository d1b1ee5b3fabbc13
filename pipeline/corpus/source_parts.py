"""Sources -> steps through their pieces -> parts: a block of papers each, and why the rest of a source is not read."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pipeline.corpus.cleaning import Cleaner
from pipeline.corpus.conversion import Conversion
from pipeline.corpus.field_roles import FieldMap
from pipeline.corpus.file_format import Piece
from pipeline.corpus.paper_rows import Block, WritableBatches, to_block
from pipeline.corpus.record import Paper, Rejected
from pipeline.corpus.sources import Source
from pipeline.errors import CorpusError


@dataclass(frozen=True)
class Part:
    """What one piece of a source gave. layouts: names of its fields that were not seen together in a part before.

    block: None where a file could not be cut on. error: why nothing of the source is read after this part, "" where
    something may be.
    """

    source: int
    piece: int
    block: Block | None
    layouts: Sequence[tuple[str, ...]] = ()
    error: str = ""


@dataclass(frozen=True)
class Step:
    """One piece of a source that was cut off; rows: reads it, None where the file could not be cut on (error)."""

    source: int
    piece: int
    format_name: str
    rows: Piece | None
    error: str = ""


class Walk:
    """The steps through sources, one after another. first: number of the first of them."""

    def __init__(self, sources: Sequence[Source], conversion: Conversion, first: int = 0) -> None:
        self.conversion = conversion
        self.cleaner = Cleaner(conversion.config.clean)
        self._sources, self._first = sources, first
        self._ended = False
        self._fields: tuple[int, FieldMap] | None = None

    def __iter__(self) -> Iterator[Step]:
        """A file that the config names and that cannot be read is the last."""
        for number, source in enumerate(self._sources, start=self._first):
            self._ended = False
            yield from self._of(number, source)
            if self._ended and not source.gathered:
                return

    def end_source(self) -> None:
        """Nothing more of the source of the last step is wanted: a row of it could not be read."""
        self._ended = True

    def fields_of(self, source: int) -> FieldMap:
        """The fields of a source, as far as they are known since `forget_fields`."""
        if self._fields is None or self._fields[0] != source:
            self._fields = source, self.conversion.field_map()
        return self._fields[1]

    def forget_fields(self) -> None:
        """What parts say of fields depends on no part before."""
        self._fields = None

    def _of(self, number: int, source: Source) -> Iterator[Step]:
        piece = 0
        try:
            format_name, pieces = self.conversion.pieces(source)
            for piece, rows in enumerate(pieces):
                yield Step(number, piece, format_name, rows)
                if self._ended:
                    return
        except CorpusError as problem:
            self._ended = True
            yield Step(number, piece + 1, "", None, str(problem))


def to_part(step: Step, walk: Walk, store: WritableBatches) -> Part:
    """The part of a step, its papers put into the store. Ends its source where a row cannot be read."""
    if step.rows is None:
        return Part(step.source, step.piece, None, error=step.error)
    fields = walk.fields_of(step.source)
    seen = len(fields.layouts)
    papers: list[Paper | Rejected] = []
    error = ""
    try:
        for row in walk.conversion.to_papers(step.rows(), fields, format_name=step.format_name):
            papers.append(row)
    except CorpusError as problem:
        error = str(problem)
        walk.end_source()
    return Part(step.source, step.piece, to_block(papers, store, walk.cleaner), fields.layouts[seen:], error)
