"""Record of no known service -> the same, its DOI and its references under the names that they have everywhere."""

import re
from functools import lru_cache

from pipeline.corpus.adapters.flat_cells import with_structure
from pipeline.corpus.adapters.names import GROUPS, people
from pipeline.corpus.adapters.structured_values import abstract_of_index
from pipeline.corpus.adapters.usual_names import (
    DOI_NAMES,
    KNOWN,
    REFERENCE_NAMES_ELSEWHERE,
    TEXTS,
    USUAL_NAMES,
    plain_column,
)
from pipeline.corpus.listed_references import is_count
from pipeline.corpus.record import RawRow

REFERENCES = frozenset({"references", "citedreferences", "referencedworks", "cr", *REFERENCE_NAMES_ELSEWHERE})
INDEXES = frozenset({"indexedabstract", "abstractinvertedindex", "invertedabstract"})
ENTRIES = "bibentries"  # of S2ORC and CORD-19: what a paper cites, by numbers of its own
AUTHORS = frozenset(USUAL_NAMES["authors"])
PARTICLE = r"(?:van|von|der|den|de|da|di|del|della|do|dos|du|la|le|el|al|ten|ter|zu|e|y|bin|ibn)"
WORD = r"(?:(?:al|el)-|[dl]['’])?[^\W\d_a-zà-ÿ][^\s,&]*"
NAME = rf"(?:{PARTICLE}[ ])*{WORD}(?:[ ]+(?:{PARTICLE}|{WORD})){{0,4}}"
TURNED = re.compile(rf"\s*{NAME}\s*,\s*{NAME}\s*")  # a word that no name has ("og", "and") is of a body
BETWEEN = re.compile(r"(?<!\s)\s*\n\s*|;\s+")


def adapt(record: RawRow) -> dict[str, object]:
    """With `doi` and `references`; nothing else is renamed, but for columns named by a path where none has a title.

    >>> adapt({"Item DOI": "10.1000/x", "Cited References": "Aho, 2001; Moe, 2002", "Colour": "red"})
    {'doi': '10.1000/x', 'references': ['Aho, 2001', 'Moe, 2002'], 'Colour': 'red'}
    >>> adapt({"content.title.value": "On ice", "content.venue.value": "Ice"})
    {'title': 'On ice', 'content.venue.value': 'Ice'}
    """
    renamed = _renamed(tuple(record))
    if not renamed:
        return dict(record)
    adapted: dict[str, object] = {}
    for name, value in record.items():
        ours = renamed.get(name, name)
        if not isinstance(value, str) and ours in ("doi", "references"):
            ours = name
        if ours == "references" and isinstance(value, str):
            cited = value.strip()
            adapted.update({name: value} if is_count(cited) else {ours: [one for one in BETWEEN.split(cited) if one]})
        else:
            adapted[ours] = value
    return adapted


def adapt_foreign(record: RawRow) -> dict[str, object]:
    """The same of what no program of ours wrote: objects in the cells of a table, abstracts as an index, turned names.

    >>> adapt_foreign({"title": "On ice", "indexed_abstract": {"InvertedIndex": {"It": [0]}}, "authors": ["Aho, Pia"]})
    {'title': 'On ice', 'authors': ['Pia Aho'], 'abstract': 'It'}
    """
    adapted = adapt(with_structure(record, nested_alone=True))
    for name, value in list(adapted.items()):
        if not isinstance(value, list | dict):
            continue
        plain = plain_column(name)
        if plain in INDEXES and not adapted.get("abstract"):
            adapted |= {"abstract": abstract_of_index(adapted.pop(name))}
        elif plain == ENTRIES and isinstance(value, dict) and "references" not in adapted:
            adapted |= {"references": list(value.values())}
            del adapted[name]
        elif plain in AUTHORS and isinstance(value, list) and _are_turned(value):
            adapted[name] = people(value)
    return adapted


def with_entries(adapted: dict[str, object]) -> dict[str, object]:
    """The same, the entries of a bibliography as its references (CORD-19)."""
    entries = adapted.get("bib_entries")
    if not isinstance(entries, dict) or "references" in adapted:
        return adapted
    rest = {name: value for name, value in adapted.items() if name != "bib_entries"}
    return rest | {"references": list(entries.values())}


def _are_turned(names: list[object]) -> bool:
    """Whether names are all of persons, the family name first.

    >>> _are_turned(["Aho, Pia", "van der Berg, J. H."]), _are_turned(["Board of Ice and Snow, North"])
    (True, False)
    """
    return all(isinstance(name, str) and TURNED.fullmatch(name) and not GROUPS.search(name) for name in names)


@lru_cache(maxsize=1024)
def _renamed(names: tuple[str, ...]) -> dict[str, str]:
    """The fields with a DOI or with references -> our names; none gets a name that another field has."""
    renamed = {} if TEXTS.intersection(map(plain_column, names)) else _ends_of_paths(names)
    for name in names:
        plain = plain_column(name)
        ours = "doi" if plain in DOI_NAMES else "references" if plain in REFERENCES else ""
        if ours and ours not in renamed.values() and (ours == name or ours not in names):
            renamed[name] = ours
    return {} if renamed == {"doi": "doi"} else renamed


def _ends_of_paths(names: tuple[str, ...]) -> dict[str, str]:
    """Columns of flattened objects, as `content.title.value` -> the last name of each path that says what it holds."""
    ends: dict[str, str] = {}
    for name in names:
        parts = [part for part in name.split(".") if part and part != "value"]
        if "." in name and parts and plain_column(parts[-1]) in KNOWN and parts[-1] not in (*names, *ends.values()):
            ends[name] = parts[-1]
    return ends
