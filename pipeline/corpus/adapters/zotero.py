"""Row of Zotero's CSV export -> usual names, with tags and a link back to the item."""

from collections.abc import Mapping

from pipeline.corpus.adapters.names import people
from pipeline.corpus.adapters.parts import split, text, without
from pipeline.corpus.record import RawRow

NAMES: Mapping[str, str] = {
    "Title": "title",
    "Abstract Note": "abstract",
    "Publication Title": "journal",
    "DOI": "doi",
    "Url": "url",
    "ISSN": "issn",
    "ISBN": "isbn",
    "Pages": "pages",
    "Issue": "issue",
    "Volume": "volume",
    "Publisher": "publisher",
    "Item Type": "type",
    "Language": "language",
}


def adapt(row: RawRow) -> dict[str, object]:
    """With authors, year, tags and a zotero:// link."""
    key = text(row.get("Key"))
    adapted: dict[str, object] = {
        "id": key,
        **{ours: text(row.get(theirs)) for theirs, ours in NAMES.items()},
        "authors": people(row.get("Author"), separator=";"),
        "year": row.get("Publication Year") or row.get("Date"),
        "tags": [*split(row.get("Manual Tags")), *split(row.get("Automatic Tags"))],
        "collections": split(row.get("Collections")),
        "zotero": f"zotero://select/library/items/{key}" if key else "",
    }
    used = ("Key", "Author", "Publication Year", "Manual Tags", "Automatic Tags", "Collections", *NAMES)
    return without(adapted) | without(row, *used)
