"""BibTeX, BibLaTeX -> records, by bibtexparser.

The citation key is the paper's id. Entries that share a key get ids from their content, never from their order. An
entry inherits the fields that it lacks from the one that its crossref names.
"""

import logging
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipeline.corpus.decoding import read_lines
from pipeline.corpus.file_format import Format, starts_with
from pipeline.corpus.readers.latex import decode_latex
from pipeline.corpus.record import Record, Rejected, text_hash, text_of
from pipeline.corpus.sources import Source

if TYPE_CHECKING:
    from bibtexparser.library import Library
    from bibtexparser.model import Block, Entry

# Fields that are not LaTeX.
VERBATIM = frozenset({"url", "doi", "eprint", "file", "isbn", "issn", "crossref", "pmid"})
# What a paper does not inherit from its volume.
NOT_INHERITED = frozenset(
    {"title", "author", "abstract", "doi", "url", "eprint", "pages", "crossref", "note", "keywords"}
)
VOLUMES = frozenset({"proceedings", "mvproceedings", "collection", "mvcollection"})
AND = re.compile(r"\s+and\s+", re.IGNORECASE)
CONCATENATE = re.compile("#")
KEY = re.compile(r"@\s*(?!string|comment|preamble)[A-Za-z]+\s*[{(]\s*([^,\s{}()\"=]+)\s*,", re.IGNORECASE)
CROSSREF = re.compile(r"""\b(?:crossref|xdata)\s*=\s*["{]\s*([^"}]+?)\s*["}]""", re.IGNORECASE)
STRING = re.compile(r"@\s*string\b", re.IGNORECASE)
ENTRIES_AT_ONCE = 300


def read(source: Source, encoding: str) -> Iterator[Record | Rejected]:
    """Each entry as a record; row: the line it starts in. A broken entry is rejected, the others are read.

    The file is parsed a few hundred entries at a time, so that memory does not grow with it.
    """
    index = _read_index(source, encoding)
    macros: dict[str, str] = {}
    volumes = _read_volumes(source, encoding, index.volumes)
    converter = _Converter(source.name, index.repeated, volumes)
    for first, text in _chunks(source, encoding):
        library = _parse(text)
        macros |= _macros(library)
        for block in sorted([*library.entries, *library.failed_blocks], key=lambda block: block.start_line or 0):
            yield converter.convert(block, first + (block.start_line or 0), macros)


@dataclass(frozen=True)
class _Converter:
    """Block -> record or reject. repeated: keys of several entries; volumes: fields of the entry of each key."""

    source: str
    repeated: frozenset[str]
    volumes: Mapping[str, Mapping[str, str]]

    def convert(self, block: "Block", line: int, macros: Mapping[str, str]) -> Record | Rejected:
        from bibtexparser.model import DuplicateBlockKeyBlock, Entry

        entry = block.ignore_error_block if isinstance(block, DuplicateBlockKeyBlock) else block
        if not isinstance(entry, Entry):
            return Rejected(self.source, line, f"broken BibTeX: {_reason(block)}")
        kind = entry.entry_type.lower()
        if kind in VOLUMES:
            return Rejected(self.source, line, f"@{kind}: a volume, not a paper", entry.key)
        values = _with_volume(_values(entry, macros), self.volumes)
        return Record(self.source, line, _fields(entry.key, kind, values, shared=entry.key in self.repeated))


@dataclass(frozen=True)
class _Index:
    """volumes: keys in crossref fields, in lower case. repeated: keys that several entries have."""

    volumes: frozenset[str]
    repeated: frozenset[str]


def _read_index(source: Source, encoding: str) -> _Index:
    volumes: set[str] = set()
    seen: set[str] = set()
    repeated: set[str] = set()
    for _, line in read_lines(source, encoding):
        if "crossref" in line.lower():
            volumes |= {key.strip().lower() for key in CROSSREF.findall(line)}
        for key in KEY.findall(line) if "@" in line else ():
            (repeated if key in seen else seen).add(key)
    return _Index(frozenset(volumes), frozenset(repeated))


def _read_volumes(source: Source, encoding: str, keys: frozenset[str]) -> dict[str, dict[str, str]]:
    """Fields of the entries with these keys, anywhere in the file."""
    volumes: dict[str, dict[str, str]] = {}
    macros: dict[str, str] = {}
    for _, text in _chunks(source, encoding) if keys else ():
        if not any(name.lower() in keys for name in KEY.findall(text)) and not STRING.search(text):
            continue
        library = _parse(text)
        macros |= _macros(library)
        for entry in library.entries:
            if entry.key.lower() in keys:
                volumes[entry.key.lower()] = _values(entry, macros)
    return volumes


def _chunks(source: Source, encoding: str) -> Iterator[tuple[int, str]]:
    """(number of its first line, some hundred whole entries): cut where an entry begins after one has ended."""
    lines: list[str] = []
    first, entries, ended = 1, 0, True
    for number, line in read_lines(source, encoding):
        begins = line.lstrip().startswith("@")
        if begins and ended and entries >= ENTRIES_AT_ONCE:
            yield first, "".join(lines)
            lines, first, entries = [], number, 0
        entries += begins
        lines.append(line)
        plain = line.strip()
        ended = ended if not plain else plain.endswith(("}", ")")) and not plain.endswith("\\}")
    if lines:
        yield first, "".join(lines)


def _parse(text: str) -> "Library":
    import bibtexparser

    with _quiet():
        return bibtexparser.parse_string(text, parse_stack=[])


def _macros(library: "Library") -> dict[str, str]:
    return {string.key.lower(): _without_enclosing(str(string.value)) for string in library.strings}


@contextmanager
def _quiet() -> Iterator[None]:
    """Without bibtexparser's warnings: every broken entry becomes a reject."""
    logger = logging.getLogger("bibtexparser")
    before, logger.disabled = logger.disabled, True
    splitter = logging.getLogger("bibtexparser.splitter")
    splitter_before, splitter.disabled = splitter.disabled, True
    try:
        yield
    finally:
        logger.disabled, splitter.disabled = before, splitter_before


def _reason(block: "Block") -> str:
    lines = str(getattr(block, "error", None) or "not understood").split("\n")
    return next((line.strip() for line in lines if line.strip()), "not understood")[:200]


def _values(entry: "Entry", macros: Mapping[str, str]) -> dict[str, str]:
    """Fields by their name in lower case, macros filled in; of a field given twice, the first."""
    values: dict[str, str] = {}
    for field in entry.fields:
        parts = (part.strip() for part in _split_outside_braces(str(field.value), CONCATENATE))
        filled = (
            _without_enclosing(part) if part[:1] in ('"', "{") else macros.get(part.lower(), part) for part in parts
        )
        values.setdefault(field.key.lower(), "".join(filled))
    return values


def _without_enclosing(value: str) -> str:
    value = value.strip()
    return value[1:-1] if len(value) > 1 and value[0] + value[-1] in ('""', "{}") else value


def _with_volume(values: dict[str, str], volumes: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
    name = values.get("crossref", "").strip().lower()
    volume = volumes.get(name, {}) if name else {}
    inherited = {name: value for name, value in volume.items() if name not in NOT_INHERITED}
    if "title" in volume:
        inherited.setdefault("booktitle", volume["title"])
    return inherited | values


def _fields(key: str, kind: str, values: Mapping[str, str], *, shared: bool) -> dict[str, object]:
    fields: dict[str, object] = {"id": key, "type": kind}
    for name, value in values.items():
        if name == "author":
            fields["authors"] = split_names(value)
        elif name not in ("crossref", "id", "type", "authors"):
            fields[name] = value.strip("{} ").replace("\\_", "_") if name in VERBATIM else decode_latex(value)
    if shared:
        text = text_of(str(fields.get("title", "")), str(fields.get("abstract", "")))
        fields["id"] = f"{key}-{text_hash(text).hex()[:8]}"
    return fields


def split_names(value: str) -> list[str]:
    """Names in order, given names first; `others` is left out, a name in braces stays whole.

    >>> split_names("Qu, Hui and {The ATLAS Collaboration, CERN} and Ludwig van Beethoven and others")
    ['Hui Qu', 'The ATLAS Collaboration, CERN', 'Ludwig van Beethoven']
    """
    names = [name.strip() for name in _split_outside_braces(value, AND)]
    shown = (
        decode_latex(name) if name.startswith("{") and name.endswith("}") else given_first(decode_latex(name))
        for name in names
    )
    return [name for name in shown if name and name.lower() != "others"]


def _split_outside_braces(value: str, separator: re.Pattern[str]) -> Iterator[str]:
    """The parts between separators that are inside no braces, and no quotes of the outermost level."""
    start = depth = 0
    quoted = False
    for mark in re.finditer(rf'\\.|[{{}}"]|{separator.pattern}', value, separator.flags):
        if mark[0] in ("{", "}"):
            depth += 1 if mark[0] == "{" else -1
        elif mark[0] == '"':
            quoted = quoted != (depth == 0 and separator is CONCATENATE)
        elif mark[0][0] != "\\" and depth == 0 and not quoted:
            yield value[start : mark.start()]
            start = mark.end()
    yield value[start:]


def given_first(name: str) -> str:
    """'Family, Given' with the given name first; 'Family, Jr, Given' keeps its suffix at the end.

    >>> given_first("Qu, Hui"), given_first("King, Jr, Martin"), given_first("Hui Qu")
    ('Hui Qu', 'Martin King, Jr', 'Hui Qu')
    """
    parts = [part.strip() for part in name.split(",")]
    if len(parts) == 2:
        return " ".join(part for part in reversed(parts) if part)
    return f"{parts[2]} {parts[0]}, {parts[1]}" if len(parts) == 3 else name


FORMAT = Format("BibTeX", (".bib", ".bibtex", ".biblatex"), read, starts_with(r"(?:%[^\n]*\n\s*)*@\s*[a-zA-Z]+\s*[{(]"))
