"""Files of every format: found by content, read field by field, broken ones told."""

import gzip
import json
import zipfile
from pathlib import Path

import pytest

from pipeline.config import CorpusConfig
from pipeline.corpus import Rejected, read_papers
from pipeline.corpus.file_search import find_sources
from tests import format_files

EXPECTED = json.loads((Path(__file__).parent / "format_files.json").read_text(encoding="utf-8"))


def read(folder, *patterns, **settings):
    """Rows of the files that patterns name."""
    return list(read_papers(find_sources(patterns, folder), CorpusConfig(files=patterns, **settings)))


def fields_of(paper):
    """Every field that has a value; a reject is its row and its reason."""
    if isinstance(paper, Rejected):
        return {"row": paper.row, "rejected": paper.reason}
    fields = {name: getattr(paper, name) for name in ("id", "title", "abstract", "year", "format")}
    found = {**fields, "authors": list(paper.authors), **paper.extra}
    return {name: value for name, value in found.items() if value not in ("", [], None)}


@pytest.mark.parametrize("name", format_files.EXAMPLES)
def test_every_field_of_every_example_is_right(tmp_path, name):
    (tmp_path / name).write_bytes(format_files.EXAMPLES[name])
    assert [fields_of(paper) for paper in read(tmp_path, name)] == EXPECTED[name]


def test_each_main_format_has_a_dozen_examples():
    groups = (format_files.NBIB_INPUTS, format_files.CSV_INPUTS, format_files.BIBTEX_INPUTS, format_files.RIS_INPUTS)
    assert all(len(group) >= 12 for group in groups)


def test_a_folder_of_texts_is_one_paper_a_file(tmp_path):
    folder = tmp_path / "texts" / "deep"
    folder.mkdir(parents=True)
    (folder / "ice.txt").write_text("On ice\n\nIt melts,\nand it freezes.\n")
    (folder.parent / "no_title.txt").write_text("word " * 200)
    found = {paper.id: paper for paper in read(tmp_path, "texts")}
    assert (found["ice"].title, found["ice"].abstract) == ("On ice", "It melts, and it freezes.")
    assert found["no_title"].title == "no_title"
    assert {paper.format for paper in found.values()} == {"text"}


def test_files_inside_an_archive_are_read_each_by_its_format(tmp_path):
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
        for name in ("usual.ris", "usual.nbib", "usual.bib", "note.md"):
            archive.writestr(f"papers/{name}", format_files.EXAMPLES[name])
    found = read(tmp_path, "all.zip")
    assert sorted(paper.format for paper in found) == ["BibTeX", "Markdown", "NBIB", "RIS"]
    assert {paper.source.split("/")[0] for paper in found} == {"all.zip"}


@pytest.mark.parametrize("name", ["usual.ris", "usual.nbib", "usual.bib", "pubmed.xml", "csl.json", "arxiv.json"])
@pytest.mark.parametrize("ending", ["", ".txt", ".gz"])
def test_the_content_tells_the_format_whatever_the_file_is_called(tmp_path, name, ending):
    content = format_files.EXAMPLES[name]
    other = f"export{ending}" if ending != ".gz" else f"{name}.gz"
    (tmp_path / other).write_bytes(gzip.compress(content) if ending == ".gz" else content)
    assert [fields_of(paper) for paper in read(tmp_path, other)] == EXPECTED[name]


def test_several_patterns_name_each_file_once(tmp_path):
    for name in ("usual.ris", "usual.nbib"):
        (tmp_path / name).write_bytes(format_files.EXAMPLES[name])
    assert len(read(tmp_path, "*.ris", "usual.*", "usual.ris", ".")) == 2


def test_texts_that_a_glob_names_are_papers_of_their_own_unless_they_are_listings(tmp_path):
    (tmp_path / "a.txt").write_text("On ice\nIt melts,\nand it freezes.\n")
    (tmp_path / "b.txt").write_text("On snow\nLarsen, Ida, Moe, null\nIt falls.\nOn rain\nnull, null\nIt pours.\n")
    found = read(tmp_path, "*.txt")
    assert [(paper.title, paper.format) for paper in found] == [
        ("On ice", "text"),
        ("On snow", "listing"),
        ("On rain", "listing"),
    ]
