"""Record -> the service or program that wrote it, recognised by the names of its fields, and its adapter."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from pipeline.corpus.adapters import (
    any_record,
    arxiv,
    bibtex_table,
    crossref,
    csl,
    dblp,
    europe_pmc,
    hal,
    openalex,
    publish_or_perish,
    pubmed_table,
    scopus,
    semantic_scholar,
    web_of_science,
    zotero,
    zotero_json,
)
from pipeline.corpus.adapters.flat_cells import with_structure
from pipeline.corpus.adapters.json_service import JsonService
from pipeline.corpus.adapters.json_services import JSON_SERVICES
from pipeline.corpus.adapters.table_services import TABLE_SERVICES
from pipeline.corpus.adapters.usual_names import plain_column
from pipeline.corpus.record import RawRow

OUR_OWN = ("id", "title", "abstract")  # how tables begin that `export` writes
Adapt = Callable[[RawRow], dict[str, object]]


@dataclass(frozen=True)
class Adapter:
    """names: fields that a record must all have to be adapted by it, without: fields of which it must have none.

    structured: whether its fields are lists and objects, which stand as text in the cells of a table made of them.
    """

    name: str
    names: frozenset[str]
    adapt: Adapt
    without: frozenset[str] = frozenset()
    structured: bool = False

    def fits(self, field_names: frozenset[str]) -> bool:
        return self.names <= field_names and self.without.isdisjoint(field_names)


FLAT = frozenset({"year", "journal", "doi"})  # which CSL-JSON calls by other names


def _json(name: str, names: set[str], adapt: Adapt, *, without: frozenset[str] = frozenset()) -> Adapter:
    return Adapter(name, frozenset(names), adapt, without, structured=True)


# The first whose fields are all there is used, so those that need fewer fields come later.
ADAPTERS = (
    _json("OpenAlex", {"id", "display_name", "authorships"}, openalex.adapt),
    _json("arXiv", {"id", "authors_parsed", "categories"}, arxiv.adapt),
    _json("Semantic Scholar", {"paperId", "title"}, semantic_scholar.adapt),
    _json("Semantic Scholar", {"corpusid", "title", "externalids"}, semantic_scholar.adapt),
    _json("Crossref", {"DOI", "title", "prefix"}, crossref.adapt),
    _json("Crossref", {"DOI", "title", "is-referenced-by-count"}, crossref.adapt),
    _json("CSL-JSON", {"type", "title", "issued"}, csl.adapt),
    _json("CSL-JSON", {"type", "title", "container-title"}, csl.adapt),
    _json("CSL-JSON", {"id", "type", "citation-key"}, csl.adapt),
    _json("CSL-JSON", {"id", "type", "title", "author"}, csl.adapt, without=FLAT),
    _json("Zotero", {"itemType", "creators"}, zotero_json.adapt),
    _json("Zotero", {"itemType", "title"}, zotero_json.adapt),
    _json("DBLP", {"title", "venue", "key", "url", "type"}, dblp.adapt),
    _json("Europe PMC", {"title", "authorString", "pubYear"}, europe_pmc.adapt),
    _json("Publish or Perish", {"title", "rank", "ecc"}, publish_or_perish.adapt),
    Adapter("HAL", frozenset({"title_s", "docid"}), hal.adapt),
    Adapter("HAL", frozenset({"title_s", "uri_s"}), hal.adapt),
    Adapter("HAL", frozenset({"title_s", "halId_s"}), hal.adapt),
    Adapter("HAL", frozenset({"title_s", "authFullName_s"}), hal.adapt),
    Adapter("BibTeX", frozenset({bibtex_table.KEY, bibtex_table.KIND}), bibtex_table.adapt),
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
    # Of those with names that a service's JSON has, where they are no table.
    _services: dict[tuple[str, ...], JsonService] = field(default_factory=dict)

    def adapt(self, fields: RawRow) -> tuple[str, dict[str, object]]:
        """The adapter's name and the fields under usual names; where none fits, "" and the fields as they are, but for
        the names of DOIs and of references.
        """
        key = tuple(fields)
        if key not in self._adapters:
            if len(self._adapters) > 10_000:  # objects whose field names all differ
                self._adapters.clear()
                self._services.clear()
            self._adapters[key] = find_adapter(key)
            if service := find_json_service(key):
                self._services[key] = service
        name, adapt = self._adapters[key]
        service = self._services.get(key)
        if service is not None and service.wrote(fields):
            return service.name, any_record.with_entries(service.adapt(fields))
        return name, adapt(fields)


def find_json_service(field_names: Sequence[str]) -> JsonService | None:
    """The service in whose JSON objects have these names; None where there is none, or another adapter knows them."""
    names = frozenset(field_names)
    if any(adapter.fits(names) for adapter in ADAPTERS):
        return None
    return next((one for one in JSON_SERVICES if one.signature <= names), None)


def find_adapter(field_names: Sequence[str]) -> tuple[str, Adapt]:
    """The adapter for records with these fields, and its name, "" where no service or program is known by them.

    >>> find_adapter(["Lens ID", "Title"])[0], find_adapter(["Title", "Colour"])[0]
    ('Lens', '')
    """
    names = frozenset(field_names)
    for adapter in ADAPTERS:
        if adapter.fits(names):
            return adapter.name, _structured(adapter.adapt) if adapter.structured else adapter.adapt
    if tuple(field_names[:3]) == OUR_OWN:  # adapted once already
        return "", any_record.adapt
    plain = frozenset(map(plain_column, field_names))
    for service in TABLE_SERVICES:
        if service.fits(plain):
            return service.name, service.adapt
    return "", any_record.adapt_foreign


def _structured(adapt: Adapt) -> Adapt:
    return lambda record: adapt(with_structure(record))
