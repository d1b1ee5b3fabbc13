"""Tables, JSON, BibTeX and XML of newer programs (Paperpile, Litmaps, Elicit, ...): every field arrives."""

import csv
import io
import json

import pytest

from pipeline.config import CorpusConfig
from pipeline.corpus.file_search import find_sources
from pipeline.corpus.read import read_papers

AUTHORS = "Ida B Larsen, Per de Moe, Ice Core Office"
COMMON = {"Title": "On ice", "DOI": "10.1000/a", "Abstract": "It melts."}
TABLES = {
    "Paperpile": {
        **{"Item type": "Journal Article", "Authors": "Larsen Ida B,de Moe Per", **COMMON, "Journal": "Ice Lett."},
        **{"Full journal": "Ice Letters", "Publication year": "2018", "Labels filed in": "x"},
    },
    "Litmaps": {
        **{"LitmapsId": "77", **COMMON, "Authors": AUTHORS, "Year": "2018", "Journal": "Ice Letters"},
        **{"References": "12", "Cited By": "40"},
    },
    "ResearchRabbit": {
        **{**COMMON, "PubmedId": "31000001", "ArxivId": "", "Authors": AUTHORS, "Journal": "Ice Letters"},
        **{"Year": "2018", "BibTex": "@article{x, title={On ice}}"},
    },
    "Elicit": {
        **{**COMMON, "Authors": AUTHORS, "DOI link": "https://doi.org/10.1000/a", "Venue": "Ice Letters"},
        **{"Citation count": "3", "Year": "2018", "Summary": "Short", 'Supporting quotes for "Summary"': '"melts"'},
    },
    "SciSpace": {
        **{"Paper Title": "On ice", "Paper Link": "https://example.org/ice", "Author Names": AUTHORS},
        **{"Publication Date": "01 May 2018", "Publication Title": "Ice Letters", "DOI": "10.1000/a"},
        **{"Abstract": "It melts.", "TL;DR": "Ice melts"},
    },
}


def table(program):
    text = io.StringIO()
    csv.writer(text).writerows([list(TABLES[program]), list(TABLES[program].values())])
    return text.getvalue()


def rows(folder, name, content):
    (folder / name).write_text(content, encoding="utf-8")
    return list(read_papers(find_sources([name], folder), CorpusConfig(files=(name,))))


@pytest.mark.parametrize("program", TABLES)
def test_tables(tmp_path, program):
    [paper] = rows(tmp_path, "export.csv", table(program))
    assert (paper.id, paper.title, paper.abstract, paper.year, paper.format) == (
        *("10.1000/a", "On ice", "It melts.", 2018, program),
    )
    assert paper.authors[:2] == ("Ida B Larsen", "Per de Moe")
    assert paper.authors[2:] == (() if program == "Paperpile" else ("Ice Core Office",))
    assert (paper.extra["journal"], paper.extra["doi"]) == ("Ice Letters", "10.1000/a")
    assert "references" not in paper.extra, "a number of references is none"


def test_a_number_of_references_in_a_table_of_a_service_is_kept_as_such(tmp_path):
    [paper] = rows(tmp_path, "export.csv", table("Litmaps"))
    assert paper.extra["references_count"] == "12"


def test_bibtex_of_semantic_scholar_whose_kinds_are_lists(tmp_path):
    entries = """@['JournalArticle', 'Review']{Larsen2018OnI,
 author = {Ida Larsen and Per Moe},
 journal = {Ice Letters},
 title = {On ice},
 year = {2018}
}

@['Conference']{Moe2019Snow, author = {Per Moe}, booktitle = {Ice 2019}, title = {On snow}, year = {2019}}
@None{Dahl2020Rain, author = {Anna Dahl}, title = {On rain}, year = {2020}}
@["Book"]{Dahl2020Rain, author = {Anna Dahl}, title = {On rain again}, year = {2021}}
"""
    for name in ("a.bib", "a.txt"):
        papers = rows(tmp_path, name, entries)
        assert [paper.title for paper in papers] == ["On ice", "On snow", "On rain", "On rain again"]
        assert [paper.extra["type"] for paper in papers[:2]] == ["article", "inproceedings"]
        assert papers[0].authors == ("Ida Larsen", "Per Moe")
        assert papers[0].id == "Larsen2018OnI"
        assert papers[2].id != papers[3].id


def test_json_of_eppi_reviewer(tmp_path):
    item = {
        **{"ItemId": 55, "Title": "On ice", "ParentTitle": "Ice Letters", "ShortTitle": "Larsen (2018)"},
        **{
            "Year": "2018",
            "Abstract": "It melts.",
            "Authors": "Larsen Ida B; van der Moe Per ;",
            "DOI": "10.1000/a",
            "Volume": "3",
        },
    }
    [paper] = rows(tmp_path, "a.json", json.dumps({"CodeSets": [], "References": [item]}))
    assert (paper.id, paper.title, paper.abstract, paper.year, paper.format) == (
        *("10.1000/a", "On ice", "It melts.", 2018, "EPPI-Reviewer"),
    )
    assert paper.authors == ("Ida B Larsen", "Per van der Moe")
    assert (paper.extra["journal"], paper.extra["volume"]) == ("Ice Letters", "3")


WORD_NAMES = "http://schemas.openxmlformats.org/officeDocument/2006/bibliography"
MANAGERS = {
    "RefWorks": "<refworks><reference><rt>Journal Article</rt><id>12</id><a1>Larsen,Ida B.</a1><a1>Moe,Per</a1>"
    "<t1>On ice</t1><jf>Ice Letters</jf><yr>2018</yr><vo>3</vo><sp>11</sp><op>19</op><ab>It melts.</ab>"
    "<do>10.1000/a</do><k1>ice</k1>"
    "</reference></refworks>",
    "Word": f'<?xml version="1.0"?><b:Sources xmlns:b="{WORD_NAMES}" SelectedStyle=""><b:Source>'
    "<b:Tag>Lar18</b:Tag><b:Author>"
    "<b:Author><b:NameList><b:Person><b:Last>Larsen</b:Last><b:First>Ida</b:First><b:Middle>B.</b:Middle></b:Person>"
    "<b:Person><b:Last>Moe</b:Last><b:First>Per</b:First></b:Person></b:NameList></b:Author></b:Author>"
    "<b:Title>On ice</b:Title>"
    "<b:JournalName>Ice Letters</b:JournalName><b:Year>2018</b:Year><b:Volume>3</b:Volume><b:Pages>11-19</b:Pages>"
    "<b:DOI>10.1000/a</b:DOI></b:Source></b:Sources>",
    "BibTeX": '<?xml version="1.0"?><bibtex:file xmlns:bibtex="http://bibtexml.sf.net/"><bibtex:entry id="Larsen2018">'
    "<bibtex:article><bibtex:author>Larsen, Ida B. and Moe, Per</bibtex:author><bibtex:title>On ice</bibtex:title>"
    "<bibtex:journal>Ice Letters</bibtex:journal><bibtex:year>2018</bibtex:year><bibtex:volume>3</bibtex:volume>"
    "<bibtex:pages>11-19</bibtex:pages><bibtex:doi>10.1000/a</bibtex:doi></bibtex:article></bibtex:entry>"
    "</bibtex:file>",
}  # fmt: skip


@pytest.mark.parametrize("program", MANAGERS)
def test_xml_of_reference_managers(tmp_path, program):
    [paper] = rows(tmp_path, "export.xml", MANAGERS[program])
    assert (paper.title, paper.authors, paper.year, paper.format) == (
        *("On ice", ("Ida B. Larsen", "Per Moe"), 2018, program),
    )
    assert [paper.extra[name] for name in ("journal", "volume", "pages", "doi")] == [
        *("Ice Letters", "3", "11-19", "10.1000/a")
    ]
