"""Work of OpenAlex -> usual names; the abstract from its inverted index (docs.openalex.org, "Work object")."""

from collections.abc import Mapping

from pipeline.corpus.adapters.parts import first, inside, mappings, text, without
from pipeline.corpus.record import RawRow

MOST_WORDS = 100_000


def adapt(work: RawRow) -> dict[str, object]:
    """With title, abstract, authors, year, doi, journal and references under their usual names."""
    rest = without(
        work, "id", "title", "display_name", "abstract_inverted_index", "authorships", "publication_year", "doi"
    )
    rest.pop("primary_location", None)
    rest.pop("abstract", None)
    rest.pop("referenced_works", None)
    adapted: dict[str, object] = {
        "id": text(work.get("id")).rpartition("/")[2],
        "title": text(work.get("title")) or text(work.get("display_name")),
        "abstract": rebuild_abstract(work.get("abstract_inverted_index")) or text(work.get("abstract")),
        "authors": [
            first([text(inside(one, "author", "display_name")), text(one.get("raw_author_name"))])
            for one in mappings(work.get("authorships"))
        ],
        "year": work.get("publication_year"),
        "doi": text(work.get("doi")).removeprefix("https://doi.org/"),
        "journal": text(inside(work, "primary_location", "source", "display_name")),
        "url": text(inside(work, "primary_location", "landing_page_url")) or text(work.get("id")),
        "references": work.get("referenced_works"),
    }
    return without(adapted) | {name: value for name, value in rest.items() if name not in adapted}


def rebuild_abstract(index: object) -> str:
    """The text of an inverted index; "" for any other value.

    >>> rebuild_abstract({"again": [1, 3], "And": [0], "and": [2]})
    'And again and again'
    """
    if not isinstance(index, Mapping):
        return ""
    placed = [
        (place, str(word))
        for word, places in index.items()
        for place in (places if isinstance(places, list) else ())
        if isinstance(place, int)
    ]
    return " ".join(word for _, word in sorted(placed)[:MOST_WORDS])
