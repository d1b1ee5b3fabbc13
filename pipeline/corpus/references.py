"""Files -> references: what each row of any format that a corpus may have says it is; a title is not needed."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pipeline.corpus.adapters import Adapters
from pipeline.corpus.fields import FieldMap, plain_text
from pipeline.corpus.files import Source, existing_file
from pipeline.corpus.formats import find_format, known_endings
from pipeline.corpus.identifiers import Identifiers, identify
from pipeline.corpus.record import Record, Rejected, text_hash, text_of
from pipeline.errors import CorpusError


@dataclass(frozen=True)
class Reference:
    """One row of a list of references. name: its title, or what else it has; text_hash: of title and abstract."""

    name: str
    identifiers: Identifiers
    text_hash: bytes | None


def read_references(path: Path, *, encoding: str = "utf-8") -> list[Reference]:
    """The references of a file; rows that name no work at all, such as volumes, are left out.

    Raises CorpusError for a file that cannot be read or holds no reference.
    """
    existing_file(path, hint="give the path of a BibTeX, RIS, CSV, TSV, JSONL or Parquet file")
    source = Source(path)
    form = find_format(source)
    if form is None:
        raise CorpusError(f"{path}: unknown format; references can be {known_endings()}, also .gz, .zst")
    found, reason = [], ""
    for row in form.read(source, encoding):
        if isinstance(row, Rejected):
            reason = reason or f": row {row.row}: {row.reason}"
        else:
            found += list(_reference(row))
    if not found:
        raise CorpusError(f"{path}: holds no reference that can be read{reason}")
    return found


def _reference(record: Record) -> Iterator[Reference]:
    _, fields = Adapters().adapt(record.fields)
    layout = FieldMap({}).layout(fields)
    title, abstract = (
        plain_text(fields[layout[role]]) or "" if role in layout else "" for role in ("title", "abstract")
    )
    identifiers = identify({**fields, "title": title})
    name = title or next(iter((*identifiers.dois, *identifiers.arxiv)), "")
    if name:
        text = text_of(title, abstract)
        yield Reference(name, identifiers, text_hash(text) if text else None)
