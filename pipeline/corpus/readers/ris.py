"""RIS -> records, by rispy, one reference at a time; the dialects of EndNote, Zotero, Scopus and publishers.

rispy joins a reference that has no ER line to the next, so the file is cut here, at the TY lines. The id is the DOI
where there is one: the ID field is only a number within one export.
"""

import re
from collections.abc import Iterator, Mapping

from pipeline.corpus.decoding import read_lines
from pipeline.corpus.file_format import Format, starts_with
from pipeline.corpus.record import RawRow, Record, Rejected
from pipeline.corpus.sources import Source

TAG = re.compile(r"([A-Z][A-Z0-9]) {1,2}-(?: |$)")
# rispy's name of each tag -> ours, where several tags mean the same: the first that has a value counts.
MEANINGS: Mapping[str, tuple[str, ...]] = {
    "title": ("title", "primary_title", "short_title"),
    "abstract": ("abstract", "notes_abstract"),
    "authors": ("authors", "first_authors"),
    "year": ("year", "publication_year", "date"),
    "journal": ("secondary_title", "journal_name", "alternate_title3", "alternate_title2", "alternate_title1"),
}
RENAMED = {"id": "reference_id", "type_of_reference": "type", "bt": "booktitle"}
MOST_LINES = 100_000


def read(source: Source, encoding: str) -> Iterator[Record | Rejected]:
    """Each reference as a record; row: the line of its TY."""
    import rispy

    name, empty = source.name, True
    for line, lines in _references(source, encoding):
        empty = False
        if len(lines) > MOST_LINES:
            yield Rejected(name, line, f"a reference of more than {MOST_LINES:,} lines")
        else:
            yield Record(name, line, _fields(rispy.loads("\n".join([*lines, "ER  - "]))[0]))
    if empty:
        yield Rejected(name, 1, "no line starts with 'TY  -': is this RIS?")


def _references(source: Source, encoding: str) -> Iterator[tuple[int, list[str]]]:
    """(line number, its lines from TY to before ER) of each reference."""
    start = 0
    lines: list[str] = []
    for number, line in read_lines(source, encoding):
        line = line.rstrip("\r\n")
        tag = TAG.match(line)
        name = tag[1] if tag else None
        if name in ("TY", "ER") and start:
            yield start, lines
            start, lines = 0, []
        if name == "TY":
            start = number
        if start and len(lines) <= MOST_LINES:
            lines.append(f"{name}  - {line[tag.end() :].strip()}" if tag else line)
    if start:
        yield start, lines


def _fields(reference: RawRow) -> dict[str, object]:
    """The fields under our names; tags that mean the same as one that is used, and unknown tags, are kept."""
    rest = dict(reference)
    unknown = rest.pop("unknown_tag", {})
    fields: dict[str, object] = {}
    for role, names in MEANINGS.items():
        values = [rest.pop(name, None) for name in names]
        first = next((value for value in values if value), None)
        fields |= {} if first is None else {role: first}
        spare = {name: value for name, value in zip(names, values, strict=True) if value and value != first}
        rest |= {name: value for name, value in spare.items() if name != role}
    authors = fields.get("authors")
    fields["authors"] = [given_first(str(name)) for name in authors] if isinstance(authors, list) else []
    fields |= {RENAMED.get(name, name): value for name, value in rest.items()}
    if "doi" in fields:
        fields["doi"] = re.sub(r"^(https?://(dx\.)?doi\.org/|doi:\s*)", "", str(fields["doi"]), flags=re.IGNORECASE)
    if isinstance(unknown, dict):
        fields |= {RENAMED.get(tag.lower(), tag.lower()): " ".join(values) for tag, values in unknown.items()}
    return fields


def given_first(name: str) -> str:
    """'Family, Given' with the given name first; a suffix, which RIS writes last, stays last.

    >>> given_first("Qu, Hui"), given_first("King, Martin, Jr"), given_first("WHO")
    ('Hui Qu', 'Martin King, Jr', 'WHO')
    """
    parts = [part.strip() for part in name.split(",") if part.strip()]
    if len(parts) == 2:
        return f"{parts[1]} {parts[0]}"
    return f"{parts[1]} {parts[0]}, {parts[2]}" if len(parts) == 3 else name


FORMAT = Format("RIS", (".ris",), read, starts_with(r"(?:\d+\.\s+)?TY {1,2}- ?\w"))
