"""Reference managers whose JSON keeps titles, people or identifiers in a way of its own: where each keeps them."""

from collections.abc import Sequence

from pipeline.corpus.adapters.json_service import JsonService
from pipeline.corpus.adapters.table_services import family_first


def _eppi_authors(found: Sequence[object]) -> list[str]:
    return [name for value in found for name in family_first(value, ";")]


JSON_MANAGERS = (
    JsonService(
        "Mendeley",
        frozenset({"title", "identifiers", "authors"}),
        {
            "id": ("identifiers.doi", "id"),
            "title": ("title",),
            "abstract": ("abstract",),
            "authors": ("authors[]",),
            "year": ("year",),
            "doi": ("identifiers.doi",),
            "arxiv": ("identifiers.arxiv",),
            "pmid": ("identifiers.pmid",),
            "journal": ("source",),
            "keywords": ("keywords[]",),
            "url": ("websites[]",),
        },
    ),
    JsonService(
        "EPPI-Reviewer",
        frozenset({"ItemId", "Title", "ShortTitle"}),
        {
            "id": ("DOI", "ItemId"),
            "title": ("Title",),
            "abstract": ("Abstract",),
            "authors": ("Authors",),
            "year": ("Year",),
            "doi": ("DOI",),
            "journal": ("ParentTitle",),
            "volume": ("Volume",),
            "issue": ("Issue",),
            "pages": ("Pages",),
            "url": ("URL",),
            "type": ("TypeName",),
            "keywords": ("Keywords",),
        },
        flat=True,
        authors=_eppi_authors,
    ),
    JsonService(
        "BibSonomy",
        frozenset({"label", "intraHash"}),
        {
            "id": ("doi", "DOI", "id"),
            "title": ("label",),
            "abstract": ("abstract",),
            "authors": ("author[]", "authors[]"),
            "year": ("year", "date"),
            "doi": ("doi", "DOI"),
            "journal": ("journal", "booktitle"),
            "type": ("pub-type",),
            "keywords": ("tags[]",),
        },
        flat=True,
    ),
)
