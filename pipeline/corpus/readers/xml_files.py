"""XML -> records, by lxml, one paper at a time: PubMed's export and arXiv's Atom answers.

Entities are not resolved, nothing is fetched, and what was read is let go, so that memory does not grow with the file.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import IO, Any

from pipeline.corpus.files import Source, damage_told
from pipeline.corpus.record import Record, Rejected
from pipeline.errors import CorpusError

ATOM, ARXIV = "{http://www.w3.org/2005/Atom}", "{http://arxiv.org/schemas/atom}"
SPACE = re.compile(r"\s+")
LARGEST_PAPER = 16 * 2**20  # characters of text


def read(source: Source, _encoding: str) -> Iterator[Record | Rejected]:
    """Each article or entry as a record; row: its number in the file. XML says its own encoding.

    A file that breaks off keeps what came before the break, and the break is a reject.
    """
    from lxml import etree

    number = 0
    try:
        with damage_told(source), source.open() as file:
            events = etree.iterparse(
                file, events=("end",), tag=tuple(_READERS), resolve_entities=False, no_network=True, load_dtd=False
            )
            for _, element in events:
                number += 1
                format_name = "arXiv" if element.tag.startswith(ATOM) else "PubMed"
                yield Record(source.name, number, _plain(_READERS[element.tag](element)), format_name)
                _let_go(element)
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


def read_articles(stream: IO[bytes]) -> list[dict[str, Any]]:
    """All papers of one answer of PubMed or arXiv. Raises SyntaxError for what is no XML, or cut off."""
    from lxml import etree

    options = {"resolve_entities": False, "no_network": True, "load_dtd": False}
    events = etree.iterparse(stream, events=("end",), tag=tuple(_READERS), **options)
    return [_plain(_READERS[element.tag](element)) for _, element in events]


def _let_go(element: Any) -> None:
    element.clear()
    while element.getprevious() is not None:
        del element.getparent()[0]


def _local(tag: object) -> str:
    return str(tag).rpartition("}")[2]


def _text(element: Any, path: str) -> str:
    """All text under the first element of a path, marks of bold, sub- and superscript left out, on one line."""
    found = element.find(path)
    return "" if found is None else _whole(found)


def _whole(element: Any) -> str:
    return SPACE.sub(" ", "".join(element.itertext())).strip()


def _plain(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value not in ("", [], None)}


def _pubmed(article: Any) -> dict[str, Any]:
    found = article.find("MedlineCitation/Article")
    if found is None:
        return {}
    pmid = _text(article, "MedlineCitation/PMID")
    dois = [
        _whole(one)
        for one in [*found.iterfind("ELocationID[@EIdType='doi']"), *article.iterfind(".//ArticleId[@IdType='doi']")]
        if one.getparent().tag != "ReferenceList"
    ]
    return {
        "id": f"pmid:{pmid}" if pmid else "",
        "title": _text(found, "ArticleTitle") or _text(found, "VernacularTitle"),
        "abstract": _sections(found.iterfind("Abstract/AbstractText")),
        "authors": _pubmed_authors(found.iterfind("AuthorList/Author")),
        "year": _text(found, "Journal/JournalIssue/PubDate/Year")
        or _text(found, "Journal/JournalIssue/PubDate/MedlineDate")
        or _text(found, "ArticleDate/Year"),
        "journal": _text(found, "Journal/Title"),
        "volume": _text(found, "Journal/JournalIssue/Volume"),
        "issue": _text(found, "Journal/JournalIssue/Issue"),
        "pages": _text(found, "Pagination/MedlinePgn"),
        "doi": dois[0] if dois else "",
        "pmid": pmid,
        "pmc": _text(article, ".//ArticleId[@IdType='pmc']"),
        "language": _text(found, "Language"),
        "keywords": [_whole(word) for word in article.iterfind("MedlineCitation/KeywordList/Keyword")],
        "mesh_terms": [_whole(term) for term in article.iterfind(".//MeshHeading/DescriptorName")],
        "publication_types": [_whole(kind) for kind in found.iterfind("PublicationTypeList/PublicationType")],
        "url": f"https://pubmed.ncbi.nlm.nih.gov/{pmid}/" if pmid else "",
    }


def _pubmed_book(article: Any) -> dict[str, Any]:
    pmid = _text(article, "BookDocument/PMID")
    return {
        "id": f"pmid:{pmid}" if pmid else "",
        "title": _text(article, "BookDocument/ArticleTitle") or _text(article, "BookDocument/Book/BookTitle"),
        "abstract": _sections(article.iterfind("BookDocument/Abstract/AbstractText")),
        "authors": _pubmed_authors(article.iterfind("BookDocument/AuthorList/Author")),
        "year": _text(article, "BookDocument/Book/PubDate/Year"),
        "booktitle": _text(article, "BookDocument/Book/BookTitle"),
        "pmid": pmid,
        "url": f"https://pubmed.ncbi.nlm.nih.gov/{pmid}/" if pmid else "",
    }


def _sections(parts: Iterator[Any]) -> str:
    """A structured abstract as one text, each part after its heading."""
    told = []
    for part in parts:
        label, text = str(part.get("Label") or "").strip(), _whole(part)
        heading = "" if label.upper() in ("", "UNLABELLED") else f"{label}: "
        told.append(f"{heading}{text}" if text else "")
    return " ".join(text for text in told if text)


def _pubmed_authors(authors: Iterator[Any]) -> list[str]:
    names = []
    for author in authors:
        given = _text(author, "ForeName") or _text(author, "Initials")
        parts = (given, _text(author, "LastName"), _text(author, "Suffix"))
        names.append(_text(author, "CollectiveName") or " ".join(part for part in parts if part))
    return [name for name in names if name]


def _atom(entry: Any) -> dict[str, Any]:
    address = _text(entry, f"{ATOM}id")
    name = re.sub(r"v\d+$", "", address.partition("/abs/")[2]) or address
    primary = entry.find(f"{ARXIV}primary_category")
    categories = [str(found.get("term") or "") for found in entry.iterfind(f"{ATOM}category")]
    if primary is not None and primary.get("term") in categories:
        categories.insert(0, categories.pop(categories.index(primary.get("term"))))
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


_READERS: Mapping[str, Callable[[Any], dict[str, Any]]] = {
    "PubmedArticle": _pubmed,
    "PubmedBookArticle": _pubmed_book,
    f"{ATOM}entry": _atom,
}
