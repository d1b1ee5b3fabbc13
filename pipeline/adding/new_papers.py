"""Files -> the papers in them that an atlas does not have yet."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pyarrow as pa

from pipeline.atlas import AtlasData
from pipeline.corpus import Corpus, Paper, Rejected, find_sources, read_papers
from pipeline.corpus.collect import collect
from pipeline.corpus.deduplication import titles_alike, years_near
from pipeline.corpus.identifiers import identify
from pipeline.corpus.record import id_from_text, text_hash
from pipeline.errors import CorpusError


@dataclass(frozen=True)
class NewPapers:
    """corpus: of what is new, its duplicates those of papers there included. known: rows of papers there."""

    corpus: Corpus
    known: int


def read_new(atlas: AtlasData, files: Sequence[str]) -> NewPapers:
    """Papers of the files that the atlas has neither by text nor, where works are merged, by DOI or arXiv id."""
    settings = atlas.manifest.config.corpus.model_copy(update={"files": tuple(files)})
    known = _ExistingPapers(atlas, merge=settings.deduplication == "merge")
    rows: list[Paper | Rejected] = []
    copies: list[dict[str, object]] = []
    for row in read_papers(find_sources(files, Path()), settings):
        if isinstance(row, Rejected):
            rows.append(row)
            continue
        kept, reason = known.find(row)
        if kept is not None:
            copies.append({"id": row.id, "kept_id": kept, "reason": reason, "source": row.source, "row": row.row})
        else:
            rows.append(replace(row, id=id_from_text(row.id, text_hash(row.text))) if row.id in known.ids else row)
    if not rows and not copies:
        raise CorpusError(f"{', '.join(files)}: empty, no paper to read")
    corpus = collect(rows, merge=known.merge)
    duplicates = pa.Table.from_pylist(copies, schema=corpus.tables.duplicates.schema)
    both = pa.concat_tables([corpus.tables.duplicates, duplicates])
    return NewPapers(replace(corpus, tables=replace(corpus.tables, duplicates=both)), len(copies))


class _ExistingPapers:
    """Finds the paper there that a row is: by its text, its DOI or arXiv id."""

    def __init__(self, atlas: AtlasData, *, merge: bool) -> None:
        self.atlas, self.merge = atlas, merge
        self.ids = set(atlas.ids.ids) | set(atlas.ids.duplicates)
        self._by_name: dict[str, int] = {}
        if merge:
            names = [name for name in atlas.column_names if name not in ("abstract", "authors")]
            columns = {name: atlas.column(name).to_pylist() for name in names}
            for row in range(len(atlas)):
                identifiers = identify({name: values[row] for name, values in columns.items()})
                for name in (*identifiers.dois, *identifiers.arxiv):
                    self._by_name.setdefault(name, row)

    def find(self, paper: Paper) -> tuple[str | None, str]:
        """Id of the paper there, and why it is that."""
        same_text = int(self.atlas.rows_of_hashes([text_hash(paper.text)])[0])
        if same_text >= 0:
            return self.atlas.ids.ids[same_text], "same text"
        if not self.merge:
            return None, ""
        row = self.atlas.ids.find(paper.id)
        if row is not None and self._is_alike(row, paper) and years_near(self._year(row), paper.year):
            return self.atlas.ids.ids[row], f"same id {paper.id}"
        identifiers = identify({**paper.extra, "id": paper.id, "title": paper.title})
        for name in (*identifiers.dois, *identifiers.arxiv):
            row = self._by_name.get(name)
            if row is not None and self._is_alike(row, paper):
                return self.atlas.ids.ids[row], f"same {'DOI' if name.startswith('10.') else 'arXiv id'} {name}"
        return None, ""

    def _is_alike(self, row: int, paper: Paper) -> bool:
        return titles_alike(str(self.atlas.column("title")[row].as_py()), paper.title)

    def _year(self, row: int) -> int | None:
        year = self.atlas.column("year")[row].as_py()
        return None if year is None else int(year)
