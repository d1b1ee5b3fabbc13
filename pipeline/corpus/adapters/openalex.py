"""A work of OpenAlex; its abstract comes as word -> positions (docs.openalex.org, "Work object")."""

from collections.abc import Mapping
from typing import Any

from pipeline.corpus.adapters.parts import first, inside, mappings, text, without

MOST_WORDS = 100_000


def adapt(work: Mapping[str, Any]) -> dict[str, Any]:
    """With title, abstract, authors, year, doi and journal under their usual names."""
    rest = without(
        work, "id", "title", "display_name", "abstract_inverted_index", "authorships", "publication_year", "doi"
    )
    rest.pop("primary_location", None)
    rest.pop("abstract", None)
    own = {
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
    }
    return without(own) | {name: value for name, value in rest.items() if name not in own}


def rebuild_abstract(index: Any) -> str:
    """The text of an inverted index; "" for anything that is none.

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
