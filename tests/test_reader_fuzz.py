"""Files of every format, damaged byte by byte: each is read, or refused in one line; no row goes astray.

100 files of each format in the suite; 10,000 with `pytest -m torture`.
"""

import json
import tempfile
import time
from pathlib import Path

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.config import CorpusConfig
from pipeline.corpus import find_sources, read_corpus, read_papers
from pipeline.errors import CorpusError
from tests import (
    format_files,
    test_json_services,
    test_labelled_text,
    test_tagged_text,
    test_xml_feeds_and_catalogues,
    test_xml_formats,
    test_zotero,
)
from tests.zotero_library import write_library

LONGEST = 50.0  # seconds, ten times what is promised
FEW, MANY = 100, 10_000


def spreadsheet() -> bytes:
    with tempfile.NamedTemporaryFile(suffix=".xlsx") as file:
        book = openpyxl.Workbook()
        book.active.append(["Title", "Abstract", "Authors", "Year"])
        book.active.append(["On ice", "It melts.", "Larsen, Ida; Moe, Per", 2020])
        book.save(file.name)
        return Path(file.name).read_bytes()


def data_base() -> bytes:
    """Of Zotero, in small pages, so that damage hits what leads from one to another."""
    with tempfile.TemporaryDirectory() as folder:
        return write_library(Path(folder) / "zotero.sqlite", test_zotero.LIBRARY, page_size=512).read_bytes()


def by_ending(*endings: str) -> dict[str, bytes]:
    return {name: content for name, content in format_files.EXAMPLES.items() if name.endswith(endings)}


TAGGED = {"refer.enw": test_tagged_text.REFER, "ovid.txt": test_tagged_text.OVID, "wos.ciw": test_tagged_text.WOS}
LISTING = "Larsen, Ida\nOn ice\nLarsen, Ida, Moe, null\nIt melts.\nOn snow\nSund, Q.\nIt falls.\n"
FIXTURES: dict[str, dict[str, bytes]] = {
    "BibTeX": by_ending(".bib"),
    "RIS": by_ending(".ris"),
    "NBIB": by_ending(".nbib"),
    "tables": by_ending(".csv", ".tsv"),
    "JSON": by_ending(".json", ".jsonl"),
    "XML": by_ending(".xml"),
    "JSON of services": {f"{name}.json": json.dumps(one).encode() for name, one in test_json_services.SERVICES.items()},
    "XML of documents": {f"{name}.xml": getattr(test_xml_formats, name).encode() for name in ("JATS", "TEI", "MODS")},
    "XML of feeds and catalogues": {
        f"{name}.xml": getattr(test_xml_feeds_and_catalogues, name).encode()
        for name in ("RSS1", "RSS2", "UNIXREF", "FLAT", "DEPOSIT", "DATACITE", "MARC", "UNIMARC")
    },
    "Markdown": by_ending(".md"),
    "spreadsheets": {"papers.xlsx": spreadsheet()},
    "tagged": {name: content.lstrip("\n").encode() for name, content in TAGGED.items()},
    "labelled": {name: content.lstrip("\n").encode() for name, content in test_labelled_text.LABELLED.items()},
    "PubMed's texts": {"abstracts.txt": test_tagged_text.PUBMED_ABSTRACTS.encode(),
                       "summaries.txt": test_tagged_text.PUBMED_SUMMARIES.encode()},
    "listing": {"listing.txt": LISTING.encode()},
    "Zotero's data base": {"zotero.sqlite": data_base()},
}  # fmt: skip
SPLINTERS = [
    *(b"\n", b"\r", b"\0", b'"', b"{", b"}", b"\\", b",", b"\t", b"<", b"&x;", b"  - ", b"\xff", b"\xe9", b"\n\n"),
    *(b"PMID- ", b"TY  - ", b"ER", b"@article{a,", b"%0 ", "\u4e2d\u6587".encode("gbk"), b"-1", b"null"),
    *("冰川的融化与海洋".encode("gbk"), "氷河の融解".encode("shift_jis"), "冰川".encode()),
]


@st.composite
def damaged(draw, fixtures: dict[str, bytes]) -> tuple[str, bytes]:
    """A fixture's name and its bytes with up to eight places cut, doubled, overwritten or filled."""
    name = draw(st.sampled_from(sorted(fixtures)))
    content = bytearray(fixtures[name])
    for _ in range(draw(st.integers(1, 8))):
        start = draw(st.integers(0, max(len(content) - 1, 0)))
        end = min(len(content), start + draw(st.integers(0, 40)))
        how = draw(st.sampled_from(["cut", "double", "fill", "flip", "end"]))
        if how == "cut":
            del content[start:end]
        elif how == "double":
            content[end:end] = content[start:end] * draw(st.integers(1, 3))
        elif how == "fill":
            content[start:start] = draw(st.sampled_from(SPLINTERS) | st.binary(max_size=6))
        elif how == "flip" and content:
            content[start] ^= 1 << draw(st.integers(0, 7))
        elif how == "end" and draw(st.booleans()):
            del content[start:]
    return name, bytes(content)


def check(name: str, content: bytes) -> None:
    """Raises where a damaged file is neither read with every row accounted for, nor refused in one line."""
    begun = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / name).write_bytes(content)
        config = CorpusConfig(files=(name,))
        message = ""
        try:
            rows = sum(1 for _ in read_papers(find_sources([name], Path(folder)), config))
            tables = read_corpus(config, Path(folder)).tables
        except CorpusError as problem:
            message = str(problem)
        if not message:
            assert rows == tables.papers.num_rows + tables.duplicates.num_rows + tables.rejected.num_rows
            assert all(tables.rejected.column("reason").to_pylist()), "every reject has a reason"
        assert "\n" not in message
        assert len(message) < 1_000
    assert time.monotonic() - begun < LONGEST


OPTIONS = {"deadline": None, "database": None, "suppress_health_check": list(HealthCheck), "derandomize": True}


@pytest.mark.parametrize("kind", FIXTURES)
def test_damaged_files_are_read_or_refused_in_one_line(kind):
    @settings(max_examples=FEW, **OPTIONS)
    @given(damaged(FIXTURES[kind]))
    def fuzz(file: tuple[str, bytes]) -> None:
        check(*file)

    fuzz()


@pytest.mark.torture
@pytest.mark.parametrize("kind", FIXTURES)
def test_very_many_damaged_files_are_read_or_refused_in_one_line(kind):
    @settings(max_examples=MANY, **OPTIONS | {"derandomize": False})
    @given(damaged(FIXTURES[kind]))
    def fuzz(file: tuple[str, bytes]) -> None:
        check(*file)

    fuzz()
