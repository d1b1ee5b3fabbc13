"""Crossref's XML (unixref, answers to queries, deposits of publishers) -> fields.

Elements: Crossref's metadata deposit schema 4.3 to 5.4 and "Query output". In answers of the older kind a paper is one
flat element; else it is one inside its journal, proceedings or book.
"""

from collections.abc import Iterator

from pipeline.corpus.readers.xml_jats import abstract_of
from pipeline.corpus.readers.xml_parts import Dialect, Element, Refused, first_doi, local, text, texts, without_empty
from pipeline.corpus.record import RawRow

# Whole works, and the parts of one.
WORKS = (
    "posted_content",
    "dissertation",
    "report-paper_metadata",
    "standard_metadata",
    "dataset",
    "pending_publication",
)
PARTS = ("journal_article", "conference_paper", "content_item")
BOOKS = ("book_metadata", "book_series_metadata", "book_set_metadata")
FLAT = ("journal_cite", "conf_cite", "book_cite", "dissertation_cite", "report_cite")
HOSTS = ("journal_metadata", "proceedings_metadata", *BOOKS, "report-paper_series_metadata")
REFERENCE = {
    "unstructured_citation": "unstructured",
    "article_title": "article-title",
    "journal_title": "journal-title",
}
DATES = ("publication_date", "posted_date", "approval_date", "acceptance_date", "database_date/{*}publication_date")


def read_work(work: Element) -> RawRow:
    """Fields of a work; its host is its journal."""
    title, subtitle = text(work, "{*}titles/{*}title"), text(work, "{*}titles/{*}subtitle")
    host = _host(work)
    doi = first_doi([text(work, "{*}doi_data/{*}doi")])
    issue = _issue(work)
    return {
        "id": doi.lower(),
        "title": f"{title}: {subtitle}" if title and subtitle else title,
        "other_titles": texts(work, "{*}titles/{*}original_language_title"),
        "abstract": abstract_of(work),
        "authors": _people(work, "author") or _people(work, "editor"),
        "year": _year(work) or next((year for one in (issue, host) if one is not None and (year := _year(one))), ""),
        "journal": "" if host is None else text(host, "{*}full_title", "{*}proceedings_title", "{*}titles/{*}title"),
        "volume": "" if issue is None else text(issue, "{*}journal_volume/{*}volume"),
        "issue": "" if issue is None else text(issue, "{*}issue"),
        "pages": "-".join(page for end in ("first", "last") if (page := text(work, f"{{*}}pages/{{*}}{end}_page"))),
        "publisher": text(work, "{*}publisher/{*}publisher_name", "{*}institution/{*}institution_name")
        or ("" if host is None else text(host, "{*}publisher/{*}publisher_name")),
        "issn": text(work, "{*}issn") or ("" if host is None else text(host, "{*}issn")),
        "isbn": text(work, "{*}isbn") or ("" if host is None else text(host, "{*}isbn")),
        "doi": doi.lower(),
        "url": text(work, "{*}doi_data/{*}resource"),
        "type": local(work.tag).removesuffix("_metadata"),
        "references": list(_references(work)),
    }


def read_flat(query: Element) -> RawRow | Refused:
    """Fields of an answer that has them all in one element."""
    status = query.get("status")
    doi = first_doi(texts(query, "{*}doi"))
    if status not in (None, "resolved", "multiresolved"):
        return Refused(f"Crossref found no work for this query ({status})", doi or None)
    return {
        "id": doi.lower(),
        "title": text(query, "{*}article_title", "{*}volume_title", "{*}series_title"),
        "authors": _people(query, "author"),
        "year": text(query, "{*}year"),
        "journal": text(query, "{*}journal_title")
        or (text(query, "{*}volume_title") if text(query, "{*}article_title") else ""),
        "volume": text(query, "{*}volume"),
        "issue": text(query, "{*}issue"),
        "pages": "-".join(page for end in ("first", "last") if (page := text(query, f"{{*}}{end}_page"))),
        "issn": text(query, "{*}issn"),
        "isbn": text(query, "{*}isbn"),
        "doi": doi.lower(),
        "type": next((str(one.get("type")) for one in query.iterfind("{*}doi") if one.get("type")), ""),
    }


def read_result(result: Element) -> RawRow | Refused:
    """Fields of the work inside a whole answer."""
    for tags, read in (((*PARTS, *WORKS, *BOOKS), read_work), (("query", *FLAT), read_flat)):
        if work := next(iter(result.iter(*(f"{{*}}{tag}" for tag in tags))), None):
            return read(work)
    return Refused("an answer of Crossref without a work")


def _is_flat(query: Element) -> bool:
    """Whether an answer has no work of its own in it, which is read by itself."""
    return query.find("{*}doi_record") is None and query.find("{*}crossref") is None


def _has_no_chapters(book: Element) -> bool:
    """Whether a book is given for itself, not for one of its chapters."""
    return book.find("{*}content_item") is None


def _read_book(book: Element) -> RawRow | Refused:
    metadata = next((one for one in book if local(one.tag) in BOOKS), None)
    return Refused("a book without its metadata") if metadata is None else read_work(metadata)


def _host(work: Element) -> Element | None:
    parent = work.getparent()
    if local(work.tag) not in PARTS or parent is None:
        return None
    return next((one for one in parent if local(one.tag) in HOSTS), None)


def _issue(work: Element) -> Element | None:
    parent = work.getparent()
    return None if parent is None else parent.find("{*}journal_issue")


def _people(work: Element, role: str) -> list[str]:
    names = []
    for one in work.iterfind("{*}contributors/*"):
        if one.get("contributor_role") not in (None, role):
            continue
        parts = (text(one, "{*}given_name"), text(one, "{*}surname"), text(one, "{*}suffix"))
        names.append(" ".join(part for part in parts if part) or text(one, "."))
    return [name for name in names if name]


def _year(work: Element) -> str:
    return next((year for date in DATES if (year := text(work, f"{{*}}{date}/{{*}}year"))), "")


def _references(work: Element) -> Iterator[object]:
    for citation in work.iterfind("{*}citation_list/{*}citation"):
        fields = {"key": str(citation.get("key") or "")}
        fields |= {REFERENCE.get(local(one.tag), local(one.tag)): text(one, ".") for one in citation}
        if len(given := without_empty(fields)) > bool(fields["key"]):
            yield given


ROOTS = frozenset({"crossref_result", "doi_records", "doi_record", "crossref", "doi_batch", "crossref_metadata"})
DIALECTS = (
    *(Dialect(f"{{*}}{tag}", "Crossref", read_work, ROOTS) for tag in (*PARTS, *WORKS)),
    Dialect("{*}book", "Crossref", _read_book, ROOTS, _has_no_chapters),
    *(Dialect(f"{{*}}{tag}", "Crossref", read_flat, ROOTS) for tag in FLAT),
    Dialect("{*}query", "Crossref", read_flat, ROOTS, _is_flat),
)
