"""Two names of a journal or book, either abbreviated -> whether they can be the same."""

import re
from functools import lru_cache

from rapidfuzz import fuzz

WORD = re.compile(r"[^\W_]+")
NO_WORDS = frozenset(
    (
        "of",
        "the",
        "and",
        "for",
        "in",
        "on",
        "de",
        "la",
        "der",
        "und",
        "et",
        "a",
        "an",
        "to",
        "p",
        "part",
        "section",
        "c",
    )
)
MOSTLY = 0.6  # share of the shorter name's words that must stand, abbreviated or not, in the longer name
MISPRINTED = 84.0  # of 100; similarity of two names from which one is the other, misprinted


@lru_cache(maxsize=262144)
def source_words(name: str) -> tuple[str, ...]:
    """The words of a name that tell journals apart, in lower case."""
    words = tuple(word for word in WORD.findall(name.casefold()) if word not in NO_WORDS)
    return words or tuple(WORD.findall(name.casefold()))


@lru_cache(maxsize=262144)
def same_source(one: str, other: str) -> bool:
    """Whether two names can be one: their first words begin alike, and most words of the shorter are in the longer,
    in order, each whole or abbreviated; or they differ by a misprint. An unknown name agrees with none.

    >>> same_source("J OPER RES SOC", "Journal of the Operational Research Society")
    True
    >>> same_source("IEEE T MAGN", "IEEE Trans. on Magnetics"), same_source("J APPL PHYS", "J ANAT")
    (True, False)
    """
    short, long = sorted((source_words(one), source_words(other)), key=len)
    if one and fuzz.ratio(one.casefold(), other.casefold()) >= MISPRINTED:
        return True
    if not short or not _abbreviates(short[0], long[0]):
        return False
    place = common = 0
    for word in short:
        match = next((at for at in range(place, len(long)) if _abbreviates(word, long[at])), -1)
        if match >= 0:
            place, common = match + 1, common + 1
    return common >= MOSTLY * len(short) and (common == len(short) or common > 1)


def _abbreviates(one: str, other: str) -> bool:
    """Whether the letters of the shorter word stand in the longer in order, the first and second at its beginning.

    >>> _abbreviates("intl", "international"), _abbreviates("t", "transactions"), _abbreviates("phys", "philosophy")
    (True, True, False)
    """
    short, long = sorted((one, other), key=len)
    if short[:2] != long[: len(short[:2])]:
        return False
    if long.startswith(short):
        return True
    letters = iter(long)
    return all(letter in letters for letter in short)
