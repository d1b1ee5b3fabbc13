"""A line of arXiv's metadata snapshot (Kaggle, "arXiv Dataset"): texts wrapped as they were typed."""

import re
from collections.abc import Mapping
from typing import Any

from pipeline.corpus.adapters.parts import text, without

FIRST_VERSION = re.compile(r"\b(19|20)\d\d\b")


def adapt(paper: Mapping[str, Any]) -> dict[str, Any]:
    """With title and abstract on one line, names in order, and the year of the first version."""
    own = {
        "id": text(paper.get("id")),
        "title": " ".join(text(paper.get("title")).split()),
        "abstract": " ".join(text(paper.get("abstract")).split()),
        "authors": _names(paper.get("authors_parsed")),
        "year": _year(paper),
        "categories": paper["categories"].split() if isinstance(paper["categories"], str) else paper["categories"],
        "doi": text(paper.get("doi")),
        "journal": text(paper.get("journal-ref")),
    }
    return without(own) | without(paper, "authors_parsed", "versions", "journal-ref", *own)


def _names(parsed: Any) -> list[str]:
    """From [family, given, suffix] of each author."""
    found = []
    for name in parsed if isinstance(parsed, list) else ():
        if isinstance(name, list) and name:
            family, given, suffix = ([text(part) for part in name] + ["", ""])[:3]
            found.append(" ".join(part for part in (given, family, suffix) if part))
    return [name for name in found if name]


def _year(paper: Mapping[str, Any]) -> int | None:
    versions = paper.get("versions")
    first = versions[0] if isinstance(versions, list) and versions else {}
    created = text(first.get("created")) if isinstance(first, Mapping) else ""
    found = FIRST_VERSION.search(created) or FIRST_VERSION.search(text(paper.get("update_date")))
    return int(found[0]) if found else None
