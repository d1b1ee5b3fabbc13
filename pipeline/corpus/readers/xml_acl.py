"""ACL Anthology's XML (a collection of volumes of papers, as its data are kept) -> fields."""

import re

from pipeline.corpus.readers.xml_parts import Dialect, Element, text
from pipeline.corpus.record import RawRow

ADDRESS = "https://aclanthology.org"
YEAR_OF_NAME = re.compile(r"\d{4}(?=\.)")


def read_paper(paper: Element) -> RawRow:
    """Fields of a paper; what holds for its whole volume stands in the volume's <meta>, before its papers."""
    volume = paper.getparent()
    meta = None if volume is None else volume.find("meta")
    name = _name(paper, volume)
    link = text(paper, "url")
    year_of_name = YEAR_OF_NAME.match(name)
    return {
        "id": name or link,
        "title": text(paper, "title"),
        "abstract": text(paper, "abstract"),
        "authors": _people(paper, "author"),
        "editors": _people(paper, "editor"),
        "year": text(paper, "year") or _of(meta, "year") or (year_of_name[0] if year_of_name else ""),
        "booktitle": text(paper, "booktitle") or _of(meta, "booktitle"),
        "journal": _of(meta, "journal-title"),
        "volume": _of(meta, "journal-volume"),
        "issue": _of(meta, "journal-issue"),
        "publisher": _of(meta, "publisher"),
        "venue": _of(meta, "venue"),
        "pages": text(paper, "pages"),
        "doi": text(paper, "doi"),
        "language": text(paper, "language"),
        "bibkey": text(paper, "bibkey"),
        "awards": [words for award in paper.iterfind("award") if (words := text(award, "."))],
        "url": link if link.startswith("http") else f"{ADDRESS}/{name}/" if name else "",
    }


def _of(meta: Element | None, path: str) -> str:
    return "" if meta is None else text(meta, path)


def _name(paper: Element, volume: Element | None) -> str:
    """The Anthology's own name of a paper, as "2020.acl-main.1" or "P18-1001"."""
    link = text(paper, "url")
    if link and "/" not in link:
        return link
    collection = None if volume is None else volume.getparent()
    parts = [str(one.get("id") or "") for one in (collection, volume, paper) if one is not None]
    if len(parts) != 3 or not all(parts):
        return link.rstrip("/").rpartition("/")[2].removesuffix(".pdf")
    if "." in parts[0]:
        return f"{parts[0]}-{parts[1]}.{parts[2]}"
    wide = parts[0][:1] == "W" or parts[0] in ("C69", "D19")  # volumes of workshops have numbers of two digits
    return f"{parts[0]}-{parts[1].zfill(2)}{parts[2].zfill(2)}" if wide else f"{parts[0]}-{parts[1]}{parts[2].zfill(3)}"


def _people(paper: Element, path: str) -> list[str]:
    """Names in order, the given name first; a name in another script stands inside and is not taken."""
    names = []
    for one in paper.iterfind(path):
        parts = [part for part in (text(one, "first"), text(one, "last")) if part]
        names.append(" ".join(parts) if len(one) else text(one, "."))
    return [name for name in names if name]


DIALECTS = (Dialect("paper", "ACL Anthology", read_paper, frozenset({"collection", "volume"})),)
