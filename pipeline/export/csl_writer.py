"""Papers -> CSL-JSON, which Zotero, Pandoc and citation processors read."""

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from pipeline.export.citation_fields import citation_fields

TYPES: Mapping[str, str] = {
    **{"article": "article-journal", "jour": "article-journal", "journalarticle": "article-journal"},
    **{"inproceedings": "paper-conference", "conference": "paper-conference", "conf": "paper-conference"},
    **{"incollection": "chapter", "inbook": "chapter", "chap": "chapter", "book": "book"},
    **{"phdthesis": "thesis", "mastersthesis": "thesis", "thes": "thesis", "techreport": "report", "rprt": "report"},
}
KNOWN_TYPES = frozenset({*TYPES.values(), "article", "document", "webpage", "dataset", "post", "manuscript", "review"})
NAMES: Mapping[str, str] = {
    "journal": "container-title",
    "booktitle": "container-title",
    "volume": "volume",
    "number": "issue",
    "pages": "page",
    "publisher": "publisher",
    "keywords": "keyword",
    "doi": "DOI",
    "url": "URL",
    "isbn": "ISBN",
    "issn": "ISSN",
}
BODY = re.compile(
    r"\b(collaboration|consortium|group|team|network|association|society|committee|institute|university|organi[sz]ation)\b",
    re.IGNORECASE,
)


def to_csl(papers: Iterable[Mapping[str, Any]]) -> str:
    """A list of items, in their order."""
    return json.dumps([_item(paper) for paper in papers], ensure_ascii=False, indent=1) + "\n"


def _item(paper: Mapping[str, Any]) -> dict[str, Any]:
    fields = citation_fields(paper)
    item: dict[str, Any] = {"id": str(paper["id"]), "type": _type(paper, fields), "title": paper.get("title") or ""}
    if authors := paper.get("authors"):
        item["author"] = [_name(name) for name in authors]
    if year := paper.get("year"):
        item["issued"] = {"date-parts": [[int(year)]]}
    item |= {NAMES[name]: value for name, value in fields.items() if name in NAMES}
    if "eprint" in fields:
        item["note"] = f"arXiv:{fields['eprint']}"
    if abstract := paper.get("abstract"):
        item["abstract"] = abstract
    return item


def _type(paper: Mapping[str, Any], fields: Mapping[str, str]) -> str:
    kind = str(paper.get("type") or "").lower()
    usual = "article-journal" if "journal" in fields else "paper-conference" if "booktitle" in fields else "article"
    return kind if kind in KNOWN_TYPES else TYPES.get(kind, usual)


def _name(name: str) -> dict[str, str]:
    """The last word as family name, but for bodies and names of one word.

    >>> _name("Ludwig van Beethoven, Jr"), _name("Ice Core Consortium")
    ({'given': 'Ludwig van', 'family': 'Beethoven', 'suffix': 'Jr'}, {'literal': 'Ice Core Consortium'})
    """
    whole, _, suffix = name.partition(", ")
    given, _, family = whole.rpartition(" ")
    if not given or BODY.search(name) or "," in suffix:
        return {"literal": name}
    return {"given": given, "family": family} | ({"suffix": suffix} if suffix else {})
