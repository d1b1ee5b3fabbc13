"""Record -> the service or program that wrote it, recognised by the names of its fields, and its adapter."""

from collections.abc import Callable
from dataclasses import dataclass, field

from pipeline.corpus.adapters import (
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
from pipeline.corpus.record import RawRow

Adapt = Callable[[RawRow], dict[str, object]]


@dataclass(frozen=True)
class Adapter:
    """names: fields that a record must all have to be adapted by it."""

    name: str
    names: frozenset[str]
    adapt: Adapt


# The first whose fields are all there is used, so those that need fewer fields come later.
ADAPTERS = (
    Adapter("OpenAlex", frozenset({"id", "display_name", "authorships"}), openalex.adapt),
    Adapter("arXiv", frozenset({"id", "authors_parsed", "categories"}), arxiv.adapt),
    Adapter("Semantic Scholar", frozenset({"paperId", "title"}), semantic_scholar.adapt),
    Adapter("Semantic Scholar", frozenset({"corpusid", "title", "externalids"}), semantic_scholar.adapt),
    Adapter("Crossref", frozenset({"DOI", "title", "prefix"}), crossref.adapt),
    Adapter("Crossref", frozenset({"DOI", "title", "is-referenced-by-count"}), crossref.adapt),
    Adapter("CSL-JSON", frozenset({"type", "title", "issued"}), csl.adapt),
    Adapter("CSL-JSON", frozenset({"type", "title", "container-title"}), csl.adapt),
    Adapter("CSL-JSON", frozenset({"id", "type", "citation-key"}), csl.adapt),
    Adapter("Zotero", frozenset({"Key", "Item Type", "Title"}), zotero.adapt),
    Adapter("Scopus", frozenset({"EID", "Title"}), scopus.adapt),
    Adapter("PubMed", frozenset({"PMID", "Title", "Journal/Book"}), pubmed_table.adapt),
    Adapter("Web of Science", frozenset({"Article Title", "UT (Unique WOS ID)"}), web_of_science.adapt_named),
    Adapter("Web of Science", frozenset({"PT", "TI"}), web_of_science.adapt_tagged),
)


@dataclass
class Adapters:
    """Caches the adapter of each set of field names: records of one file mostly have the same."""

    _adapters: dict[tuple[str, ...], Adapter | None] = field(default_factory=dict)

    def adapt(self, fields: RawRow) -> tuple[str, dict[str, object]]:
        """The adapter's name and the fields under usual names; "" and the fields unchanged where none fits."""
        key = tuple(fields)
        if key not in self._adapters:
            if len(self._adapters) > 10_000:  # objects whose field names all differ
                self._adapters.clear()
            names = set(key)
            self._adapters[key] = next((adapter for adapter in ADAPTERS if adapter.names <= names), None)
        adapter = self._adapters[key]
        return ("", dict(fields)) if adapter is None else (adapter.name, adapter.adapt(fields))
