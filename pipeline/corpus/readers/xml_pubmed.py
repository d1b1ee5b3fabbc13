"""PubMed's XML (articles, books, the older MedlineCitationSet) -> fields.

Elements: "MEDLINE/PubMed XML Data Elements" and the PubMed DTD of the National Library of Medicine.
"""

from collections.abc import Iterable, Iterator

from pipeline.corpus.readers.xml_parts import Dialect, Element, Refused, text, texts, whole, without_empty
from pipeline.corpus.record import RawRow

ID_NAMES = {"pubmed": "pmid"}


def read_article(entry: Element) -> RawRow | Refused:
    """Fields of a PubmedArticle, or of a MedlineCitation that stands alone."""
    citation = entry if entry.tag == "MedlineCitation" else entry.find("MedlineCitation")
    article = None if citation is None else citation.find("Article")
    if citation is None or article is None:
        return Refused("a citation of PubMed without its article")
    pmid = text(citation, "PMID")
    sections = [*article.iterfind("Abstract/AbstractText")] or [*citation.iterfind("OtherAbstract/AbstractText")]
    return {
        "id": f"pmid:{pmid}" if pmid else "",
        "title": text(article, "ArticleTitle", "VernacularTitle"),
        "original_title": text(article, "VernacularTitle"),
        "abstract": _sections(sections),
        "authors": _authors(article.iterfind("AuthorList/Author")),
        "year": text(
            article, "Journal/JournalIssue/PubDate/Year", "Journal/JournalIssue/PubDate/MedlineDate", "ArticleDate/Year"
        ),
        "journal": text(article, "Journal/Title") or text(citation, "MedlineJournalInfo/MedlineTA"),
        "volume": text(article, "Journal/JournalIssue/Volume"),
        "issue": text(article, "Journal/JournalIssue/Issue"),
        "pages": text(article, "Pagination/MedlinePgn"),
        "doi": _doi(article) or text(entry, "PubmedData/ArticleIdList/ArticleId[@IdType='doi']"),
        "pmid": pmid,
        "pmc": text(entry, "PubmedData/ArticleIdList/ArticleId[@IdType='pmc']"),
        "language": text(article, "Language"),
        "keywords": texts(citation, "KeywordList/Keyword"),
        "mesh_terms": texts(citation, "MeshHeadingList/MeshHeading/DescriptorName"),
        "publication_types": texts(article, "PublicationTypeList/PublicationType"),
        "references": [*_older_references(citation), *_references(entry)],
        "url": f"https://pubmed.ncbi.nlm.nih.gov/{pmid}/" if pmid else "",
    }


def read_book(entry: Element) -> RawRow | Refused:
    """Fields of a PubmedBookArticle: a book, or a chapter of one."""
    document = entry.find("BookDocument")
    if document is None:
        return Refused("a book of PubMed without its document")
    pmid = text(document, "PMID")
    people = [*document.iterfind("AuthorList[@Type='authors']/Author")] or [*document.iterfind("AuthorList/Author")]
    written = people or [*document.iterfind("Book/AuthorList[@Type='authors']/Author")]
    return {
        "id": f"pmid:{pmid}" if pmid else "",
        "title": text(document, "ArticleTitle", "Book/BookTitle"),
        "abstract": _sections(document.iterfind("Abstract/AbstractText")),
        "authors": _authors(written),
        "editors": _authors(document.iterfind("Book/AuthorList[@Type='editors']/Author")),
        "year": text(document, "Book/PubDate/Year", "Book/PubDate/MedlineDate", "ContributionDate/Year"),
        "booktitle": text(document, "Book/BookTitle"),
        "publisher": text(document, "Book/Publisher/PublisherName"),
        "isbn": text(document, "Book/Isbn"),
        "pages": text(document, "Pagination/MedlinePgn"),
        "doi": text(document, "ArticleIdList/ArticleId[@IdType='doi']", "Book/ELocationID[@EIdType='doi']"),
        "pmid": pmid,
        "bookaccession": text(document, "ArticleIdList/ArticleId[@IdType='bookaccession']"),
        "language": text(document, "Language"),
        "keywords": texts(document, "KeywordList/Keyword"),
        "publication_types": texts(document, "PublicationType"),
        "references": _references(entry),
        "url": f"https://pubmed.ncbi.nlm.nih.gov/{pmid}/" if pmid else "",
    }


def _doi(article: Element) -> str:
    """That of the article itself, a valid one where there are several."""
    ids = [*article.iterfind("ELocationID[@EIdType='doi']")]
    valid = [one for one in ids if one.get("ValidYN") != "N"]
    return next((name for one in valid or ids if (name := whole(one))), "")


def _sections(parts: Iterable[Element]) -> str:
    """A structured abstract as one text, each part after its heading."""
    sections = []
    for part in parts:
        label, words = str(part.get("Label") or "").strip(), whole(part)
        heading = "" if label.upper() in ("", "UNLABELLED") else f"{label}: "
        sections.append(f"{heading}{words}" if words else "")
    return " ".join(section for section in sections if section)


def _authors(authors: Iterable[Element]) -> list[str]:
    """Names in order; spellings that PubMed marks as replaced are left out."""
    names = []
    for author in authors:
        if author.get("ValidYN") == "N":
            continue
        given = text(author, "ForeName", "FirstName", "Initials")
        parts = (given, text(author, "LastName"), text(author, "Suffix"))
        names.append(text(author, "CollectiveName") or " ".join(part for part in parts if part))
    return [name for name in names if name]


def _references(entry: Element) -> list[object]:
    """Every reference as an object of its text and its identifiers; as text alone where it has none."""
    references: list[object] = []
    for reference in entry.iterfind(".//ReferenceList/Reference"):
        citation = text(reference, "Citation")
        ids: dict[str, str] = {}
        for one in reference.iterfind(".//ArticleId"):
            name = str(one.get("IdType") or "id")
            ids.setdefault(ID_NAMES.get(name, name), whole(one))
        references.append(without_empty({"citation": citation, **ids}) if ids else citation or whole(reference))
    return [reference for reference in references if reference]


def _older_references(citation: Element) -> Iterator[object]:
    """References as PubMed kept them before it had lists of them."""
    for one in citation.iterfind("CommentsCorrectionsList/CommentsCorrections[@RefType='Cites']"):
        if reference := without_empty({"citation": text(one, "RefSource"), "pmid": text(one, "PMID")}):
            yield reference


DIALECTS = (
    Dialect("PubmedArticle", "PubMed", read_article),
    Dialect("PubmedBookArticle", "PubMed", read_book),
    Dialect("MedlineCitation", "PubMed", read_article, frozenset({"MedlineCitationSet", "MedlineCitation"})),
)
