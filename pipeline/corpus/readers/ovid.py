"""Ovid's text export -> records: `<1>`, then each field's name on a line and its value indented below.

Its export for reference managers has `<1. >`, then two letters before each value.
"""

import re
from collections.abc import Iterator, Mapping, Sequence

from pipeline.corpus.adapters.parts import given_first, initials_first
from pipeline.corpus.decoding import read_lines
from pipeline.corpus.file_format import Format, starts_with
from pipeline.corpus.identifiers import WHOLE_DOI
from pipeline.corpus.record import Record, Rejected
from pipeline.corpus.sources import Source

NUMBER = re.compile(r"<(\d+)\. ?>\s*$|<(\d+)>\s*$")
TAGGED = re.compile(r"([A-Z][A-Z0-9])  ?-(?: (.*)|$)")  # the form for reference managers: "TI  - Title"
# Marks that Ovid sets behind names and titles.
MARKS = re.compile(r"\s*(?:\[[^\]]*\]|\d+(?:,\d+)*|\([^)]*\)|[*+†‡§]+)\s*\.?\s*$")
DEGREES = re.compile(r"(?:,?\s+(?:MD|Ph\.?D|M\.?Sc|B\.?Sc|MBBS|MPH|MS|BS|MA|RN|DO|DVM|PharmD|DrPH|FRCS)\b\.?)+$")
ASIDE = re.compile(r"\s*\[[^\]]*\]")  # behind an author: "[Author, Reprint Author; E-mail: ...]"
# Tags that stand once for each of several values.
SEVERAL: Mapping[str, str] = {
    **{"AU": "; ", "FA": "; ", "KW": "; ", "MH": "; ", "MC": "; ", "PT": "; ", "IN": "; ", "CC": "; "},
}
NAMES: Mapping[str, str] = {
    "title": "title",
    "ti": "title",
    "abstract": "abstract",
    "ab": "abstract",
    "author": "authors",
    "authors": "authors",
    "fa": "authors",
    "au": "authors",
    "year of publication": "year",
    "publication year": "year",
    "yr": "year",
    "date of publication": "date",
    "dp": "date",
    "source": "journal",
    "so": "journal",
    "doi": "doi",
    "digital object identifier": "doi",
    "doi number": "doi",
    "accession number": "accession_number",
    "unique identifier": "accession_number",
    "ui": "accession_number",
    "references": "references",
    "do": "doi",
    "di": "doi",
    "author keywords": "keywords",
    "kw": "keywords",
    "lg": "language",
    "in": "affiliations",
    "mh": "subject_headings",
    "an": "accession_number",
    "pt": "publication_types",
    "subject headings": "subject_headings",
    "language": "language",
    "institution": "affiliations",
}
MOST_LINES = 100_000


def read(source: Source, encoding: str) -> Iterator[Record | Rejected]:
    """Each reference as a record; row: the line of its number."""
    start, first = 0, None
    lines: list[str] = []
    for number, text in read_lines(source, encoding):
        text = text.rstrip("\r\n")
        if first is None and text.strip():  # without numbers, the first field begins every reference
            first = "" if NUMBER.match(text) else text.strip()
        if NUMBER.match(text) or (first and text.strip() == first):
            if start:
                yield _record(source, start, lines)
            start, lines = number, [] if NUMBER.match(text) else [text]
        elif start and len(lines) <= MOST_LINES:
            lines.append(text)
    if start:
        yield _record(source, start, lines)
    else:
        yield Rejected(source.name, 1, "no line is a number in angle brackets: is this Ovid's export?")


def _record(source: Source, start: int, lines: Sequence[str]) -> Record | Rejected:
    if len(lines) > MOST_LINES:
        return Rejected(source.name, start, f"a reference of more than {MOST_LINES:,} lines")
    return Record(source.name, start, _fields(lines))


def _fields(lines: Sequence[str]) -> dict[str, object]:
    values: dict[str, list[str]] = {}
    name, is_tagged = "", False
    for line in lines:
        tagged = TAGGED.match(line)
        if tagged:
            name, is_tagged = tagged[1], True
            values.setdefault(name, []).append((tagged[2] or "").strip())
        elif line[:1] not in ("", " ", "\t") and not is_tagged:
            name = line.strip()
            values.setdefault(name, [])
        elif name and line.strip() and is_tagged and name in SEVERAL:
            values[name][-1] += f" {line.strip()}"
        elif name and line.strip():
            values[name].append(line.strip())
    fields: dict[str, object] = {}
    for name in sorted(values, key=lambda name: name != "FA"):  # full names before short ones
        role = NAMES.get(name.lower(), name.lower().replace(" ", "_"))
        texts = [ASIDE.sub("", text) for text in values[name]] if name in ("AU", "FA") else values[name]
        fields.setdefault(role, texts if role == "references" else SEVERAL.get(name, " ").join(texts))
    return _tidied(fields)


def _tidied(fields: dict[str, object]) -> dict[str, object]:
    title, journal = str(fields.get("title", "")), str(fields.get("journal", ""))
    authors = [
        DEGREES.sub("", MARKS.sub("", " ".join(name.split()))).strip(" .")
        for name in str(fields.get("authors", "")).split(";")
    ]
    tidied: dict[str, object] = {
        **fields,
        "title": MARKS.sub("", " ".join(title.split())) if title.rstrip(". ").endswith("]") else title,
        "authors": [given_first(name) if "," in name else initials_first(name) for name in authors if name],
        "journal": journal.partition(".   ")[0].partition(". ")[0],
        "source": journal,
    }
    if doi := WHOLE_DOI.search(str(fields.get("doi", ""))):
        tidied["doi"] = doi[1]
    if "year" not in fields:
        tidied["year"] = str(fields.get("date") or journal)
    return {name: value for name, value in tidied.items() if value}


FORMAT = Format(
    "Ovid", (".ovd",), read, starts_with(r"<\d+(?:\. ?)?>\s*\n|(?:Score|Accession Number|Unique Identifier)\n  \S")
)
