"""Text exports made of tagged lines, and what is told of files that are none: fixtures of our own wording."""

import importlib
import importlib.metadata
import io
import textwrap
import zipfile
from pathlib import Path

import pytest

from pipeline.config import CorpusConfig
from pipeline.corpus import Paper, Rejected, find_sources, read_corpus
from pipeline.corpus import read_papers as read_rows
from pipeline.corpus.file_format import Format, starts_with
from pipeline.corpus.formats import known_formats
from pipeline.corpus.record import Record
from pipeline.errors import CorpusError

WOS = """
FN Clarivate Analytics Web of Science
VR 1.0
PT J
AU Larsen, IM
   Moe, P
   WHO Ice Group
AF Larsen, Ida Marie
   Moe, Per
   WHO Ice Group
TI Melt ponds on sea ice: how a dark surface
   warms the water below
SO POLAR NOTES
AB We flew over the ponds and
   counted them twice. Dark ponds
   grow.
DE melt ponds; albedo
CR Aho A, 2001, J ICE, V1, P2, DOI 10.1000/a
   Berg T, 1999, SNOW, V7, P9
   Anonymous, 1987, CHARTS
PY 2021
DI 10.1000/ponds
UT WOS:000000000000001
ER

PT J
AU Sund, Q
TI Buoys in a storm
EA MAR 2020
UT WOS:000000000000002
ER

PT J
TI A record whose end was lost
PY 1998
PT S
BA Aal, R
TI Proceedings of the ice days
PY 2003
ER

EF
"""


def read(folder, name: str, content: str | bytes) -> list[Paper | Rejected]:
    data = content if isinstance(content, bytes) else textwrap.dedent(content).lstrip("\n").encode()
    (folder / name).write_bytes(data)
    return list(read_rows(find_sources([name], folder), CorpusConfig(files=(name,))))


def papers_of(rows: list[Paper | Rejected]) -> list[Paper]:
    assert not [row for row in rows if isinstance(row, Rejected)]
    return [row for row in rows if isinstance(row, Paper)]


@pytest.mark.parametrize("name", ["savedrecs.txt", "savedrecs.ciw", "old.isi", "no_ending"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_web_of_science_is_read_under_any_name_and_line_end(tmp_path, name, line_end):
    found = papers_of(read(tmp_path, name, "\ufeff" + WOS.lstrip("\n").replace("\n", line_end)))
    assert [paper.id for paper in found[:2]] == ["WOS:000000000000001", "WOS:000000000000002"]
    ponds, buoys, cut, proceedings = found
    assert ponds.title == "Melt ponds on sea ice: how a dark surface warms the water below"
    assert ponds.abstract == "We flew over the ponds and counted them twice. Dark ponds grow."
    assert ponds.authors == ("Ida Marie Larsen", "Per Moe", "WHO Ice Group")
    assert (ponds.year, ponds.extra["doi"], ponds.extra["keywords"]) == (
        2021,
        "10.1000/ponds",
        ["melt ponds", "albedo"],
    )
    assert [one["raw"] for one in ponds.extra["references"]] == [
        "Aho A, 2001, J ICE, V1, P2, DOI 10.1000/a",
        "Berg T, 1999, SNOW, V7, P9",
        "Anonymous, 1987, CHARTS",
    ]
    assert [one["id"] for one in ponds.extra["references"]] == ["doi:10.1000/a", "", ""]
    assert {one["source"] for one in ponds.extra["references"]} == {"Web of Science"}
    assert (buoys.year, buoys.authors) == (2020, ("Q Sund",)), "the year of early access where there is no other"
    assert (cut.title, cut.year) == ("A record whose end was lost", 1998)
    assert (proceedings.authors, proceedings.year) == (("R Aal",), 2003)
    assert {paper.format for paper in found} == {"Web of Science"}


REFER = """
%0 Journal Article
%T Seed rain under
hedges
%A Larsen, Ida
%A Per Moe
%J Field Notes
%D 2011
%K seeds
%K hedges
%X We set out traps.

Birds bring half of the seeds.
%R 10.1000/seeds

%0 Report
%T Owls of the fen
%D 1987


%T A table of contents
%D 2001

%T Paper without a type
%A Sund, Q.
"""


@pytest.mark.parametrize("name", ["library.enw", "library.txt", "export.enl"])
def test_refer_goes_on_over_blank_lines_and_ends_at_a_title_or_type(tmp_path, name):
    seeds, owls, contents, untyped = papers_of(read(tmp_path, name, REFER))
    assert (seeds.title, seeds.year, seeds.extra["journal"]) == ("Seed rain under hedges", 2011, "Field Notes")
    assert seeds.authors == ("Ida Larsen", "Per Moe")
    assert seeds.abstract == "We set out traps. Birds bring half of the seeds."
    assert (seeds.extra["keywords"], seeds.extra["doi"]) == (["seeds", "hedges"], "10.1000/seeds")
    assert [paper.title for paper in (owls, contents, untyped)] == [
        "Owls of the fen",
        "A table of contents",
        "Paper without a type",
    ]
    assert untyped.authors == ("Q. Sund",)


OVID = """
<1>
Accession Number
  00001234-202001000-00005.
Author
  Larsen, Ida M 1;  Moe, Per 2,3;  Sund Q.
Title
  Sleep and tides among harbour pilots.[Article]
Source
  Journal of Pilots.   4(2):10-19, January 2020.
Abstract
  Pilots wake with the tide. They nap
  at slack water.
References
  Aho A. 2001. Naps. J Sleep 1: 2-3.

  Berg T. 1999. Tides. Sea 7: 9.
<2>
TI  - Second, in the short form
AU  - Moe P
AB  - Short text.
YR  - 2018
"""


def test_ovid_in_both_forms(tmp_path):
    first, second = papers_of(read(tmp_path, "ovid.txt", OVID))
    assert first.title == "Sleep and tides among harbour pilots."
    assert first.abstract == "Pilots wake with the tide. They nap at slack water."
    assert first.authors == ("Ida M Larsen", "Per Moe", "Q Sund")
    assert (first.year, first.extra["journal"]) == (2020, "Journal of Pilots")
    assert [one["raw"] for one in first.extra["references"]] == [
        "Aho A. 2001. Naps. J Sleep 1: 2-3.",
        "Berg T. 1999. Tides. Sea 7: 9.",
    ]
    assert (second.title, second.year, second.authors) == ("Second, in the short form", 2018, ("P Moe",))


PUBMED_ABSTRACTS = """

1. Ice Lett. 2019 Aug;12(3):101-12. doi: 10.1000/ice.1. Epub 2019
Jul 2.

Ice sheets that melt from
below.

Larsen I(1), Moe PQ Jr(2), van der Berg A(1)(2).

Author information:
(1)Institute of Ice, Street 2, Oslo.

BACKGROUND: Warm water reaches the ice.
1. We measure how fast.

CONCLUSIONS: It is fast.

Copyright © 2019 Ice Society. All rights reserved.

DOI: 10.1000/ice.1
PMCID: PMC1234567
PMID: 31000001 [Indexed for MEDLINE]


2. Snow Rep. 2018 May 1. doi: 10.1000/snow.

Comment on: a title that is all there is.

Comment on
    Snow Rep. 2017.

Sund Q.

PMID: 31000002
"""

PUBMED_SUMMARIES = """
1: Larsen I, Moe PQ Jr, van der Berg A. Ice sheets that melt from below. What now?
Ice Lett. 2019 Aug;12(3):101-12. doi: 10.1000/ice.1. Epub 2019 Jul 2. PMID:
31000001; PMCID: PMC1234567.

2: Sund Q. Snow. Snow Rep. 2018 May 1. doi: 10.1000/snow. PMID: 31000002.

3: nothing that can be told apart PMID: 3
"""


def test_pubmed_abstracts_as_text(tmp_path):
    first, second = papers_of(read(tmp_path, "abstract.txt", PUBMED_ABSTRACTS))
    assert (first.id, first.title) == ("pmid:31000001", "Ice sheets that melt from below.")
    assert first.abstract == (
        "BACKGROUND: Warm water reaches the ice. 1. We measure how fast. CONCLUSIONS: It is fast."
    )
    assert first.authors == ("I Larsen", "PQ Moe Jr", "A van der Berg")
    assert (first.year, first.extra["journal"]) == (2019, "Ice Lett")
    assert (first.extra["doi"], first.extra["pmc"], first.format) == ("10.1000/ice.1", "PMC1234567", "PubMed")
    assert (second.title, second.abstract, second.year) == ("Comment on: a title that is all there is.", "", 2018)


def test_pubmed_summaries_as_text_and_one_that_is_none(tmp_path):
    first, second, broken = read(tmp_path, "summary.txt", PUBMED_SUMMARIES)
    assert first.title == "Ice sheets that melt from below. What now?"
    assert first.authors == ("I Larsen", "PQ Moe Jr", "A van der Berg")
    assert (first.id, first.year, first.extra["journal"]) == ("pmid:31000001", 2019, "Ice Lett")
    assert (first.extra["doi"], first.extra["pmc"]) == ("10.1000/ice.1", "PMC1234567")
    assert (second.title, second.authors, second.year) == ("Snow.", ("Q Sund",), 2018)
    assert isinstance(broken, Rejected)
    assert "authors, title, journal and year" in broken.reason


def test_a_tagged_export_of_an_unknown_program_is_refused_and_not_taken_for_a_listing(tmp_path):
    with pytest.raises(CorpusError, match=r"odd\.txt: a list of tagged lines \('ZA:' \.\.\.\).* export it as RIS"):
        read(tmp_path, "odd.txt", "ZA: One, Two\nZB: Three, Four\nZC: Five\n")
    folder = tmp_path / "many"
    folder.mkdir()
    (folder / "odd.txt").write_text("ZA: One, Two\nZB: Three, Four\nZC: Five\n")
    (folder / "good.txt").write_text("On ice\nIt melts.\n")
    corpus = read_corpus(CorpusConfig(files=("many",)), tmp_path)
    assert corpus.tables.papers.column("title").to_pylist() == ["On ice"]
    (reject,) = corpus.tables.rejected.to_pylist()
    assert reject["source"] == "odd.txt"
    assert reject["reason"].startswith("a list of tagged lines ('ZA:' ...)")


def test_a_text_is_a_listing_only_where_most_second_lines_are_authors(tmp_path):
    prose = "A first line\nthat goes on here.\nAnd a third.\n" * 20
    with pytest.raises(CorpusError, match="not a listing of three lines a paper"):
        read(tmp_path, "prose.txt", prose)
    half = "On ice\nLarsen, Ida\nIt melts.\nOn snow\nno names at all in here.\nIt falls.\n"
    rows = read(tmp_path, "half.txt", half)
    assert [isinstance(row, Paper) for row in rows] == [True, False]


def test_a_table_named_txt_is_a_table(tmp_path):
    (paper,) = papers_of(read(tmp_path, "table.txt", "title\tabstract\tyear\nOn ice\tIt melts.\t2001\n"))
    assert (paper.title, paper.abstract, paper.year) == ("On ice", "It melts.", 2001)


def zipped(*names: str) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name in names:
            archive.writestr(name, "application/vnd.oasis.opendocument.text")
    return content.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("paper.pdf", b"%PDF-1.7 ...", "a PDF, and lists of papers are read; add it to Zotero"),
        ("paper.txt", b"%PDF-1.7 ...", "a PDF"),
        ("list.docx", zipped("[Content_Types].xml", "word/document.xml"), "a document of a word processor"),
        ("list.zip.docx", zipped("[Content_Types].xml", "word/document.xml"), "a document of a word processor"),
        ("list.odt", zipped("mimetype"), "a document of a word processor"),
        ("list.csv", b"<!DOCTYPE html><html><body>Please log in</body></html>", "a web page, not an export"),
        ("savedrecs.xls", b"<html><table><tr><td>Title</td></tr></table></html>", "a web page"),
        ("My.enl", b"\x00\x01\x02", "a library of EndNote; in EndNote: File, Export"),
        ("zotero.sqlite", b"SQLite format 3\0", "a data base of a program"),
        ("x.rar", b"Rar!", "an archive that is not opened"),
        ("x.pkl", b"\x80\x04", "a pickle, which can run code"),
        ("x.unknown", b"\x80\x04", "unknown format '.unknown'"),
    ],
)
def test_what_is_no_list_of_papers_is_refused_with_the_way_out(tmp_path, name, content, expected):
    with pytest.raises(CorpusError) as problem:
        read(tmp_path, name, content)
    assert expected in str(problem.value)
    assert "\n" not in str(problem.value)


@pytest.mark.parametrize(
    "content", ["TY  - JOUR\r\nTI  - One\r\nER  - \r\n\n\rTY  - JOUR\r\nTI  - Two\r\nER  - \r\n\n\r"]
)
def test_mixed_line_ends_lose_no_record(tmp_path, content):
    assert [paper.title for paper in papers_of(read(tmp_path, "ieee.ris", content.encode()))] == ["One", "Two"]


def test_bytes_of_windows_are_letters_and_words_of_another_script_are_rejected(tmp_path):
    lines = [
        '{"title": "Montréal in winter", "authors": ["José Núñez"], "abstract": "It’s cold."}'.encode("cp1252"),
        '{"title": "Größe", "abstract": "of dunes"}'.encode(),
        '{"title": "Таяние льда", "abstract": "text"}'.encode("koi8-r"),
    ]
    first, second, third = read(tmp_path, "mixed.jsonl", b"\n".join(lines))
    assert (first.title, first.abstract, first.authors) == ("Montréal in winter", "It’s cold.", ("José Núñez",))
    assert first.repaired == ("bytes read as Windows-1252",)
    assert (second.title, second.repaired) == ("Größe", ())
    assert isinstance(third, Rejected)
    assert third.reason == "not utf-8 text"
    corpus = read_corpus(CorpusConfig(files=("mixed.jsonl",)), tmp_path)
    assert corpus.repaired == {"bytes read as Windows-1252": 1}


def read_shouted(source, _encoding):
    yield Record(source.name, 1, {"title": source.read_whole().decode().removeprefix("LOUD ").strip().lower()})


SHOUTED = Format("shouted", (".loud",), read_shouted, starts_with("LOUD "))


def test_another_package_adds_a_format_by_an_entry_point(tmp_path, monkeypatch):
    entry = importlib.metadata.EntryPoint("shouted", "tests.test_tagged_text:SHOUTED", "paperatlas.readers")
    monkeypatch.setattr("pipeline.corpus.formats.entry_points", lambda group: [entry] if "readers" in group else [])
    known_formats.cache_clear()
    try:
        for name in ("note.loud", "note.txt"):
            (paper,) = papers_of(read(tmp_path, name, "LOUD ICE MELTS\n"))
            assert (paper.title, paper.format) == ("ice melts", "shouted")
    finally:
        known_formats.cache_clear()


def test_an_entry_point_that_is_no_format_is_named(tmp_path, monkeypatch):
    entry = importlib.metadata.EntryPoint("odd", "tests.test_tagged_text:WOS", "paperatlas.readers")
    monkeypatch.setattr("pipeline.corpus.formats.entry_points", lambda group: [entry])
    known_formats.cache_clear()
    try:
        with pytest.raises(CorpusError, match=r"entry point 'odd' of paperatlas\.readers .* is no Format"):
            read(tmp_path, "note.txt", "x")
    finally:
        known_formats.cache_clear()


def test_the_example_of_the_documentation_reads_a_file(tmp_path, monkeypatch):
    page = (Path(__file__).parent.parent / "docs" / "formats.md").read_text()
    (tmp_path / "pairs_of_the_documentation.py").write_text(page.split("```python\n")[1].split("```")[0])
    monkeypatch.syspath_prepend(str(tmp_path))
    module = importlib.import_module("pairs_of_the_documentation")
    entry = importlib.metadata.EntryPoint("pairs", f"{module.__name__}:PAIRS", "paperatlas.readers")
    monkeypatch.setattr("pipeline.corpus.formats.entry_points", lambda group: [entry])
    known_formats.cache_clear()
    try:
        paper, reject = read(tmp_path, "mine.txt", "#pairs\nOn ice | It melts.\nno mark\n")
        assert (paper.title, paper.abstract, paper.format) == ("On ice", "It melts.", "pairs")
        assert reject.reason == "no ' | ' between title and abstract"
    finally:
        known_formats.cache_clear()


def test_names_of_capitals_and_small_letters_are_not_taken_for_what_they_are_not(tmp_path):
    names = ("Pia Aho", "Lee J. Jr", "Moe Et Al", "Per Moe And Others", "Study Group", "No Author", "Mar Al")
    written = "".join(f"AU  - {name}\n" for name in names)
    (paper,) = papers_of(read(tmp_path, "p.ris", f"TY  - JOUR\nTI  - On ice\n{written}ER  - \n"))
    assert paper.authors == ("Pia Aho", "J. Lee, Jr", "Moe", "Per Moe", "Study Group", "Mar Al")


def test_a_line_of_an_abstract_that_begins_like_the_end_of_a_reference_goes_on(tmp_path):
    text = "TY  - JOUR\nTI  - One\nAB  - Of the\nTYPE of\nER positive ice.\n\nER  - \nTY  - JOUR\nTI  - Two\n"
    first, second = papers_of(read(tmp_path, "p.ris", text))
    assert (first.title, first.abstract, second.title) == ("One", "Of the TYPE of ER positive ice.", "Two")
