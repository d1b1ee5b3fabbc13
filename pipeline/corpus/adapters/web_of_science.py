"""Row of Web of Science, tab-delimited with two-letter tags or a table with whole names -> usual names."""

from collections.abc import Mapping

from pipeline.corpus.adapters.names import people
from pipeline.corpus.adapters.parts import given_first, split, text, without
from pipeline.corpus.record import RawRow

TAGS: Mapping[str, str] = {
    "TI": "title",
    "AB": "abstract",
    "SO": "journal",
    "PY": "year",
    "DI": "doi",
    "VL": "volume",
    "IS": "issue",
    "DT": "type",
    "LA": "language",
    "PU": "publisher",
    "SN": "issn",
    "PM": "pmid",
}
NAMES: Mapping[str, str] = {
    "Article Title": "title",
    "Abstract": "abstract",
    "Source Title": "journal",
    "Publication Year": "year",
    "DOI": "doi",
    "Volume": "volume",
    "Issue": "issue",
    "Document Type": "type",
    "Language": "language",
    "Publisher": "publisher",
    "ISSN": "issn",
    "Pubmed Id": "pmid",
    "DOI Link": "url",
}


# Of those named in Excel and CSV exports, the best first.
AUTHORS = (
    "Author Full Names",
    "Authors",
    "Book Author Full Names",
    "Book Authors",
    "Group Authors",
    "Book Group Authors",
)
DATES = ("Publication Year", "Early Access Date", "Publication Date", "Conference Date")


def adapt_tagged(row: RawRow) -> dict[str, object]:
    """From two-letter tags; tags without a usual name are kept."""
    adapted: dict[str, object] = {
        "id": text(row.get("UT")),
        **{name: row.get(tag) for tag, name in TAGS.items()},
        "year": row.get("PY") or row.get("EA") or row.get("PD"),
        "authors": [given_first(name) for name in _people(row)],
        "references": split(row.get("CR")),
        "keywords": [*split(row.get("DE")), *split(row.get("ID"))],
        "pages": _pages(row, "BP", "EP"),
    }
    return without(adapted) | without(row, "UT", "AF", "AU", "DE", "ID", "BP", "EP", "CR", *TAGS)


def adapt_named(row: RawRow) -> dict[str, object]:
    """From the names of the Excel and CSV exports; a paper of no year yet has that of its early access."""
    adapted: dict[str, object] = {
        "id": text(row.get("UT (Unique WOS ID)")) or text(row.get("UT (Unique ID)")),
        **{ours: row.get(theirs) for theirs, ours in NAMES.items()},
        "year": next((row[name] for name in DATES if row.get(name)), ""),
        "authors": next((names for name in AUTHORS if (names := people(row.get(name), separator=";"))), []),
        "keywords": [*split(row.get("Author Keywords")), *split(row.get("Keywords Plus"))],
        "references": split(row.get("Cited References")),
        "pages": _pages(row, "Start Page", "End Page"),
    }
    used = ("UT (Unique WOS ID)", "UT (Unique ID)", *AUTHORS, "Author Keywords", "Keywords Plus", "Cited References")
    return without(adapted) | without(row, *used, "Start Page", "End Page", *NAMES)


def _people(row: RawRow) -> list[str]:
    """Full names, else short ones; those of a book or a group where it has no others."""
    return next((names for tag in ("AF", "AU", "BF", "BA", "CA") if (names := split(row.get(tag)))), [])


def _pages(row: RawRow, start: str, end: str) -> str:
    pages = [str(row.get(name) or "").strip() for name in (start, end)]
    return "-".join(page for page in pages if page)
