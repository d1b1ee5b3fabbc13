"""How often a source says that a paper is cited: one whole number, whatever the source calls it, nothing lost."""

import json

import pytest

from pipeline.config import CorpusConfig
from pipeline.corpus import read_corpus

WOS = (
    "FN Clarivate Analytics Web of Science\nPT J\nAU Larsen, I\nTI On ice\nTC 12\nZ9 15\nNR 30\nWC Ecology\nER\n\nEF\n"
)
RIS = "TY  - JOUR\nTI  - On ice\nN1  - Export Date: 04 May 2021; Cited By :1,017\nER  - \n"
BIBTEX = "@article{a,\n title = {On ice},\n note = {Cited by: 8; All Open Access}\n}\n"
FILES = {
    "wos.txt": (WOS, 12),
    "a.ris": (RIS, 1017),
    "wos.ris": ("TY  - JOUR\nTI  - On ice\nN1  - Times Cited in Web of Science Core Collection:  3\nER  - \n", 3),
    "a.bib": (BIBTEX, 8),
    "b.bib": ("@article{a,\n title = {On ice},\n times-cited = {9}\n}\n", 9),
    "scopus.csv": ("Authors,Title,Year,Cited by,EID\nLarsen I.,On ice,2020,4,2-s2.0-1\n", 4),
    "scholar.csv": ("Cites,Authors,Title,Year,Source,GSRank,QueryDate\n3,Pia Aho,On ice,2020,Ice,1,2021-02-03\n", 3),
    "lens.csv": ("Lens ID,Title,Citing Works Count\n1-2,On ice,0\n", 0),
    "own.csv": ('Title,Citations\nOn ice,"1,204"\n', 1204),
    "openalex.jsonl": (json.dumps({"title": "On ice", "cited_by_count": 5}), 5),
    "float.jsonl": (json.dumps({"title": "On ice", "citationCount": 5.0}), 5),
}


def columns(tmp_path, name, content):
    (tmp_path / name).write_text(content)
    [row] = read_corpus(CorpusConfig(files=(name,)), tmp_path).tables.papers.to_pylist()
    return row


@pytest.mark.parametrize("name", FILES)
def test_it_is_one_whole_number(tmp_path, name):
    content, expected = FILES[name]
    row = columns(tmp_path, name, content)
    assert row["title"] == "On ice"
    assert row["times_cited"] == expected
    assert type(row["times_cited"]) is int


def test_other_counts_and_the_note_are_kept(tmp_path):
    row = columns(tmp_path, "wos.txt", WOS)
    assert row["Times Cited, All Databases"] == "15"
    assert row["Cited Reference Count"] == "30"
    assert row["WoS Categories"] == "Ecology"
    assert "Cited By :1,017" in str(columns(tmp_path, "a.ris", RIS))


@pytest.mark.parametrize(
    "value", [["W1", "W2"], "Aho 2001; Moe 2002", "12 (Scopus)", "-3", True, 2.5, "1,20", "10" * 20, {"n": 3}]
)
def test_what_is_no_number_of_citations_stays_as_it_is(tmp_path, value):
    row = columns(tmp_path, "a.jsonl", json.dumps({"title": "On ice", "citations": value}))
    assert "times_cited" not in row
    assert row["citations"] == value or json.loads(row["citations"]) == value


@pytest.mark.parametrize("note", ["It is cited by 3 others.", "cited by: many", "Recited by: 3", "times cited"])
def test_a_note_about_something_else_is_no_number(tmp_path, note):
    row = columns(tmp_path, "a.jsonl", json.dumps({"title": "On ice", "note": note}))
    assert row.get("times_cited") is None
    assert row["note"] == note
