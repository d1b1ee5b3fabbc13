"""Papers of a corpus -> what a reference to each would say, so that references can be matched with them."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence

import pyarrow as pa

from pipeline.corpus.identifiers import IDENTIFIER_FIELDS, identify, plain_name
from pipeline.references.parsed_reference import ParsedReference, first_page, given_first

SOURCES = ("journal", "journaltitle", "journalname", "venue", "containertitle", "publicationtitle", "booktitle")
OWN_IDS: Mapping[str, str] = {
    "pmid": "pmid",
    "pubmedid": "pmid",
    "openalexid": "openalex",
    "paperid": "s2",
    "lensid": "id",
    "publicationid": "dimensions",
}
KNOWN_IDS = (
    (re.compile(r"(?:https?://openalex\.org/)?(W\d{3,})"), "openalex"),
    (re.compile(r"([0-9a-f]{40})"), "s2"),
    (re.compile(r"(?:pmid:)?(\d{4,9})"), "pmid"),
    (re.compile(r"(pub\.\d+)"), "dimensions"),
)
OTHERS = ("id", "title", "authors", "year", "volume", "pages", "page", "startpage", "biblio", "externalids")

Column = Callable[[str], pa.ChunkedArray]


def read_paper_records(column: Column, names: Sequence[str]) -> list[ParsedReference]:
    """One record a paper, in row order. column: gives a column of the papers by its name, one of names."""
    wanted = {*SOURCES, *OWN_IDS, *OTHERS, *IDENTIFIER_FIELDS}
    used = [name for name in names if plain_name(name) in wanted]
    columns = [column(name).to_pylist() for name in used]
    plain = [plain_name(name) for name in used]
    return [record_of(dict(zip(reversed(plain), reversed(row), strict=True))) for row in zip(*columns, strict=True)]


def record_of(fields: Mapping[str, object]) -> ParsedReference:
    """The record of one paper. fields: by their plain names (`plain_name`), authors as a list, the year as a number."""
    authors = fields.get("authors")
    family, initials = given_first(str(authors[0])) if isinstance(authors, list) and authors else ("", "")
    year, pages = (
        fields.get("year"),
        next((fields[name] for name in ("startpage", "pages", "page") if fields.get(name)), ""),
    )
    return ParsedReference(
        author=family,
        initials=initials,
        year=year if isinstance(year, int) else None,
        title=str(fields.get("title") or ""),
        source=next((_text(fields[name]) for name in SOURCES if fields.get(name)), ""),
        volume=_text(fields.get("volume")).lower(),
        page=first_page(_text(pages)),
        ids=tuple(dict.fromkeys(_ids(fields))),
    )


def _text(value: object) -> str:
    return str(value[0] if isinstance(value, list) and value else value or "")


def _ids(fields: Mapping[str, object]) -> Iterator[str]:
    identifiers = identify(fields)
    yield from (f"doi:{doi}" for doi in identifiers.dois)
    yield from (f"arxiv:{name}" for name in identifiers.arxiv)
    for name, scheme in OWN_IDS.items():
        if fields.get(name):
            yield f"{scheme}:{_text(fields[name])}"
    own = _text(fields.get("id"))
    for pattern, scheme in KNOWN_IDS:
        if match := pattern.fullmatch(own):
            yield f"{scheme}:{match[1]}"
    if own:
        yield f"id:{own}"
