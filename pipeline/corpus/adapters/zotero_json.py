"""Item of Zotero, from its web API or Better BibTeX's JSON -> usual names (zotero.org, "Web API v3", item types)."""

import re

from pipeline.corpus.adapters.names import people
from pipeline.corpus.adapters.parts import mappings, merged, text
from pipeline.corpus.identifiers import find_arxiv
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
DATES = ("date", "issueDate", "dateDecided", "dateEnacted", "filingDate")
# What has no field of its own stands in `extra`, a line each; preprints have their arXiv id in `archiveID`.
EXTRA = re.compile(r"^[^\S\n]*(DOI|PMID|PMCID|arXiv|Citation Key)\s*:\s*(\S+)", re.IGNORECASE | re.MULTILINE)
SERVICE = ("version", "library", "links", "meta", "itemKey", "itemID", "libraryID", "uri", "select", "relations")
# Which `fetch zotero` and the reader of zotero.sqlite add: where an item lies, by names.
PLACES = ("collectionPaths", "libraryName")
USED = (
    *(
        "creators",
        "abstractNote",
        *DATES,
        "DOI",
        "ISSN",
        "ISBN",
        "tags",
        "attachments",
        "notes",
        "collections",
        "itemType",
    ),
    *("citationKey", "citekey", "key", *CONTAINERS[:9], *SERVICE, *PLACES),
)


def adapt(item: RawRow) -> dict[str, object]:
    """With authors, abstract, year, doi and journal under their usual names; editors and the like are no authors.

    Tags are keywords, but `tags` where the item comes out of a library that is on this machine, beside its collections.
    """
    extra = {name.lower(): value for name, value in reversed(EXTRA.findall(text(item.get("extra"))))}
    is_local = any(name in item for name in PLACES)
    own_ids = [text(item.get(name)) for name in ("citationKey", "citekey")]
    tags = [name for tag in mappings(item.get("tags")) if (name := text(tag.get("tag")))]
    adapted: dict[str, object] = {
        "id": next((name for name in (*own_ids, extra.get("citation key", ""), text(item.get("key"))) if name), ""),
        "title": next((title for name in TITLES if (title := text(item.get(name)))), ""),
        "abstract": text(item.get("abstractNote")),
        "authors": next((names for kind in MAKERS if (names := creators(item, kind))), [])
        or people(item.get("creators")),
        "year": next((date for name in DATES if (date := text(item.get(name)))), ""),
        "journal": next((name for field in CONTAINERS if (name := text(item.get(field)))), ""),
        "doi": text(item.get("DOI")) or (extra["doi"] if extra.get("doi", "").startswith("10.") else ""),
        **{name: extra.get(name, "") for name in ("pmid", "pmcid")},
        "arxiv": extra.get("arxiv") or next(iter(find_arxiv(text(item.get("archiveID")))), ""),
        "issn": text(item.get("ISSN")),
        "isbn": text(item.get("ISBN")),
        "tags" if is_local else "keywords": tags,
        "editors": creators(item, "editor"),
        "type": text(item.get("itemType")),
        "collections": item.get("collectionPaths"),
        "library": text(item.get("libraryName")),
        "zotero": text(item.get("select")) if is_local else "",
    }
    return merged(adapted, item, *USED)


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
