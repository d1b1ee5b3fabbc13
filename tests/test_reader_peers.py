"""The comparison with other programs' readers: what counts as complete, and that a peer that fails is a result."""

import shutil
from pathlib import Path

import pytest

from benchmarks.reader_peers import OURS, Count, compare, print_table

RIS = """TY  - JOUR
TI  - On ice
AB  - It melts.
ER  -

TY  - JOUR
TI  - On snow
ER  -
"""
BIB = "@article{a, title = {On ice}, abstract = {It melts.}}\n@article{b, title = {On snow}, abstract = {n/a}}\n"


@pytest.fixture
def exports(tmp_path) -> Path:
    for name, text in (("ris/a.ris", RIS), ("bib/a.bib", BIB)):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_text(text)
    rows = ["file\trecords\tabstracts", "ris/a.ris\t2\t1", "bib/a.bib\t2\t1"]
    (tmp_path / "INDEX.tsv").write_text("\n".join(rows) + "\n")
    return tmp_path


def test_records_are_counted_alike_for_all_and_a_failing_peer_is_a_result(exports, capsys):
    missing = shutil.which("false")
    assert missing
    ris, bib = compare(exports, peer_python=Path(missing), timeout=60)
    assert ris.marked == ris.by_reader[OURS] == ris.by_reader["rispy"] == Count(2, 2, 1)
    assert bib.marked == bib.by_reader[OURS] == bib.by_reader["bibtexparser 2"] == Count(2, 2, 1)
    assert bib.by_reader["pybtex"] == Count(problem="ended with 1")
    print_table([ris, bib])
    told = capsys.readouterr().out
    assert "| bib | 1 | paperatlas | 1 | 2 | 2 | 1 | 0 |" in told
    assert "| bib | 1 | pybtex | 0 | 0 | 0 | 0 | 1 |" in told


def test_a_peer_that_does_not_end_is_a_result(exports):
    [ris, _] = compare(exports, peer_python=None, timeout=0.01)
    assert ris.by_reader["rispy"].problem == "more than 0 s"


@pytest.mark.parametrize("found", [Count(1, 2, 1), Count(3, 3, 1), Count(2, 1, 1), Count(2, 2, 0)])
def test_a_file_is_complete_with_all_records_titles_and_abstracts(found):
    marked = Count(2, 2, 1)
    assert marked.covers(marked)
    assert not found.covers(marked)
