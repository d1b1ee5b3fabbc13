"""Row of Scopus' CSV export -> usual names."""

import re
from collections.abc import Mapping

from pipeline.corpus.adapters.parts import given_first, split, text, without
from pipeline.corpus.record import RawRow

NUMBER = re.compile(r"\s*\(\d+\)\s*$")
NO_ABSTRACT = "[no abstract available]"
NAMES: Mapping[str, str] = {
    "Title": "title",
    "Year": "year",
    "Source title": "journal",
    "Volume": "volume",
    "Issue": "issue",
    "DOI": "doi",
    "Link": "url",
    "Publisher": "publisher",
    "ISSN": "issn",
    "ISBN": "isbn",
    "Document Type": "type",
}


def adapt(row: RawRow) -> dict[str, object]:
    """With full names where it has them, keywords, and no abstract in place of "[No abstract available]"."""
    abstract = text(row.get("Abstract"))
    pages = [str(row.get(name) or "").strip() for name in ("Page start", "Page end")]
    adapted: dict[str, object] = {
        "id": text(row.get("EID")),
        **{ours: row.get(theirs) for theirs, ours in NAMES.items()},
        "abstract": "" if abstract.lower() == NO_ABSTRACT else abstract,
        "authors": _names(row),
        "keywords": split(row.get("Author Keywords")),
        "pages": "-".join(page for page in pages if page),
    }
    used = (
        "EID",
        "Abstract",
        "Author full names",
        "Authors",
        "Author(s) ID",
        "Author Keywords",
        "Page start",
        "Page end",
    )
    return without(adapted) | without(row, *used, "Page start", "Page end", *NAMES)


def _names(row: RawRow) -> list[str]:
    """From "Qu, Hui (57190000001); ...", else from "Qu H.; ..." or the older "Qu, H., Qi, C."."""
    if full := split(row.get("Author full names")):
        return [given_first(NUMBER.sub("", name)) for name in full]
    authors = text(row.get("Authors"))
    if ";" not in authors and "., " in authors:
        return [given_first(f"{name}.".replace("..", ".")) for name in authors.split("., ")]
    return [_initials_first(name) for name in split(authors)]


def _initials_first(name: str) -> str:
    """'Family I.N.' with the initials first.

    >>> _initials_first("van der Berg J.H."), _initials_first("Plato")
    ('J.H. van der Berg', 'Plato')
    """
    if "," in name:
        return given_first(name)
    family, _, initials = name.rpartition(" ")
    return f"{initials} {family}" if family and initials.endswith(".") else name
