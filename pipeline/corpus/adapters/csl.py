"""Item of CSL-JSON, from Zotero, Mendeley or Pandoc -> usual names (docs.citationstyles.org, schema 1.0.2)."""

import re
from collections.abc import Mapping

from pipeline.corpus.adapters.parts import first, mappings, text, without
from pipeline.corpus.record import RawRow

USED = ("author", "issued", "container-title", "page", "DOI", "URL", "ISSN", "ISBN", "PMID", "citation-key")


def adapt(item: RawRow) -> dict[str, object]:
    """With authors, year, doi and journal under their usual names."""
    key = text(item.get("citation-key")) or text(item.get("citation-label"))
    adapted: dict[str, object] = {
        "id": key or str(item.get("id") or ""),
        "title": first(item.get("title")),
        "abstract": text(item.get("abstract")),
        "authors": names(item.get("author")),
        "year": year_of(item.get("issued")),
        "journal": first(item.get("container-title")),
        "pages": text(item.get("page")),
        "doi": text(item.get("DOI")),
        "url": text(item.get("URL")),
        "issn": text(item.get("ISSN")),
        "isbn": text(item.get("ISBN")),
        "pmid": str(item.get("PMID") or ""),
    }
    return without(adapted) | without(item, *USED, *adapted)


def names(authors: object) -> list[str]:
    """Names in the usual order: given name, particles, family name, suffix.

    >>> names([{"family": "Beethoven", "non-dropping-particle": "van", "given": "Ludwig"}, {"literal": "CERN"}])
    ['Ludwig van Beethoven', 'CERN']
    """
    full_names = []
    for author in mappings(authors):
        whole = text(author.get("literal")) or text(author.get("name"))
        parts = ("given", "dropping-particle", "non-dropping-particle", "family")
        name = whole or " ".join(text(author.get(part)) for part in parts if text(author.get(part)))
        suffix = text(author.get("suffix"))
        full_names.append(f"{name}, {suffix}" if name and suffix else name)
    return [name for name in full_names if name]


def year_of(date: object) -> int | None:
    """The year of a CSL date: parts, or text.

    >>> year_of({"date-parts": [[2021, 3]]}), year_of({"raw": "May 2019"}), year_of({"date-parts": [[None]]})
    (2021, 2019, None)
    """
    if isinstance(date, Mapping):
        parts = date.get("date-parts")
        lead = parts[0] if isinstance(parts, list) and parts and isinstance(parts[0], list) else []
        if lead and str(lead[0]).isdigit():
            return int(lead[0])
        date = text(date.get("raw")) or text(date.get("literal"))
    match = re.search(r"(?<!\d)(?:1[5-9]|20|21)\d\d(?!\d)", str(date or ""))
    return int(match[0]) if match else None
