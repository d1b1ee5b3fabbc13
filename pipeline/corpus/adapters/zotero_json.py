"""Item of Zotero, from its web API or Better BibTeX's JSON -> usual names (zotero.org, "Web API v3", item types)."""

import re

from pipeline.corpus.adapters.parts import mappings, text, without
from pipeline.corpus.record import RawRow

# The field of an item's own title, and of what it is part of, differ between item types.
TITLES = ("title", "caseName", "nameOfAct", "subject")
CONTAINERS = (
    *("publicationTitle", "bookTitle", "proceedingsTitle", "encyclopediaTitle", "dictionaryTitle", "websiteTitle"),
    *("blogTitle", "forumTitle", "programTitle", "conferenceName", "repository", "seriesTitle"),
)
# Whoever made an item that has no authors, as talks, patents, films and programs do.
MAKERS = (
    "author",
    "presenter",
    "inventor",
    "programmer",
    "director",
    "artist",
    "podcaster",
    "performer",
    "contributor",
)
EXTRA_DOI = re.compile(r"^\s*DOI:\s*(10\.\S+)", re.IGNORECASE | re.MULTILINE)
SERVICE = ("version", "library", "links", "meta", "itemKey", "itemID", "libraryID", "uri", "select", "relations")
USED = (
    *(
        "creators",
        "abstractNote",
        "date",
        "DOI",
        "ISSN",
        "ISBN",
        "tags",
        "attachments",
        "notes",
        "collections",
        "itemType",
    ),
    *("citationKey", "citekey", "key", *CONTAINERS[:9], *SERVICE),
)


def adapt(item: RawRow) -> dict[str, object]:
    """With authors, abstract, year, doi and journal under their usual names; editors and the like are no authors."""
    extra_doi = EXTRA_DOI.search(text(item.get("extra")))
    adapted: dict[str, object] = {
        "id": text(item.get("citationKey")) or text(item.get("citekey")) or text(item.get("key")),
        "title": next((title for name in TITLES if (title := text(item.get(name)))), ""),
        "abstract": text(item.get("abstractNote")),
        "authors": next((people for kind in MAKERS if (people := creators(item, kind))), []),
        "year": text(item.get("date")),
        "journal": next((name for field in CONTAINERS if (name := text(item.get(field)))), ""),
        "doi": text(item.get("DOI")) or (extra_doi[1] if extra_doi else ""),
        "issn": text(item.get("ISSN")),
        "isbn": text(item.get("ISBN")),
        "keywords": [text(tag.get("tag")) for tag in mappings(item.get("tags")) if text(tag.get("tag"))],
        "editors": creators(item, "editor"),
        "type": text(item.get("itemType")),
    }
    return without(adapted) | without(item, *USED, *adapted)


def creators(item: RawRow, kind: str) -> list[str]:
    """The names of an item's creators of one kind, in their order.

    >>> creators({"creators": [{"creatorType": "author", "firstName": "Ida", "lastName": "Larsen"}]}, "author")
    ['Ida Larsen']
    """
    names = []
    for creator in mappings(item.get("creators")):
        if creator.get("creatorType", "author") == kind:
            parts = [text(creator.get("firstName")), text(creator.get("lastName"))]
            names.append(text(creator.get("name")) or " ".join(filter(None, parts)))
    return [name for name in names if name]
