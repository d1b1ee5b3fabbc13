"""Zotero's RDF -> fields. A file is read twice: for what papers refer to, then for the papers.

An article may refer to a journal that stands behind it. Reading the whole file would hold every abstract and note in
memory and end at a size; two readings hold only titles and identifiers of what can be referred to.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import IO

from pipeline.corpus.adapters.zotero_kinds import NO_PAPERS
from pipeline.corpus.readers.xml_parts import Element, Refused, first_doi, free, local, text, texts, whole
from pipeline.corpus.readers.xml_stream import XmlBreakError, elements
from pipeline.corpus.record import RawRow
from pipeline.corpus.sources import Source

RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
DC, TERMS = "{http://purl.org/dc/elements/1.1/}", "{http://purl.org/dc/terms/}"
BIB, Z = "{http://purl.org/net/biblio#}", "{http://www.zotero.org/namespaces/export#}"
PRISM = "{http://prismstandard.org/namespaces/1.2/basic/}"
FOAF, PLACE = "{http://xmlns.com/foaf/0.1/}", "{http://nwalsh.com/rdf/vCard#}"
ROOT = f"{RDF}RDF"
ITEM_TYPE, PART_OF = f"{Z}itemType", f"{TERMS}isPartOf"
NAMES = (f"{RDF}about", f"{RDF}ID", f"{RDF}nodeID")
IN_BOOKS = frozenset({"bookSection", "conferencePaper", "dictionaryEntry", "encyclopediaArticle"})
CALL_NUMBERS = frozenset({f"{TERMS}LCC", f"{TERMS}DDC"})
# Who made an item, by its kind; Zotero calls the first of these its author.
MAKERS = (
    f"{BIB}authors",
    *(
        f"{Z}{name}s"
        for name in (
            "presenter",
            "inventor",
            "programmer",
            "director",
            "interviewee",
            "podcaster",
            "artist",
            "cartographer",
            "performer",
            "composer",
            "sponsor",
            "counsel",
            "commenter",
        )
    ),
    f"{Z}castMembers",
    f"{Z}contributors",
)
PEOPLE: Mapping[str, str] = {
    "editors": f"{BIB}editors",
    "translators": f"{Z}translators",
    "series_editors": f"{Z}seriesEditors",
    "book_authors": f"{Z}bookAuthors",
    "contributors": f"{BIB}contributors",
}
# Fields of an item itself.
PATHS: Mapping[str, tuple[str, ...]] = {
    "title": (f"{DC}title",),
    "abstract": (f"{TERMS}abstract",),
    "type": (ITEM_TYPE,),
    "year": (f"{DC}date",),
    "pages": (f"{BIB}pages",),
    "language": (f"{Z}language",),
    "publisher": (f"{DC}publisher//{FOAF}name", f"{DC}publisher"),
    "place": (f"{DC}publisher//{PLACE}locality",),
    "conference": (f"{BIB}presentedAt//{DC}title", f"{Z}meetingName"),
    "edition": (f"{PRISM}edition",),
    "note": (f"{DC}description",),
    "rights": (f"{DC}rights",),
    "kind": (f"{Z}type",),
    "short_title": (f"{Z}shortTitle",),
    "library_catalog": (f"{Z}libraryCatalog",),
    "archive": (f"{Z}archive",),
    "call_number": (f"{DC}subject//{TERMS}LCC", f"{DC}subject//{TERMS}DDC"),
    "access_date": (f"{TERMS}dateSubmitted",),
}


@dataclass(frozen=True)
class Container:
    """What an item is part of: a journal, a book, a series, a website."""

    tag: str = ""
    title: str = ""
    abbreviation: str = ""
    volume: str = ""
    issue: str = ""
    identifiers: tuple[str, ...] = ()
    series: str = ""


@dataclass
class References:
    """What items refer to by name. times: how many items do."""

    containers: dict[str, Container] = field(default_factory=dict)
    times: Counter[str] = field(default_factory=Counter)


def read_items(source: Source, encoding: str) -> Iterator[tuple[RawRow | Refused, tuple[str, ...]]]:
    """Fields of each item that is a paper, and what was mended to read it. Raises XmlBreakError."""
    references = _references(source, encoding)
    with source.open() as file:
        for element, mended in _below_root(file, encoding):
            kind = text(element, ITEM_TYPE)
            if kind and kind not in NO_PAPERS:
                yield _fields(element, references), mended
            free(element, siblings=True)


def _below_root(file: IO[bytes], encoding: str) -> Iterator[tuple[Element, tuple[str, ...]]]:
    """The elements right below the root as they end, with what was mended inside each."""
    mended: dict[str, None] = {}
    for element, repairs in elements(file, encoding=encoding):
        mended |= dict.fromkeys(repairs)
        parent = element.getparent()
        if parent is not None and parent.getparent() is None:
            yield element, tuple(mended)
            mended.clear()


def _references(source: Source, encoding: str) -> References:
    """What can be referred to, and how often it is; where the file breaks off, as far as it can be read."""
    references = References()
    with source.open() as file, suppress(XmlBreakError):  # the second reading tells of the break
        for element, _ in _below_root(file, encoding):
            for part in element.iterfind(f".//{PART_OF}"):
                if name := part.get(f"{RDF}resource") or part.get(f"{RDF}nodeID"):
                    references.times[name.lstrip("#")] += 1
            for one in (element, *element.iterfind(f".//{PART_OF}/*")):
                if name := _name(one):
                    references.containers[name] = _container(one)
            free(element, siblings=True)
    return references


def _name(element: Element) -> str:
    return next((name.lstrip("#") for attribute in NAMES if (name := element.get(attribute))), "")


def _container(element: Element) -> Container:
    return Container(
        tag=local(element.tag),
        title=text(element, f"{DC}title"),
        abbreviation=text(element, f"{TERMS}alternative"),
        volume=text(element, f"{PRISM}volume"),
        issue=text(element, f"{PRISM}number"),
        identifiers=tuple(texts(element, f"{DC}identifier")),
        series=text(element, f"{PART_OF}/{BIB}Series/{DC}title"),
    )


def _containers(item: Element, references: References) -> Iterator[Container]:
    """What an item is part of, inside it or referred to.

    Volume and identifiers of a journal that several articles refer to are none of theirs.
    """
    for part in item.iterfind(PART_OF):
        inside = next(iter(part), None)
        name = part.get(f"{RDF}resource") or part.get(f"{RDF}nodeID") or ("" if inside is None else _name(inside))
        name = name.lstrip("#")
        container = references.containers.get(name, Container()) if inside is None else _container(inside)
        shared = references.times[name] + (inside is not None) > 1
        yield replace(container, volume="", issue="", identifiers=()) if shared else container


def _fields(item: Element, references: References) -> RawRow:
    fields: dict[str, object] = {name: text(item, *paths) for name, paths in PATHS.items()}
    containers = [*_containers(item, references)]
    within = next((one for one in containers if one.tag != "Series"), Container())
    series = next((one.title for one in containers if one.tag == "Series"), within.series)
    identifiers = [*texts(item, f"{DC}identifier"), *within.identifiers]
    in_book = fields["type"] in IN_BOOKS
    return {
        **fields,
        "authors": next((names for path in MAKERS if (names := _people(item, path))), []),
        **{name: _people(item, path) for name, path in PEOPLE.items()},
        "booktitle" if in_book else "journal": within.title,
        "journal_abbreviation": within.abbreviation,
        "series": series,
        "volume": text(item, f"{PRISM}volume") or within.volume,
        "issue": text(item, f"{PRISM}number") or within.issue,
        "doi": first_doi(one for one in identifiers if one.upper().startswith("DOI ")),
        **{name: _marked(identifiers, mark) for name, mark in (("isbn", "ISBN "), ("issn", "ISSN "))},
        "keywords": _keywords(item),
        "urls": _addresses(item, identifiers),
    }


def _marked(identifiers: Sequence[str], mark: str) -> str:
    return next((one.removeprefix(mark) for one in identifiers if one.startswith(mark)), "")


def _addresses(item: Element, identifiers: Sequence[str]) -> list[str]:
    about = str(item.get(f"{RDF}about") or "")
    found = [one for one in (*identifiers, about) if one.startswith(("http://", "https://"))]
    return list(dict.fromkeys(found))


def _people(item: Element, path: str) -> list[str]:
    """Names in their order; a body has one name, which stands where others have their family's."""
    names = []
    for person in item.iterfind(f"{path}/{RDF}Seq/{RDF}li/*"):
        given = text(person, f"{FOAF}givenName", f"{FOAF}givenname", f"{FOAF}firstName")
        family = text(person, f"{FOAF}surname", f"{FOAF}familyName", f"{FOAF}lastName", f"{FOAF}name")
        names.append(" ".join(part for part in (given, family) if part))
    return [name for name in names if name]


def _keywords(item: Element) -> list[str]:
    subjects = (one for one in item.iterfind(f"{DC}subject") if not any(child.tag in CALL_NUMBERS for child in one))
    return [words for one in subjects if (words := whole(one))]
