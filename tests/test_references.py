"""References: BibTeX and RIS read and written, matched with the papers of an atlas, a draft checked against them."""

import json
import unicodedata

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline import Atlas
from pipeline.cli import main
from pipeline.config import CorpusConfig
from pipeline.corpus import Rejected, Source, read_papers
from pipeline.corpus.identifiers import find_arxiv, find_dois, identify, links, title_key
from pipeline.corpus.readers import bibtex, ris
from pipeline.corpus.readers.latex import decode_latex
from pipeline.corpus.record import text_hash, text_of
from pipeline.corpus.references import Reference, read_references
from pipeline.export import to_bibtex, to_ris
from pipeline.export.bibtex_writer import escape_latex
from pipeline.recommender import check_draft, find_cited, read_query
from tests.format_files import EXAMPLES
from tests.planted import planted_papers, run_once, write_jsonl


def read_one(tmp_path, name, text):
    (tmp_path / name).write_text(text, encoding="utf-8")
    reader = bibtex.read if name.endswith(".bib") else ris.read
    return list(reader(Source(tmp_path / name), "utf-8"))


# --- BibTeX


def test_a_bibtex_entry_is_read_as_it_would_be_printed(tmp_path):
    [record] = read_one(
        tmp_path,
        "a.bib",
        r"""@string{nips = "NeurIPS"}
        @InProceedings{qu2021, Title = {{\"U}ber {GAN}s: 50\% of R\&D, $x^2$ and 3%},
          author = {Qu, Hui and {\O}rsted, Hans Christian and {The ATLAS Collaboration, CERN} and others},
          booktitle = nips # " 34", year = 2021, month = jan, pages = {1--20},
          doi = {10.1000/a_b}, url = {https://example.org/a_b#c%20d},
          abstract = {One line, ``quoted'',
            and the next.}}""",
    )
    assert record.fields == {
        "id": "qu2021",
        "type": "inproceedings",
        "title": "Über GANs: 50% of R&D, $x^2$ and 3%",
        "authors": ["Hui Qu", "Hans Christian Ørsted", "The ATLAS Collaboration, CERN"],
        "booktitle": "NeurIPS 34",
        "year": "2021",
        "month": "jan",
        "pages": "1–20",
        "doi": "10.1000/a_b",
        "url": "https://example.org/a_b#c%20d",
        "abstract": "One line, “quoted”, and the next.",
    }


def test_the_kind_of_an_entry_and_its_type_in_words_are_both_kept(tmp_path):
    [record] = read_one(tmp_path, "a.bib", "@thesis{moe, title={On ice}, type={{PhD} thesis}}")
    assert (record.fields["type"], record.fields["type_of_work"]) == ("thesis", "PhD thesis")


def test_a_paper_in_a_volume_takes_what_it_lacks_from_it(tmp_path):
    volume, paper = read_one(
        tmp_path,
        "a.bib",
        "@proceedings{v, title={Proceedings of X}, year=1999, publisher={P}, doi={10.1000/v}}\n"
        "@inproceedings{p, crossref={V}, title={A paper}, year=2000}",
    )
    assert isinstance(volume, Rejected)
    assert "a volume, not a paper" in volume.reason
    assert paper.fields == {
        "id": "p",
        "type": "inproceedings",
        "title": "A paper",
        "year": "2000",
        "booktitle": "Proceedings of X",
        "publisher": "P",
    }


def test_entries_of_one_key_are_all_kept_and_named_by_content(tmp_path):
    entries = ["@article{a, title={First of them}}", "@article{a, title={Second of them}}"]
    names = {}
    for order in (entries, entries[::-1]):
        for record in read_one(tmp_path, "a.bib", "\n".join(order)):
            names.setdefault(record.fields["title"], set()).add(record.fields["id"])
    assert len(names) == 2
    assert all(len(ids) == 1 for ids in names.values())
    assert names["First of them"] != names["Second of them"]


def test_a_broken_entry_is_told_and_the_others_are_read(tmp_path):
    rows = read_one(
        tmp_path, "a.bib", "@article{a, title={Good}}\n@article{b, title={never closed\n@article{c, title={Also good}}"
    )
    assert [row.fields["title"] for row in rows if not isinstance(row, Rejected)] == ["Good", "Also good"]
    [broken] = [row for row in rows if isinstance(row, Rejected)]
    assert (broken.row, broken.reason.startswith("broken BibTeX")) == (2, True)


@pytest.mark.parametrize(
    ("latex", "text"),
    [
        (r"G{\"o}del, K{\v{c}}, \'etude, {\ss}, \aa", "Gödel, Kč, étude, ß, å"),
        (r"don\textquoteright t --- really", "don’t — really"),
        (r"H$_2$O and $\alpha$-synuclein", r"H$_2$O and $\alpha$-synuclein"),
        (r"\emph{never} $a", "never $a"),
        ("100% sure", "100% sure"),
        ("{{Nested {B}races}}", "Nested Braces"),
        (r"\input{/etc/passwd}", ""),
    ],
)
def test_latex_is_decoded(latex, text):
    assert decode_latex(latex) == text


# --- RIS


def test_ris_dialects_mean_the_same(tmp_path):
    zotero = (
        "TY  - JOUR\nTI  - A title\nAU  - Qu, Hui\nAU  - Li, Bo\nPY  - 2021\nAB  - Text.\nT2  - J. Foo\n"
        "DO  - 10.1/x\nER  - \n"
    )
    publisher = (
        "TY  - JOUR\nT1  - A title\nA1  - Qu, Hui\nA1  - Li, Bo\nY1  - 2021/03/01/\nN2  - Text.\nJO  - J. Foo\n"
        "DO  - https://doi.org/10.1/x\nER  -\n"
    )
    for text in (zotero, publisher, zotero.replace("  - ", " - "), "\ufeff" + publisher.replace("\n", "\r\n")):
        [paper] = read_papers(*_file(tmp_path, "a.ris", text))
        assert (paper.id, paper.title, paper.abstract, paper.year) == ("10.1/x", "A title", "Text.", 2021)
        assert paper.authors == ("Hui Qu", "Bo Li")
        assert paper.extra["journal"] == "J. Foo"


def _file(tmp_path, name, text):
    (tmp_path / name).write_text(text, encoding="utf-8", newline="")
    return [Source(tmp_path / name)], CorpusConfig(files=(name,))


def test_a_reference_without_its_end_does_not_swallow_the_next(tmp_path):
    rows = read_one(tmp_path, "a.ris", "TY  - JOUR\nTI  - First\nAB  - goes\n  on\nTY  - CONF\nTI  - Second\n")
    assert [(row.row, row.fields["title"], row.fields.get("abstract")) for row in rows] == [
        (1, "First", "goes on"),
        (5, "Second", None),
    ]


def test_a_file_without_references_says_so(tmp_path):
    [row] = read_one(tmp_path, "a.ris", "hello\n")
    assert "is this RIS?" in row.reason


# --- written and read again

LETTERS = st.characters(blacklist_categories=("Cs", "Cc", "Zl", "Zp", "Zs"), blacklist_characters="ˆ^~˜`'\"-")
WORDS = st.lists(st.text(LETTERS, min_size=1, max_size=12), min_size=1, max_size=6).map(
    lambda words: unicodedata.normalize("NFC", " ".join(words))  # which is how papers are kept
)


@given(title=WORDS, abstract=WORDS, year=st.integers(1500, 2199))
def test_what_is_written_is_read_back(tmp_path_factory, title, abstract, year):
    folder = tmp_path_factory.mktemp("round")
    paper = {"id": "a1", "title": title, "abstract": abstract, "authors": ["Hui Qu", "Bo Li"], "year": year}
    for name, text in (("a.bib", to_bibtex([paper])), ("a.ris", to_ris([paper]))):
        [record] = read_one(folder, name, text)
        read = {field: record.fields[field] for field in ("title", "abstract", "authors", "year")}
        assert read == {name: paper[name] for name in ("title", "abstract", "authors")} | {"year": str(year)}


def test_latex_characters_survive():
    for text in ("50% of R&D in {x}_1 #2 $3", "a\\b"):
        assert decode_latex(escape_latex(text)) == text


def test_keys_that_would_clash_are_told_apart_and_names_kept_whole():
    papers = [{"id": paper, "title": "T", "authors": ["Smith and Co"]} for paper in ("a b", "a_b", "漢")]
    written = to_bibtex(papers)
    for key in ("{a_b,", "{a_b-2,", "{paper,"):
        assert key in written
    assert written.count("author = {{Smith and Co}}") == 3


# --- what identifies a paper


def test_identifiers_by_hand():
    assert find_dois("doi:10.1000/ABC.12, (https://doi.org/10.1016/s0140-6736(20)30183-5).") == [
        "10.1000/abc.12",
        "10.1016/s0140-6736(20)30183-5",
    ]
    assert find_arxiv("arXiv:2101.00001v3 and http://arxiv.org/pdf/math.GT/0309136") == [
        "2101.00001",
        "math.gt/0309136",
    ]
    assert find_arxiv("2101.00001") == []
    found = identify({"id": "x", "doi": "10.48550/arXiv.2101.00001", "journal": "arXiv preprint arXiv:2102.00002"})
    assert (found.dois, found.arxiv) == ((), ("2101.00001", "2102.00002"))
    assert title_key("Editorial") == ""


def test_a_publishers_number_in_an_address_is_no_arxiv_id():
    assert identify({"url": "https://example.org/science/article/abs/pii/0370269394"}).arxiv == ()
    assert identify({"url": "https://example.org/abs/hep-th/9901001"}).arxiv == ("hep-th/9901001",)


def test_only_http_addresses_become_links():
    assert links({"id": "x", "url": "javascript:alert(1) file:///etc/passwd"}) == ()
    found = links({"id": "x", "url": "https://example.org/\x1b]8;;evil"})
    assert [link.address for link in found] == ["https://example.org/"]


# --- references in an atlas


@pytest.fixture(scope="module")
def papers():
    made = planted_papers(["glaciers", "bees"], 20)
    made[0] |= {"doi": "10.1000/Ice"}
    made[1] |= {"url": "https://arxiv.org/abs/2101.00001v2"}
    return made


@pytest.fixture(scope="module")
def atlas(tmp_path_factory, papers):
    return run_once(tmp_path_factory.mktemp("references"), papers)


def reference(title="", **extra):
    return Reference(title or "untitled", identify({"title": title, **extra}), text_hash(text_of(title, "")))


def test_references_are_found_by_doi_then_arxiv_id_then_title(atlas, papers):
    cited = find_cited(
        atlas,
        [
            reference("Another title altogether", doi="https://doi.org/10.1000/ICE"),
            reference("The preprint", eprint="2101.00001"),
            reference(papers[5]["title"].upper().replace(",", " :")),
            reference("A title that no paper here has"),
        ],
    )
    assert [(match.id, match.by) for match in cited.matches] == [
        ("glaciers-0", "DOI"),
        ("glaciers-1", "arXiv id"),
        ("glaciers-5", "title"),
    ]
    assert {atlas.ids.ids[row] for row in cited.rows} == {"glaciers-0", "glaciers-1", "glaciers-5"}
    assert cited.unmatched == ("A title that no paper here has",)


def test_cited_papers_are_left_out(atlas, papers, tmp_path, capsys):
    run = str(atlas.folder)
    (tmp_path / "refs.bib").write_text(to_bibtex(papers[:10]), encoding="utf-8")
    main(["similar", run, "--id", "glaciers-15", "--json", "-k", "30", "--exclude-file", str(tmp_path / "refs.bib")])
    out, err = capsys.readouterr()
    shown = {result["id"] for result in json.loads(out)["results"]}
    assert shown == {paper["id"] for paper in papers[10:]} - {"glaciers-15"}
    assert "10 papers of the atlas left out" in err
    (tmp_path / "empty.bib").write_text("")
    assert main(["similar", run, "--id", "bees-1", "--exclude-file", str(tmp_path / "empty.bib")]) == 2
    assert "holds no reference" in capsys.readouterr().err


def test_results_as_references_are_those_papers(atlas, tmp_path, capsys):
    expected = [result.id for result in Atlas(atlas).similar("bees-3", k=4)]
    for form, name in (("bibtex", "a.bib"), ("ris", "a.ris")):
        assert main(["similar", str(atlas.folder), "--id", "bees-3", "-k", "4", "--format", form]) == 0
        rows = read_one(tmp_path, name, capsys.readouterr().out)
        titles = [atlas.paper(atlas.ids.row(paper))["title"] for paper in expected]
        assert [row.fields["title"] for row in rows] == titles
    assert main(["search", str(atlas.folder), "pollen", "--format", "ris", "--json"]) == 2
    assert "choose one form" in capsys.readouterr().err


def test_a_check_shows_what_is_near_and_not_cited(atlas, papers, tmp_path, capsys):
    draft = "Honeybee and pollen: the forager, the hive and the waggle dance of a queen bee"
    (tmp_path / "draft.txt").write_text(draft)
    (tmp_path / "refs.ris").write_text(to_ris([papers[20], papers[21]]))
    arguments = ["check", str(atlas.folder), "--text-file", str(tmp_path / "draft.txt")]
    assert main([*arguments, "--cited", str(tmp_path / "refs.ris"), "--json", "-k", "18"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert {paper["id"] for paper in answer["missing"]} == {f"bees-{number}" for number in range(2, 20)}
    assert {match["id"] for match in answer["cited"]["matches"]} == {"bees-0", "bees-1"}
    main([*arguments, "-k", "2"])
    shown = capsys.readouterr().out
    assert "Novelty:" in shown
    assert "Nearest papers:" in shown
    assert main(["check", str(atlas.folder)]) == 2
    assert "one of --text and --text-file" in capsys.readouterr().err


def test_novelty_is_the_share_of_papers_that_lie_closer_to_theirs(atlas):
    vectors = atlas.vectors.astype(float)
    cosines = vectors @ vectors.T
    np.fill_diagonal(cosines, -2)
    closeness = np.sort(cosines, axis=1)[:, ::-1][:, :10].mean(axis=1)
    for row in (0, 7, 33):
        found = check_draft(atlas, read_query(atlas, [atlas.ids.ids[row]]), None, k=1).novelty
        assert found.closeness == pytest.approx(closeness[row], abs=1e-5)
        assert found.percentile == pytest.approx(100 * (closeness > closeness[row] + 1e-6).mean(), abs=0.1)
        assert found.low <= found.percentile <= found.high
    strange = check_draft(atlas, read_query(atlas, (), texts=["zzz yyy"]), None, k=1).novelty
    assert strange.percentile == 100


def test_one_paper_alone_has_no_novelty_and_no_crash(tmp_path, make_atlas):
    atlas = make_atlas(str(write_jsonl(tmp_path / "p.jsonl", planted_papers(["bees"], 1))))
    assert check_draft(atlas, read_query(atlas, (), texts=["pollen"]), None, k=1).novelty is None


def test_dois_are_whole_and_without_what_a_page_puts_behind_them():
    sici = "10.1002/(sici)1097-0258(19980815/30)17:15/16<1661::aid-sim968>3.0.co;2-2"
    for written in (sici, sici.upper(), sici.replace("<", r"{\textless}").replace(">", r"{\textgreater}")):
        assert identify({"doi": written}).dois == (sici,)
    for address in (
        "https://www.frontiersin.org/articles/10.3389/fnins.2020.00001/full?x=1#sec2",
        "https://doi.org/10.3389%2Ffnins.2020.00001",
        "https://www.example.org/content/10.3389/fnins.2020.00001v1.full.pdf",
        "https://link.example.org/content/pdf/10.3389/fnins.2020.00001.pdf",
    ):
        assert identify({"url": address}).dois == ("10.3389/fnins.2020.00001",), address
    both = {"URL": "https://x.org/10.3389/other.1", "doi": "10.3389/right.1"}
    assert identify(both).dois == ("10.3389/right.1", "10.3389/other.1")
    assert [link.address for link in links({"url": "https://mydoi.org/x"})] == ["https://mydoi.org/x"]


def test_titles_in_other_scripts_can_be_told_apart_and_common_ones_cannot():
    assert title_key("联邦学习综述研究")
    assert title_key("Introduction") == title_key("Discussion") == ""


def test_references_need_no_title(tmp_path, atlas):
    (tmp_path / "r.bib").write_text("@misc{a, doi={10.1000/Ice}}\n@proceedings{v, title={A long volume title}}")
    (tmp_path / "r.csv").write_text("DOI\n10.1000/ice\nhttps://doi.org/10.9999/none\n")
    [match] = find_cited(atlas, read_references(tmp_path / "r.bib")).matches
    assert (match.id, match.by) == ("glaciers-0", "DOI")
    found = find_cited(atlas, read_references(tmp_path / "r.csv"))
    assert ([match.id for match in found.matches], found.unmatched) == (["glaciers-0"], ("10.9999/none",))


def test_a_paper_found_in_two_ways_is_counted_once(atlas, papers):
    found = find_cited(atlas, [reference(papers[0]["title"]), reference("x", doi="10.1000/ice")])
    assert len(found.rows) == 1
    assert found.ways == {"DOI": 1}


def test_an_entry_without_a_key_gives_nothing_to_others(tmp_path):
    rows = read_one(tmp_path, "a.bib", "@misc{, title={Forgotten}, year=1950}\n@article{good, title={Good}}")
    assert rows[-1].fields == {"id": "good", "type": "article", "title": "Good"}


def test_unbalanced_braces_do_not_swallow_the_next_entry(tmp_path):
    papers = [
        {"id": "a", "title": "Sets {x : x > 0"},
        {"id": "b", "title": "}{ twice"},
        {"id": "c", "title": "Fine {x}"},
    ]
    written = to_bibtex(papers)
    assert written.count("{") == written.count("}")
    rows = read_one(tmp_path, "a.bib", written)
    assert [row.fields["title"] for row in rows] == [paper["title"] for paper in papers]


def test_a_file_read_in_parts_is_what_it_is_when_read_whole(tmp_path, monkeypatch):
    text = "".join(content.decode("utf-8-sig") for name, content in EXAMPLES.items() if name.endswith(".bib"))
    text += "@inproceedings{late, title = {Late}, crossref = {conf}, journal = il}\n@article{same, title = {Third}}\n"
    (tmp_path / "all.bib").write_text(text)
    found = []
    for size in (1, 2, 7, 10_000):
        monkeypatch.setattr(bibtex, "ENTRIES_AT_ONCE", size)
        found.append(list(bibtex.read(Source(tmp_path / "all.bib"), "utf-8")))
    assert found[0] == found[1] == found[2] == found[3]
    late = next(row for row in found[0] if not isinstance(row, Rejected) and row.fields["id"] == "late")
    assert (late.fields["booktitle"], late.fields["journal"]) == ("Proceedings of the Ice Conference", "Ice Letters")
    ids = [row.fields["id"] for row in found[0] if not isinstance(row, Rejected)]
    assert len([name for name in ids if name.startswith("same-")]) == 3
