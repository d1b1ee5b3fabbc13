"""Files in UTF-16 and UTF-32, with and without a mark: the same papers as in UTF-8, whatever the format."""

import codecs
import gzip
import json

import pytest

from pipeline.config import CorpusConfig
from pipeline.corpus import Paper, find_sources, read_papers
from pipeline.corpus.wide_text import wide_encoding
from pipeline.errors import CorpusError

PAPER = {"title": "On ice é", "abstract": "It melts 冰."}
FILES = {
    "a.ris": "TY  - JOUR\nTI  - On ice é\nAB  - It melts 冰.\nER  - \n",
    "a.bib": "@article{a, title = {On ice é}, abstract = {It melts 冰.}}\n",
    "a.csv": "Title,Abstract\r\nOn ice é,It melts 冰.\r\n",
    "a.tsv": "PT\tTI\tAB\nJ\tOn ice é\tIt melts 冰.\n",
    "wos.txt": "FN x\nVR 1.0\nPT J\nTI On ice é\nAB It melts 冰.\nER\n\nEF\n",
    "a.json": json.dumps([PAPER], ensure_ascii=False),
    "a.jsonl": json.dumps(PAPER, ensure_ascii=False) + "\n",
    "a.md": "# On ice é\n\nIt melts 冰.\n",
    "plain.xml": "<feed xmlns='http://www.w3.org/2005/Atom'><entry><title>On ice é</title>"
    "<summary>It melts 冰.</summary></entry></feed>",
    "declared.xml": "<?xml version='1.0' encoding='UTF-16'?><feed xmlns='http://www.w3.org/2005/Atom'><entry>"
    "<title>On ice é</title><summary>It melts 冰.</summary></entry></feed>",
}
ENCODINGS = {
    "utf-16-le": codecs.BOM_UTF16_LE,
    "utf-16-be": codecs.BOM_UTF16_BE,
    "utf-32-le": codecs.BOM_UTF32_LE,
    "utf-32-be": codecs.BOM_UTF32_BE,
}


def papers(folder, name, content, **settings):
    (folder / name).write_bytes(content)
    return list(read_papers(find_sources([name], folder), CorpusConfig(files=(name,), **settings)))


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("marked", [True, False])
def test_every_format_is_read(tmp_path, name, encoding, marked):
    content = (ENCODINGS[encoding] if marked else b"") + FILES[name].encode(encoding)
    for settings in ({}, {"encoding": encoding[:6]}):  # named by the config as well
        [paper] = papers(tmp_path, name, content, **settings)
        assert isinstance(paper, Paper)
        assert (paper.title, paper.abstract) == ("On ice é", "It melts 冰.")


def test_compressed_files_and_long_ones_are_read(tmp_path):
    long = "".join(f"TY  - JOUR\nTI  - On ice {number} é\nER  - \n" for number in range(9000))
    for encoding in ENCODINGS:
        found = papers(tmp_path, "a.ris.gz", gzip.compress(long.encode(encoding), 1))
        assert [paper.title for paper in found] == [f"On ice {number} é" for number in range(9000)]


def test_what_is_broken_is_shown_as_such_and_binary_files_are_refused_in_one_line(tmp_path):
    [paper] = papers(tmp_path, "a.ris", FILES["a.ris"].replace("é", "\ud8d8").encode("utf-16-le", "surrogatepass"))
    assert paper.title == "On ice \ufffd"
    for content in (bytes(range(256)) * 40, b"\0" * 999, b"TY  - JOUR\nTI  - On\0ice\nER  - \n"):
        with pytest.raises(CorpusError) as problem:
            papers(tmp_path, "a.ris", content)
        assert "\n" not in str(problem.value)


@pytest.mark.parametrize(
    "start",
    [
        b"",
        b"TY",
        b"\0\0",
        b"SQLite format 3\0\x10\0\x02\x02",
        codecs.BOM_UTF16_LE + "TY".encode("utf-16-le"),
        b"\0" * 80,
    ],
)
def test_what_is_no_wide_text_is_not_taken_for_one(start):
    assert wide_encoding(start) == ""
