"""EndNote's XML (also written by Mendeley, Zotero, JabRef, Rayyan, Ovid and others) -> fields.

Elements: EndNote's RIS and XML export document type ("RSXML.dtd"). Its text stands in <style> elements or without them,
several values of one element are parted by carriage returns.
"""

import re
from collections.abc import Iterator, Mapping

from pipeline.corpus.adapters.parts import given_first
from pipeline.corpus.readers.xml_parts import Dialect, Element, Refused, first_doi, text, texts, whole
from pipeline.corpus.record import RawRow

# Paths of each field, the first that has text.
PATHS: Mapping[str, tuple[str, ...]] = {
    "title": ("titles/title", "titles/short-title", "titles/translated-title"),
    "abstract": ("abstract",),
    "journal": ("periodical/full-title", "titles/secondary-title", "periodical/abbr-1", "alt-periodical/full-title"),
    "secondary_title": ("titles/secondary-title",),
    "series": ("titles/tertiary-title",),
    "alternative_title": ("titles/alt-title",),
    "short_title": ("titles/short-title",),
    "translated_title": ("titles/translated-title",),
    "journal_abbreviation": ("periodical/abbr-1", "alt-periodical/abbr-1"),
    "year": ("dates/year", "dates/pub-dates/date"),
    "date": ("dates/pub-dates/date",),
    "volume": ("volume",),
    "issue": ("number", "issue"),
    "pages": ("pages",),
    "place": ("pub-location",),
    "issn": ("isbn",),
    "note": ("notes",),
    "research_notes": ("research-notes",),
    "affiliations": ("auth-address",),
    "accession_number": ("accession-num",),
    "language": ("language",),
}
# Elements with fields of their own above or below, or that say nothing of the paper.
TOLD = {path.partition("/")[0] for paths in PATHS.values() for path in paths} | {
    *("contributors", "keywords", "urls", "electronic-resource-num", "ref-type", "source-app", "foreign-keys"),
    *("database", "rec-number"),
}
PEOPLE: Mapping[str, str] = {
    "authors": "contributors/authors/author",
    "editors": "contributors/secondary-authors/author",
    "tertiary_authors": "contributors/tertiary-authors/author",
    "subsidiary_authors": "contributors/subsidiary-authors/author",
    "translators": "contributors/translated-authors/author",
}
BETWEEN = re.compile(r"[;\r]")
SUFFIX = re.compile(r"(?:jr|sr|[ivx]{1,4}|\d(?:nd|rd|th))\.?", re.IGNORECASE)
FAMILY_FIRST = re.compile(r"(.*[a-z].*?)\s+((?:[A-Z](?:\.-?|-)? ?){1,4})")  # "van der Berg J. H.", "Qu H"
PUBMED_ID = re.compile(r"\d{1,9}")


def read_record(record: Element) -> RawRow | Refused:
    """Fields of a record; elements that are not known keep their names, with '_' for '-'."""
    if record.find("titles") is None and record.find("ref-type") is None and record.find("contributors") is None:
        return Refused("a <record> that is not EndNote's; in the program it came from, export as RIS or BibTeX")
    fields: dict[str, object] = {name: text(record, *paths) for name, paths in PATHS.items()}
    if fields["secondary_title"] == fields["journal"]:
        del fields["secondary_title"]
    resource = _raw(record, "electronic-resource-num")
    doi = first_doi([resource])
    pmid = str(fields["accession_number"]) if text(record, "remote-database-provider").upper() == "NLM" else ""
    return {
        **{child.tag.replace("-", "_"): whole(child) for child in record if child.tag not in TOLD},
        **fields,
        **{name: _people(record, path) for name, path in PEOPLE.items()},
        "type": _type(record),
        "doi": doi,
        "electronic_resource_num": "" if doi else " ".join(resource.split()),
        "pmid": pmid if PUBMED_ID.fullmatch(pmid) else "",
        "keywords": [part for one in _all_raw(record, "keywords/keyword") for part in _parts(one)],
        "urls": _urls(record),
    }


def _raw(element: Element, path: str) -> str:
    return next(_all_raw(element, path), "")


def _all_raw(element: Element, path: str) -> Iterator[str]:
    """The texts of a path as they stand, with the carriage returns that part several values."""
    return ("".join(one.itertext()) for one in element.iterfind(path))


def _parts(value: str) -> list[str]:
    parts = (" ".join(part.split()) for part in BETWEEN.split(value))
    return [part for part in parts if part]


def _type(record: Element) -> str:
    kind = record.find("ref-type")
    return "" if kind is None else str(kind.get("name") or "") or whole(kind)


def _urls(record: Element) -> list[str]:
    """Addresses on the web; those of files on the computer of who exported are left out."""
    found = [*texts(record, "urls/related-urls/url"), *texts(record, "urls/web-urls/url"), *texts(record, "urls/url")]
    return [address for one in found for address in one.split() if "://" in address or address.startswith("www.")]


def _people(record: Element, path: str) -> list[str]:
    names: list[str] = []
    for one in record.iterfind(path):
        written = "".join(one.itertext())
        parts = (one.get("first-name"), one.get("middle-initial"), one.get("last-name"))
        if not written.strip():
            names.append(" ".join(part for part in parts if part) or str(one.get("corp-name") or ""))
        names += [name for part in _parts(written) for name in _names(part)]
    return [name for name in names if name]


def _names(written: str) -> list[str]:
    """The names in what stands for one author, the given name first.

    EndNote writes a comma behind the name of a body, and two where a comma belongs to it.

    >>> _names("Moe, Per, Jr."), _names("World Health Organization,"), _names("Ice Office,, Oslo")
    (['Per Moe Jr.'], ['World Health Organization'], ['Ice Office, Oslo'])
    >>> _names("Larsen IB"), _names("I. Larsen, P. Moe, A. Dahl")
    (['IB Larsen'], ['I. Larsen', 'P. Moe', 'A. Dahl'])
    """
    if ",," in written:
        return [written.replace(",,", ",").rstrip(", ")]
    parts = [part.strip() for part in written.rstrip(", ").split(",")]
    if len(parts) == 1:
        family_first = None if written.rstrip().endswith(",") else FAMILY_FIRST.fullmatch(parts[0])
        return [f"{family_first[2]} {family_first[1]}" if family_first else parts[0]]
    if len(parts) == 2:
        return [given_first(", ".join(parts))]
    if len(parts) == 3 and SUFFIX.fullmatch(parts[2]):
        return [f"{parts[1]} {parts[0]} {parts[2]}"]
    return parts if all(" " in part for part in parts) else [written]


# What the elements of EndNote before version 8 are called; JabRef and converters still write them.
OF_OLD: Mapping[str, str] = {
    **{"title": "TITLE", "abstract": "ABSTRACT", "year": "YEAR", "date": "DATE", "volume": "VOLUME", "issue": "NUMBER"},
    **{"journal": "SECONDARY_TITLE", "series": "TERTIARY_TITLE", "pages": "PAGES", "publisher": "PUBLISHER"},
    **{"place": "PLACE_PUBLISHED", "issn": "ISBN", "note": "NOTES", "affiliations": "AUTHOR_ADDRESS", "label": "LABEL"},
    **{"accession_number": "ACCESSION_NUMBER", "type": "REFERENCE_TYPE"},
}


def read_old_record(record: Element) -> RawRow:
    """Fields of a record as EndNote wrote them before version 8: names in capitals."""
    links = [*texts(record, "URL"), *texts(record, "ELECTRONIC_RESOURCE_NUMBER")]
    return {
        **{ours: text(record, theirs) for ours, theirs in OF_OLD.items()},
        "authors": _people(record, "AUTHORS/AUTHOR"),
        "editors": _people(record, "SECONDARY_AUTHORS/SECONDARY_AUTHOR"),
        "doi": first_doi(links),
        "keywords": [part for one in _all_raw(record, "KEYWORDS/KEYWORD") for part in _parts(one)],
        "urls": [link for link in links if "://" in link],
    }


def _is_own(record: Element) -> bool:
    """Whether a record is none of a library's catalogue (MARCXML), which has elements of this name."""
    return record.find("{*}datafield") is None


DIALECTS = (
    Dialect("RECORD", "EndNote XML", read_old_record, frozenset({"XML", "xml"})),
    Dialect("record", "EndNote XML", read_record, frozenset({"xml", "XML", "records", "record"}), _is_own),
)
