"""`export`: what is written is what was read, in every format, whatever the texts hold."""

import json
import tempfile
from pathlib import Path

import openpyxl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.cli.main import main
from pipeline.config import CleanConfig, CorpusConfig
from pipeline.corpus import read_papers
from pipeline.corpus.file_search import find_sources
from pipeline.export import WRITERS
from tests.planted import planted_papers, run_once

PLAIN = CleanConfig(**dict.fromkeys(CleanConfig.model_fields, False))


def written_and_read(paper, form):
    """A paper of the usual fields, written and read again."""
    with tempfile.TemporaryDirectory() as folder:
        name = f"papers{WRITERS[form].ending}"
        (Path(folder) / name).write_bytes(WRITERS[form].write(pa.Table.from_pylist([paper])))
        [found] = read_papers(find_sources([name], Path(folder)), CorpusConfig(files=(name,), clean=PLAIN))
        fields = {name: getattr(found, name) for name in ("id", "title", "abstract", "year")}
        return {**fields, "authors": list(found.authors), **found.extra}


# What the formats cannot tell apart is left out: surrounding space, and words that mean "nothing".
LETTERS = st.characters(
    blacklist_categories=("Cs", "Cc", "Zl", "Zp", "Zs", "Cn", "Co"), blacklist_characters="\ufffe\uffff"
)
WORD = st.text(LETTERS, min_size=1, max_size=10).filter(
    lambda word: word.lower() not in ("null", "nan", "none", "n/a", "na", "<na>") and not word.startswith("'")
)
TEXT = st.lists(WORD, min_size=1, max_size=6).map(lambda words: f"x {' '.join(words)}")
FORMULA = st.sampled_from(["=1+1", "+49 30", "-5 degrees", "@home", "=cmd|'/c calc'!A0", "'=1", "''-omics"])
NAME = st.lists(
    st.text(st.sampled_from("abcÄéñøł'"), min_size=2, max_size=8).filter(str.isalpha), min_size=2, max_size=3
).map(lambda parts: " ".join(part.capitalize() for part in parts))
PAPER = st.fixed_dictionaries(
    {
        "id": st.from_regex(r"p[a-z0-9]{1,8}", fullmatch=True),
        "title": TEXT | FORMULA,
        "abstract": TEXT | FORMULA,
        "authors": st.lists(NAME.filter(lambda name: " And " not in f" {name} "), min_size=1, max_size=3),
        "year": st.integers(1500, 2199),
        "journal": st.from_regex(r"[A-Z][a-z]{2,8} [A-Z][a-z]{2,8}", fullmatch=True),
        "doi": st.from_regex(r"10\.\d{4}/[a-z0-9]{1,10}", fullmatch=True),
    }
)


@pytest.mark.parametrize("form", ["csv", "jsonl", "parquet", "xlsx", "csl"])
@given(paper=PAPER)
def test_what_is_written_is_read_back(form, paper):
    found = written_and_read(paper, form)
    assert {name: found[name] for name in paper} == paper


@pytest.mark.parametrize("form", ["bibtex", "ris"])
@given(paper=PAPER)
def test_references_keep_their_plain_fields(form, paper):
    found = written_and_read(paper | {"title": "On ice", "abstract": "It melts."}, form)
    assert (found["authors"], found["year"], found["journal"], found["doi"]) == (
        paper["authors"],
        paper["year"],
        paper["journal"],
        paper["doi"],
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    papers = planted_papers(["glaciers", "bees"], 12)
    papers[0] |= {"title": "=HYPERLINK(evil)", "authors": ["Ida Larsen", "Ice Core Consortium"], "doi": "10.1000/x"}
    return run_once(tmp_path_factory.mktemp("export"), papers).folder


@pytest.mark.parametrize("form", WRITERS)
def test_every_paper_of_a_run_is_written(folder, tmp_path, form, capsys):
    file = tmp_path / f"out{WRITERS[form].ending}"
    assert main(["export", str(folder), str(file), "--format", form]) == 0
    assert "24 papers" in capsys.readouterr().out
    found = list(read_papers(find_sources([file.name], tmp_path), CorpusConfig(files=(file.name,))))
    assert len(found) == 24
    assert {paper.title for paper in found} >= {"=HYPERLINK(evil)"}


def test_a_topic_or_a_condition_chooses(folder, tmp_path, capsys):
    assert main(["export", str(folder), "-", "--format", "jsonl", "--topic", "0"]) == 0
    papers = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert len(papers) == 12
    assert {paper["nearest_topic"] for paper in papers} == {0}
    assert papers[0]["topic_label"]
    assert main(["export", str(folder), "-", "--format", "csv", "--where", "year >= 2010"]) == 0
    assert capsys.readouterr().out.count("\n") == 1 + 4


def test_one_file_for_each_topic(folder, tmp_path, capsys):
    assert main(["export", str(folder), str(tmp_path / "out"), "--per-topic", "--format", "ris"]) == 0
    files = sorted((tmp_path / "out").iterdir())
    assert [file.name[:4] for file in files] == ["000-", "001-"]
    assert all(file.suffix == ".ris" for file in files)
    assert sum(file.read_text().count("TY  -") for file in files) == 24
    capsys.readouterr()


def test_no_cell_of_a_spreadsheet_is_a_formula(folder, tmp_path, capsys):
    main(["export", str(folder), str(tmp_path / "out.csv")])
    assert "'=HYPERLINK(evil)" in (tmp_path / "out.csv").read_text()
    main(["export", str(folder), str(tmp_path / "out.xlsx")])
    sheet = openpyxl.load_workbook(tmp_path / "out.xlsx").active
    cells = [cell for row in sheet.iter_rows() for cell in row if cell.value == "=HYPERLINK(evil)"]
    assert [cell.data_type for cell in cells] == ["s"]
    capsys.readouterr()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["-", "--format", "xlsx"], "xlsx is not text"),
        (["--per-topic"], "name a folder"),
        (["-", "--where", "year > 3000"], "no paper"),
        (["/dev/null/x.csv"], "cannot be written"),
    ],
)
def test_mistakes_are_one_line(folder, options, message, capsys):
    assert main(["export", str(folder), *options]) == 2
    told = capsys.readouterr().err
    assert message in told
    assert told.count("\n") == 1
