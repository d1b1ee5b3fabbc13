"""Files of every format: found by content, read field by field, broken ones told."""

import json
from pathlib import Path

import pytest

from pipeline.config import CorpusConfig
from pipeline.corpus import Rejected, read_papers
from pipeline.corpus.files import find_sources
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
