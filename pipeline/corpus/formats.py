"""Source -> its format: by its first bytes, and by its ending where they could be anything."""

import codecs
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from pipeline.corpus.readers import (
    bibtex,
    delimited,
    documents,
    json_document,
    jsonl,
    listing,
    nbib,
    parquet,
    ris,
    xlsx,
    xml_files,
)
from pipeline.corpus.record import Record, Rejected
from pipeline.corpus.sources import ZIP, Source, damage_as_error
from pipeline.errors import CorpusError

Reader = Callable[[Source, str], Iterator[Record | Rejected]]
SNIFFED = 65_536  # bytes


@dataclass(frozen=True)
class Format:
    """endings: of its files, the usual one first."""

    name: str
    endings: tuple[str, ...]
    read: Reader


JSONL = Format("JSONL", (".jsonl", ".ndjson"), jsonl.read)
CSV = Format("CSV", (".csv",), delimited.read)
TSV = Format("TSV", (".tsv", ".tab"), delimited.read)
PARQUET = Format("Parquet", (".parquet",), parquet.read)
LISTING = Format("listing", (".txt",), listing.read)
BIBTEX = Format("BibTeX", (".bib", ".bibtex"), bibtex.read)
RIS = Format("RIS", (".ris",), ris.read)
NBIB = Format("NBIB", (".nbib", ".medline"), nbib.read)
XML = Format("XML", (".xml", ".atom"), xml_files.read)
JSON = Format("JSON", (".json",), json_document.read)
XLSX = Format("XLSX", (".xlsx",), xlsx.read)
MARKDOWN = Format("Markdown", (".md", ".markdown"), documents.read_markdown)
TEXT = Format("text", (), documents.read_text)
FORMATS = (JSONL, CSV, TSV, PARQUET, LISTING, BIBTEX, RIS, NBIB, XML, JSON, XLSX, MARKDOWN, TEXT)
BY_ENDING = {ending: one for one in FORMATS for ending in one.endings}

RIS_START = re.compile(r"\s*(?:\d+\.\s+)?TY {1,2}- ?\w")
NBIB_START = re.compile(r"\s*PMID *- ?\d")
BIBTEX_START = re.compile(r"\s*(?:%[^\n]*\n\s*)*@\s*[a-zA-Z]+\s*[{(]")
AUTHORS = re.compile(r"(?:(?:[^\W\d_a-z][^,]{0,60}|null|:)(?:, |$))+")
JSON_START = re.compile(r"[\[{]\s*[\[{\"\]}]")
JSON_LINES = re.compile(r"\s*\{.*\}\s*\r?\n\s*\{")
WOS_START = re.compile(r"(?:PT\tAU\t|PT\tBA\t|Publication Type\tAuthors\t)")


def known_endings() -> str:
    """The endings of all formats, for messages."""
    return ", ".join(BY_ENDING)


def find_format(source: Source) -> Format | None:
    """The format of a file; None where neither its content nor its ending shows one.

    Raises CorpusError where the file cannot be read.
    """
    start = _start(source)
    by_ending = BY_ENDING.get(source.suffix)
    if start.startswith(b"PAR1"):
        return PARQUET
    if start.startswith(ZIP):
        return XLSX if source.suffix in (".xlsx", ".xlsm") or b"[Content_Types].xml" in start else None
    return _by_first_lines(_decoded(start), source, by_ending) or by_ending


def _start(source: Source) -> bytes:
    with source.open() as file:
        try:
            with damage_as_error(source):
                return file.read(SNIFFED)
        except CorpusError:  # its reader reports how far it could be read
            return b""


def _decoded(start: bytes) -> str:
    for mark, encoding in ((codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16")):
        if start.startswith(mark):
            return start.decode(encoding, errors="replace")
    return start.decode("utf-8-sig", errors="replace")


def _by_first_lines(text: str, source: Source, by_ending: Format | None) -> Format | None:
    """The format that a text begins with; None where it could be anything."""
    if by_ending in (MARKDOWN, PARQUET):
        return by_ending
    starts = ((RIS_START, RIS), (NBIB_START, NBIB), (BIBTEX_START, BIBTEX), (WOS_START, TSV))
    for start, start_format in starts:
        if start.match(text):
            return start_format
    plain = text.lstrip()
    if plain.startswith(("<?xml", "<feed", "<PubmedArticleSet", "<!DOCTYPE Pubmed")):
        return XML
    if by_ending is JSON or (by_ending in (None, LISTING) and JSON_START.match(plain)):
        return JSONL if JSON_LINES.match(text) else JSON
    if by_ending is LISTING and (source.gathered or (source.listed and not _is_listing(text))):
        return TEXT
    return None


def _is_listing(text: str) -> bool:
    """Whether the second or third line could be the authors of a listing: pairs of names, all with a capital."""
    lines = [line.strip() for line in text.splitlines() if line.strip()][:3]
    return any(AUTHORS.fullmatch(line) is not None and bool(listing.split_authors(line)) for line in lines[1:])


def unknown_format(source: Source) -> CorpusError:
    """The error for a file of no known format."""
    ending = source.suffix or "(no ending)"
    return CorpusError(f"{source}: unknown format {ending!r}; known: {known_endings()}, also .gz, .zst, .zip")
