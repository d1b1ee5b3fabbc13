"""BibTeX, BibLaTeX -> records, by bibtexparser: files cut into entries; their fields are read by bibtex_fields.py.

The citation key is the paper's id. Entries that share a key get ids from their content, never from their order. An
entry inherits the fields that it lacks from the one that its crossref names.
"""

import logging
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from pipeline.corpus.decoding import read_lines
from pipeline.corpus.file_format import Format, Piece
from pipeline.corpus.readers.bibtex_fields import VERBATIM, raw_values, to_fields, without_enclosing
from pipeline.corpus.record import Record, Rejected
from pipeline.corpus.sources import Source

if TYPE_CHECKING:
    from bibtexparser.library import Library
    from bibtexparser.model import Block, Entry

__all__ = ["FORMAT", "VERBATIM", "read"]

# What a paper does not inherit from its volume.
NOT_INHERITED = frozenset(
    {"title", "author", "abstract", "doi", "url", "eprint", "pages", "crossref", "note", "keywords"}
)
VOLUMES = frozenset({"proceedings", "mvproceedings", "collection", "mvcollection"})
KEY = re.compile(r"@\s*(?!string|comment|preamble)[A-Za-z]+\s*[{(]\s*([^,{}\"=\n]*?)\s*,", re.IGNORECASE)
CROSSREF = re.compile(r"""\b(?:crossref|xdata)\s*=\s*["{]\s*([^"}]+?)\s*["}]""", re.IGNORECASE)
STRING = re.compile(r"@\s*string\b", re.IGNORECASE)
# An entry, after comments or a few lines that a program writes above the first.
BEGINNING = re.compile(
    r"\s*(?:(?:%[^\n]*\n\s*)*@\s*[a-zA-Z]+\s*[{(]|(?:[^\n@]{0,300}\n){1,12}?@[a-zA-Z]{4,15}\s*\{[^\s,{}=]{1,200},\s*\n)"
)
ENTRIES_AT_ONCE = 300


def read(source: Source, encoding: str) -> Iterator[Record | Rejected]:
    """Each entry as a record; row: the line it starts in. A broken entry is rejected, the others are read.

    The file is parsed a few hundred entries at a time, so that memory does not grow with it.
    """
    for piece in cut(source, encoding):
        yield from piece()


def cut(source: Source, encoding: str) -> Iterator[Piece]:
    """The same in pieces."""
    index = _read_index(source, encoding)
    macros: dict[str, str] = {}
    volumes = _read_volumes(source, encoding, index.volumes)
    converter = _Converter(source.name, index.repeated, volumes)
    for first, text in _chunks(source, encoding):
        if STRING.search(text):
            macros = macros | _macros(_parse(text))
        yield partial(_to_records, converter, (first, text), macros)


def _to_records(
    converter: "_Converter", chunk: tuple[int, str], macros: Mapping[str, str]
) -> Iterator[Record | Rejected]:
    first, text = chunk
    library = _parse(text)
    for block in sorted([*library.entries, *library.failed_blocks], key=lambda block: block.start_line or 0):
        yield converter.convert(block, first + (block.start_line or 0), macros)


@dataclass(frozen=True)
class _Converter:
    """Block -> record or reject. repeated: keys of several entries; volumes: fields of the entry of each key."""

    source: str
    repeated: frozenset[str]
    volumes: Mapping[str, Mapping[str, str]]

    def convert(self, block: "Block", line: int, macros: Mapping[str, str]) -> Record | Rejected:
        entry = _entry_of(block)
        if entry is None:
            return Rejected(self.source, line, f"broken BibTeX: {_reason(block)}")
        kind = entry.entry_type.lower()
        values, twice = raw_values(entry, macros)
        if kind in VOLUMES and entry.key.lower() in self.volumes and not values.get("abstract"):
            return Rejected(self.source, line, f"@{kind}: a volume, not a paper", entry.key)
        fields = to_fields(entry.key, kind, self._with_volume(values), shared=entry.key in self.repeated)
        return Record(self.source, line, fields, repaired=("a field given twice",) if twice else ())

    def _with_volume(self, values: dict[str, str]) -> dict[str, str]:
        name = values.get("crossref", "").strip().lower()
        volume = self.volumes.get(name, {}) if name else {}
        inherited = {name: value for name, value in volume.items() if name not in NOT_INHERITED}
        if "title" in volume:
            inherited.setdefault("booktitle", volume["title"])
        return inherited | values


def _entry_of(block: "Block") -> "Entry | None":
    """The entry of a block, also where its key or a field of it is there twice."""
    from bibtexparser.model import DuplicateBlockKeyBlock, DuplicateFieldKeyBlock, Entry

    while isinstance(block, DuplicateBlockKeyBlock | DuplicateFieldKeyBlock):
        inner = block.ignore_error_block
        if inner is None:
            return None
        block = inner
    return block if isinstance(block, Entry) else None


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
    return _Index(frozenset(volumes), frozenset(repeated - {""}))


def _read_volumes(source: Source, encoding: str, keys: frozenset[str]) -> dict[str, dict[str, str]]:
    """Fields of the entries with these keys, anywhere in the file."""
    volumes: dict[str, dict[str, str]] = {}
    macros: dict[str, str] = {}
    for _, text in _chunks(source, encoding) if keys else ():
        if not any(name.lower() in keys for name in KEY.findall(text)) and not STRING.search(text):
            continue
        library = _parse(text)
        macros |= _macros(library)
        entries = [entry for block in library.blocks if (entry := _entry_of(block)) and entry.key.lower() in keys]
        volumes |= {entry.key.lower(): raw_values(entry, macros)[0] for entry in entries}
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
        plain = line.strip()
        lines.append(f"{line.rstrip()}\n" if line.endswith("\r") else line)
        ended = ended if not plain else plain.endswith(("}", ")")) and not plain.endswith("\\}")
    if lines:
        yield first, "".join(lines)


def _parse(text: str) -> "Library":
    import bibtexparser

    with _quiet():
        return bibtexparser.parse_string(text, parse_stack=[])


def _macros(library: "Library") -> dict[str, str]:
    return {string.key.lower(): without_enclosing(str(string.value)) for string in library.strings}


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


def _begins(text: str) -> bool:
    return BEGINNING.match(text) is not None


FORMAT = Format("BibTeX", (".bib", ".bibtex", ".biblatex"), read, _begins, cut)
