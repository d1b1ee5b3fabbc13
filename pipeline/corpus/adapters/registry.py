"""Record -> the service or program that wrote it, recognised by the names of its fields, and its adapter."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from pipeline.corpus.adapters import (
    any_record,
    arxiv,
    crossref,
    csl,
    dblp,
    europe_pmc,
    openalex,
    publish_or_perish,
    pubmed_table,
    scopus,
    semantic_scholar,
    web_of_science,
    zotero,
    zotero_json,
)
from pipeline.corpus.adapters.table_services import TABLE_SERVICES
from pipeline.corpus.adapters.usual_names import plain_column
from pipeline.corpus.record import RawRow

OUR_OWN = ("id", "title", "abstract")  # how tables begin that `export` writes
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
    Adapter("CSL-JSON", frozenset({"id", "type", "title", "author"}), csl.adapt),
    Adapter("Zotero", frozenset({"itemType", "creators"}), zotero_json.adapt),
    Adapter("Zotero", frozenset({"itemType", "title"}), zotero_json.adapt),
    Adapter("DBLP", frozenset({"title", "venue", "key", "url", "type"}), dblp.adapt),
    Adapter("Europe PMC", frozenset({"title", "authorString", "pubYear"}), europe_pmc.adapt),
    Adapter("Publish or Perish", frozenset({"title", "article_url", "rank", "ecc"}), publish_or_perish.adapt),
    Adapter("Zotero", frozenset({"Key", "Item Type", "Title"}), zotero.adapt),
    Adapter("Scopus", frozenset({"EID", "Title"}), scopus.adapt),
    Adapter("Scopus", frozenset({"Title", "Source title", "Author(s) ID"}), scopus.adapt),
    *(Adapter("Scopus", names, scopus.adapt_translated) for names in scopus.TRANSLATED),
    Adapter("PubMed", frozenset({"PMID", "Title", "Journal/Book"}), pubmed_table.adapt),
    Adapter("Web of Science", frozenset({"Article Title", "UT (Unique WOS ID)"}), web_of_science.adapt_named),
    Adapter("Web of Science", frozenset({"Article Title", "UT (Unique ID)"}), web_of_science.adapt_named),
    Adapter("Web of Science", frozenset({"PT", "TI"}), web_of_science.adapt_tagged),
)


@dataclass
class Adapters:
    """Caches the adapter of each set of field names: records of one file mostly have the same."""

    _adapters: dict[tuple[str, ...], tuple[str, Adapt]] = field(default_factory=dict)

    def adapt(self, fields: RawRow) -> tuple[str, dict[str, object]]:
        """The adapter's name and the fields under usual names; where none fits, "" and the fields as they are, but for
        the names of DOIs and of references.
        """
        key = tuple(fields)
        if key not in self._adapters:
            if len(self._adapters) > 10_000:  # objects whose field names all differ
                self._adapters.clear()
            self._adapters[key] = find_adapter(key)
        name, adapt = self._adapters[key]
        return name, adapt(fields)


def find_adapter(field_names: Sequence[str]) -> tuple[str, Adapt]:
    """The adapter for records with these fields, and its name, "" where no service or program is known by them.

    >>> find_adapter(["Lens ID", "Title"])[0], find_adapter(["Title", "Colour"])[0]
    ('Lens', '')
    """
    names = frozenset(field_names)
    for adapter in ADAPTERS:
        if adapter.names <= names:
            return adapter.name, adapter.adapt
    if tuple(field_names[:3]) == OUR_OWN:  # adapted once already
        return "", any_record.adapt
    plain = frozenset(map(plain_column, field_names))
    for service in TABLE_SERVICES:
        if service.fits(plain):
            return service.name, service.adapt
    return "", any_record.adapt
