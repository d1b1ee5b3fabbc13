"""Papers -> BibTeX in UTF-8, by bibtexparser's writer; characters special in LaTeX are escaped."""

import re
from collections.abc import Iterable, Mapping

from pipeline.corpus.readers.bibtex import VERBATIM
from pipeline.corpus.readers.bibtex_fields import split_names
from pipeline.export.citation_fields import (
    NUL,
    Citation,
    Paper,
    authors_of,
    cite,
    cited_by,
    listed_name,
    other_columns,
    plain,
    text_of,
)

# Where TeX would print two signs as one: a dash, a quotation mark, an inverted mark.
LIGATURES = re.compile(r"(?<=-)(?=-)|(?<=`)(?=`)|(?<=')(?=')|(?<=[!?])(?=`)")
# NUL is in no text of BibTeX.
SPECIAL = str.maketrans(
    {letter: f"\\{letter}" for letter in "&%$#_{}"}
    | {"~": r"{\textasciitilde}", "^": r"{\textasciicircum}", "\\": r"{\textbackslash}", NUL: ""}
)
NOT_IN_KEYS = re.compile(r"[^A-Za-zÀ-ɏ0-9_:./+*?!;-]+")
FIELD_NAME = re.compile(r"[^\W\d_A-Z][^\x00-\x20\"#%'(),={}\\~@A-Z]*")
# Which a reader takes for a part of the entry itself.
NOT_FIELDS = frozenset({"author", "type", "crossref", "xdata", "cites", "cited-references", "cited_references"})
# RIS types of sources -> BibTeX types; any other type is inferred from the fields.
ENTRY_TYPES: Mapping[str, str] = {
    "jour": "article",
    "conf": "inproceedings",
    "cpaper": "inproceedings",
    "chap": "incollection",
    "thes": "phdthesis",
    "rprt": "techreport",
}
# Of BibTeX, of BibLaTeX, and what programs write beside them.
BIBTEX_TYPES = frozenset(
    {
        *("article", "book", "booklet", "conference", "inbook", "incollection", "inproceedings", "manual", "misc"),
        *("mastersthesis", "phdthesis", "proceedings", "techreport", "unpublished", "bookinbook", "collection"),
        *("dataset", "inreference", "mvbook", "mvcollection", "mvproceedings", "mvreference", "online", "patent"),
        *("periodical", "reference", "report", "software", "standard", "suppbook", "suppcollection", "suppperiodical"),
        *("thesis", "electronic", "www", "artwork", "audio", "image", "jurisdiction", "legislation", "legal", "letter"),
        *("movie", "music", "performance", "video", "other"),
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
        citation = cite(paper)
        fields = [Field(name, "{" + value + "}") for name, value in _fields(paper, citation).items()]
        blocks.append(Entry(_type(paper, citation), key, fields))
    return str(bibtexparser.write_string(bibtexparser.Library(blocks), unparse_stack=[]))


def _key(paper: str, used_keys: set[str]) -> str:
    """used_keys: in lower case, as BibTeX ignores case."""
    whole = NOT_IN_KEYS.sub("_", paper)
    key = whole if whole == paper else whole.strip("_") or "paper"
    numbered, number = key, 1
    while numbered.lower() in used_keys:
        number += 1
        numbered = f"{key}-{number}"
    return numbered


def _type(paper: Paper, citation: Citation) -> str:
    kind = text_of(paper, "type").lower()
    if kind in BIBTEX_TYPES:
        return kind
    fields = citation.fields
    inferred = "inproceedings" if "booktitle" in fields else "article" if "journal" in fields else "misc"
    return ENTRY_TYPES.get(kind, inferred)


def _fields(paper: Paper, citation: Citation) -> dict[str, str]:
    fields = {"title": "{" + escape_latex(title) + "}"} if (title := text_of(paper, "title")) else {}
    if authors := authors_of(paper):
        fields["author"] = " and ".join(map(_name, authors))
    if year := text_of(paper, "year"):
        fields["year"] = year
    fields |= {name: _value(name, value) for name, value in citation.fields.items()}
    if "pages" in fields:  # two hyphens are how BibTeX writes a range
        fields["pages"] = fields["pages"].replace("-{}-", "--")
    fields |= _eprint(paper, citation)
    if abstract := text_of(paper, "abstract"):
        fields["abstract"] = escape_latex(abstract)
    used = citation.used - {"journaltitle", "venue"}  # which BibLaTeX knows beside journal
    for name, value in other_columns(paper, used).items():
        if FIELD_NAME.fullmatch(name) and name not in fields and name not in NOT_FIELDS:
            fields[name] = _value(name, plain(value))
    if references := cited_by(paper):
        fields["references"] = "\n".join(f"{escape_latex(reference)}." for reference in references)
    return fields


def _value(name: str, value: str) -> str:
    return _balanced(value) if name in VERBATIM else escape_latex(value)


def _eprint(paper: Paper, citation: Citation) -> dict[str, str]:
    """What tells BibTeX that a paper is on arXiv, where its source does not say so in its own words."""
    if "eprint" in citation.fields or not citation.identifiers.arxiv:
        return {}
    name = citation.identifiers.arxiv[0]
    return {"eprint": name} | ({} if paper.get("archiveprefix") else {"archiveprefix": "arXiv"})


def _name(name: str) -> str:
    """A name that BibTeX reads as the same: in braces where it would be split or turned.

    >>> _name("Ida Larsen"), _name("Institute of Ice and Snow")
    ('Ida Larsen', '{Institute of Ice and Snow}')
    """
    escaped = escape_latex(listed_name(name))
    return escaped if split_names(escaped) == [" ".join(name.split())] else "{" + escape_latex(name) + "}"


def _balanced(value: str) -> str:
    """A value that is no LaTeX; its braces are kept where each has its other half."""
    plain_value = value.replace(NUL, "")
    return plain_value if _is_balanced(plain_value) else plain_value.replace("{", "").replace("}", "")


def escape_latex(text: str) -> str:
    r"""The text on one line, escaped so that LaTeX prints it unchanged; letters stay in Unicode.

    >>> escape_latex("50% of R&D in {x}_1")
    '50\\% of R\\&D in \\{x\\}\\_1'
    >>> escape_latex("two -- or 5''")
    "two -{}- or 5'{}'"
    """
    escaped = LIGATURES.sub("{}", " ".join(text.split()).translate(SPECIAL))
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
