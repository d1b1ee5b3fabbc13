"""Values that repeat one sign very often: each is read in a moment, however many ways there are to look at it."""

import json
import signal

import pytest

from pipeline.config import CorpusConfig
from pipeline.corpus import read_corpus
from pipeline.corpus.adapters.names import given_name_first, people
from pipeline.corpus.cited_references import to_references
from pipeline.corpus.readers.latex import decode_latex
from pipeline.corpus.readers.table_header import column_names
from pipeline.corpus.refusals import refusal_of_text
from pipeline.errors import CorpusError

LONGEST = 50  # seconds of processor time, a hundred times what any of them takes
MANY = 60_000


@pytest.fixture(autouse=True)
def _watchdog():
    """A pattern that tries every way is interrupted, where it would go on for hours."""
    if not hasattr(signal, "setitimer"):
        pytest.skip("no timer of processor time here")

    def too_long(*_):
        raise TimeoutError("not read in time")

    before = signal.signal(signal.SIGVTALRM, too_long)
    signal.setitimer(signal.ITIMER_VIRTUAL, LONGEST)
    yield
    signal.setitimer(signal.ITIMER_VIRTUAL, 0)
    signal.signal(signal.SIGVTALRM, before)


@pytest.mark.parametrize("marks", ["1" * 60, "*" * 60, "1, " * 40, "†1" * 40])
def test_marks_behind_a_name_that_are_no_marks_stay(marks):
    assert "x" in given_name_first(f"Ida Larsen{marks}x")
    assert given_name_first("Ida Larsen1,2*") == "Ida Larsen"


@pytest.mark.parametrize("sign", [" ", "\t", "\n", ", ", "; ", " \n", "\u00a0"])
def test_a_gap_between_names_may_be_long(sign):
    names = people(f"Larsen, Ida{';' if sign != ', ' else ''}{sign * MANY}; Moe, Per")
    assert names == ["Ida Larsen", "Per Moe"]


@pytest.mark.parametrize("sign", [" ", "\n", "\t"])
def test_a_gap_between_references_may_be_long(sign):
    gap = sign * MANY
    texts = [one["raw"] for one in to_references([f"{gap}10.1000/x,{gap}10.1000/y{gap}"], source="")]
    assert texts == ["10.1000/x", "10.1000/y"]
    assert len(to_references([f"{gap}x"], source="")) == 1


@pytest.mark.parametrize("text", ["1" * 60, "1234  " * 40, "\n" * MANY, " \n" * MANY, "PMID " * 40])
def test_a_text_that_nearly_is_a_list_of_numbers_is_looked_at_once(text):
    assert refusal_of_text(f"{text}x") is None


def test_numbers_of_pubmed_are_still_told():
    assert "PubMed" in str(refusal_of_text("31000001\n31000002, 31000003\nPMID: 31000004;\n"))


def test_a_header_may_have_a_name_ten_thousand_times():
    names = column_names(["a"] * 10_000 + ["a (2)"])
    assert names[:3] == ["a", "a (2)", "a (3)"]
    assert len(set(names)) == 10_001


def test_front_matter_that_opens_ever_more_brackets_is_refused(tmp_path):
    (tmp_path / "note.md").write_text(f"---\nauthors: {'{' * MANY}\n---\n# On ice\n\nIt melts.\n", encoding="utf-8")
    with pytest.raises(CorpusError, match="front matter is not YAML"):
        read_corpus(CorpusConfig(files=("note.md",)), tmp_path)


def test_a_number_of_too_many_digits_is_told_in_one_line(tmp_path):
    (tmp_path / "p.json").write_text(f'[{{"title": "On ice", "year": {"1" * 5_000}}}]', encoding="utf-8")
    with pytest.raises(CorpusError, match="not JSON: a number of thousands of digits in line 1"):
        read_corpus(CorpusConfig(files=("p.json",)), tmp_path)


def test_the_message_on_broken_xml_is_short(tmp_path):
    name = "a" * 5_000
    (tmp_path / "p.xml").write_text(
        f"<xml><records><record><{name}></titles></record></records></xml>", encoding="utf-8"
    )
    with pytest.raises(CorpusError, match="not readable XML") as problem:
        read_corpus(CorpusConfig(files=("p.xml",)), tmp_path)
    assert len(str(problem.value)) < 1_000


@pytest.mark.parametrize("sign", [" ", "\t\t", "; "])
def test_authors_of_ovid_may_be_far_apart(tmp_path, sign):
    text = f"<1>\nTitle\n  On ice.\nAuthors\n  Larsen, Ida M 1;{sign * MANY}Moe, Per MD 2.\nAbstract\n  It melts.\n"
    (tmp_path / "p.ovd").write_text(text, encoding="utf-8")
    papers = read_corpus(CorpusConfig(files=("p.ovd",)), tmp_path).tables.papers
    assert papers.column("authors").to_pylist() == [["Ida M Larsen", "Per Moe"]]


def test_what_is_nested_too_deeply_in_latex_is_kept_as_text():
    assert decode_latex("\\textit{" * 5_000 + "Ice" + "}" * 5_000).endswith("Ice")


@pytest.mark.parametrize("gap", [" " * MANY, "\n" * MANY, "\t" * MANY], ids=["blanks", "line ends", "tabs"])
def test_a_key_of_bibtex_may_have_a_long_gap_before_it(tmp_path, gap):
    note = "note = {{crossref = {{x{gap}y}}}}"
    entry = f"@inproceedings{{{{{{gap}}a,{{gap}}\n title = {{{{On ice}}}}, crossref = {{{{{{gap}}v}}}}, {note}}}}}\n"
    volume = "@proceedings{v, booktitle = {Ice Days}}\n"
    (tmp_path / "p.bib").write_text(entry.format(gap=gap) + f"@article{{{gap}x\n" + volume, encoding="utf-8")
    papers = read_corpus(CorpusConfig(files=("p.bib",)), tmp_path).tables.papers
    assert papers.column("title").to_pylist()[0] == "On ice"


@pytest.mark.parametrize("form", ["ris", "jsonl"])
@pytest.mark.parametrize("sign", [" ", ", ", "\t"])
def test_every_field_of_a_paper_may_hold_a_long_gap(tmp_path, form, sign):
    fields = {
        "title": "On ice",
        "authors": "Moe, Per",
        "abstract": "It melts.",
        "keywords": "ice",
        "url": "https://x.org",
    }
    long = {name: f"{value}{sign * MANY}end" for name, value in fields.items()}
    tags = {"title": "TI", "authors": "AU", "abstract": "AB", "keywords": "KW", "url": "UR"}
    lines = "".join(f"{tags[name]}  - {value}\n" for name, value in long.items())
    text = f"TY  - JOUR\n{lines}ER  - \n" if form == "ris" else f"{json.dumps(long)}\n"
    (tmp_path / f"p.{form}").write_text(text, encoding="utf-8")
    tables = read_corpus(CorpusConfig(files=(f"p.{form}",)), tmp_path).tables
    assert tables.papers.num_rows == 1
    assert tables.papers.column("title").to_pylist()[0].startswith("On ice")
