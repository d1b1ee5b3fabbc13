"""Papers -> RIS in UTF-8: a line for each value, under the tags that the reader knows.

Two-letter columns are tags that only some programs write, and go back under them.
"""

import re
from collections.abc import Iterable, Iterator, Mapping

from pipeline.corpus.readers.ris_fields import IN_BOOKS, OURS
from pipeline.export.citation_fields import (
    NUL,
    Citation,
    Paper,
    authors_of,
    cite,
    cited_by,
    listed_name,
    listed_values,
    other_columns,
    plain,
    text_of,
)

# BibTeX types of sources -> RIS types; any other type is inferred from the fields.
RIS_TYPES: Mapping[str, str] = {
    "article": "JOUR",
    "inproceedings": "CONF",
    "conference": "CONF",
    "incollection": "CHAP",
    "inbook": "CHAP",
    "book": "BOOK",
    "phdthesis": "THES",
    "mastersthesis": "THES",
    "thesis": "THES",
    "techreport": "RPRT",
    "report": "RPRT",
}
OWN_TYPE = re.compile(r"[A-Z][A-Z0-9]{1,8}")
# The reader's name of a field -> its tag.
TAGS: Mapping[str, str] = {
    **{name: tag for tag, name in reversed(list(OURS.items())) if tag not in ("TY", "ID", "ER", "UK")},
    "url": "UR",
    "issue": "IS",
    "doi_as_written": "DO",
}
UNNAMED_TAG = re.compile(r"[a-z][a-z0-9]")
SECOND = re.compile(r"(.+)_2")
PAGES = re.compile(r"([^\s,;–-]+)\s*(?:--?|–)\s*([^\s,;–-]+)")
LINE_ENDS = re.compile(r"(?<!\s)\s*[\r\n]\s*")
# Columns that are written by name.
WRITTEN = frozenset({"title", "abstract", "year", "authors", "type", "doi", "reference_id"})
Lines = list[tuple[str, str]]


def to_ris(papers: Iterable[Paper]) -> str:
    """One reference per paper, in their order."""
    return "\n".join("".join(f"{tag}  - {value}\n" for tag, value in _lines(paper)) for paper in papers)


def _lines(paper: Paper) -> Lines:
    """(tag, value) from TY to ER, without those that have no value."""
    citation = cite(paper)
    lines = [
        ("ID", plain(paper.get("reference_id") or paper["id"])),
        ("TI", text_of(paper, "title")),
        *(("AU", listed_name(name)) for name in authors_of(paper)),
        *_values("A1", paper.get("group_authors")),
        ("PY", text_of(paper, "year")),
        ("AB", text_of(paper, "abstract")),
        *_cited_as(paper, citation),
        *_others(paper, citation),
        *(("CR", reference) for reference in cited_by(paper)),
    ]
    folded = [(tag, LINE_ENDS.sub(" ", value.replace(NUL, "")).strip()) for tag, value in lines]
    return [("TY", _type(paper, citation)), *((tag, value) for tag, value in folded if value), ("ER", "")]


def _type(paper: Paper, citation: Citation) -> str:
    kind = text_of(paper, "type")
    inferred = "JOUR" if "journal" in citation.fields else "CONF" if "booktitle" in citation.fields else "GEN"
    return kind if OWN_TYPE.fullmatch(kind) else RIS_TYPES.get(kind.lower(), inferred)


def _cited_as(paper: Paper, citation: Citation) -> Lines:
    fields = citation.fields
    lines = [(TAGS[name], fields[name]) for name in ("volume", "number", "publisher", "doi") if name in fields]
    lines += [("SN", fields[name]) for name in ("isbn", "issn") if name in fields]
    lines += [(_journal_tag(paper), fields["journal"])] if "journal" in fields else []
    if "booktitle" in fields:
        # Of programs that write RIS themselves, BT; others look for it where journals have their name.
        own = OWN_TYPE.fullmatch(text_of(paper, "type")) or "journal" in fields
        lines.append(("BT" if own else "T2", fields["booktitle"]))
    if "pages" in fields:
        lines += _pages(paper, fields["pages"])
    lines += [("KW", word) for word in _keywords(paper, fields.get("keywords", ""))]
    return lines + [("UR", address) for address in _addresses(paper, citation)] + _accession(paper, citation)


def _journal_tag(paper: Paper) -> str:
    """T2, or JF, which counts before it, where T2 is the title of an issue or a series."""
    return "JF" if paper.get("secondary_title") and not paper.get("alternate_title3") else "T2"


def _pages(paper: Paper, pages: str) -> Lines:
    if paper.get("start_page"):
        return [
            (tag, plain(paper[name])) for name, tag in (("start_page", "SP"), ("end_page", "EP")) if paper.get(name)
        ]
    ends = PAGES.fullmatch(pages)
    return [("SP", ends[1]), ("EP", ends[2])] if ends else [("SP", pages)]


def _keywords(paper: Paper, joined: str) -> list[str]:
    words = paper.get("keywords") or paper.get("tags")
    return listed_values(words if isinstance(words, list | tuple) else joined)


def _addresses(paper: Paper, citation: Citation) -> list[str]:
    urls = paper.get("urls") or paper.get("url")
    if isinstance(urls, list | tuple):
        return [str(url) for url in urls]
    addresses = [citation.fields["url"]] if "url" in citation.fields else []
    arxiv = [f"https://arxiv.org/abs/{name}" for name in citation.identifiers.arxiv[:1]]
    return list(dict.fromkeys([*addresses, *arxiv]))


def _accession(paper: Paper, citation: Citation) -> Lines:
    """The id as an accession number, by which the reader knows a paper that has no DOI."""
    known_otherwise = "doi" in citation.fields or paper.get("accession_number") or paper.get("pmid")
    identifier = str(paper["id"])
    return [] if known_otherwise or identifier.startswith("text-") else [("AN", identifier)]


def _others(paper: Paper, citation: Citation) -> Iterator[tuple[str, str]]:
    """The other columns that have a tag; where one has a second value, that stands below the first."""
    others = other_columns(paper, citation.used | WRITTEN | {"group_authors", "urls"})
    for name, value in sorted(others.items(), key=lambda one: one[0].endswith("_2")):
        yield from _values(_tag(name, paper), value)


def _tag(name: str, paper: Paper) -> str:
    if second := SECOND.fullmatch(name):
        return _tag(second[1], paper) if second[1] in TAGS else ""
    if name == "editors" and text_of(paper, "type") in IN_BOOKS and not paper.get("secondary_authors"):
        return "A2"
    return TAGS.get(name) or (name.upper() if UNNAMED_TAG.fullmatch(name) else "")


def _values(tag: str, value: object) -> Lines:
    """A line for each of the values; none without a tag."""
    if not tag or value is None:
        return []
    return [(tag, str(part)) for part in value] if isinstance(value, list | tuple) else [(tag, plain(value))]
