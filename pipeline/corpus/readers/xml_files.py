"""XML -> records, by lxml, one paper at a time: PubMed's export and arXiv's Atom answers.

Entities are not resolved, nothing is fetched, and elements are freed once read, so that memory does not grow with the
file.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import IO, Protocol

from pipeline.corpus.file_format import Format, starts_with
from pipeline.corpus.record import Record, Rejected
from pipeline.corpus.sources import Source, damage_as_error
from pipeline.errors import CorpusError

ATOM, ARXIV = "{http://www.w3.org/2005/Atom}", "{http://arxiv.org/schemas/atom}"
SPACE = re.compile(r"\s+")


class _Element(Protocol):
    """What is used of lxml's element; lxml itself has no types."""

    tag: str

    def get(self, name: str) -> str | None: ...

    def find(self, path: str) -> "_Element | None": ...

    def iterfind(self, path: str) -> Iterator["_Element"]: ...

    def itertext(self) -> Iterator[str]: ...

    def getparent(self) -> "_Element": ...

    def getprevious(self) -> "_Element | None": ...

    def clear(self) -> None: ...

    def __delitem__(self, position: int) -> None: ...


def read(source: Source, _encoding: str) -> Iterator[Record | Rejected]:
    """Each article or entry as a record; row: its number in the file. XML names its encoding itself.

    The papers before a break in the file are kept, and the break is a reject.
    """
    from lxml import etree

    number = 0
    try:
        with damage_as_error(source), source.open() as file:
            events = etree.iterparse(
                file, events=("end",), tag=tuple(_READERS), resolve_entities=False, no_network=True, load_dtd=False
            )
            for _, element in events:
                number += 1
                format_name = "arXiv" if element.tag.startswith(ATOM) else "PubMed"
                yield Record(source.name, number, _plain(_READERS[element.tag](element)), format_name)
                _free(element)
            root = events.root
    except etree.XMLSyntaxError as problem:
        reason = SPACE.sub(" ", str(problem.msg or problem)).strip()
        if not number:
            raise CorpusError(f"{source}: not readable XML: {reason}") from None
        yield Rejected(source.name, number + 1, f"the XML breaks off or is wrong here: {reason}"[:300])
        return
    if not number and root is not None and _local(root.tag) not in ("PubmedArticleSet", "feed"):
        raise CorpusError(
            f"{source}: XML of <{_local(root.tag)}>, which is not read; known are exports of PubMed and arXiv's Atom"
        )


def read_articles(stream: IO[bytes]) -> list[dict[str, object]]:
    """All papers of one answer of PubMed or arXiv. Raises SyntaxError for XML that is broken or cut off."""
    from lxml import etree

    options = {"resolve_entities": False, "no_network": True, "load_dtd": False}
    events = etree.iterparse(stream, events=("end",), tag=tuple(_READERS), **options)
    return [_plain(_READERS[element.tag](element)) for _, element in events]


def _free(element: _Element) -> None:
    element.clear()
    while element.getprevious() is not None:
        del element.getparent()[0]


def _local(tag: object) -> str:
    return str(tag).rpartition("}")[2]


def _text(element: _Element, path: str) -> str:
    """All text under the first element of a path, markup left out, on one line."""
    target = element.find(path)
    return "" if target is None else _whole(target)


def _whole(element: _Element) -> str:
    return SPACE.sub(" ", "".join(element.itertext())).strip()


def _plain(fields: Mapping[str, object]) -> dict[str, object]:
    return {name: value for name, value in fields.items() if value not in ("", [], None)}


def _pubmed(entry: _Element) -> dict[str, object]:
    article = entry.find("MedlineCitation/Article")
    if article is None:
        return {}
    pmid = _text(entry, "MedlineCitation/PMID")
    dois = [
        _whole(one)
        for one in [*article.iterfind("ELocationID[@EIdType='doi']"), *entry.iterfind(".//ArticleId[@IdType='doi']")]
        if one.getparent().tag != "ReferenceList"
    ]
    return {
        "id": f"pmid:{pmid}" if pmid else "",
        "title": _text(article, "ArticleTitle") or _text(article, "VernacularTitle"),
        "abstract": _sections(article.iterfind("Abstract/AbstractText")),
        "authors": _pubmed_authors(article.iterfind("AuthorList/Author")),
        "year": _text(article, "Journal/JournalIssue/PubDate/Year")
        or _text(article, "Journal/JournalIssue/PubDate/MedlineDate")
        or _text(article, "ArticleDate/Year"),
        "journal": _text(article, "Journal/Title"),
        "volume": _text(article, "Journal/JournalIssue/Volume"),
        "issue": _text(article, "Journal/JournalIssue/Issue"),
        "pages": _text(article, "Pagination/MedlinePgn"),
        "doi": dois[0] if dois else "",
        "pmid": pmid,
        "pmc": _text(entry, ".//ArticleId[@IdType='pmc']"),
        "language": _text(article, "Language"),
        "keywords": [_whole(word) for word in entry.iterfind("MedlineCitation/KeywordList/Keyword")],
        "mesh_terms": [_whole(term) for term in entry.iterfind(".//MeshHeading/DescriptorName")],
        "publication_types": [_whole(kind) for kind in article.iterfind("PublicationTypeList/PublicationType")],
        "url": f"https://pubmed.ncbi.nlm.nih.gov/{pmid}/" if pmid else "",
    }


def _pubmed_book(entry: _Element) -> dict[str, object]:
    pmid = _text(entry, "BookDocument/PMID")
    return {
        "id": f"pmid:{pmid}" if pmid else "",
        "title": _text(entry, "BookDocument/ArticleTitle") or _text(entry, "BookDocument/Book/BookTitle"),
        "abstract": _sections(entry.iterfind("BookDocument/Abstract/AbstractText")),
        "authors": _pubmed_authors(entry.iterfind("BookDocument/AuthorList/Author")),
        "year": _text(entry, "BookDocument/Book/PubDate/Year"),
        "booktitle": _text(entry, "BookDocument/Book/BookTitle"),
        "pmid": pmid,
        "url": f"https://pubmed.ncbi.nlm.nih.gov/{pmid}/" if pmid else "",
    }


def _sections(parts: Iterator[_Element]) -> str:
    """A structured abstract as one text, each part after its heading."""
    sections = []
    for part in parts:
        label, text = str(part.get("Label") or "").strip(), _whole(part)
        heading = "" if label.upper() in ("", "UNLABELLED") else f"{label}: "
        sections.append(f"{heading}{text}" if text else "")
    return " ".join(text for text in sections if text)


def _pubmed_authors(authors: Iterator[_Element]) -> list[str]:
    names = []
    for author in authors:
        given = _text(author, "ForeName") or _text(author, "Initials")
        parts = (given, _text(author, "LastName"), _text(author, "Suffix"))
        names.append(_text(author, "CollectiveName") or " ".join(part for part in parts if part))
    return [name for name in names if name]


def _atom(entry: _Element) -> dict[str, object]:
    address = _text(entry, f"{ATOM}id")
    name = re.sub(r"v\d+$", "", address.partition("/abs/")[2]) or address
    primary = entry.find(f"{ARXIV}primary_category")
    categories = [str(category.get("term") or "") for category in entry.iterfind(f"{ATOM}category")]
    first = None if primary is None else primary.get("term")
    if first in categories:
        categories.insert(0, categories.pop(categories.index(first)))
    return {
        "id": name,
        "title": _text(entry, f"{ATOM}title"),
        "abstract": _text(entry, f"{ATOM}summary"),
        "authors": [_text(author, f"{ATOM}name") for author in entry.iterfind(f"{ATOM}author")],
        "year": _text(entry, f"{ATOM}published")[:10],
        "doi": _text(entry, f"{ARXIV}doi"),
        "journal": _text(entry, f"{ARXIV}journal_ref"),
        "comment": _text(entry, f"{ARXIV}comment"),
        "categories": [category for category in categories if category],
        "url": address,
    }


_READERS: Mapping[str, Callable[[_Element], dict[str, object]]] = {
    "PubmedArticle": _pubmed,
    "PubmedBookArticle": _pubmed_book,
    f"{ATOM}entry": _atom,
}


FORMAT = Format(
    "XML", (".xml", ".atom", ".rdf"), read, starts_with(r"<\?xml|<feed|<PubmedArticleSet|<!DOCTYPE Pubmed|<rdf:RDF|<OAI-PMH")
)
