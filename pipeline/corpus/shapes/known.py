"""Which service or program wrote a record, told by the names of its fields."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pipeline.corpus.shapes import (
    arxiv,
    crossref,
    csl,
    openalex,
    pubmed_table,
    scopus,
    semantic_scholar,
    web_of_science,
    zotero,
)

Reshape = Callable[[Mapping[str, Any]], dict[str, Any]]


@dataclass(frozen=True)
class Shape:
    """names: fields that a record of this shape has all of."""

    name: str
    names: frozenset[str]
    reshape: Reshape


# The first whose fields are all there counts: what names fewer fields stands further down.
SHAPES = (
    Shape("OpenAlex", frozenset({"id", "display_name", "authorships"}), openalex.reshape),
    Shape("arXiv", frozenset({"id", "authors_parsed", "categories"}), arxiv.reshape),
    Shape("Semantic Scholar", frozenset({"paperId", "title"}), semantic_scholar.reshape),
    Shape("Semantic Scholar", frozenset({"corpusid", "title", "externalids"}), semantic_scholar.reshape),
    Shape("Crossref", frozenset({"DOI", "title", "prefix"}), crossref.reshape),
    Shape("Crossref", frozenset({"DOI", "title", "is-referenced-by-count"}), crossref.reshape),
    Shape("CSL-JSON", frozenset({"type", "title", "issued"}), csl.reshape),
    Shape("CSL-JSON", frozenset({"type", "title", "container-title"}), csl.reshape),
    Shape("CSL-JSON", frozenset({"id", "type", "citation-key"}), csl.reshape),
    Shape("Zotero", frozenset({"Key", "Item Type", "Title"}), zotero.reshape),
    Shape("Scopus", frozenset({"EID", "Title"}), scopus.reshape),
    Shape("PubMed", frozenset({"PMID", "Title", "Journal/Book"}), pubmed_table.reshape),
    Shape("Web of Science", frozenset({"Article Title", "UT (Unique WOS ID)"}), web_of_science.reshape_named),
    Shape("Web of Science", frozenset({"PT", "AU", "TI"}), web_of_science.reshape_tagged),
)


@dataclass
class KnownShapes:
    """Remembers the shape of each set of field names: records of one file mostly have the same."""

    _known: dict[tuple[str, ...], Shape | None] = field(default_factory=dict)

    def reshape(self, fields: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
        """The shape's name and the fields under usual names; "" and the fields themselves where it is no known one."""
        key = tuple(fields)
        if key not in self._known:
            if len(self._known) > 10_000:  # objects with names of their own, one by one
                self._known.clear()
            names = set(key)
            self._known[key] = next((shape for shape in SHAPES if shape.names <= names), None)
        shape = self._known[key]
        return ("", dict(fields)) if shape is None else (shape.name, shape.reshape(fields))
