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
from itertools import islice
from typing import TYPE_CHECKING

from pipeline.corpus.decoding import read_lines
from pipeline.corpus.file_format import Format, Piece
from pipeline.corpus.readers.bibtex_encoding import WITHIN, said_encoding
from pipeline.corpus.readers.bibtex_fields import VERBATIM, filled_values, raw_values, to_fields, without_enclosing
from pipeline.corpus.readers.bibtex_repair import has_fields, mend_entry
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
KEY = re.compile(r"@\s*(?!string|comment|preamble)[A-Za-z]+\s*[{(]\s*+([^,{}\"=\n]*+)\s*+,", re.IGNORECASE)
CROSSREF = re.compile(r"""\b(?:crossref|xdata)\s*=\s*["{]([^"}]+)["}]""", re.IGNORECASE)
STRING = re.compile(r"@\s*string\b", re.IGNORECASE)
# An entry, after comments or a few lines that a program writes above the first.
BEGINNING = re.compile(
    r"\s*(?:(?:%[^\n]*\n\s*)*@\s*(?:[a-zA-Z]+|\[['\"][^\]{}\n]{0,200}\])\s*[{(]|(?:[^\n@]{0,300}\n){1,12}?@[a-zA-Z]{4,15}\s*\{[^\s,{}=]{1,200},\s*\n)"
)
ENTRIES_AT_ONCE = 300
# How Semantic Scholar begins its entries: "@['JournalArticle', 'Review']{key,".
LISTED_KINDS = re.compile(r"^\s*@\[['\"](\w+)[^\]{}\n]{0,200}\]\s*\{")
KINDS: Mapping[str, str] = {"Conference": "inproceedings", "Book": "book", "BookSection": "incollection"}


def read(source: Source, encoding: str) -> Iterator[Record | Rejected]:
    """Each entry as a record; row: the line it starts in. A broken entry is rejected, the others are read.

    The file is parsed a few hundred entries at a time, so that memory does not grow with it.
    """
    for piece in cut(source, encoding):
        yield from piece()


def cut(source: Source, encoding: str) -> Iterator[Piece]:
    """The same in pieces."""
    encoding = _own_encoding(source, encoding)
    index = _read_index(source, encoding)
    macros: dict[str, str] = {}
    volumes = _read_volumes(source, encoding, index.volumes)
    converter = _Converter(source.name, index.repeated, volumes)
    for first, text in _chunks(source, encoding):
        if STRING.search(text):
            macros = macros | _macros(_parse(text))
        yield partial(_to_records, converter, (first, text), macros)


def _own_encoding(source: Source, encoding: str) -> str:
    """The one that the config names, or that the file says where it names UTF-8; words in UTF-8 are read as such."""
    if encoding.lower().replace("_", "-") not in ("utf-8", "utf8", "utf-8-sig"):
        return encoding
    return said_encoding(line for _, line in islice(read_lines(source, encoding), WITHIN)) or encoding


def _to_records(
    converter: "_Converter", chunk: tuple[int, str], macros: Mapping[str, str]
) -> Iterator[Record | Rejected]:
    from bibtexparser.model import Entry, ImplicitComment, ParsingFailedBlock

    first, text = chunk
    library = _parse(text)
    blocks = sorted(library.blocks, key=lambda block: block.start_line or 0)
    for block, behind in zip(blocks, [*blocks[1:], None], strict=True):
        if isinstance(block, Entry | ParsingFailedBlock):
            goes_on = behind.raw or "" if isinstance(behind, ImplicitComment) else ""
            yield converter.convert(block, macros, line=first + (block.start_line or 0), behind=goes_on)


@dataclass(frozen=True)
class _Converter:
    """Block -> record or reject. repeated: keys of several entries; volumes: fields of the entry of each key."""

    source: str
    repeated: frozenset[str]
    volumes: Mapping[str, Mapping[str, str]]

    def convert(self, block: "Block", macros: Mapping[str, str], *, line: int, behind: str) -> Record | Rejected:
        """behind: the text between the block and the next, which a brace too many cuts off."""
        entry = _entry_of(block)
        if entry is None or has_fields(behind):
            if mended := mend_entry((block.raw or "").rstrip("\n") + behind):
                values, _ = filled_values(mended.values, macros)
                return self._record((mended.kind, mended.key), values, line=line, repaired=(mended.repaired,))
            if entry is None:
                return Rejected(self.source, line, f"broken BibTeX: {_reason(block)}")
        values, repaired = raw_values(entry, macros)
        return self._record((entry.entry_type, entry.key), values, line=line, repaired=repaired)

    def _record(
        self, head: tuple[str, str], values: dict[str, str], *, line: int, repaired: tuple[str, ...]
    ) -> Record | Rejected:
        kind, key = head[0].lower(), head[1]
        if kind in VOLUMES and key.lower() in self.volumes and not values.get("abstract"):
            return Rejected(self.source, line, f"@{kind}: a volume, not a paper", key)
        fields = to_fields(key, kind, self._with_volume(values), shared=key in self.repeated)
        return Record(self.source, line, fields, repaired=repaired)

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
    for _, line in _lines(source, encoding):
        if "crossref" in line.lower():
            volumes |= {key.strip().lower() for key in CROSSREF.findall(line)}
        for key in map(str.strip, KEY.findall(line)) if "@" in line else ():
            (repeated if key in seen else seen).add(key)
    return _Index(frozenset(volumes - {""}), frozenset(repeated - {""}))


def _read_volumes(source: Source, encoding: str, keys: frozenset[str]) -> dict[str, dict[str, str]]:
    """Fields of the entries with these keys, anywhere in the file."""
    volumes: dict[str, dict[str, str]] = {}
    macros: dict[str, str] = {}
    for _, text in _chunks(source, encoding) if keys else ():
        if not any(name.strip().lower() in keys for name in KEY.findall(text)) and not STRING.search(text):
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
    for number, line in _lines(source, encoding):
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


def _lines(source: Source, encoding: str) -> Iterator[tuple[int, str]]:
    """The lines, with one kind for each entry."""
    for number, line in read_lines(source, encoding):
        yield number, LISTED_KINDS.sub(_one_kind, line) if "@[" in line else line


def _one_kind(head: re.Match[str]) -> str:
    return f"@{KINDS.get(head[1], 'article')}{{"


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
    if block.raw and not block.raw.rstrip().endswith(("}", ")")):
        return "its closing brace is missing; is the file cut?"
    lines = str(getattr(block, "error", None) or "not understood").split("\n")
    return next((line.strip() for line in lines if line.strip()), "not understood")[:200]


def _begins(text: str) -> bool:
    return BEGINNING.match(text) is not None


FORMAT = Format("BibTeX", (".bib", ".bibtex", ".biblatex"), read, _begins, cut)
