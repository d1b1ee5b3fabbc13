"""Hostile texts through every command that draws: what comes out holds them as texts, and asks for nothing."""

import re

import pytest
from lxml import etree

from pipeline.cli import main
from pipeline.web.api_docs import write_api_docs
from tests.planted import VOCABULARIES, planted_papers, run_once
from tests.test_page import ATTACKS

TEXTS = (
    *ATTACKS,
    "]]><script>window.hacked=1</script>",
    "&x; <!ENTITY x SYSTEM 'file:///etc/passwd'>",
    "$\\frac{$ \x1b[31m",
)
ACTIVE = {"script", "foreignObject", "iframe", "img", "object", "embed", "animate", "set", "handler"}


@pytest.fixture(scope="module")
def atlas(tmp_path_factory):
    papers = planted_papers(list(VOCABULARIES)[:2], 12)
    for number, paper in enumerate(papers):
        text = TEXTS[number % len(TEXTS)]
        paper |= {
            "title": f"{text} {paper['title']}",
            "abstract": f"{text} {paper['abstract']}",
            "venue": TEXTS[-1 - number % 4],
        }
        paper |= {"id": f"{paper['id']} {text[:12]}", "authors": [text], "keywords": [text]}
    edits = {"rename": [{"topic_of": papers[number]["id"], "label": ATTACKS[2 + number // 6]} for number in (0, 12)]}
    folder = tmp_path_factory.mktemp("hostile")
    return run_once(folder, papers, topics={"edits": edits}, map={"title": TEXTS[2]})


def inactive(content):
    """The elements of an XML picture, none of which does or asks for anything."""
    tree = etree.fromstring(content, etree.XMLParser(resolve_entities=False, no_network=True))
    elements = list(tree.iter(etree.Element))
    names = {etree.QName(one).localname for one in elements}
    assert not names & ACTIVE, names
    for one in elements:
        for name, value in one.attrib.items():
            assert not etree.QName(name).localname.startswith("on"), name
            assert etree.QName(name).localname != "href" or value.startswith(("#", "data:image/png;base64,")), value
        assert not re.search(r"url\((?!#)|@import", " ".join(one.attrib.values()) + (one.text or ""))
    return elements


@pytest.mark.parametrize(
    "command",
    [
        ["map", "RUN", "--svg", "OUT"],
        ["map", "RUN", "--svg", "OUT", "--color-by", "venue", "--title", TEXTS[0]],
        ["trends", "RUN", "--svg", "OUT"],
        ["trends", "RUN", "--by", "venue", "--svg", "OUT"],
        ["diff", "RUN", "RUN", "--svg", "OUT"],
    ],
    ids=" ".join,
)
def test_a_picture_of_hostile_texts_is_only_a_picture(atlas, tmp_path, capsys, command):
    out = tmp_path / "picture.svg"
    arguments = [{"RUN": str(atlas.folder), "OUT": str(out)}.get(word, word) for word in command]
    assert main(arguments) == 0, capsys.readouterr().err
    assert len(inactive(out.read_bytes())) > 20
    assert "\x1b" not in capsys.readouterr().out


def test_the_description_of_the_api_holds_no_script(atlas):
    parameter = {"name": TEXTS[4], "in": "query", "schema": {"type": TEXTS[0]}}
    answers = {"200": {"description": TEXTS[0]}}
    operation = {"summary": TEXTS[2], "description": TEXTS[3], "parameters": [parameter], "responses": answers}
    info = {"title": TEXTS[2], "version": TEXTS[0]}
    page = write_api_docs({"info": info, "paths": {f"/{TEXTS[1]}": {"get": operation}}})
    assert not re.search(r"<(script|img|iframe|svg)[\s>]", page)


@pytest.mark.parametrize("kind", ["bib", "ris", "csv", "jsonl", "xlsx"])
def test_exports_of_hostile_texts_are_read_back_as_they_were(atlas, tmp_path, capsys, kind):
    out = tmp_path / f"all.{kind}"
    assert main(["export", str(atlas.folder), str(out)]) == 0, capsys.readouterr().err
    assert main(["inspect", str(out)]) == 0, capsys.readouterr().err
    assert "24" in capsys.readouterr().out


def test_the_report_names_hostile_labels_as_texts(atlas, tmp_path):
    from pipeline.report import report_file

    for name, content in report_file(atlas).items():
        text = content.decode() if isinstance(content, bytes) else str(content)
        outside = re.sub(r"```.*?```", "", text, flags=re.DOTALL)
        assert not re.search(r"<(script|img|iframe|a)[\s>]", outside), name
