"""NBIB (MEDLINE text, as PubMed exports it) -> records.

Parsed here: a tag of up to four letters, a hyphen, a value that continues in lines indented by six spaces; the only
maintained parser is part of Biopython, a far larger package. Tags: "MEDLINE/PubMed Data Element (Field) Descriptions"
of the National Library of Medicine.
"""

import re
from collections.abc import Iterator, Mapping, Sequence

from pipeline.corpus.adapters.parts import given_first, initials_first
from pipeline.corpus.decoding import read_lines
from pipeline.corpus.file_format import Format, starts_with
from pipeline.corpus.record import Record, Rejected
from pipeline.corpus.sources import Source

TAG = re.compile(r"([A-Z][A-Z0-9]{1,3}) *- ?(.*)")
MOST_LINES = 100_000
# One value each, the first that is there.
SINGLE: Mapping[str, tuple[str, ...]] = {
    "pmid": ("PMID",),
    "title": ("TI", "BTI", "TT"),
    "original_title": ("TT",),
    "booktitle": ("BTI",),
    "abstract": ("AB", "OAB"),
    "year": ("DP", "DEP", "EDAT"),
    "journal": ("JT", "TA"),
    "volume": ("VI",),
    "issue": ("IP",),
    "pages": ("PG",),
    "language": ("LA",),
    "pmc": ("PMC",),
}
LISTED: Mapping[str, str] = {"MH": "mesh_terms", "OT": "keywords", "PT": "publication_types"}
DOI_TAGS = ("LID", "AID")


def read(source: Source, encoding: str) -> Iterator[Record | Rejected]:
    """Each reference, from its PMID line to the next, as a record; row: the line of its PMID."""
    empty = True
    for line, lines in _references(source, encoding):
        empty = False
        if len(lines) > MOST_LINES:
            yield Rejected(source.name, line, f"a reference of more than {MOST_LINES:,} lines")
        else:
            yield Record(source.name, line, _fields(lines))
    if empty:
        yield Rejected(source.name, 1, "no line starts with 'PMID-': is this NBIB?")


def _references(source: Source, encoding: str) -> Iterator[tuple[int, list[tuple[str, str]]]]:
    """(line number, its (tag, value) lines) of each reference. A blank line ends one, a PMID line begins the next."""
    start = 0
    lines: list[tuple[str, str]] = []
    for number, text in read_lines(source, encoding):
        text = text.rstrip("\r\n")
        tag = None if text.startswith("  ") else TAG.match(text)
        if start and (not text.strip() or (tag and tag[1] == "PMID")):
            yield start, lines
            start, lines = 0, []
        if tag and not start:
            start = number
        if tag and len(lines) <= MOST_LINES:
            lines.append((tag[1], tag[2].strip()))
        elif start and lines and text.strip() and len(lines) <= MOST_LINES:
            lines.append(("", text.strip()))
    if start:
        yield start, lines


def _fields(lines: Sequence[tuple[str, str]]) -> dict[str, object]:
    values: dict[str, list[list[str]]] = {}
    tag = ""
    for name, text in lines:
        if name:
            tag = name
            values.setdefault(tag, []).append([text])
        else:
            values[tag][-1].append(text)
    joined = {tag: [" ".join(parts) for parts in parts_of_tag] for tag, parts_of_tag in values.items()}
    fields: dict[str, object] = {}
    for role, tags in SINGLE.items():
        value = next((joined[tag][0] for tag in tags if joined.get(tag)), None)
        fields |= {role: value} if value else {}
    fields |= {name: [value.lstrip("*") for value in joined[tag]] for tag, name in LISTED.items() if tag in joined}
    fields["authors"] = _authors(joined)
    doi = next((value.split()[0] for tag in DOI_TAGS for value in joined.get(tag, ()) if value.endswith("[doi]")), None)
    if doi:
        fields["doi"] = doi
    if "pmid" in fields:
        fields = {"id": f"pmid:{fields['pmid']}", **fields, "url": f"https://pubmed.ncbi.nlm.nih.gov/{fields['pmid']}/"}
    return fields


def _authors(joined: Mapping[str, Sequence[str]]) -> list[str]:
    """Full names where there are any, else "Family IN" with the initials first; then group authors."""
    full, short = joined.get("FAU", ()), joined.get("AU", ())
    names = [given_first(name) for name in full] if full else [initials_first(name) for name in short]
    return [*names, *joined.get("CN", ())]


FORMAT = Format("NBIB", (".nbib", ".medline"), read, starts_with(r"PMID *- ?\d"))
