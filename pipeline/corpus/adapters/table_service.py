"""Row of a service's or program's table -> usual names, by what the service calls its columns."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from pipeline.corpus.adapters.names import people
from pipeline.corpus.adapters.parts import given_first, merged, one_doi, split, text
from pipeline.corpus.adapters.usual_names import DOI_NAMES, REFERENCE_NAMES, USUAL_NAMES, plain_column
from pipeline.corpus.listed_references import is_count
from pipeline.corpus.record import RawRow

# Our name of a field -> what tables call it, the most certain first.
COLUMNS: Mapping[str, tuple[str, ...]] = {
    **{role: names for role, names in USUAL_NAMES.items() if role != "id"},
    "doi": DOI_NAMES,
    "references": REFERENCE_NAMES,
    "journal": (
        *("sourcetitle", "journal", "journaltitle", "journalname", "publicationtitle", "pubtitle", "periodicalfull"),
        *("sourcetitleanthologytitle", "containertitle", "primarylocationdisplayname", "so", "source"),
        *("booktitle", "anthologytitle", "conferencetitle", "periodicalabbrev"),
    ),
    "volume": ("volume", "journalvolume", "bibliovolume", "vl"),
    "issue": ("issue", "issuenumber", "issueno", "journalissue", "biblioissue", "is"),
    "pages": ("pages", "pagination", "pp"),
    "start_page": ("startpage", "pagestart", "firstpage", "bibliofirstpage", "bp"),
    "end_page": ("endpage", "pageend", "lastpage", "otherpages", "bibliolastpage", "ep"),
    "publisher": ("publisher", "bookpublisher", "pu"),
    "language": ("language", "articlelanguage", "languageoforiginaldocument", "la"),
    "type": ("documenttype", "publicationtype", "articletype", "itemtype", "contenttype", "doctype", "doctypes", "dt"),
    "issn": ("issn", "issns", "issnisbn", "sn"),
    "isbn": ("isbn", "isbns"),
    "pmid": ("pmid", "pubmedid", "medlinepmid", "idspmid", "pm"),
    "pmc": ("pmcid", "pmcid", "idspmcid"),
    "url": ("url", "link", "externalurl", "documenturl", "articleurl", "plink", "pdflink", "fulltextlink", "di2"),
    "keywords": ("authorkeywords", "keywords", "keyword", "subjects", "de"),
}
LISTS = ("keywords",)
LONGEST_ID = 300  # characters; longer ones are addresses with a search in them
BRACKETED = re.compile(r";\s*(?=\[)")


@dataclass(frozen=True, eq=False)  # each is only itself, so that it can be a key
class TableService:
    """What a service's table is known by, and what is special about it.

    signatures: sets of columns, as plain_column gives them; a table that has all of one is the service's. ids: columns
    with an identity of the paper, the best first. columns: our names with the columns that hold them, before COLUMNS.
    authors, references: how one text is split into names and into references.
    """

    name: str
    signatures: tuple[frozenset[str], ...]
    ids: tuple[str, ...]
    columns: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    authors: Callable[[object], list[str]] = people
    references: Callable[[object], list[str]] = split

    def fits(self, plain_names: frozenset[str]) -> bool:
        """Whether a table with these columns is the service's."""
        return any(signature <= plain_names for signature in self.signatures)

    def adapt(self, row: RawRow) -> dict[str, object]:
        """The row under usual names; columns that have none keep their own."""
        places = _places(self, tuple(row))
        values = {ours: _first_value(row, theirs) for ours, theirs in places.items()}
        pages = [str(values.pop(end, "") or "").strip() for end in ("start_page", "end_page")]
        doi = str(values["doi"] or "").strip()
        adapted: dict[str, object] = {
            **values,
            "id": next(
                (one for name in places["id"] if 0 < len(one := str(row.get(name) or "").strip()) <= LONGEST_ID), ""
            ),
            "authors": next((names for name in places["authors"] if (names := self.authors(row.get(name)))), []),
            "doi": one_doi(doi),
            "doi_as_given": doi if one_doi(doi) != doi else "",
            "references": cited if is_count(cited := values["references"]) else self.references(cited),
            "pages": values["pages"] or "-".join(page for page in pages if page),
            **{name: split(values[name], _separator(values[name])) for name in LISTS},
        }
        used = {
            name for ours, names in places.items() for name in _names_used(row, names, everything=ours == "authors")
        }
        return merged(adapted, row, *used)


@lru_cache(maxsize=256)
def _places(service: TableService, names: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    """Our names -> columns of the table, the best first."""
    plain = {plain_column(name): name for name in reversed(names)}
    columns = {"id": service.ids, **COLUMNS, **service.columns}
    return {ours: tuple(plain[name] for name in theirs if name in plain) for ours, theirs in columns.items()}


def _first_value(row: RawRow, names: tuple[str, ...]) -> object:
    return next((row[name] for name in names if str(row.get(name) or "").strip()), "")


def _names_used(row: RawRow, names: tuple[str, ...], *, everything: bool) -> tuple[str, ...]:
    """The column whose value was used; of authors all, which are the same people in other words."""
    if everything:
        return names
    return tuple(name for name in names if str(row.get(name) or "").strip())[:1]


def _separator(value: object) -> str:
    return next((mark for mark in (";", "|", ",") if mark in text(value)), ";")


def bracketed_references(value: object) -> list[str]:
    """References of Dimensions, each of which begins with its authors in brackets.

    >>> bracketed_references("[Aho, P; Moe, P]|On ice|2001;[]|On snow|2002")
    ['[Aho, P; Moe, P]|On ice|2001', '[]|On snow|2002']
    """
    return [part.strip() for part in BRACKETED.split(text(value)) if part.strip()]


def names_between(separator: str) -> Callable[[object], list[str]]:
    """Reads names from a text that always has this separator."""
    return lambda value: people(value, separator=separator)


def short_names(value: object) -> list[str]:
    """Names of bibliometrix, in capitals: 'AHO P;SUAREZ M'; 'AHO, PIA' where it has full ones."""
    return [given_first(name) if "," in name else " ".join(_turned(name)) for name in split(value)]


def _turned(name: str) -> list[str]:
    family, _, initials = name.rpartition(" ")
    return [initials, family] if family and len(initials) <= 4 else [name]
