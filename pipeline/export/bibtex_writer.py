"""Papers -> BibTeX in UTF-8, by bibtexparser's writer; characters special in LaTeX are escaped by pylatexenc."""

import re
from collections.abc import Callable, Iterable, Mapping
from functools import cache

from pipeline.corpus.readers.bibtex import VERBATIM
from pipeline.export.citation_fields import Paper, authors_of, citation_fields, text_of

# Where TeX would print two signs as one: a dash, a quotation mark, an inverted mark.
LIGATURES = re.compile(r"(?<=-)(?=-)|(?<=`)(?=`)|(?<=')(?=')|(?<=[!?])(?=`)")
NOT_IN_KEYS = re.compile(r"[^A-Za-z0-9_:./+-]+")
# RIS types of sources -> BibTeX types; any other type is inferred from the fields.
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


def to_bibtex(papers: Iterable[Paper]) -> str:
    """One entry per paper, in their order; keys are made from ids, and numbered where two would be equal."""
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


def _key(paper: str, used_keys: set[str]) -> str:
    """used_keys: in lower case, as BibTeX ignores case."""
    plain = NOT_IN_KEYS.sub("_", paper).strip("_") or "paper"
    key, number = plain, 1
    while key.lower() in used_keys:
        number += 1
        key = f"{plain}-{number}"
    return key


def _type(paper: Paper) -> str:
    kind = text_of(paper, "type").lower()
    if kind in BIBTEX_TYPES:
        return kind
    fields = citation_fields(paper)
    inferred = "inproceedings" if "booktitle" in fields else "article" if "journal" in fields else "misc"
    return ENTRY_TYPES.get(kind, inferred)


def _fields(paper: Paper) -> dict[str, str]:
    fields = {"title": "{" + escape_latex(title) + "}"} if (title := text_of(paper, "title")) else {}
    if authors := authors_of(paper):
        fields["author"] = " and ".join(_name(name) for name in authors)
    if year := text_of(paper, "year"):
        fields["year"] = year
    for name, value in citation_fields(paper).items():
        fields[name] = _balanced(value) if name in VERBATIM else escape_latex(value)
        if name == "pages":  # two hyphens are how BibTeX writes a range
            fields[name] = fields[name].replace("-{}-", "--")
    if "eprint" in fields:
        fields["archiveprefix"] = "arXiv"
    if abstract := text_of(paper, "abstract"):
        fields["abstract"] = escape_latex(abstract)
    return fields


def _name(name: str) -> str:
    """A name as BibTeX reads it: braces keep together one that holds ' and ' or more than two commas."""
    braced = re.search(r"\sand\s", name, re.IGNORECASE) or name.count(",") > 2
    return "{" + escape_latex(name) + "}" if braced else escape_latex(name)


def _balanced(value: str) -> str:
    return value.replace("{", "").replace("}", "")


def escape_latex(text: str) -> str:
    r"""The text on one line, escaped so that LaTeX prints it unchanged; letters stay in Unicode.

    >>> escape_latex("50% of R&D in {x}_1")
    '50\\% of R\\&D in \\{x\\}\\_1'
    >>> escape_latex("two -- or 5''")
    "two -{}- or 5'{}'"
    """
    escaped = LIGATURES.sub("{}", _encoder()(" ".join(text.split())))
    if _is_balanced(text):
        return escaped
    # BibTeX counts escaped braces too: where they do not balance, they are written by name.
    return escaped.replace("\\{", r"{\textbraceleft}").replace("\\}", r"{\textbraceright}")


def _is_balanced(text: str) -> bool:
    depth = 0
    for letter in text:
        depth += {"{": 1, "}": -1}.get(letter, 0)
        if depth < 0:
            return False
    return depth == 0


@cache
def _encoder() -> Callable[[str], str]:
    """Escapes the characters that are special in LaTeX, and no others."""
    from pylatexenc.latexencode import RULE_DICT, UnicodeToLatexConversionRule, UnicodeToLatexEncoder

    special = {letter: "\\" + letter for letter in "&%$#_{}"}
    special |= {"~": r"\textasciitilde", "^": r"\textasciicircum", "\\": r"\textbackslash"}
    rule = UnicodeToLatexConversionRule(RULE_DICT, {ord(letter): text for letter, text in special.items()})
    encoder = UnicodeToLatexEncoder(
        conversion_rules=[rule], unknown_char_policy="keep", unknown_char_warning=False, non_ascii_only=False
    )
    return lambda text: str(encoder.unicode_to_latex(text))
