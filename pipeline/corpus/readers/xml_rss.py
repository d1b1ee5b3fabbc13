"""RSS (feeds of journals, of arXiv and of PubMed's searches, saved as files; versions 1.0 and 2.0) -> fields.

Publishers put into a description what they like: the abstract, a citation, names of authors, or all of them.
"""

import re
from collections.abc import Iterator

from pipeline.corpus.adapters.names import people
from pipeline.corpus.readers.xml_parts import Dialect, Element, first_doi, text, texts
from pipeline.corpus.record import RawRow
from pipeline.corpus.shown_text import show

RSS1 = "{http://purl.org/rss/1.0/}"
ARXIV = re.compile(r"(?:oai:arXiv\.org:|arxiv\.org/abs/)([a-z.-]+/\d{7}|\d{4}\.\d{4,5})", re.IGNORECASE)
PMID = re.compile(r"\b(?:pmid|pubmed):?\s*(\d{4,9})\b", re.IGNORECASE)
# What stands before an abstract: arXiv's announcement, PubMed's citation, the citations of Nature and of SAGE.
BEFORE = re.compile(
    r"arXiv:\S+\s+Announce Type:\s*\S+\s+Abstract:\s*"
    r"|.{0,600}?\bABSTRACT\b[:.]?\s+"
    r"|(?:Graphical )?Abstract[:.]?\s+(?=[A-Z])"
    r"|[^.;]{1,80}, Published online:[^;]{4,30};\s*(?:doi:)?10\.\S+\s*"
    r"|[^.]{1,120}, (?:Ahead of Print|Volume \d[^.]{0,80})\.\s*",
    re.DOTALL,
)
BEHIND = re.compile(r"\s*\bPMID:\s*\d+.{0,200}\Z", re.DOTALL)
# A citation alone.
CITATION = re.compile(
    r"(?:.{0,200}\b(?:Publication date|Published online|Ahead of Print|Volume \d|doi:|https?://doi\.org/10\.)).{0,300}\Z",
    re.DOTALL | re.IGNORECASE,
)
LONGEST_CITATION = 400  # characters
# Elsevier's description: "Publication date: ... Source: Ice Letters, Volume 3 Author(s): Ida Larsen, Per Moe".
NAMED = re.compile(r"Author\(s\):\s*(.+)\Z", re.DOTALL)
SOURCE = re.compile(r"Publication date:.{0,60}?Source:\s*([^,]{1,200}?)(?:,|\s+Author\(s\):|\Z)", re.DOTALL)
MAIL = re.compile(r"\S+@\S+\s*\(([^()]+)\)|\S+@\S+")


def read_item(item: Element) -> RawRow:
    """Fields of an item."""
    name, link = text(item, "{*}guid"), text(item, "{*}link")
    about = str(item.get("{http://www.w3.org/1999/02/22-rdf-syntax-ns#}about") or "")
    ids = [*texts(item, "{*}doi"), *texts(item, "{*}DOI"), *texts(item, "{*}identifier"), name]
    doi = first_doi(ids) or first_doi(one for one in (link, about) if "doi.org/" in one)
    arxiv, pmid = ARXIV.search(f"{name} {link}"), PMID.search(" ".join(ids))
    shown = [show(one).text for one in _descriptions(item)]
    source = next((found[1] for one in shown if (found := SOURCE.search(one))), "")
    number = f"pmid:{pmid[1]}" if pmid else ""
    return {
        "id": (arxiv[1] if arxiv else "") or doi or number or name or link or about,
        "title": text(item, f"{RSS1}title", "title", "{*}title"),
        "abstract": max(map(_abstract, shown), key=len, default=""),
        "authors": list(_authors(item)) or [one for words in shown for one in _named(words)],
        "year": text(item, "{*}publicationDate", "{*}coverDate", "{*}date", "{*}pubDate", "{*}published"),
        "journal": text(item, "{*}publicationName") or source.strip() or text(item, "{*}source"),
        "volume": text(item, "{*}volume"),
        "issue": text(item, "{*}number"),
        "pages": "-".join(page for page in (text(item, "{*}startingPage"), text(item, "{*}endingPage")) if page),
        "doi": doi,
        "arxiv": arxiv[1] if arxiv else "",
        "pmid": pmid[1] if pmid else "",
        "keywords": list(dict.fromkeys([*texts(item, "{*}category"), *texts(item, "{*}subject")])),
        "url": link or about or (name if name.startswith("http") else ""),
    }


def _descriptions(item: Element) -> Iterator[str]:
    for name in ("encoded", "description", "summary"):
        yield from texts(item, f"{{*}}{name}")


def _abstract(words: str) -> str:
    """What a description says of the paper, "" for a citation alone.

    >>> _abstract("arXiv:2605.00001v1 Announce Type: new Abstract: It melts.")
    'It melts.'
    >>> _abstract("Ice Letters, Volume 3, Issue 2, Page 1-9, May 2021."), _abstract("Ice melts in spring.")
    ('', 'Ice melts in spring.')
    """
    if SOURCE.match(words):
        return ""
    before = BEFORE.match(words)
    rest = BEHIND.sub("", words[before.end() :] if before else words)
    if before is None and len(words) < LONGEST_CITATION and CITATION.match(words):
        return ""
    return rest.strip()


def _authors(item: Element) -> Iterator[str]:
    """Of elements with a name each, or with all names in one."""
    creators = texts(item, "{*}creator")
    named = creators or [text(one, "{*}name") or MAIL.sub(r"\1", text(one, ".")) for one in item.iterfind("{*}author")]
    for one in named:
        yield from people(one)


def _named(words: str) -> list[str]:
    found = NAMED.search(words)
    return people(found[1]) if found else []


def _format(item: Element) -> str:
    return "arXiv" if ARXIV.search(f"{text(item, '{*}guid')} {text(item, '{*}link')}") else "RSS"


DIALECTS = (
    Dialect("{*}item", _format, read_item, frozenset({"rss"})),
    Dialect(f"{RSS1}item", _format, read_item, frozenset({"RDF"})),
)
