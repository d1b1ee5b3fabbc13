"""Reference as an object -> its parts: Crossref, OpenAlex, Semantic Scholar, PubMed, Europe PMC, CSL, BibTeX."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from pipeline.corpus.identifiers import find_arxiv, plain_name, whole_dois
from pipeline.references.parsed_reference import (
    ParsedReference,
    are_initials,
    doi_id,
    first_page,
    given_first,
    split_name,
    year_in,
)

if TYPE_CHECKING:
    from collections.abc import Callable

Fields = Mapping[str, object]  # by plain name: without case, spaces, "-" and "_"

TITLES = ("articletitle", "title", "displayname", "volumetitle", "seriestitle")
SOURCES = (
    *("journaltitle", "containertitle", "journal", "booktitle", "journalabbreviation", "venue", "publicationtitle"),
    *("primarylocation", "source", "hostvenue"),
)
YEARS = ("year", "publicationyear", "pubyear", "issued", "date", "publicationdate")
PAGES = ("firstpage", "page", "pages", "pageinfo", "articlenumber", "biblio")
AUTHORS = ("author", "authors", "authorstring", "authorships")
UNSTRUCTURED = ("unstructured", "citation", "raw", "text")
WRAPPERS = ("citedpaper", "citedwork", "reference")
SCHEMES: Mapping[str, tuple[str, ...]] = {
    "pmid": ("pmid", "pubmed"),
    "s2": ("paperid",),
    "openalex": ("openalex",),
}


def fields_of(value: Mapping[str, object]) -> Fields:
    """The fields of an object by plain name, those of external ids and of a wrapped paper beside its own."""
    fields = {plain_name(str(name)): part for name, part in value.items() if part not in (None, "", [], {})}
    for name in (*WRAPPERS, "externalids", "ids"):
        inside = fields.pop(name, None)
        if isinstance(inside, Mapping):
            fields = {**fields_of(inside), **fields}
    return fields


def parse_object(value: Mapping[str, object], *, text_parser: "Callable[[str], ParsedReference]") -> ParsedReference:
    """The parts of an object; text_parser reads its unstructured citation, where that is all it has.

    >>> one = parse_object({"author": "Moe", "year": "2001", "first-page": "2", "DOI": "10.1000/X"}, text_parser=None)
    >>> (one.author, one.year, one.page, one.ids)
    ('Moe', 2001, '2', ('doi:10.1000/x',))
    """
    fields = fields_of(value)
    family, initials = _first_author(fields)
    title, source = _text(fields, TITLES), _text(fields, SOURCES)
    parsed = ParsedReference(
        author=family,
        initials=initials,
        year=next((year for name in YEARS if (year := year_in(_plain(fields.get(name))))), None),
        title=title,
        source="" if source == title else source,
        volume=(_plain(fields.get("volume")) or _inside(fields, ("journal", "biblio"), "volume")).lower(),
        page=_page(fields),
        ids=_ids(fields),
    )
    if (parsed.author and parsed.year) or (parsed.title and parsed.year):
        return parsed
    text = next((str(fields[name]) for name in UNSTRUCTURED if isinstance(fields.get(name), str)), "")
    return _filled(parsed, text_parser(text)) if text else parsed


def _filled(parsed: ParsedReference, other: ParsedReference) -> ParsedReference:
    return ParsedReference(
        author=parsed.author or other.author,
        initials=parsed.initials if parsed.author else other.initials,
        year=parsed.year or other.year,
        title=parsed.title or other.title,
        source=parsed.source or other.source,
        volume=parsed.volume or other.volume,
        page=parsed.page or other.page,
        ids=tuple(dict.fromkeys((*parsed.ids, *other.ids))),
    )


def _plain(value: object) -> str:
    """Text of a value: of the first of a list, of the name of an object, of CSL's date parts."""
    if isinstance(value, list | tuple):
        return _plain(value[0]) if value else ""
    if isinstance(value, Mapping):
        names = ("date-parts", "display_name", "name", "title", "raw", "source")
        return next((text for name in names if (text := _plain(value.get(name)))), "")
    return "" if value is None else " ".join(str(value).split())


def _text(fields: Fields, names: Iterable[str]) -> str:
    return next((text for name in names if (text := _plain(fields.get(name)))), "")


def _inside(fields: Fields, names: Iterable[str], key: str) -> str:
    return next((_plain(one.get(key)) for name in names if isinstance(one := fields.get(name), Mapping)), "")


def _page(fields: Fields) -> str:
    texts = [_plain(fields.get(name)) for name in PAGES if not isinstance(fields.get(name), Mapping)]
    inner = (_inside(fields, ("biblio",), "first_page"), _inside(fields, ("journal",), "pages"))
    return next((page for text in (*texts, *inner) if (page := first_page(text))), "")


def _first_author(fields: Fields) -> tuple[str, str]:
    """The first author: family name first in texts that Crossref and Europe PMC give, given names first in lists."""
    value = next((fields[name] for name in AUTHORS if fields.get(name)), None)
    first = value[0] if isinstance(value, list | tuple) and value else value
    if isinstance(first, Mapping):
        plain = {plain_name(str(name)): part for name, part in first.items() if part}
        if family := _plain(plain.get("family") or plain.get("lastname")):
            return split_name(f"{family}, {_plain(plain.get('given') or plain.get('firstname'))}".rstrip(", "))
        return given_first(_plain(plain.get("author") or plain.get("name") or plain.get("displayname")))
    text = _plain(first)
    if " and " in text or isinstance(value, list | tuple):
        return given_first(text.split(" and ")[0])
    name = text.split(", ")[0].split(";")[0]
    return split_name(text if text.count(",") == 1 and not are_initials(name.split(" ")[-1]) else name)


def _ids(fields: Fields) -> tuple[str, ...]:
    found = [doi_id(doi) for doi in whole_dois(_plain(fields.get("doi")))[:1]]
    found += [f"arxiv:{name}" for name in find_arxiv(_plain(fields.get("arxiv")), bare=True)]
    for scheme, names in SCHEMES.items():
        values = [_plain(fields.get(name)).rpartition("/")[2] for name in names]
        found += [f"{scheme}:{one}" for one in values if one]
    own = _plain(fields.get("id"))
    if "openalex.org/W" in own:
        found.append(f"openalex:{own.rpartition('/')[2]}")
    elif own.isdigit() and _plain(fields.get("source")) == "MED":
        found.append(f"pmid:{own}")
    return tuple(dict.fromkeys(found))
