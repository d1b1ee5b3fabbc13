"""Papers -> BibTeX in UTF-8, by bibtexparser's writer; LaTeX's own characters escaped by pylatexenc."""

import re
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

from pipeline.corpus.readers.bibtex import VERBATIM
from pipeline.export.citation_fields import citation_fields

NOT_IN_KEYS = re.compile(r"[^A-Za-z0-9_:./+-]+")
# RIS types that sources bring along, as entries; anything else that is no BibTeX type is an article or misc.
ENTRY_TYPES: Mapping[str, str] = {
    "jour": "article",
    "conf": "inproceedings",
    "cpaper": "inproceedings",
    "chap": "incollection",
    "book": "book",
    "thes": "phdthesis",
    "rprt": "techreport",
}
BIBTEX_TYPES = frozenset(
    {
        *("article", "book", "inbook", "incollection", "inproceedings", "conference", "mastersthesis", "misc"),
        *("phdthesis", "techreport", "unpublished", "online", "report", "thesis"),
    }
)


def to_bibtex(papers: Iterable[Mapping[str, Any]]) -> str:
    """One entry a paper, in their order; keys are made from ids and told apart where they would be the same."""
    import bibtexparser
    from bibtexparser.model import Entry, Field

    keys: set[str] = set()
    blocks = []
    for paper in papers:
        key = _key(str(paper["id"]), keys)
        keys.add(key.lower())
        fields = [Field(name, "{" + value + "}") for name, value in _fields(paper).items()]
        blocks.append(Entry(_type(paper), key, fields))
    return str(bibtexparser.write_string(bibtexparser.Library(blocks), unparse_stack=[]))


def _key(paper: str, taken: set[str]) -> str:
    plain = NOT_IN_KEYS.sub("_", paper).strip("_") or "paper"
    key, number = plain, 1
    while key.lower() in taken:
        number += 1
        key = f"{plain}-{number}"
    return key


def _type(paper: Mapping[str, Any]) -> str:
    kind = str(paper.get("type") or "").lower()
    if kind in BIBTEX_TYPES:
        return kind
    fields = citation_fields(paper)
    usual = "inproceedings" if "booktitle" in fields else "article" if "journal" in fields else "misc"
    return ENTRY_TYPES.get(kind, usual)


def _fields(paper: Mapping[str, Any]) -> dict[str, str]:
    fields = {"title": "{" + escape_latex(title) + "}"} if (title := paper.get("title")) else {}
    if authors := paper.get("authors"):
        fields["author"] = " and ".join(_name(name) for name in authors)
    if year := paper.get("year"):
        fields["year"] = str(year)
    for name, value in citation_fields(paper).items():
        fields[name] = _balanced(value) if name in VERBATIM else escape_latex(value)
    if "eprint" in fields:
        fields["archiveprefix"] = "arXiv"
    if abstract := paper.get("abstract"):
        fields["abstract"] = escape_latex(abstract)
    return fields


def _name(name: str) -> str:
    """A name as BibTeX reads it: one that holds ' and ' or more than two commas is kept whole by braces."""
    whole = re.search(r"\sand\s", name, re.IGNORECASE) or name.count(",") > 2
    return "{" + escape_latex(name) + "}" if whole else escape_latex(name)


def _balanced(value: str) -> str:
    return value.replace("{", "").replace("}", "")


def escape_latex(text: str) -> str:
    r"""The text so that LaTeX prints it as it is, on one line; letters stay in Unicode.

    >>> escape_latex("50% of R&D in {x}_1")
    '50\\% of R\\&D in \\{x\\}\\_1'
    """
    escaped = str(_encoder().unicode_to_latex(" ".join(text.split())))
    if _is_balanced(text):
        return escaped
    # BibTeX counts braces, escaped or not: those of a text that does not close them all are written by name.
    return escaped.replace("\\{", r"{\textbraceleft}").replace("\\}", r"{\textbraceright}")


def _is_balanced(text: str) -> bool:
    depth = 0
    for letter in text:
        depth += {"{": 1, "}": -1}.get(letter, 0)
        if depth < 0:
            return False
    return depth == 0


@cache
def _encoder() -> Any:
    """Escapes what LaTeX would take for its own; a known letter with an accent is not among it."""
    from pylatexenc.latexencode import RULE_DICT, UnicodeToLatexConversionRule, UnicodeToLatexEncoder

    special = {letter: "\\" + letter for letter in "&%$#_{}"}
    special |= {"~": r"\textasciitilde", "^": r"\textasciicircum", "\\": r"\textbackslash"}
    rule = UnicodeToLatexConversionRule(RULE_DICT, {ord(letter): text for letter, text in special.items()})
    return UnicodeToLatexEncoder(
        conversion_rules=[rule], unknown_char_policy="keep", unknown_char_warning=False, non_ascii_only=False
    )
