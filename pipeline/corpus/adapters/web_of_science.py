"""Row of Web of Science, tab-delimited with two-letter tags or a table with whole names -> usual names."""

import re
import unicodedata
from collections.abc import Mapping

from pipeline.corpus.adapters.names import people
from pipeline.corpus.adapters.parts import split, text, without
from pipeline.corpus.record import RawRow

SHORT_NAME = re.compile(r"[^,]+, [^\W\d_a-z][^\W\d_a-z'-]{0,4}(?: (?:Jr|Sr|II|III|IV))?(?= |$)")
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
# Other tags, as Web of Science heads these columns where it exports a table.
OTHER_TAGS: Mapping[str, str] = {
    "PT": "Publication Type",
    "BE": "Book Editors",
    "SE": "Book Series Title",
    "BS": "Book Series Subtitle",
    "CT": "Conference Title",
    "CY": "Conference Date",
    "CL": "Conference Location",
    "SP": "Conference Sponsor",
    "HO": "Conference Host",
    "C1": "Addresses",
    "C3": "Affiliations",
    "RP": "Reprint Addresses",
    "EM": "Email Addresses",
    "RI": "Researcher Ids",
    "OI": "ORCIDs",
    "FU": "Funding Orgs",
    "FX": "Funding Text",
    "NR": "Cited Reference Count",
    "TC": "Times Cited, WoS Core",
    "Z9": "Times Cited, All Databases",
    "U1": "180 Day Usage Count",
    "U2": "Since 2013 Usage Count",
    "PI": "Publisher City",
    "PA": "Publisher Address",
    "EI": "eISSN",
    "BN": "ISBN",
    "J9": "Journal Abbreviation",
    "JI": "Journal ISO Abbreviation",
    "PD": "Publication Date",
    "PN": "Part Number",
    "SU": "Supplement",
    "SI": "Special Issue",
    "MA": "Meeting Abstract",
    "AR": "Article Number",
    "D2": "Book DOI",
    "EA": "Early Access Date",
    "PG": "Number of Pages",
    "WC": "WoS Categories",
    "WE": "Web of Science Index",
    "SC": "Research Areas",
    "GA": "IDS Number",
    "OA": "Open Access Designations",
    "HC": "Highly Cited Status",
    "HP": "Hot Paper Status",
    "DA": "Date of Export",
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
    """From two-letter tags; those without a usual name get that of the table's column, or are kept."""
    adapted: dict[str, object] = {
        "id": text(row.get("UT")),
        **{name: row.get(tag) for tag, name in TAGS.items()},
        "year": row.get("PY") or row.get("EA") or row.get("PD"),
        "authors": people(_people(row)),
        "references": split(row.get("CR")),
        "keywords": [*split(row.get("DE")), *split(row.get("ID"))],
        "pages": _pages(row, "BP", "EP"),
    }
    rest = without(row, "UT", "AF", "AU", "DE", "ID", "BP", "EP", "CR", *TAGS)
    return without(adapted) | {OTHER_TAGS.get(name, name): value for name, value in rest.items()}


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
    if isinstance(row.get("AU"), str) and ";" not in text(row.get("AU")):
        return unjoined(text(row.get("AF")), text(row.get("AU")))
    return next((names for tag in ("AF", "AU", "BF", "BA", "CA") if (names := split(row.get(tag)))), [])


def unjoined(full: str, short: str) -> list[str]:
    """The names of a table in which another program has put spaces for the line ends between them.

    full: of the tag AF, short: of AU, whose initials show where a name ends.

    >>> unjoined("Aho, Pia Mar van der Moe, Per", "Aho, PM van der Moe, P"), unjoined("", "Aho, P")
    (['Aho, Pia Mar', 'van der Moe, Per'], ['Aho, P'])
    """
    names = [match[0].strip() for match in SHORT_NAME.finditer(short)]
    if len(names) < 2 or " ".join(names) != " ".join(short.split()):
        return [name for name in (full or short,) if name]
    starts, plain = [0], _plain(full)
    for name in names[1:]:
        start = plain.find(f" {_plain(name.partition(',')[0])},", starts[-1])
        if start < 0:
            return names
        starts.append(start + 1)
    return [full[start:end].strip() for start, end in zip(starts, [*starts[1:], len(full)], strict=True)]


def _plain(names: str) -> str:
    """As long as the text: in lower case, letters without accents."""
    return "".join(unicodedata.normalize("NFKD", letter)[0] for letter in names).lower()


def _pages(row: RawRow, start: str, end: str) -> str:
    pages = [str(row.get(name) or "").strip() for name in (start, end)]
    return "-".join(page for page in pages if page)
