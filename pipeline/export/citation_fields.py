"""The fields of a paper that reference managers know, whatever its source called them."""

from collections.abc import Mapping
from typing import Any

from pipeline.corpus.fields import plain_text
from pipeline.corpus.identifiers import identify, plain_name

# BibTeX's name of each field -> what sources call it, compared without case, spaces, '-' and '_'.
KNOWN: Mapping[str, tuple[str, ...]] = {
    "journal": ("journal", "journaltitle", "journalname", "venue", "containertitle", "publicationtitle"),
    "booktitle": ("booktitle",),
    "volume": ("volume",),
    "number": ("number", "issue"),
    "pages": ("pages",),
    "publisher": ("publisher",),
    "keywords": ("keywords",),
    "isbn": ("isbn",),
    "issn": ("issn",),
}


def citation_fields(paper: Mapping[str, Any]) -> dict[str, str]:
    """The known fields with a value, as text, without id, title, authors, year and abstract."""
    plain = {plain_name(name): value for name, value in paper.items() if value not in (None, "", [])}
    found: dict[str, str] = {}
    for field, names in KNOWN.items():
        value = next((plain[name] for name in names if name in plain), None)
        if value is not None:
            found[field] = ", ".join(map(str, value)) if isinstance(value, list | tuple) else plain_text(value) or ""
    if "startpage" in plain and "pages" not in found:
        found["pages"] = "--".join(str(plain[name]) for name in ("startpage", "endpage") if name in plain)
    known = identify(paper)
    found |= {"doi": known.dois[0]} if known.dois else {}
    found |= {"eprint": known.arxiv[0]} if known.arxiv else {}
    return found | ({"url": known.addresses[0]} if known.addresses else {})
