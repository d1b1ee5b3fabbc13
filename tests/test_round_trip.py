"""What a writer writes, its reader reads again as it was: awkward papers, and real exports where they are at hand.

What a format cannot hold is named in docs/formats.md, "What a round trip keeps", and here in `kept`.
"""

import re
import tarfile
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.config import CleanConfig, CorpusConfig
from pipeline.corpus import Paper, Rejected, find_sources, read_papers
from pipeline.corpus.cited_references import REFERENCES
from pipeline.corpus.collect import collect
from pipeline.corpus.extras import ExtraColumns
from pipeline.errors import CorpusError
from pipeline.export import WRITERS

FORMS = ("bibtex", "ris", "csv", "csl")
PLAIN = CleanConfig(**dict.fromkeys(CleanConfig.model_fields, False))
NO_VALUE = (None, "", [])


def read_file(path: Path) -> list[Paper]:
    rows = list(read_papers(find_sources([str(path)], path.parent), CorpusConfig(files=(path.name,), clean=PLAIN)))
    assert not [row for row in rows if isinstance(row, Rejected)]
    return [row for row in rows if isinstance(row, Paper)]


def written_and_read(papers: pa.Table, form: str) -> list[Paper]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"papers{WRITERS[form].ending}"
        path.write_bytes(WRITERS[form].write(papers))
        return read_file(path)


def as_table(papers: list[Paper]) -> pa.Table:
    """All fields of the papers as columns, as a run keeps them."""
    extras = ExtraColumns()
    encoded = pa.chunked_array([[extras.encode(paper.extra) for paper in papers]], pa.string())
    columns = {name: [getattr(paper, name) for paper in papers] for name in ("id", "title", "abstract", "year")}
    columns["authors"] = [list(paper.authors) for paper in papers]
    return extras.add_to(pa.table(columns), encoded)


def one_line(text: str) -> str:
    return " ".join(text.split())


def kept(form: str, name: str, value: object) -> object:
    """What comes back of a value: what docs/formats.md says that a format cannot hold is left out of it."""
    if form == "csv" and isinstance(value, list) and name not in ("authors", "references"):
        return "; ".join(value)
    if form in ("bibtex", "csl") and isinstance(value, list) and name == "keywords":
        return ", ".join(value)
    if form in ("csv", "bibtex", "ris") and isinstance(value, int) and name not in ("year", "times_cited"):
        return str(value)
    if name == "authors":
        return [one_line(author) for author in value]
    return shown(form, value)


def shown(form: str, value: object) -> object:
    """A value with what is never told apart left out: space around it, and where a line is one value, line ends."""
    if not isinstance(value, str):
        return value
    return one_line(value) if form in ("bibtex", "ris") else value.strip()


def differences(paper: dict, found: dict, form: str) -> dict[str, tuple[object, object]]:
    """Name -> (expected, found) of every field that is not as it was; fields that are added are none."""
    expected = {name: kept(form, name, value) for name, value in paper.items() if value not in NO_VALUE}
    again = {name: shown(form, value) for name, value in found.items()}
    return {name: (value, again.get(name)) for name, value in expected.items() if again.get(name) != value}


def lost(paper: dict, form: str) -> dict[str, tuple[object, object]]:
    [found] = written_and_read(pa.Table.from_pylist([paper]), form)
    return differences(paper, as_table([found]).to_pylist()[0], form)


USUAL = {"id": "p1", "title": "On ice", "abstract": "It melts.", "authors": ["Ida Larsen"], "year": 2019}
AWKWARD = {
    "suffixes": {"authors": ["Per Moe, Jr", "Ida Larsen, III", "Pia Aho"]},
    "groups": {"authors": ["Institute of Ice, Snow and Rain, Oslo", "Ice and Snow Working Group", "Pia Aho"]},
    "a group alone": {"authors": ["Society for Snow, Sleet and Rain"]},
    "particles": {"authors": ["Ludwig van der Berg", "Anna de la Cruz", "Omar al-Said", "Jo O'Neil"]},
    "names that look turned": {"authors": ["Larsen IB", "Moe P.", "Li WU", "J.-P. Aho", "Xu"]},
    "no authors": {"authors": []},
    "many authors": {"authors": [f"Ann{chr(97 + n // 26)} Aho{chr(97 + n % 26)}" for n in range(300)]},
    "LaTeX": {"title": r"50\% of $\alpha_{1}$ in {GAN}s", "abstract": r"\textit{Ice} \& snow: $x^2 \geq 3$ -- \url{a}"},
    "signs of LaTeX": {"title": "R&D #1: 5% of $3, a_b, x^2, ~10, {a} 'b' ``c'' -- d --- e", "abstract": "a{b} }c{ d"},
    "quotes": {"title": 'The "old" ice, "new" snow', "abstract": 'He said: "a, ""b"", c" and left'},
    "backslashes": {"title": r"C:\new\table", "abstract": r"a\b \\ c \n \textbackslash d \ e"},
    "newlines": {"title": "On ice\nand snow", "abstract": "First line.\n\nSecond, third, fourth, fifth.\r\nLast."},
    "lone carriage returns": {"title": "On\rice", "abstract": "It melts.\rIt freezes.\r\rIt melts, again."},
    "tabs": {"title": "On\tice", "abstract": "a\tb\tc"},
    "formulas": {"title": "=1+1", "abstract": "-5 degrees @home", "journal": "@Ice", "note": "+49 30"},
    "emoji": {"title": "Ice 🧊 and 👩‍🔬 at −5°", "abstract": "𝒙 ≤ 3 · “quoted” — dash… ﬁ Å"},
    "right to left": {
        "title": "الجليد في البحر",
        "abstract": "קרח נמס. (ice) אחרי",
        "authors": ["עידה לוי", "محمد علي"],
    },
    "East Asian": {"title": "海冰の融解", "abstract": "海氷は溶ける。", "authors": ["李 伟", "Hana 佐藤"]},
    "lines that look like tags": {"abstract": "It ends.\nER  - \nTY  - JOUR\nTI  - Another", "title": "TI  - on tags"},
    "lines that look like entries": {
        "abstract": "See\n@article{x,\n title = {y}}\n@string{a = b}",
        "title": "@misc{z,",
    },
    "rows that look like rows": {"abstract": "one, two\np2,On snow,It falls.,Per Moe,2020\nlast"},
    "long pages": {"pages": "e1234567-e1234599", "volume": "12-13", "journal": "Ice"},
    "a DOI in capitals": {"doi": "10.1000/ABC.(D)<1>E", "url": "https://doi.org/10.1000/abc"},
    "keywords with commas": {"keywords": ["Ice, Sea", "snow"], "journal": "Ice"},
    "a year that is missing": {"year": None, "journal": "Ice"},
    "JSON as text": {"title": '{"a": [1, 2]}', "abstract": "[not, a, list]"},
    "words like none": {"title": "None of them", "abstract": "N/A is a word here"},
}
# In RIS the DOI is the id, pages are two fields and addresses a list.
OTHERWISE = {("ris", "long pages"): {"pages"}, ("ris", "a DOI in capitals"): {"id", "url"}}
CASES = [pytest.param(form, case) for form in FORMS for case in AWKWARD]


@pytest.mark.parametrize(("form", "case"), CASES)
def test_an_awkward_paper_comes_back_as_it_was(form, case):
    differing = lost(USUAL | AWKWARD[case], form)
    assert {name: pair for name, pair in differing.items() if name not in OTHERWISE.get((form, case), ())} == {}


@pytest.mark.parametrize("form", FORMS)
def test_many_awkward_papers_in_one_file_stay_apart(form):
    papers = [USUAL | paper | {"id": f"p{number}"} for number, (case, paper) in enumerate(AWKWARD.items())]
    found = written_and_read(pa.Table.from_pylist(papers), form)
    names = ("title", "abstract", "authors", "year")
    assert len(found) == len(papers)
    for paper, again in zip(papers, found, strict=True):
        read = {name: getattr(again, name) for name in names} | {"authors": list(again.authors)}
        assert differences({name: paper[name] for name in names}, read, form) == {}


def test_a_lone_carriage_return_in_a_cell_is_no_repair():
    papers = [USUAL | {"abstract": "It melts.\rIt freezes."}, USUAL | {"id": "p2", "title": "On\rsnow"}]
    found = written_and_read(pa.Table.from_pylist(papers), "csv")
    assert [(paper.abstract, paper.repaired) for paper in found] == [("It melts.\rIt freezes.", ()), ("It melts.", ())]
    assert found[1].title == "On\rsnow"
    assert WRITERS["csv"].write(pa.Table.from_pylist(papers)).count(b"\n") == 3


CITED = ["Moe P, 2001, ICE, V1, P2, DOI 10.1000/y", "Larsen, I. & Aho, P.: 50% snow_1; a {draft}."]


@pytest.mark.parametrize("form", ["bibtex", "ris"])
def test_references_and_other_fields_go_back_under_their_names(form):
    references = [{"raw": raw, "id": "", "source": "x"} for raw in CITED]
    papers = pa.Table.from_pylist([USUAL | {"language": "English"}]).append_column(
        "references", pa.array([references], REFERENCES)
    )
    [found] = written_and_read(papers, form)
    assert [one["raw"] for one in found.extra["references"]] == CITED
    assert found.extra["language"] == "English"


@pytest.mark.parametrize("form", ["bibtex", "ris", "csl"])
def test_what_the_run_found_is_not_written_for_reference_managers(form):
    run = {"topic": 3, "nearest_topic": 3, "strength": 0.5, "x": 1.5, "y": 2.5, "topic_label": "Sea ice"}
    written = WRITERS[form].write(pa.Table.from_pylist([USUAL | run])).decode()
    assert "On ice" in written
    assert not [name for name in (*run, "Sea ice", "0.5") if name in written.replace("type", "") and len(name) > 1]


def test_fields_of_ris_go_back_to_the_tags_that_they_came_from():
    paper = USUAL | {
        **{
            "type": "CPAPER",
            "journal": "Frost",
            "secondary_title": "Sea ice, an issue",
            "custom3": "a",
            "custom3_2": "b; c",
        },
        **{"start_page": "8-12", "notes": ["one", "two"], "urls": ["https://a.example/1", "https://a.example/2"]},
        **{"accession_number": "WOS:1", "u2": "7", "keywords": ["Ice, Sea", "snow"], "booktitle": "All of ice"},
        "editors": ["Per Moe"],
    }
    written = WRITERS["ris"].write(pa.Table.from_pylist([paper])).decode().splitlines()
    assert written[0] == "TY  - CPAPER"
    assert {
        "SP  - 8-12",
        "C3  - a",
        "C3  - b; c",
        "U2  - 7",
        "KW  - Ice, Sea",
        "A2  - Per Moe",
        "T2  - Sea ice, an issue",
    } <= {*written}
    assert lost(paper, "ris") == {"id": ("p1", "WOS:1"), "accession_number": ("WOS:1", None)}


SIGNS = st.sampled_from("\\{}$%&#_^~\"'`,;:-.!?=+@<>|/()[]*ab1éØß氷ا🧊 \n\r\t")
AWKWARD_TEXT = st.text(SIGNS, max_size=24).map(lambda text: f"On ice {text} end")


@pytest.mark.parametrize("form", FORMS)
@given(title=AWKWARD_TEXT, abstract=AWKWARD_TEXT, journal=AWKWARD_TEXT)
def test_texts_of_any_signs_come_back(form, title, abstract, journal):
    assert lost(USUAL | {"title": title, "abstract": abstract, "journal": journal}, form) == {}


FOLDERS = {"bibtex": ("bib", "BibTeX"), "ris": ("ris", "RIS"), "csv": ("csv", ""), "csl": ("json", "CSL-JSON")}
MOST_OF_A_FILE = 120  # papers that are written, so that the test takes seconds


@dataclass(frozen=True)
class Pair:
    """One paper as it was read, and as it was read again."""

    paper: dict
    again: dict
    format_again: str

    def is_named(self, name: str, form: str) -> bool:
        """Whether docs/formats.md names the loss of a field of this paper."""
        value, found = self.paper[name], self.again.get(name)
        if form == "csv":
            return name == "references"
        if name == "issue":
            return self.again.get("number") == value
        if name == "id" and form == "bibtex":
            return found.startswith(re.sub(r"[ ,]|[\u0800-\uffff]+", "_", value).strip("_"))
        if name == "id" and form == "ris":
            return found == self.again.get("doi") and (self.paper["id"].startswith((found, "text-", "pmid:")))
        if name == "type":
            return value == "generic" or "_" in value  # of Mendeley
        if name == "doi":
            return found in value
        return form == "bibtex" and " " in name


@pytest.fixture(scope="module")
def exports(shared, tmp_path_factory) -> Path:
    if not (shared / "exports.tar.xz").is_file():
        pytest.skip("the real exports of ../shared/data are not here")
    folder = tmp_path_factory.mktemp("exports")
    with tarfile.open(shared / "exports.tar.xz") as archive:
        archive.extractall(folder, filter="data")
    return folder / "exports"


def real_papers(exports: Path, form: str) -> Iterator[tuple[str, pa.Table]]:
    """(file, the first of its distinct papers) of each export in a format."""
    folder, format_name = FOLDERS[form]
    for path in sorted((exports / folder).iterdir()):
        try:
            rows = read_papers(find_sources([str(path)], path.parent), CorpusConfig(files=(path.name,)))
            first = list(islice((row for row in rows if isinstance(row, Paper)), MOST_OF_A_FILE))
        except CorpusError:
            continue
        if papers := [paper for paper in first if format_name in ("", paper.format)]:
            yield path.name, collect(papers, merge=False).tables.papers


@pytest.mark.parametrize(("form", "at_least"), [("bibtex", 2500), ("ris", 1500), ("csv", 1500), ("csl", 100)])
def test_real_exports_come_back_as_they_were(exports, form, at_least):
    unnamed: dict[str, object] = {}
    count = 0
    for name, papers in real_papers(exports, form):
        again = written_and_read(papers, form)
        assert len(again) == papers.num_rows
        assert not [paper for paper in again if paper.repaired]
        rows = zip(papers.to_pylist(), as_table(again).to_pylist(), again, strict=True)
        for paper, found, paper_again in rows:
            pair = Pair(paper, found, paper_again.format)
            differing = differences(paper, found, form)
            if left := {field: values for field, values in differing.items() if not pair.is_named(field, form)}:
                unnamed[name] = left
        count += papers.num_rows
    assert unnamed == {}
    assert count >= at_least
