"""Papers -> CSL-JSON, which Zotero, Pandoc and citation processors read."""

import json
import re
from collections.abc import Iterable, Mapping

from pipeline.export.citation_fields import Paper, authors_of, citation_fields, text_of

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
CORPORATE = re.compile(
    r"\b(collaboration|consortium|group|team|network|association|society|committee|institute|university|organi[sz]ation)\b",
    re.IGNORECASE,
)


def to_csl(papers: Iterable[Paper]) -> str:
    """A list of items, in their order."""
    return json.dumps([_item(paper) for paper in papers], ensure_ascii=False, indent=1) + "\n"


def _item(paper: Paper) -> dict[str, object]:
    fields = citation_fields(paper)
    item: dict[str, object] = {
        "id": str(paper["id"]),
        "type": _type(paper, fields),
        "title": text_of(paper, "title"),
    }
    if authors := authors_of(paper):
        item["author"] = [_name(name) for name in authors]
    if year := text_of(paper, "year"):
        item["issued"] = {"date-parts": [[int(year)]]}
    item |= {NAMES[name]: value for name, value in fields.items() if name in NAMES}
    if "eprint" in fields:
        item["note"] = f"arXiv:{fields['eprint']}"
    if abstract := text_of(paper, "abstract"):
        item["abstract"] = abstract
    return item


def _type(paper: Paper, fields: Mapping[str, str]) -> str:
    kind = text_of(paper, "type").lower()
    inferred = "article-journal" if "journal" in fields else "paper-conference" if "booktitle" in fields else "article"
    return kind if kind in KNOWN_TYPES else TYPES.get(kind, inferred)


def _name(name: str) -> dict[str, str]:
    """The last word is the family name, except for organisations and names of one word.

    >>> _name("Ludwig van Beethoven, Jr"), _name("Ice Core Consortium")
    ({'given': 'Ludwig van', 'family': 'Beethoven', 'suffix': 'Jr'}, {'literal': 'Ice Core Consortium'})
    """
    whole, _, suffix = name.partition(", ")
    given, _, family = whole.rpartition(" ")
    if not given or CORPORATE.search(name) or "," in suffix:
        return {"literal": name}
    return {"given": given, "family": family} | ({"suffix": suffix} if suffix else {})
