"""Rows of distinct texts -> which are records of one work: a preprint and its paper, or two data bases' entries.

Records are joined that share a DOI, an arXiv id or the id their source gave, and whose titles are similar (some volumes
give all their papers one DOI), or that share title, first author and, within a year, the year.
"""

import difflib
import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

from pipeline.corpus.cited_references import COLUMN, is_references
from pipeline.corpus.identifiers import Identifiers, identify, title_key
from pipeline.corpus.record import RawRow

YEARS_APART = 1
LEAST_SIMILARITY = 0.6  # of two titles, by difflib, in [0, 1]
MOST_TITLES = 50  # different titles with one DOI, after which the DOI identifies no work


@dataclass(frozen=True)
class WorkContent:
    """The rest of a record, which decides among those of one work. extra: its other fields."""

    abstract: str
    extra: RawRow
    content_hash: bytes


@dataclass(frozen=True)
class WorkRecord:
    """What is compared of every record. identifying: those of its other fields that may identify it.

    look_up: gives the rest, which is needed for the few that may be of one work.
    """

    id: str
    title: str
    authors: Sequence[str]
    year: int | None
    identifying: RawRow
    look_up: Callable[[], WorkContent]

    @property
    def identifiers(self) -> Identifiers:
        """DOIs, arXiv ids and title key in its fields."""
        return identify({**self.identifying, "id": self.id, "title": self.title})

    @cached_property
    def content(self) -> WorkContent:
        """The rest, looked up once."""
        return self.look_up()


@dataclass(frozen=True)
class Works:
    """kept: for each record the number of the one that represents its work, itself or another.

    reasons: for each record that another represents, why. inherited: what a kept record takes from others: a DOI or
    an arXiv id that it lacks, and references of other sources.
    """

    kept: list[int]
    reasons: dict[int, str]
    inherited: dict[int, dict[str, object]]


def find_works(records: Sequence[WorkRecord]) -> Works:
    """The same whatever the order of the records: all that decides are their contents."""
    identifiers = [record.identifiers for record in records]
    sets = _DisjointSets(len(records))
    for kind, keys in (("DOI", [one.dois for one in identifiers]), ("arXiv id", [one.arxiv for one in identifiers])):
        for key, members in _by_key(keys).items():
            _join_similar_titles(sets, [(number, records[number]) for number in members], f"same {kind} {key}")
    for key, members in _by_key([(record.id,) for record in records]).items():
        for years in _near_years([(number, records[number]) for number in members]):
            _join_similar_titles(sets, years, f"same id {key}")
    titles = [_title_keys(record, one) for record, one in zip(records, identifiers, strict=True)]
    for members in _by_key(titles).values():
        _join_near_years(sets, members, records)
    return _choose(sets, records, identifiers)


def _by_key(keys: Sequence[Sequence[str]]) -> dict[str, list[int]]:
    """Key -> the records that have it, where there are several; keys in a fixed order."""
    members: dict[str, list[int]] = {}
    for number, record_keys in enumerate(keys):
        for key in record_keys:
            members.setdefault(key, []).append(number)
    return dict(sorted((key, numbers) for key, numbers in members.items() if len(numbers) > 1))


def _title_keys(record: WorkRecord, identifiers: Identifiers) -> tuple[str, ...]:
    """One key of title and first author's family name; none where either is missing."""
    if not identifiers.title or not record.authors:
        return ()
    family = record.authors[0].partition(",")[0].split()
    if "," not in record.authors[0]:
        family = family[-1:]
    return (f"{identifiers.title} {title_key(f'{family[-1]:x<16}') if family else ''}",)


class _DisjointSets:
    """Sets of records, by union-find; remembers why each was joined."""

    def __init__(self, count: int) -> None:
        self.parents = list(range(count))
        self.reasons: dict[int, str] = {}

    def root(self, number: int) -> int:
        while self.parents[number] != number:
            self.parents[number] = self.parents[self.parents[number]]
            number = self.parents[number]
        return number

    def join(self, one: int, other: int, reason: str) -> None:
        """Both in one set. The first reason of each stays."""
        for number in (one, other):
            self.reasons.setdefault(number, reason)
        self.parents[self.root(other)] = self.root(one)


def _join_similar_titles(sets: _DisjointSets, members: Sequence[tuple[int, WorkRecord]], reason: str) -> None:
    """Each with the first before it whose title is similar. members: number and record."""
    distinct: list[tuple[int, str]] = []
    for number, record in sorted(members, key=lambda member: member[1].content.content_hash):
        match = next((first for first, title in distinct if titles_alike(title, record.title)), None)
        if match is None:
            distinct.append((number, record.title))
        else:
            sets.join(match, number, reason)
        if len(distinct) > MOST_TITLES:
            return


def _join_near_years(sets: _DisjointSets, members: Sequence[int], records: Sequence[WorkRecord]) -> None:
    for near in _near_years([(number, records[number]) for number in members]):
        for (one, _), (other, _) in itertools.pairwise(near):
            sets.join(one, other, "same title, first author and year")


def _near_years(members: Sequence[tuple[int, WorkRecord]]) -> list[list[tuple[int, WorkRecord]]]:
    """The members in groups whose years follow each other, a missing year near to any."""
    ordered = sorted(members, key=lambda member: (member[1].year or 0, member[1].content.content_hash))
    groups = [ordered[:1]]
    for before, member in itertools.pairwise(ordered):
        if years_near(before[1].year, member[1].year):
            groups[-1].append(member)
        else:
            groups.append([member])
    return groups


def years_near(one: int | None, other: int | None) -> bool:
    """Whether two years could be one work's: a preprint's and its paper's; a missing year could be any."""
    return one is None or other is None or abs(one - other) <= YEARS_APART


def titles_alike(one: str, other: str) -> bool:
    """Whether two titles could be one work's: equal, one inside the other, or mostly the same letters.

    >>> titles_alike("On ice", "On Ice: a study"), titles_alike("On ice and water", "Deep learning for bees")
    (True, False)
    """
    first, second = (" ".join(title.lower().split()).rstrip(".") for title in (one, other))
    if not first or not second or first in second or second in first:
        return True
    return difflib.SequenceMatcher(None, first[:300], second[:300]).ratio() >= LEAST_SIMILARITY


def _choose(sets: _DisjointSets, records: Sequence[WorkRecord], identifiers: Sequence[Identifiers]) -> Works:
    groups: dict[int, list[int]] = {}
    for number in range(len(records)):
        groups.setdefault(sets.root(number), []).append(number)
    kept, reasons = list(range(len(records))), {}
    inherited: dict[int, dict[str, object]] = {}
    for members in groups.values():
        if len(members) == 1:
            continue
        best = min(members, key=lambda number: _rank(records[number], identifiers[number]))
        for number in members:
            kept[number] = best
            if number != best:
                reasons[number] = sets.reasons[number]
        ordered = sorted(members, key=lambda number: records[number].content.content_hash)
        links = _missing_links(identifiers[best], [identifiers[number] for number in ordered])
        references = _all_references([records[best], *(records[number] for number in ordered if number != best)])
        inherited[best] = {**links, COLUMN: references} if references else dict(links)
    return Works(kept, reasons, {number: added for number, added in inherited.items() if added})


def _all_references(records: Sequence[WorkRecord]) -> list[object]:
    """The references of the first that has any, then those of records of other sources; none where only one has any."""
    contents = [record.content for record in records]
    lists = [references for one in contents if is_references(references := one.extra.get(COLUMN)) and references]
    joined: list[object] = []
    sources: set[str] = set()
    for references in lists:
        new = [one for one in references if one["source"] not in sources]
        joined += new
        sources |= {one["source"] for one in new}
    return joined if lists and joined != contents[0].extra.get(COLUMN) else []


def _rank(record: WorkRecord, identifiers: Identifiers) -> tuple[bool, bool, int, bytes]:
    """The one to keep comes first: with an abstract, published, the longest abstract."""
    content = record.content
    return not content.abstract, not identifiers.dois, -len(content.abstract), content.content_hash


def _missing_links(best: Identifiers, group: Sequence[Identifiers]) -> dict[str, str]:
    """DOI and arXiv id that the best record lacks, from the first of its group that has one."""
    added: dict[str, str] = {}
    if not best.dois:
        added |= dict(next(((("doi", doi),) for one in group for doi in one.dois), ()))
    if not best.arxiv:
        added |= dict(next(((("arxiv", name),) for one in group for name in one.arxiv), ()))
    return added
