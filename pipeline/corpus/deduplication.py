"""Rows of distinct texts -> which are records of one work: a preprint and its paper, or two data bases' entries.

Records are joined that share a DOI or an arXiv id and whose titles look alike (some volumes give all their papers one
DOI), or that share title, first author and, within a year, the year.
"""

import difflib
import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pipeline.corpus.identifiers import Identifiers, identify, title_key

YEARS_APART = 1
LEAST_ALIKE = 0.6


@dataclass(frozen=True)
class Described:
    """What is looked at of one record. extra: its other fields."""

    id: str
    title: str
    abstract: str
    authors: Sequence[str]
    year: int | None
    extra: Mapping[str, Any]
    content_hash: bytes

    @property
    def identifiers(self) -> Identifiers:
        """What its fields say of its identity."""
        return identify({**self.extra, "id": self.id, "title": self.title})


@dataclass(frozen=True)
class Works:
    """kept: for each record the number of the one that stands for its work, itself or another.

    reasons: for each record that another stands for, why. links: DOI and arXiv id that a kept record takes from others.
    """

    kept: list[int]
    reasons: dict[int, str]
    links: dict[int, dict[str, str]]


def find_works(records: Sequence[Described]) -> Works:
    """The same whatever the order of the records: all that decides are their contents."""
    known = [record.identifiers for record in records]
    joined = _Joined(len(records))
    for kind, keys in (("DOI", [one.dois for one in known]), ("arXiv id", [one.arxiv for one in known])):
        for key, members in _by_key(keys).items():
            _join_alike(joined, members, records, f"same {kind} {key}")
    for members in _by_key([_title_keys(record, one) for record, one in zip(records, known, strict=True)]).values():
        _join_near_years(joined, members, records)
    return _choose(joined, records, known)


def _by_key(keys: Sequence[Sequence[str]]) -> dict[str, list[int]]:
    """Key -> the records that have it, where there are several; keys in a fixed order."""
    found: dict[str, list[int]] = {}
    for number, own in enumerate(keys):
        for key in own:
            found.setdefault(key, []).append(number)
    return {key: members for key, members in sorted(found.items()) if len(members) > 1}


def _title_keys(record: Described, known: Identifiers) -> tuple[str, ...]:
    if not known.title or not record.authors:
        return ()
    family = record.authors[0].partition(",")[0].split()
    if "," not in record.authors[0]:
        family = family[-1:]
    return (f"{known.title} {title_key(f'{family[-1]:x<16}') if family else ''}",)


class _Joined:
    """Sets of records, by union-find; remembers why two were joined."""

    def __init__(self, count: int) -> None:
        self.parents = list(range(count))
        self.why: dict[int, str] = {}

    def root(self, number: int) -> int:
        while self.parents[number] != number:
            self.parents[number] = self.parents[self.parents[number]]
            number = self.parents[number]
        return number

    def join(self, one: int, other: int, why: str) -> None:
        """Both in one set. The first reason of each stays."""
        for number in (one, other):
            self.why.setdefault(number, why)
        self.parents[self.root(other)] = self.root(one)


def _join_alike(joined: _Joined, members: Sequence[int], records: Sequence[Described], why: str) -> None:
    """Each with the first before it whose title looks alike."""
    ordered = sorted(members, key=lambda number: records[number].content_hash)
    heads: list[int] = []
    for number in ordered:
        near = next((head for head in heads if titles_alike(records[head].title, records[number].title)), None)
        if near is None:
            heads.append(number)
        else:
            joined.join(near, number, why)
        if len(heads) > 50:  # a DOI that says nothing
            return


def _join_near_years(joined: _Joined, members: Sequence[int], records: Sequence[Described]) -> None:
    ordered = sorted(members, key=lambda number: (records[number].year or 0, records[number].content_hash))
    for one, other in itertools.pairwise(ordered):
        years = records[one].year, records[other].year
        if None in years or abs((years[0] or 0) - (years[1] or 0)) <= YEARS_APART:
            joined.join(one, other, "same title, first author and year")


def titles_alike(one: str, other: str) -> bool:
    """Whether two titles could be one work's: equal, one inside the other, or mostly the same letters.

    >>> titles_alike("On ice", "On Ice: a study"), titles_alike("On ice and water", "Deep learning for bees")
    (True, False)
    """
    first, second = (" ".join(title.lower().split()).rstrip(".") for title in (one, other))
    if not first or not second or first in second or second in first:
        return True
    return difflib.SequenceMatcher(None, first[:300], second[:300]).ratio() >= LEAST_ALIKE


def _choose(joined: _Joined, records: Sequence[Described], known: Sequence[Identifiers]) -> Works:
    groups: dict[int, list[int]] = {}
    for number in range(len(records)):
        groups.setdefault(joined.root(number), []).append(number)
    kept, reasons, links = list(range(len(records))), {}, {}
    for members in groups.values():
        if len(members) == 1:
            continue
        best = min(members, key=lambda number: _rank(records[number], known[number]))
        for number in members:
            kept[number] = best
            if number != best:
                reasons[number] = joined.why[number]
        links[best] = _missing_links(best, sorted(members, key=lambda number: records[number].content_hash), known)
    return Works(kept, reasons, {number: found for number, found in links.items() if found})


def _rank(record: Described, known: Identifiers) -> tuple[Any, ...]:
    """The one to keep comes first: with an abstract, published, the longest abstract."""
    return not record.abstract, not known.dois, -len(record.abstract), record.content_hash


def _missing_links(best: int, members: Sequence[int], known: Sequence[Identifiers]) -> dict[str, str]:
    found: dict[str, str] = {}
    if not known[best].dois:
        found |= dict(next(((("doi", doi),) for number in members for doi in known[number].dois), ()))
    if not known[best].arxiv:
        found |= dict(next(((("arxiv", name),) for number in members for name in known[number].arxiv), ()))
    return found
