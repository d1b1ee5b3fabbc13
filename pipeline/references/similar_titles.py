"""Records of one year -> joined where their titles are nearly the same, as with a misprint or a missing word.

Candidates are neighbours in two alphabetical orders, of the titles and of the titles read backwards, so that one slip
anywhere leaves them close in one of the two (the sorted neighbourhood method of Hernández and Stolfo 1995). The work
grows with the number of titles, not with its square.
"""

import re
from collections.abc import Iterator, Sequence

from rapidfuzz import fuzz

from pipeline.references.match_records import SIMILAR_TITLE, Keyed, same_author
from pipeline.references.union_find import UnionFind

WINDOW = 5  # titles after each in an order that it is compared with
SIMILAR = 92.0  # of 100; normalised InDel similarity of two title keys from which they are one title
NUMBERS = re.compile(r"\d+|\b(?:i{1,3}|iv|v|vi{0,3}|ix|x)\b", re.IGNORECASE)


def match_similar_titles(records: Sequence[Keyed], union: UnionFind) -> None:
    """Join records of one year and first author whose titles are nearly the same and hold the same numbers: part 1 is
    not part 2. Those that name different volumes and different pages stay apart.
    """
    distinct: dict[tuple[int, str, str], int] = {}
    for node, one in enumerate(records):
        if one.title and one.record.year and one.author:
            distinct.setdefault((one.record.year, one.title, one.author), node)
    forwards = sorted(distinct)
    backwards = sorted(distinct, key=lambda place: (place[0], place[1][::-1], place[2]))
    for order in (forwards, backwards):
        for place, other in _neighbours(order):
            if fuzz.ratio(place[1], other[1], score_cutoff=SIMILAR):
                left, right = distinct[place], distinct[other]
                if _can_be_one(records[left], records[right]):
                    union.join(left, right, way=SIMILAR_TITLE)


def _neighbours(order: Sequence[tuple[int, str, str]]) -> Iterator[tuple[tuple[int, str, str], tuple[int, str, str]]]:
    """Each title with the next ones in an order, of the same year."""
    for at, place in enumerate(order):
        for other in order[at + 1 : at + 1 + WINDOW]:
            if other[0] != place[0]:
                break
            yield place, other


def _can_be_one(left: Keyed, right: Keyed) -> bool:
    one, other = left.record, right.record
    if not same_author(left, right) or NUMBERS.findall(one.title) != NUMBERS.findall(other.title):
        return False
    apart = one.page and other.page and one.page != other.page
    return not (apart and one.volume and other.volume and one.volume != other.volume)
