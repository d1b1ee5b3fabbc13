"""XML of RefWorks, of Word's sources and of BibTeXML (JabRef, Citavi) -> fields."""

from collections.abc import Mapping

from pipeline.corpus.adapters.names import given_name_first, people
from pipeline.corpus.readers.xml_parts import Dialect, Element, first_doi, local, text, texts
from pipeline.corpus.record import RawRow

REFWORKS: Mapping[str, str] = {
    **{
        "t1": "title",
        "ab": "abstract",
        "yr": "year",
        "jf": "journal",
        "vo": "volume",
        "is": "issue",
        "pb": "publisher",
    },
    **{"sn": "issn", "la": "language", "rt": "type", "no": "note", "lk": "url", "ul": "url"},
}
WORD: Mapping[str, str] = {
    **{"Title": "title", "Year": "year", "JournalName": "journal", "Volume": "volume", "Issue": "issue"},
    **{"Pages": "pages", "Publisher": "publisher", "SourceType": "type", "URL": "url", "StandardNumber": "isbn"},
}


def read_refworks(reference: Element) -> RawRow:
    """Fields of a reference; people stand one an element."""
    fields: dict[str, object] = {ours: text(reference, theirs) for theirs, ours in REFWORKS.items()}
    doi = first_doi([text(reference, "do")])
    pages = [page for page in (text(reference, "sp"), text(reference, "op")) if page]
    return {
        **fields,
        "id": doi or text(reference, "id"),
        "authors": [given_name_first(name) for name in texts(reference, "a1")],
        "editors": [given_name_first(name) for name in texts(reference, "a2")],
        "journal": text(reference, "jf", "jo", "t2"),
        "url": text(reference, "lk", "ul"),
        "pages": "-".join(pages),
        "keywords": texts(reference, "k1"),
        "doi": doi,
    }


def read_source(source: Element) -> RawRow:
    """Fields of a source of Word; its authors are persons, or one organisation."""
    doi = first_doi([text(source, "{*}DOI"), text(source, "{*}StandardNumber")])
    people_of = source.find("{*}Author/{*}Author")
    persons = [] if people_of is None else list(people_of.iterfind("{*}NameList/{*}Person"))
    names = [" ".join(texts(one, "{*}First") + texts(one, "{*}Middle") + texts(one, "{*}Last")) for one in persons]
    group = "" if people_of is None else text(people_of, "{*}Corporate")
    return {
        **{ours: text(source, f"{{*}}{theirs}") for theirs, ours in WORD.items()},
        "id": doi or text(source, "{*}Tag", "{*}Guid"),
        "authors": [name for name in names if name] or [one for one in (group,) if one],
        "journal": text(source, "{*}JournalName", "{*}BookTitle", "{*}ConferenceName", "{*}PeriodicalTitle"),
        "doi": doi,
    }


def read_entry(entry: Element) -> RawRow:
    """Fields of an entry of BibTeX, which stand inside its kind."""
    kind = next(iter(entry), None)
    fields = {} if kind is None else {local(one.tag): text(one, ".") for one in kind}
    return {
        **fields,
        "id": str(entry.get("id") or "") or fields.get("doi", ""),
        "authors": people(fields.pop("author", "")),
        "journal": fields.get("journal") or fields.get("booktitle", ""),
        "type": "" if kind is None else local(kind.tag),
    }


DIALECTS = (
    Dialect("reference", "RefWorks", read_refworks, frozenset({"refworks"})),
    Dialect("{*}Source", "Word", read_source, frozenset({"Sources"})),
    Dialect("{*}entry", "BibTeX", read_entry, frozenset({"file"})),
)
