"""BibTeX, RIS, NBIB and JSON as programs and services write them: each test plants one of their habits."""

import json
import string
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.config import CorpusConfig
from pipeline.corpus import Rejected, read_corpus, read_papers
from pipeline.corpus.file_search import find_sources
from pipeline.corpus.readers.latex import decode_latex
from pipeline.errors import CorpusError
from pipeline.export.bibtex_writer import to_bibtex
from pipeline.export.csl_writer import to_csl
from pipeline.export.ris_writer import to_ris


def read(folder: Path, name: str, content: str | bytes | object) -> list:
    """The rows of a file with this content; anything but text and bytes is written as JSON."""
    if not isinstance(content, str | bytes):
        content = json.dumps(content)
    (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    return list(read_papers(find_sources((name,), folder), CorpusConfig(files=(name,))))


def raw(paper) -> list[str]:
    return [one["raw"] for one in paper.extra["references"]]


# --- BibTeX


def test_a_field_given_twice_keeps_both_values(tmp_path):
    [paper] = read(
        tmp_path,
        "a.bib",
        "@article{k, title={On ice}, author={Moe, Per}, author={Larsen, Ida}, keywords={ice}, keywords={melt},\n"
        " funding={North}, funding={South}, year={2001}, year={2001}, note={same}, note={same}}\n",
    )
    assert paper.authors == ("Per Moe", "Ida Larsen")
    assert (paper.extra["keywords"], paper.extra["funding"], paper.extra["funding_2"]) == (
        "ice; melt",
        "North",
        "South",
    )
    assert "note_2" not in paper.extra
    assert paper.repaired == ("a field given twice",)


def test_a_volume_is_a_paper_unless_it_only_serves_others(tmp_path):
    rows = read(
        tmp_path,
        "a.bib",
        "@inproceedings{talk, title={A talk}, crossref={Served}}\n"
        "@proceedings{served, title={Papers of the served meeting}, year={2001}}\n"
        "@proceedings{alone, title={Papers of a meeting alone}, year={2002}}\n"
        "@inproceedings{other, title={Another talk}, crossref={told}}\n"
        "@collection{told, title={Papers with an abstract}, abstract={What they say.}}\n"
        "@proceedings{empty, year={2003}}\n",
    )
    titles = [row.title for row in rows if not isinstance(row, Rejected)]
    assert titles == ["A talk", "Papers of a meeting alone", "Another talk", "Papers with an abstract"]
    assert [row.reason for row in rows if isinstance(row, Rejected)] == [
        "@proceedings: a volume, not a paper",
        "no title and no abstract",
    ]


def test_a_broken_entry_costs_no_other(tmp_path):
    rows = read(
        tmp_path,
        "a.bib",
        "Written by a program.\nIts settings are x = {y}.\n\n"
        "@article{one, title={One}} @article{two, title={Two}}\n"
        "@article{open, title={Never {closed}, year=2001\n\n"
        "  @article{three, title={Three}}\n"
        "@article{more, title={Closed} too often}, year=2002}\n"
        "@article{four, title={Four, mail a@b.org}}\n",
    )
    assert [row.title for row in rows if not isinstance(row, Rejected)] == [
        *("One", "Two", "Three", "Closed too often", "Four, mail a@b.org")
    ]
    assert [row.reason[:13] for row in rows if isinstance(row, Rejected)] == ["broken BibTeX"]


def test_names_of_fields_are_shown_on_one_line(tmp_path):
    (tmp_path / "a.bib").write_text(f"@article{{k, p\nublisher = {{Frost}}, {'long' * 99} = {{x}}}}\n")
    with pytest.raises(CorpusError) as problem:
        read_corpus(CorpusConfig(files=("a.bib",)), tmp_path)
    assert "p ublisher" in str(problem.value)
    assert "\n" not in str(problem.value)
    assert len(str(problem.value)) < 400


def test_another_encoding_is_named_as_the_way_out(tmp_path):
    content = "@article{k, title={氷河と海の長い変化}, year={2001}}\n".encode("shift_jis")
    (tmp_path / "a.bib").write_bytes(content)
    with pytest.raises(CorpusError, match=r"corpus\.encoding"):
        read_corpus(CorpusConfig(files=("a.bib",)), tmp_path)
    [paper] = read_papers(find_sources(("a.bib",), tmp_path), CorpusConfig(files=("a.bib",), encoding="shift_jis"))
    assert paper.title == "氷河と海の長い変化"


@pytest.mark.parametrize(
    ("written", "names"),
    [
        ("family=Santos, given=Ana, prefix=dos, useprefix=false and Moe, Per", ["Ana dos Santos", "Per Moe"]),
        ("family={Li, Wu}, given={Bo}, suffix={Jr}", ["Bo Li, Wu, Jr"]),
        ("Aho, P.M., Jr. and King, Jr, Martin", ["P.M. Aho, Jr.", "Martin King, Jr"]),
        ("Moe, Per and others", ["Per Moe"]),
        ("Moe, Per and et al.", ["Per Moe"]),
        ("Moe, Per and {al}, Et", ["Per Moe"]),
        ("{[}Anonymous]", []),
        ("Per Moe and Ida Larsen and ", ["Per Moe", "Ida Larsen"]),
        ("Moe, Per\n   and Mart{\\'{\\i}}n, S{\\o}ren", ["Per Moe", "Søren Martín"]),
        ("{Team of Ice and Snow} and ISO13586", ["Team of Ice and Snow", "ISO13586"]),
    ],
)
def test_names_of_authors_in_bibtex(tmp_path, written, names):
    [paper] = read(tmp_path, "a.bib", f"@article{{k, title={{On ice}}, author={{{written}}}}}\n")
    assert list(paper.authors) == names


def test_biblatex_titles_dates_and_journals(tmp_path):
    [paper, part] = read(
        tmp_path,
        "a.bib",
        "@article{k, title={On ice}, subtitle={A survey}, date={2019-05-01/2019-06}, journaltitle={Ice Letters},\n"
        " eprint={1905.00001}, eprinttype={arxiv}}\n"
        "@book{p, maintitle={Works on snow}, year={in press}, early-access-date={MAY 2022}}\n",
    )
    assert (paper.title, paper.year, paper.extra["journaltitle"]) == ("On ice: A survey", 2019, "Ice Letters")
    assert (paper.extra["eprint"], paper.extra["eprinttype"]) == ("1905.00001", "arxiv")
    assert (part.title, part.year) == ("Works on snow", 2022)


def test_cited_references_of_databases(tmp_path):
    scopus, science = read(
        tmp_path,
        "a.bib",
        "@ARTICLE{s, title={One}, cites={12}, references={Moe, P., On ice (2001) Ice, 1; Aho, P., R\\&D (2002) Ice}}\n"
        "@article{w, Title={{From another}}, Cited-References={{Moe P, 2001, ICE, V1, P2, DOI 10.1000/x.\n"
        "   {[}Anonymous], 2003, ICE REP.}}, Author-Email={{a@b.org}}, Unique-ID={{WOS:1}}}\n",
    )
    assert raw(scopus) == ["Moe, P., On ice (2001) Ice, 1", "Aho, P., R&D (2002) Ice"]
    assert scopus.extra["cites_count"] == "12"
    assert raw(science) == ["Moe P, 2001, ICE, V1, P2, DOI 10.1000/x", "[Anonymous], 2003, ICE REP"]
    assert science.extra["references"][0]["id"] == "doi:10.1000/x"
    assert (science.title, science.extra["author-email"]) == ("From another", "a@b.org")


def test_the_doi_is_found_in_what_programs_write_around_it(tmp_path):
    written = ["ARTN 12\n10.1000/a.1", "https://doi.org/10.1000/a.1", "10.1000/a.1$\\backslash$n25", "DOI: 10.1000/a.1"]
    entries = "".join(f"@article{{k{n}, title={{On ice}}, doi={{{doi}}}}}\n" for n, doi in enumerate(written))
    assert [paper.extra["doi"] for paper in read(tmp_path, "a.bib", entries)] == ["10.1000/a.1"] * 4


# --- LaTeX


@pytest.mark.parametrize(
    "text",
    [
        "5% of $3 and $4, R&D #2 in a_b",
        "10^6 cells, p < 0.05 and q > 3, <<so>>",
        "a pipe of 5'' and 3' at ~20 m (~7 km)",
        "see https://example.org/~moe/a--b_c%20d, please",
        "it costs $5 million, $ab too",
        r"kept in C:\data\new",
    ],
)
def test_plain_text_is_no_latex(text):
    assert decode_latex(text) == text


@pytest.mark.parametrize(
    ("latex", "text"),
    [
        (r"5\% of \$3 \& more\_so, \{x\}", "5% of $3 & more_so, {x}"),
        ("``quoted'' and 5''", "“quoted” and 5''"),
        ("pages 1--9 --- all", "pages 1–9 — all"),
        (r"A~name, Per~Moe", "A name, Per Moe"),
        (r"p {$<$} 0.05, x\textsubscript{2}, 10\textasciicircum{}6", "p < 0.05, x2, 10^6"),
        (r"First.{\$}\backslash{\$}nMETHODS: second$\backslash$nand third", "First. METHODS: second and third"),
        (r"above {\{}$\backslash$textgreater{\}} 8 h", "above > 8 h"),
        (r"\href{https://a.org}{here} or \url{https://a.org/~b}", "here or https://a.org/~b"),
        (r"a \newthing{kept} word, $\frac{a}{b_{c}}$ kept", r"a kept word, $\frac{a}{b_{c}}$ kept"),
    ],
)
def test_latex_is_printed_as_tex_would(latex, text):
    assert decode_latex(latex) == text


SIGNS = st.text(string.punctuation + "  ab1éŁß–’", min_size=1, max_size=30).map(
    lambda text: " ".join(text.split()) or "x"
)


@given(SIGNS)
def test_every_sign_survives_our_own_files(tmp_path_factory, text):
    title = f"On {text} x"
    for name, written in (("a.bib", to_bibtex), ("a.ris", to_ris), ("a.json", to_csl)):
        paper = {"id": "p", "title": title, "abstract": f"It is {string.punctuation} {text}.", "pages": "1-9"}
        [found] = read(tmp_path_factory.mktemp("signs"), name, written([paper]))
        assert (found.title, found.abstract) == (title, paper["abstract"])


def test_a_text_like_deeply_nested_json_is_written_as_the_text_it_is():
    note = "[" * 100_000
    assert json.loads(to_csl([{"id": "p", "title": "On ice", "abstract": "", "note": note}]))[0]["note"] == note


# --- RIS


def ris(*lines: str, kind: str = "JOUR") -> str:
    return "\n".join([f"TY  - {kind}", *lines, "ER  - ", "", ""])


def test_a_long_tag_after_the_type_is_a_field(tmp_path):
    [paper] = read(tmp_path, "a.ris", ris("PMID  - 31000001", "TI  - On ice", "AB  - It melts."))
    assert (paper.title, paper.abstract, paper.extra["pmid"]) == ("On ice", "It melts.", "31000001")
    assert paper.id == "pmid:31000001"


def test_line_ends_of_several_kinds_in_one_file(tmp_path):
    text = ris("TI  - One").replace("\n", "\r\n") + "\n\rTY  - JOUR\rTI  - Two\rER  - \r"
    assert [paper.title for paper in read(tmp_path, "a.ris", text)] == ["One", "Two"]


@pytest.mark.parametrize(
    "lines",
    [
        ["DO  - 10.1000/a.1     LK  - https://library.example/link?id=doi:10.1000%2Fa.1"],
        ["DO  - 10.1000/a.1 https://a.example/1 https://b.example/2" + "x" * 600],
        ["L3  - 10.1000/a.1"],
        ["M3  - doi:10.1000/a.1"],
        ["UR  - https://search.example/login?direct=true&AN=1", "UR  - https://doi.org/10.1000/a.1"],
        ["DO  - https://dx.doi.org/10.1000/a.1."],
    ],
)
def test_the_doi_of_a_reference(tmp_path, lines):
    [paper] = read(tmp_path, "a.ris", ris("TI  - On ice", *lines))
    assert (paper.id, paper.extra["doi"]) == ("10.1000/a.1", "10.1000/a.1")


def test_a_long_text_in_place_of_the_doi_loses_no_record(tmp_path):
    [paper] = read(tmp_path, "a.ris", ris("TI  - On ice", "DO  - " + "https://a.example/b " * 40))
    assert paper.title == "On ice"
    assert "doi" not in paper.extra


@pytest.mark.parametrize(
    ("lines", "journal"),
    [
        (["JA  - Ice Lett.", "T2  - Special issue on melt", "JO  - Letters", "JF  - Ice Letters"], "Ice Letters"),
        (["T2  - Special issue on melt", "JO  - Ice Letters"], "Ice Letters"),
        (["JO  - Ice Lett.", "T2  - Ice Letters"], "Ice Letters"),
        (["JA  - Ice Lett."], "Ice Lett."),
    ],
)
def test_the_journal_is_its_full_name(tmp_path, lines, journal):
    [paper] = read(tmp_path, "a.ris", ris("TI  - On ice", *lines))
    assert paper.extra["journal"] == journal


@pytest.mark.parametrize(
    ("lines", "year"),
    [
        (["Y1  - 2012/05/01/"], 2012),
        (["PY  - 1999///"], 1999),
        (["PY  - Start date: 20170812"], 2017),
        (["PY  - 10 15", "DA  - 2003/10/15"], 2003),
        (["Y2  - 2022/01/01"], None),  # when it was looked at
    ],
)
def test_the_year_of_a_reference(tmp_path, lines, year):
    assert read(tmp_path, "a.ris", ris("TI  - On ice", *lines))[0].year == year


def test_authors_of_a_reference(tmp_path):
    [article, chapter] = read(
        tmp_path,
        "a.ris",
        ris(
            "TI  - On ice",
            "A1  - Ice Core Group",
            "AU  - Moe P.",
            "AU  - Aho, P., Jr.",
            "AU  - et al.",
            "A2  - Cited, C",
        )
        + ris("TI  - A chapter", "AU  - Moe, Per", "A2  - Larsen, Ida", kind="CHAP"),
    )
    assert article.authors == ("Ice Core Group", "P. Moe", "P. Aho, Jr.")
    assert "editors" not in article.extra
    assert (chapter.authors, chapter.extra["editors"]) == (("Per Moe",), ["Larsen, Ida"])


def test_lines_that_go_on_and_tags_with_one_or_three_spaces(tmp_path):
    [paper] = read(
        tmp_path,
        "a.ris",
        "Record #1 of 1\nProvider: A library\n\nTY -  JOUR\nTI   - On ice\n  and snow\nKW - ice\nmelting\n"
        "AB - First,\nII - second\nand third.\nUR  - https://a.org/x;v=1\nER  -\n",
    )
    assert (paper.title, paper.abstract) == ("On ice and snow", "First, II - second and third.")
    assert (paper.extra["keywords"], paper.extra["urls"]) == (["ice", "melting"], ["https://a.org/x;v=1"])


def test_abstracts_in_several_lines_of_their_tag(tmp_path):
    [paper] = read(
        tmp_path,
        "a.ris",
        ris("TI  - On ice", "AB  - It melts.", "AB  - It freezes.", "AB  - Copyright of Ice is the property of Frost."),
    )
    assert paper.abstract == "It melts. It freezes."


def test_cited_references_of_scopus(tmp_path):
    lines = [
        "N1  - Export Date: 5 May 2022",
        "N1  - References: Moe, P., On ice (2001) Ice, 1;",
        "Aho, P., Ice 2 (2002)",
    ]
    [paper] = read(tmp_path, "a.ris", ris("TI  - On ice", *lines))
    assert raw(paper) == ["Moe, P., On ice (2001) Ice, 1", "Aho, P., Ice 2 (2002)"]
    assert paper.extra["notes"] == ["Export Date: 5 May 2022"]


# --- NBIB


def test_nbib_with_old_line_ends_tabs_and_blank_lines_anywhere(tmp_path):
    text = "PMID- 1\rTI  - One\r\r\tand more\rAB  - DNA-a study\r      of DNA\rFAU - Moe, Per\rPMID- 2\rTI  - Two\r"
    one, two = read(tmp_path, "a.txt", text)
    assert (one.title, one.abstract, one.authors) == ("One and more", "DNA-a study of DNA", ("Per Moe",))
    assert two.title == "Two"


def test_nbib_whose_lines_are_all_spaced_out(tmp_path):
    text = "PMID- 1\r\r\nTI  - One\r\r\nDP  - 2001\r\r\n\r\r\nPMID- 2\r\r\nTI  - Two\r\r\n"
    assert [(paper.title, paper.year) for paper in read(tmp_path, "a.nbib", text)] == [("One", 2001), ("Two", None)]


def test_a_book_of_pubmed(tmp_path):
    text = "PMID- 3\nBTI - A handbook\nFED - Larsen, Ida\nCN  - Ice Group\nSO  - Ice. 2013. doi: 10.1000/b.3.\n"
    [paper] = read(tmp_path, "a.nbib", text)
    assert (paper.title, paper.authors, paper.extra["editors"]) == ("A handbook", ("Ice Group",), ["Ida Larsen"])
    assert paper.extra["doi"] == "10.1000/b.3"


# --- JSON

ZOTERO = {
    "key": "AB12",
    "itemType": "journalArticle",
    "title": "On ice",
    "creators": [
        {"creatorType": "editor", "firstName": "Ed", "lastName": "Itor"},
        {"creatorType": "author", "firstName": "Ida", "lastName": "Larsen"},
        {"creatorType": "author", "name": "Ice Core Consortium"},
    ],
    "abstractNote": "It melts.",
    "date": "05/2019",
    "DOI": "10.1000/z.1",
    "publicationTitle": "Ice Letters",
    "tags": [{"tag": "ice"}],
}


def test_rows_of_a_zotero_table_that_are_no_papers_are_left_out(tmp_path):
    table = "Key,Item Type,Title\nA,attachment,Moe 2019.pdf\nB,book,On ice\nC,note,read this\n"
    (tmp_path / "a.csv").write_text(table)
    left_out, paper, note = read_papers(find_sources(["a.csv"], tmp_path), CorpusConfig(files=("a.csv",)))
    assert [(row.reason, row.id) for row in (left_out, note)] == [
        *(("an attachment, not a paper", "A"), ("a note, not a paper", "C"))
    ]
    assert (paper.id, paper.title) == ("B", "On ice")


def test_zotero_items_are_read_and_what_hangs_on_them_is_left_out(tmp_path):
    attachment = {"key": "X", "data": {"key": "X", "itemType": "attachment", "title": "Full text"}}
    note = {"key": "N", "data": {"key": "N", "itemType": "note", "note": "read this"}}
    wrapped = {"key": "AB12", "version": 3, "library": {}, "data": ZOTERO}
    for content in ([attachment, wrapped, note], {"config": {}, "items": [attachment["data"], ZOTERO, note["data"]]}):
        left_out, paper, another = read(tmp_path, "a.json", content)
        assert (left_out.reason, another.reason) == ("an attachment, not a paper", "a note, not a paper")
        assert (paper.id, paper.title, paper.abstract, paper.year) == ("AB12", "On ice", "It melts.", 2019)
        assert paper.authors == ("Ida Larsen", "Ice Core Consortium")
        assert (paper.extra["doi"], paper.extra["journal"]) == ("10.1000/z.1", "Ice Letters")
        assert (paper.extra["keywords"], paper.extra["editors"]) == (["ice"], ["Ed Itor"])


def test_a_paper_with_its_references_is_the_paper(tmp_path):
    cited = [{"paperId": "b", "title": "Cited one"}, {"paperId": "c", "title": "Cited two"}]
    [paper] = read(
        tmp_path,
        "a.json",
        {"paperId": "a", "title": "On ice", "year": 2001, "references": cited, "citations": [{"title": "Later"}]},
    )
    assert (paper.title, paper.year) == ("On ice", 2001)
    assert [one["id"] for one in paper.extra["references"]] == ["s2:b", "s2:c"]
    assert [one["title"] for one in paper.extra["cited_by"]] == ["Later"]


@pytest.mark.parametrize(
    ("paper", "references"),
    [
        (
            {"id": "https://openalex.org/W1", "display_name": "On ice", "authorships": []}
            | {"referenced_works": ["https://openalex.org/W20", "https://openalex.org/W300"]},
            ["", "openalex:W300"],
        ),
        (
            {"DOI": "10.1000/c", "title": ["On ice"], "prefix": "10.1000"}
            | {"reference": [{"key": "r1", "unstructured": "Moe 2001"}, {"key": "r2", "DOI": "10.1000/R2"}]},
            ["", "doi:10.1000/r2"],
        ),
        ({"id": "k", "type": "book", "title": "On ice", "issued": {}, "references": ["Moe 2001", "10.1000/r2"]}, None),
    ],
)
def test_references_of_services(tmp_path, paper, references):
    [found] = read(tmp_path, "a.json", [paper])
    ids = [one["id"] for one in found.extra["references"]]
    assert len(ids) == 2
    assert ids[1] == (references or ["", "doi:10.1000/r2"])[1]


PAPERS = [{"title": "On ice", "year": 2001}, {"title": "On snow", "year": 2002}]


@pytest.mark.parametrize(
    "content",
    [
        {"resultList": {"result": PAPERS}},
        {"hits": {"total": 2, "hits": [{"_id": n, "_source": paper} for n, paper in enumerate(PAPERS)]}},
        {"response": {"docs": PAPERS, "facets": [{"name": "a"}] * 9}},
        {"2001.1": PAPERS[0], "2002.1": PAPERS[1]},
        {"title": "My reading list", "entries": PAPERS},
        [{"page": 1, "results": PAPERS[:1]}, {"page": 2, "results": PAPERS[1:]}],
        {"data": [{"citedPaper": paper} for paper in PAPERS]},
        "".join(json.dumps(paper) for paper in PAPERS),
        "\n".join(json.dumps(paper, indent=1) for paper in PAPERS),
    ],
)
@pytest.mark.parametrize("name", ["a.json", "a.jsonl"])
def test_papers_are_found_wherever_they_are(tmp_path, content, name):
    if name == "a.jsonl":  # over many lines under the ending for one a line
        content = content if isinstance(content, str) and "\n" in content else json.dumps(PAPERS, indent=1)
    assert [(paper.title, paper.year) for paper in read(tmp_path, name, content)] == [
        ("On ice", 2001),
        ("On snow", 2002),
    ]


def test_papers_by_their_id_keep_it(tmp_path):
    assert [paper.id for paper in read(tmp_path, "a.json", {"x.1": PAPERS[0], "x.2": PAPERS[1]})] == ["x.1", "x.2"]


def test_an_answer_that_found_nothing_has_no_rows(tmp_path):
    assert read(tmp_path, "a.json", {"total": 0, "message": {"items": []}}) == []


def test_json_without_papers_says_so_in_one_line(tmp_path):
    with pytest.raises(CorpusError, match="title") as error:
        read(tmp_path, "a.json", {"status": "ok", "count": 3})
    assert "\n" not in str(error.value)


def test_dblp_europe_pmc_and_publish_or_perish(tmp_path):
    people = {"author": [{"@pid": "1", "text": "Wei Moe 0001"}, {"@pid": "2", "text": "Ida Larsen"}]}
    hit = {"authors": people, "title": "On ice.", "venue": "ICE", "year": "2001", "type": "Article", "key": "j/ice/1"}
    [dblp] = read(
        tmp_path, "a.json", {"result": {"hits": {"hit": [{"@id": "9", "info": hit | {"url": "https://d.org"}}]}}}
    )
    assert (dblp.id, dblp.title, dblp.authors, dblp.year) == ("j/ice/1", "On ice", ("Wei Moe", "Ida Larsen"), 2001)
    result = {"id": "31", "source": "MED", "title": "On ice.", "authorString": "Moe P, Larsen IB.", "pubYear": "2001"}
    [europe] = read(tmp_path, "a.json", {"resultList": {"result": [result | {"abstractText": "It melts."}]}})
    assert (europe.id, europe.authors, europe.abstract) == ("pmid:31", ("P Moe", "IB Larsen"), "It melts.")
    found = {
        "title": "On ice",
        "article_url": "https://p.org",
        "rank": 1,
        "ecc": 2,
        "year": 0,
        "volume": 0,
        "source": "Ice",
    }
    [perish] = read(tmp_path, "a.json", [found | {"authors": ["P Moe", "IB Larsen"]}])
    assert (perish.authors, perish.year, perish.extra["journal"]) == (("P Moe", "IB Larsen"), None, "Ice")
    assert "volume" not in perish.extra
