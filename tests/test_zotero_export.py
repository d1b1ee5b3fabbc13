"""Topics back into Zotero: RDF with a collection for each, and tags; what is written is read as it was."""

import json
import xml.etree.ElementTree as ET
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings

from pipeline.atlas import save_atlas
from pipeline.cli.main import main
from pipeline.config import CleanConfig, CorpusConfig
from pipeline.corpus import find_sources, read_papers
from pipeline.corpus.readers.zotero_sqlite import collection_paths
from pipeline.export import WRITERS
from pipeline.export.topic_columns import with_topic_tags
from pipeline.export.zotero_rdf_writer import to_zotero_rdf
from tests.small_atlas import P, small_atlas
from tests.test_export import PAPER
from tests.test_zotero import LIBRARY, papers
from tests.zotero_library import GROUP_ID, running_zotero, write_library

PLAIN = CleanConfig(**dict.fromkeys(CleanConfig.model_fields, False))
NAMES = {
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "z": "http://www.zotero.org/namespaces/export#",
    "dc": "http://purl.org/dc/elements/1.1/",
    "dcterms": "http://purl.org/dc/terms/",
    "bib": "http://purl.org/net/biblio#",
}
ABOUT, RESOURCE = f"{{{NAMES['rdf']}}}about", f"{{{NAMES['rdf']}}}resource"
ICE = {
    "id": "10.1000/Z.1",
    "title": "On ice & <snow>",
    "abstract": "It melts.",
    "authors": ["Ida Larsen", "Ludwig van Moe, Jr", "Ice Core Consortium", "Plato"],
    "year": 2019,
    "doi": "10.1000/Z.1",
    "journal": "Ice Letters",
    "journal_abbreviation": "Ice Lett.",
    "volume": "3",
    "issue": "2",
    "pages": "5-9",
    "publisher": "North Press",
    "issn": "1234-5678",
    "keywords": ["firn, old", "melt"],
    "urls": ["https://example.org/ice"],
    "editors": ["Ed Itor"],
    "language": "en",
    "type": "journalArticle",
}


def read_back(tmp_path, *written):
    (tmp_path / "out.rdf").write_text(to_zotero_rdf(written), encoding="utf-8")
    return list(read_papers(find_sources(("out.rdf",), tmp_path), CorpusConfig(files=("out.rdf",), clean=PLAIN)))


def collections(rdf):
    """Name of each collection -> (its place in the file, titles of its items, names of those inside it)."""
    root = ET.fromstring(rdf)
    titles = {one.get(ABOUT): one.findtext("dc:title", namespaces=NAMES) for one in root}
    found = {}
    for one in root.findall("z:Collection", NAMES):
        parts = [part.get(RESOURCE) for part in one.findall("dcterms:hasPart", NAMES)]
        found[titles[one.get(ABOUT)]] = [titles[part] for part in parts]
    return found


def test_a_paper_is_read_back_as_it_was_written(tmp_path):
    [paper] = read_back(tmp_path, ICE)
    assert (paper.id, paper.title, paper.abstract, paper.year) == (ICE["id"], ICE["title"], "It melts.", 2019)
    assert list(paper.authors) == ICE["authors"]
    same = set(ICE) - {"id", "title", "abstract", "year", "authors"}
    assert {name: paper.extra[name] for name in same} == {name: ICE[name] for name in same}
    assert paper.extra.keys() == same


def test_two_papers_of_one_journal_keep_their_own_numbers(tmp_path):
    other = ICE | {"id": "10.1000/z.2", "doi": "10.1000/z.2", "title": "On hail", "volume": "4"}
    found = read_back(tmp_path, ICE, other)
    assert [(paper.extra["doi"], paper.extra["volume"]) for paper in found] == [
        ("10.1000/Z.1", "3"),
        ("10.1000/z.2", "4"),
    ]


@pytest.mark.parametrize(
    ("fields", "kind", "name", "value"),
    [
        ({"type": "inproceedings", "booktitle": "Proc. of Ice"}, "conferencePaper", "booktitle", "Proc. of Ice"),
        ({"type": "CHAP", "booktitle": "All of Ice", "isbn": "978-1"}, "bookSection", "isbn", "978-1"),
        ({"type": "phdthesis", "publisher": "Ice School"}, "thesis", "publisher", "Ice School"),
        ({"type": "book", "isbn": "978-2"}, "book", "isbn", "978-2"),
        ({"type": "article", "id": "2105.00001"}, "preprint", "note", "arXiv: 2105.00001"),
        ({"journal": "Ice Letters"}, "journalArticle", "journal", "Ice Letters"),
        ({"type": "unheard of"}, "journalArticle", "type", "journalArticle"),
        ({"pmid": "77", "extra": "read by Per"}, "journalArticle", "note", "read by Per PMID: 77"),
    ],
)
def test_kinds_of_papers_are_zoteros(tmp_path, fields, kind, name, value):
    [paper] = read_back(tmp_path, {"id": "k", "title": "On ice", "abstract": "It melts."} | fields)
    assert (paper.extra["type"], paper.extra[name]) == (kind, value)


def test_names_with_the_family_name_first_get_both_parts(tmp_path):
    [paper] = read_back(tmp_path, ICE | {"authors": ["Larsen, Ida", "Moe, Per, Jr."]})
    assert paper.authors[0] == "Ida Larsen"
    assert "<foaf:surname>Larsen</foaf:surname>" in (tmp_path / "out.rdf").read_text()


@settings(max_examples=40)
@given(paper=PAPER | PAPER.map(lambda one: one | {"title": "a\x00b\x0b<c>&amp;\ufffe]]>", "abstract": "\x1b[0m x"}))
def test_every_text_gives_xml_that_is_read(paper, tmp_path_factory):
    rdf = to_zotero_rdf([paper | {"nearest_topic": 0, "topic_label": paper["title"], "topic_area": "<area>"}])
    ET.fromstring(rdf)
    [found] = read_back(tmp_path_factory.mktemp("rdf"), paper)
    assert (list(found.authors), found.year, found.extra["journal"]) == (
        paper["authors"], paper["year"], paper["journal"]
    )  # fmt: skip


def test_each_topic_is_a_collection_inside_its_area():
    def paper(title, topic, label, area):
        return {"id": title, "title": title, "nearest_topic": topic, "topic_label": label, "topic_area": area}

    rdf = to_zotero_rdf(
        [
            paper("one", 2, "Snow", "Cold"),
            paper("two", 0, "Ice", "Cold"),
            paper("three", 2, "Snow", "Cold"),
            paper("four", 5, "Bees", ""),
        ]
    )
    assert collections(rdf) == {
        "Cold": ["Ice", "Snow"], "Ice": ["two"], "Snow": ["one", "three"], "Bees": ["four"]
    }  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A run with a topic of ice and one of bees, and a paper between them that is nearest to bees."""
    rows = [P(f"i{number}", f"On ice {number}", "ice ice", year=2000 + number) for number in range(4)]
    rows[0] = replace(rows[0], more={"keywords": ["old; mark", "Ice"]})
    rows += [P(f"b{number}", f"On a bee {number}", "bee bee", topic=1) for number in range(3)]
    rows.append(P("n", "On a bee on ice", "bee ice", topic=-1, nearest=1))
    path = tmp_path_factory.mktemp("zotero") / "run"
    save_atlas(small_atlas(rows, labels={0: "ice", 1: "bees, hives"}, k=2), path, pictures={})
    return path


def test_the_command_writes_collections_and_tags(folder, tmp_path, capsys):
    for name in ("out.rdf", "out.ris"):
        assert main(["export", str(folder), str(tmp_path / name), "--topic-tags"]) == 0
    assert main(["export", str(folder), str(tmp_path / "out.jsonl")]) == 0
    capsys.readouterr()
    expected: dict[str, list[str]] = {}
    for line in (tmp_path / "out.jsonl").read_text().splitlines():
        paper = json.loads(line)
        expected.setdefault(paper["topic_label"], []).append(paper["title"])
    assert collections((tmp_path / "out.rdf").read_text()) == expected
    ris = (tmp_path / "out.ris").read_text()
    assert {label: ris.count(f"KW  - {label}\n") for label in expected} == {
        label: len(titles) for label, titles in expected.items()
    }
    keywords = {paper.title: paper.extra["keywords"] for paper in papers(tmp_path, "out.rdf").values()}
    assert {words[-1] for words in keywords.values()} == expected.keys()
    assert [words[:-1] for words in keywords.values() if len(words) > 1] == [["old; mark", "Ice"]]


def test_a_table_has_no_tags(folder, tmp_path, capsys):
    assert main(["export", str(folder), str(tmp_path / "out.csv"), "--topic-tags"]) == 2
    assert "csv has a column topic_label; tags are for bibtex, ris, rdf" in capsys.readouterr().err


def test_a_topic_is_one_tag_behind_those_that_are_there():
    columns = {"keywords": ["ice; snow", None, "bees"], "tags": [["ice"], ["to read"], []]}
    table = pa.table({**columns, "topic_label": ["Cold, white", "Cold, white", "bees"]})
    tagged = with_topic_tags(table)
    assert tagged.column("keywords").to_pylist() == [
        ["ice", "snow", "Cold, white"], ["to read", "Cold, white"], ["bees"]
    ]  # fmt: skip
    assert "tags" not in tagged.column_names


def test_a_library_goes_out_and_comes_in_again(tmp_path):
    """Out of zotero.sqlite, into RDF, and read once more."""
    write_library(tmp_path / "zotero.sqlite", LIBRARY)
    before = papers(tmp_path, "zotero.sqlite")
    columns = [
        {"id": one.id, "title": one.title, "abstract": one.abstract, "authors": list(one.authors), "year": one.year}
        | one.extra
        for one in before.values()
    ]
    after = {paper.title: paper for paper in read_back(tmp_path, *columns)}
    assert after.keys() == {paper.title for paper in before.values()}
    ice = after["On ice"]
    assert (ice.authors, ice.year) == (("Ida Larsen", "Ice Core Consortium"), 2019)
    assert (ice.extra["keywords"], ice.extra["type"]) == (["glacier", "to read"], "journalArticle")
    assert after["On snow"].extra["type"] == "preprint"


def test_the_writer_is_the_one_of_the_file_name():
    assert WRITERS["rdf"].ending == Path("topics.rdf").suffix


# --- into a running Zotero


@pytest.fixture
def library_run(tmp_path):
    """A run of the planted library: a paper of ice and one of snow, one of a group, and one from elsewhere."""
    group = f"zotero://select/groups/{GROUP_ID}/items/GROUPED1"
    rows = [
        P("i", "On ice", "ice", more={"zotero": "zotero://select/library/items/ICEICE11"}),
        P("s", "On snow", "bee", topic=1, more={"zotero": "zotero://select/library/items/SNOWSNOW"}),
        P("g", "On hail", "ice ice", more={"zotero": group}),
        P("x", "From elsewhere", "bee bee", topic=1, more={"zotero": None}),
    ]
    atlas = small_atlas(rows, labels={0: "ice", 1: "snow"}, k=2)
    save_atlas(atlas, tmp_path / "run", pictures={})
    return tmp_path / "run"


@pytest.fixture
def zotero():
    with running_zotero(LIBRARY) as one:
        yield one


def export_to(zotero, run):
    return main(["export", str(run), "--to-zotero", "--port", str(zotero.port)])


def test_a_zotero_that_can_only_be_read_gets_nothing(library_run, zotero, capsys):
    assert export_to(zotero, library_run) == 2
    said = capsys.readouterr().err
    assert "its interface for programs can only be read, so nothing was written; export the run into a file" in said
    assert "ends in .rdf" in said
    assert zotero.asked == [("POST", "/api/users/0/collections")], "it was asked once, with a list of nothing"
    assert zotero.library == LIBRARY


def test_a_zotero_that_can_be_written_to_gets_collections(library_run, zotero, capsys):
    zotero.writable = True
    assert export_to(zotero, library_run) == 0
    said = capsys.readouterr().out
    assert "Zotero: 2 papers in 2 collections of your library" in said
    assert f"Zotero: 1 paper in 1 collection of group {GROUP_ID}" in said
    assert "1 paper left out, which did not come from Zotero" in said
    paths = collection_paths({one.key: (one.name, one.parent or None) for one in zotero.library.collections})
    top = next(path for path in paths.values() if path.startswith("paperatlas: "))
    places = {one.key: [paths[key] for key in one.collections] for one in zotero.library.items}
    assert places["ICEICE11"] == ["Reviews", "Reviews / Cold", f"{top} / ice"]
    assert places["SNOWSNOW"] == ["Reviews / Cold / Deep", f"{top} / snow"]
    assert places["GROUPED1"] == [f"{top} / ice"]
    assert places["TALKTALK"] == []
    assert export_to(zotero, library_run) == 2
    assert "already; rename or delete it there" in capsys.readouterr().err


def test_what_zotero_does_not_write_is_told(library_run, zotero, capsys):
    zotero.writable, zotero.refuses = True, "SNOWSNOW"
    assert export_to(zotero, library_run) == 2
    said = capsys.readouterr().err
    assert "wrote 1 of 2 objects" in said
    assert "delete the collection 'paperatlas: " in said


def test_no_zotero_and_no_papers_of_zotero(library_run, folder, capsys):
    assert main(["export", str(library_run), "--to-zotero", "--port", "9"]) == 2
    assert "start Zotero 7 or later" in capsys.readouterr().err
    assert main(["export", str(folder), "--to-zotero", "--port", "9"]) == 2
    assert "no paper of this run has a link into Zotero" in capsys.readouterr().err
    assert main(["export", str(folder), "out.rdf", "--to-zotero"]) == 2
    assert "--to-zotero writes no file" in capsys.readouterr().err
