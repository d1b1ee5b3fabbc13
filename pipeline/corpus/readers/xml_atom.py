"""Atom (arXiv's API, and other feeds of papers) -> fields."""

import re

from pipeline.corpus.readers.xml_parts import Dialect, Element, Refused, text
from pipeline.corpus.record import RawRow

ATOM, ARXIV = "{http://www.w3.org/2005/Atom}", "{http://arxiv.org/schemas/atom}"
ERROR = "/api/errors"


def read_entry(entry: Element) -> RawRow | Refused:
    """Fields of an entry; id without its version, the first category the primary one."""
    address = text(entry, f"{ATOM}id")
    if ERROR in address:
        return Refused(f"arXiv answered with an error: {text(entry, f'{ATOM}summary')}"[:300])
    name = re.sub(r"v\d+$", "", address.partition("/abs/")[2]) or address
    return {
        "id": name,
        "title": text(entry, f"{ATOM}title"),
        "abstract": text(entry, f"{ATOM}summary", f"{ATOM}content"),
        "authors": [named for one in entry.iterfind(f"{ATOM}author") if (named := text(one, f"{ATOM}name"))],
        "year": text(entry, f"{ATOM}published", f"{ATOM}updated")[:10],
        "doi": text(entry, f"{ARXIV}doi"),
        "journal": text(entry, f"{ARXIV}journal_ref"),
        "comment": text(entry, f"{ARXIV}comment"),
        "categories": _categories(entry),
        "url": address if address.startswith("http") else _alternate(entry),
    }


def _categories(entry: Element) -> list[str]:
    primary = entry.find(f"{ARXIV}primary_category")
    categories = [str(category.get("term") or "") for category in entry.iterfind(f"{ATOM}category")]
    first = None if primary is None else primary.get("term")
    if first in categories:
        categories.insert(0, categories.pop(categories.index(first)))
    return [category for category in categories if category]


def _alternate(entry: Element) -> str:
    """The address of the page that an entry is about."""
    links = (link for link in entry.iterfind(f"{ATOM}link") if link.get("rel") in (None, "alternate"))
    return next((str(link.get("href")) for link in links if link.get("href")), "")


def _format(entry: Element) -> str:
    return "arXiv" if "arxiv.org/" in text(entry, f"{ATOM}id") else "Atom"


DIALECTS = (Dialect(f"{ATOM}entry", _format, read_entry, frozenset({"feed", "entry"})),)
