"""Rows of a source -> papers and rejects, by the settings of a corpus; cleaning is left to the block they get into."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from pipeline.config import CorpusConfig
from pipeline.corpus.cleaning import Cleaner
from pipeline.corpus.decoding import mend_records
from pipeline.corpus.field_roles import FieldMap
from pipeline.corpus.fields import to_paper
from pipeline.corpus.file_format import Format, Piece
from pipeline.corpus.formats import find_format, unknown_format
from pipeline.corpus.record import Paper, Record, Rejected
from pipeline.corpus.sources import Source


@dataclass(frozen=True)
class Conversion:
    """How rows become papers."""

    config: CorpusConfig
    vectors_column: str | None = None

    def field_map(self) -> FieldMap:
        """A new one, for one source."""
        named = {role: name for role, name in self.config.fields if name is not None}
        return FieldMap(named, self.vectors_column)

    def pieces(self, source: Source) -> tuple[str, Iterator[Piece]]:
        """The name of a source's format, and its rows in pieces; one reject where a file of a folder has no format.

        Raises CorpusError where a file that the config names has none.
        """
        file_format: Format | None = find_format(source)
        if file_format is not None:
            return file_format.name, file_format.pieces(source, self.config.encoding)
        if not source.gathered:
            raise unknown_format(source)
        reject = Rejected(source.name, 1, f"not a format that is read: {source.suffix or 'no ending'}")
        return "", iter([lambda: [reject]])

    def to_papers(
        self, rows: Iterable[Record | Rejected], fields: FieldMap, *, format_name: str, cleaner: Cleaner | None = None
    ) -> Iterator[Paper | Rejected]:
        """Each row as a paper or a reject."""
        for row in mend_records(rows, self.config.encoding):
            if isinstance(row, Rejected):
                yield row
                continue
            paper = to_paper(row, fields, format_name=format_name, cleaner=cleaner, clean=self.config.clean)
            if isinstance(paper, Paper) and not paper.abstract and self.config.title_only == "drop":
                paper = Rejected(paper.source, paper.row, 'no abstract (corpus.title_only = "drop")', paper.id)
            yield paper
