"""Files -> references: what each row of any format that a corpus may have says it is; a title is not needed."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pipeline.corpus.fields import FieldMap, plain_text
from pipeline.corpus.files import existing_file, format_suffix
from pipeline.corpus.identifiers import Identifiers, identify
from pipeline.corpus.reading import READERS
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
    reader = READERS.get(format_suffix(path))
    if reader is None:
        raise CorpusError(f"{path}: unknown format; references can be {', '.join(READERS)}, also .gz, .zst")
    found, reason = [], ""
    for row in reader(path, encoding):
        if isinstance(row, Rejected):
            reason = reason or f": row {row.row}: {row.reason}"
        else:
            found += list(_reference(row))
    if not found:
        raise CorpusError(f"{path}: holds no reference that can be read{reason}")
    return found


def _reference(record: Record) -> Iterator[Reference]:
    layout = FieldMap({}).layout(record.fields)
    title, abstract = (
        plain_text(record.fields[layout[role]]) or "" if role in layout else "" for role in ("title", "abstract")
    )
    identifiers = identify({**record.fields, "title": title})
    name = title or next(iter((*identifiers.dois, *identifiers.arxiv)), "")
    if name:
        text = text_of(title, abstract)
        yield Reference(name, identifiers, text_hash(text) if text else None)
