"""Titles and abstracts as people read them: markup of services is left out of what is shown, and no more than that."""

import json
import time

import pytest

from pipeline.config import CleanConfig, CorpusConfig
from pipeline.corpus import Paper, find_sources, read_corpus, read_papers
from pipeline.corpus.shown_text import show
from tests.planted import write_jsonl

MATH = (
    '<mml:math xmlns:mml="http://www.w3.org/1998/Math/MathML" display="inline">\n  <mml:mrow>\n    {}\n  </mml:mrow>\n'
    "</mml:math>"
)
LONGEST = 50.0  # seconds of the processor; each takes less than one
TEN, FIVE = "<mml:mn>10</mml:mn>", "<mml:mn>5</mml:mn>"


def mml(name, *parts):
    return f"<mml:{name}>\n {''.join(parts)}\n </mml:{name}>"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("Growth of <i>Escherichia coli</i> in CO<sub>2</sub>", "Growth of Escherichia coli in CO2"),
        ("Growth of <I>E. coli</I> and CO<inf>2</inf>", "Growth of E. coli and CO2"),
        ("&lt;i&gt;E. coli&lt;/i&gt; &amp;amp; friends", "E. coli & friends"),
        ("&amp;lt;sub&amp;gt;2&amp;lt;/sub&amp;gt;O", "2O"),
        ("10<sup>5</sup> cells, 10<sup>−3</sup> m, Ca<sup>2+</sup>, <sup>18</sup>F", "10⁵ cells, 10⁻³ m, Ca2+, 18F"),
        ("<p>First.</p><p>Second.</p>", "First. Second."),
        ("<p>First.<p>Second.", "First. Second."),
        ("<jats:title>Abstract</jats:title><jats:p>We melt ice.</jats:p>", "We melt ice."),
        (
            "<jats:sec><jats:title>Aims</jats:title>\n<jats:p>Ice.</jats:p></jats:sec>"
            "<jats:sec><jats:title>Results:</jats:title><jats:p>Water.</jats:p></jats:sec>",
            "Aims: Ice. Results: Water.",
        ),
        ('<AbstractText Label="AIMS" NlmCategory="METHODS">Ice.</AbstractText>', "AIMS: Ice."),
        ("<title>Abstract</title>;  <p>Ice melts.</p>", "Ice melts."),
        ("<h3>Aims</h3><ul><li>ice<li>snow</ul>", "Aims: ice snow"),
        ('A <a href="https://example.org/?a=b&amp;c=d">link</a> and<br/>a break', "A link and a break"),
        ('<span class="x">Ice</span><!-- note --> melts', "Ice melts"),
        ("5 &lt; 7 &gt; 3, 20&#xA0;&deg;C &ndash; R&amp;D", "5 < 7 > 3, 20 °C – R&D"),
        ("CO$_2$, H$_{2}$O, NO$_{\\rm x}$, $^{13}$C, 10$^{-3}$", "CO2, H2O, NOx, 13C, 10⁻³"),
        ("\\textsuperscript{13}C and H\\textsubscript{2}O", "13C and H2O"),
        (
            "The " + MATH.format(mml("msub", mml("mi", "CO"), mml("mn", "2"))) + " of ice",
            "The CO2 of ice",
        ),
        (
            MATH.format(mml("msup", TEN, FIVE) + "<mml:mo>≤</mml:mo><mml:mi>n</mml:mi>"),
            "10⁵ ≤ n",
        ),
        (
            "<math><mfrac><mrow><mi>a</mi><mo>+</mo><mi>b</mi></mrow><mi>c</mi></mfrac></math> and "
            "<math><semantics><msub><mi>x</mi><mi>i</mi></msub>"
            '<annotation encoding="application/x-tex">x_i</annotation></semantics></math>',
            "(a+b)/c and x_i",
        ),
        (
            "<jats:alternatives><jats:tex-math>$$\\mathrm{CO}_2$$</jats:tex-math>"
            "<mml:math><mml:msub><mml:mi>CO</mml:mi><mml:mn>2</mml:mn></mml:msub></mml:math></jats:alternatives> melts",
            "CO2 melts",
        ),
        (
            "Of \\documentclass[12pt]{minimal} \\usepackage{amsmath} \\begin{document}$$\\beta$$\\end{document} rays",
            "Of $$\\beta$$ rays",
        ),
        ("<math><mi>p</mi><mo>&lt;</mo><mn>0.05</mn></math>", "p < 0.05"),
    ],
)
def test_markup_is_left_out(before, after):
    found = show(before)
    assert found.text == after
    assert show(found.text).text == after, "what is shown is shown so again"


@pytest.mark.parametrize(
    "text",
    [
        "It holds for p < 0.05 and q > 3, x<y, a<b and c>d, and n<10.",
        "We type List<int>, Map<K, V>, vector<i> and Option<a>.",
        "The mean transverse momentum <p> and <S> of pions, <r2> and <B>.",
        "How browsers show the <title> and the <table> element",
        "Tokens <s> and </s> mark a sentence, <br as a prefix does not",
        "R&D at AT&T; Q&A; a&notb; Smith&Sons; & so on",
        "We prove $O(n \\log n)$ for $x_i$ and $\\alpha$; it costs $5 or $10",
        "See <https://example.org/a> and <ida@example.org>, <go to ISI>",
        "Two lines\nand  two  spaces stay",
    ],
)
def test_what_only_looks_like_markup_stays(text):
    assert show(text).text == text
    assert show(text).steps == ()


@pytest.mark.parametrize(
    "sign",
    [
        "<i>",
        "<math>",
        "<title> ",
        "<title>" + " " * 50,
        "&lt;",
        "$_",
        "$ ",
        "<p><",
        "<a b=c",
        "<sup>1",
        "<!--",
        "\\documentclass ",
    ],
)
def test_a_text_that_repeats_a_sign_very_often_is_read_in_a_moment(sign):
    text = sign * (200_000 // len(sign))
    begun = time.process_time()
    show(text)
    show(sign + " " * 200_000 + sign)
    assert time.process_time() - begun < LONGEST


def test_venues_names_and_keywords_are_shown_so_too(tmp_path):
    record = {
        "title": "On <i>ice</i>",
        "abstract": "<p>No abstract available</p>",
        "authors": ["Ida M&uuml;ller", "Per <b>Moe</b>"],
        "journal": "Ice &amp; Snow",
        "keywords": ["CO<sub>2</sub>", "firn"],
        "note": "a &amp; b",
    }
    write_jsonl(tmp_path / "p.jsonl", [record])
    [paper] = read_papers(find_sources(["p.jsonl"], tmp_path), CorpusConfig(files=("p.jsonl",)))
    assert (paper.title, paper.abstract, paper.authors) == ("On ice", "", ("Ida Müller", "Per Moe"))
    assert paper.extra == {"journal": "Ice & Snow", "keywords": ["CO2", "firn"], "note": "a &amp; b"}


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", "Title,Abstract\nOn <i>ice</i> &amp; CO<sub>2</sub>,It melts.\n"),
        ("a.ris", "TY  - JOUR\nTI  - On <i>ice</i> &amp; CO<sub>2</sub>\nAB  - It melts.\nER  - \n"),
        ("a.bib", "@article{a, title = {On {\\textless}i{\\textgreater}ice{\\textless}/i{\\textgreater} \\& CO$_2$}}"),
        ("a.xml", "<feed xmlns='http://www.w3.org/2005/Atom'><entry><title type='html'>On &lt;i&gt;ice&lt;/i&gt; "
                  "&amp;amp; CO&lt;sub&gt;2&lt;/sub&gt;</title></entry></feed>"),
        ("a.json", json.dumps({"DOI": "10.1000/a", "prefix": "10.1", "title": ["On <i>ice</i> &amp; CO<sub>2</sub>"]})),
    ],
)  # fmt: skip
def test_every_format_is_shown_so(tmp_path, name, content):
    (tmp_path / name).write_text(content, encoding="utf-8")
    [paper] = read_papers(find_sources([name], tmp_path), CorpusConfig(files=(name,)))
    assert isinstance(paper, Paper)
    assert paper.title == "On ice & CO2"


def test_numbers_set_high_and_mathml_in_xml_are_text(tmp_path):
    article = (
        "<article><front><article-meta><title-group><article-title>About 10<sup>5</sup> of <italic>E. coli</italic> in "
        "<inline-formula><alternatives><tex-math>\\documentclass{minimal}</tex-math><mml:math "
        "xmlns:mml='http://www.w3.org/1998/Math/MathML'>\n <mml:msub>\n<mml:mi>CO</mml:mi>\n<mml:mn>2</mml:mn>"
        "</mml:msub></mml:math></alternatives></inline-formula></article-title></title-group></article-meta></front></article>"
    )
    (tmp_path / "a.xml").write_text(article, encoding="utf-8")
    [paper] = read_papers(find_sources(["a.xml"], tmp_path), CorpusConfig(files=("a.xml",)))
    assert paper.title == "About 10⁵ of E. coli in CO2"


def test_the_settings_turn_it_off_and_the_papers_changed_are_counted(tmp_path):
    write_jsonl(tmp_path / "p.jsonl", [{"id": "a", "title": "On <i>ice</i> and H$_2$O"}, {"id": "b", "title": "Snow"}])
    corpus = read_corpus(CorpusConfig(files=("p.jsonl",)), tmp_path)
    assert corpus.cleaned.steps == {"markup": 1, "latex": 1}
    assert sorted(corpus.tables.papers.column("title").to_pylist()) == ["On ice and H2O", "Snow"]
    off = CleanConfig(markup=False, latex=False)
    kept = read_corpus(CorpusConfig(files=("p.jsonl",), clean=off), tmp_path)
    assert sorted(kept.tables.papers.column("title").to_pylist()) == ["On <i>ice</i> and H$_2$O", "Snow"]
    assert kept.cleaned.steps == {}
