"""Records of papers and references -> which are the same work: by id, by title and year, by where they were printed."""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass

from rapidfuzz import fuzz

from pipeline.corpus.identifiers import title_key
from pipeline.references.parsed_reference import ParsedReference, plain_key
from pipeline.references.source_names import same_source
from pipeline.references.union_find import UnionFind

# How two records were found to be one work, the surest first.
WAYS = (
    *("DOI", "arXiv id", "PubMed id", "OpenAlex id", "Semantic Scholar id", "other id", "title and year"),
    *("author, year, volume, page", "author, year, source", "all but one of these", "similar title"),
)
WAY_OF_SCHEME = {"doi": 0, "arxiv": 1, "pmid": 2, "openalex": 3, "s2": 4}
OTHER_ID, TITLE, PRINTED, BOOK, ALL_BUT_ONE, SIMILAR_TITLE = range(5, 11)
SAME_AUTHOR = 72.0  # of 100; similarity of two family names from which one is the other misprinted
MOST_CANDIDATES = 16  # different works with one key that a record is compared with
SHORTEST_NUMBER = 2  # digits of a page that tells works apart


@dataclass(frozen=True, slots=True)
class Keyed:
    """A record with what it is compared by. author: letters alone; title: its key, "" where too short to tell."""

    record: ParsedReference
    author: str
    title: str


def keyed(record: ParsedReference) -> Keyed:
    """A record with its keys."""
    return Keyed(record, plain_key(record.author), title_key(record.title) if record.title else "")


def match_by_id(records: Sequence[Keyed], union: UnionFind) -> int:
    """Join the records that share an id; the number of those that share one and are plainly other works, by another
    first author and a year more than one apart, as where chapters are given the DOI of their book: these are joined
    with others of their author and year alone.
    """
    first: dict[Hashable, int] = {}
    collisions = 0
    for node, one in enumerate(records):
        for identifier in one.record.ids:
            other = first.setdefault(identifier, node)
            if other == node:
                continue
            if _are_other_works(records[other], one):
                collisions += 1
                other = first.setdefault((identifier, one.author, one.record.year), node)
            if other != node:
                way = WAY_OF_SCHEME.get(identifier.partition(":")[0], OTHER_ID)
                union.join(other, node, way=way, by_id=True)
                if not records[other].author and one.author:
                    first[identifier] = node
    return collisions


def _are_other_works(left: Keyed, right: Keyed) -> bool:
    one, other = left.record.year, right.record.year
    if not (one and other and left.author and right.author) or abs(one - other) <= 1:
        return False
    return not same_author(left, right)


def same_author(left: Keyed, right: Keyed) -> bool:
    """Whether two first authors can be one person, by family names; an unknown one agrees with nobody."""
    one, other = left.author, right.author
    if one == other:
        return bool(one)
    return bool(one and other) and (
        one.startswith(other) or other.startswith(one) or fuzz.ratio(one, other) >= SAME_AUTHOR
    )


def match_by_title(records: Sequence[Keyed], union: UnionFind) -> None:
    """Join the records of one normalised title, with the same first author where both name one, and the same year; a
    year apart only where both name the author and one at least a page, as an article and its preprint do.
    """
    _match(records, union, key=lambda one: one.title or None, same=_same_titled, way=TITLE)


def _same_titled(left: Keyed, right: Keyed) -> bool:
    one, other = left.record, right.record
    authors_known = bool(left.author and right.author)
    if authors_known and not same_author(left, right):
        return False
    if one.year is None or other.year is None:
        return authors_known
    if one.year == other.year:
        return True
    in_print = bool(one.page) != bool(other.page) or bool(one.page and one.page == other.page)
    return authors_known and in_print and abs(one.year - other.year) <= 1


def match_by_print(records: Sequence[Keyed], union: UnionFind) -> None:
    """Join the records of one first author, year, volume and first page, whose sources can be the same or are unknown;
    and those without volume and page, such as books, of one author, year, and source or title.
    """

    def printed(one: Keyed) -> Hashable:
        record = one.record
        complete = one.author and record.year and record.volume and record.page
        return (one.author, record.year, record.volume, record.page) if complete else None

    def book(one: Keyed) -> Hashable:
        record = one.record
        if record.volume or record.page or not (one.author and record.year):
            return None
        name = plain_key(record.title or record.source)
        return (one.author, record.year, name) if len(name) > SHORTEST_NUMBER else None

    _match(records, union, key=printed, same=_same_or_no_source, way=PRINTED)
    _match(records, union, key=book, same=lambda left, right: True, way=BOOK)  # noqa: ARG005


def _same_or_no_source(left: Keyed, right: Keyed) -> bool:
    one, other = left.record.source, right.record.source
    return not (one and other) or same_source(one, other)


def match_but_one(records: Sequence[Keyed], union: UnionFind) -> None:
    """Join the records of one source and first page that agree in all of first author, year and volume but one, which
    is missing or misprinted: an author's name nearly the same, a year with another digit.
    """
    seen: set[Hashable] = set()
    nodes = []
    for node, one in enumerate(records):
        record = one.record
        if record.source and len(record.page) >= SHORTEST_NUMBER:
            printed = (one.author, record.year, record.volume, record.page, record.source)
            if printed not in seen:
                nodes.append(node)
            if all(printed):  # others like it are joined with it already
                seen.add(printed)
    for key, same in ((_but_author, _near_author), (_but_year, _near_year), (_but_volume, _same_source)):
        _match(records, union, key=key, same=same, way=ALL_BUT_ONE, nodes=nodes)


def _but_author(one: Keyed) -> Hashable:
    record = one.record
    return (record.year, record.volume, record.page) if record.year and record.volume else None


def _but_year(one: Keyed) -> Hashable:
    return (one.author, one.record.volume, one.record.page) if one.author and one.record.volume else None


def _but_volume(one: Keyed) -> Hashable:
    return (one.author, one.record.year, one.record.page) if one.author and one.record.year else None


def _same_source(left: Keyed, right: Keyed) -> bool:
    return same_source(left.record.source, right.record.source)


def _near_author(left: Keyed, right: Keyed) -> bool:
    return (not (left.author and right.author) or same_author(left, right)) and _same_source(left, right)


def _near_year(left: Keyed, right: Keyed) -> bool:
    one, other = left.record.year, right.record.year
    if one and other and sum(a != b for a, b in zip(str(one), str(other), strict=True)) > 1 and abs(one - other) > 1:
        return False
    return _same_source(left, right)


def _match(
    records: Sequence[Keyed],
    union: UnionFind,
    *,
    key: Callable[[Keyed], Hashable],
    same: Callable[[Keyed, Keyed], bool],
    way: int,
    nodes: Iterable[int] | None = None,
) -> None:
    """Join each record with the first of its key that is the same work; records with the key None with none.

    nodes: the records that are looked at, by default all.
    """
    known: dict[Hashable, list[int]] = defaultdict(list)
    for node in range(len(records)) if nodes is None else nodes:
        one = records[node]
        place = key(one)
        if place is None:
            continue
        candidates = known[place]
        joined = any(same(records[other], one) and union.join(other, node, way=way) for other in candidates)
        if not joined and len(candidates) < MOST_CANDIDATES:
            candidates.append(node)
