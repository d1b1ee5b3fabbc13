"""Reference of EPPI-Reviewer in JSON -> usual names; names stand family name first, without a comma."""

from pipeline.corpus.adapters.parts import merged, text
from pipeline.corpus.adapters.table_services import family_first
from pipeline.corpus.record import RawRow


def adapt(item: RawRow) -> dict[str, object]:
    """With id, title, authors, journal and the rest under usual names."""
    doi = text(item.get("DOI"))
    adapted: dict[str, object] = {
        "id": doi or str(item.get("ItemId") or ""),
        "title": text(item.get("Title")),
        "abstract": text(item.get("Abstract")),
        "authors": family_first(item.get("Authors"), ";"),
        "year": item.get("Year"),
        "doi": doi,
        "journal": text(item.get("ParentTitle")),
        "volume": text(item.get("Volume")),
        "issue": text(item.get("Issue")),
        "pages": text(item.get("Pages")),
        "url": text(item.get("URL")),
        "type": text(item.get("TypeName")),
        "keywords": text(item.get("Keywords")),
    }
    used = ("DOI", "ItemId", "Title", "Abstract", "Authors", "Year", "ParentTitle", "Volume", "Issue", "Pages", "URL")
    return merged(adapted, item, *used, "TypeName", "Keywords")
