"""JSON answer -> the same for an agent: texts of papers as visible text on one line, everything within limits.

Titles and abstracts were written by strangers. What an agent sees but a person would not, such as control characters,
marks of text direction, letters of no width and of Unicode's tag block, is left out, so that nothing is hidden in them.
"""

import json
import re
import unicodedata
from collections.abc import Mapping
from types import MappingProxyType

from pipeline.words.display import shorten

MOST_CHARACTERS = 60_000  # of one answer, as JSON
LONGEST_TEXT = 300  # characters of a text whose field is not named here
TEXTS: Mapping[str, int] = MappingProxyType(
    {"abstract": 4000, "links": 500, "id": 500, "cited_by": 500, "shared_words": 60, "shared": 120}
)
LONGEST_LIST = 50  # entries of a list whose field is not named here
LISTS: Mapping[str, int] = MappingProxyType(
    {
        **{
            "authors": 10,
            "links": 3,
            "keywords": 8,
            "cites": 10,
            "cited_by": 10,
            "subtopics": 20,
            "fields": 20,
            "years": 60,
        },
        **{"shared_words": 5, "shared": 5, "representatives": 8, "topics": 100, "cited_elsewhere": 100},
        **{"cited_in_run": 100, "truncated": 100},
    }
)
JOINERS = "\u200c\u200d"  # Persian, Indic scripts and emoji are written with them
BREAKS, HIDDEN = frozenset({"Cc", "Zl", "Zp"}), frozenset({"Cf", "Cs", "Co"})
TAGS = range(0xE0000, 0xE1000)  # of which few are assigned, and none is seen
SELECTORS = re.compile("(?<=[\ufe00-\ufe0f])[\ufe00-\ufe0f]+")
JOINED = re.compile(f"(?<=[{JOINERS}])[{JOINERS}]+")


def visible(text: str) -> str:
    r"""The text on one line, without what nobody sees on a page.

    >>> visible("Ice\x1b[2J\u202e and\n bees\U000e0041\U000e0042\u200b")
    'Ice [2J and bees'
    """
    letters = (" " if unicodedata.category(one) in BREAKS else one for one in text if _is_visible(one))
    return " ".join(SELECTORS.sub("", JOINED.sub("", "".join(letters))).split())


def _is_visible(letter: str) -> bool:
    return letter in JOINERS or (unicodedata.category(letter) not in HIDDEN and ord(letter) not in TAGS)


def shown_id(paper: str) -> str:
    """An id as answers show it."""
    if paper.isascii() and paper.isprintable() and len(paper) <= TEXTS["id"] and "  " not in paper:
        return paper.strip()
    return shorten(visible(paper), TEXTS["id"])


def bounded(answer: Mapping[str, object]) -> dict[str, object]:
    """An answer with visible texts and lists of limited length; `truncated` says what was shortened.

    Where it is still longer than 60,000 characters, its list of papers, works or topics loses its last entries.
    """
    cut: dict[str, None] = {}
    short = {name: _bounded(value, name, name, cut=cut) for name, value in answer.items()}
    lists = {name: value for name, value in short.items() if isinstance(value, list)}
    longest = max(lists, key=lambda name: _size(lists[name]))
    kept = lists[longest]
    while len(kept) > 1 and _size(short) > MOST_CHARACTERS:
        kept = kept[:-1]
        short[longest] = kept
    if len(kept) < len(lists[longest]):
        cut[_first(longest, len(kept), whole=len(lists[longest]))] = None
    return {**short, "truncated": [*lists.get("truncated", ()), *cut]}


def _first(path: str, most: int, *, whole: int) -> str:
    """Of a field in a list, which may be cut more than once, the whole length is not told."""
    return f"{path}: the first {most}{'' if '.' in path else f' of {whole}'}"


def _size(value: object) -> int:
    return len(json.dumps(value, ensure_ascii=False))


def _bounded(value: object, field: str, path: str, *, cut: dict[str, None]) -> object:
    """A value of a field within its limits. path: of the field in the answer; cut: what was shortened, in order."""
    if isinstance(value, str):
        text, most = visible(value), TEXTS.get(field, LONGEST_TEXT)
        if len(text) > most:
            cut[f"{path}: {most:,} characters of a text"] = None
        return shorten(text, most)
    if isinstance(value, list | tuple):
        most = LISTS.get(field, LONGEST_LIST)
        if len(value) > most:
            cut[_first(path, most, whole=len(value))] = None
        return [_bounded(one, field, path, cut=cut) for one in value[:most]]
    if isinstance(value, Mapping):
        most = LISTS.get(field, LONGEST_LIST)
        if len(value) > most:
            cut[_first(path, most, whole=len(value))] = None
        pairs = list(value.items())[:most]
        return {visible(name): _bounded(one, name, f"{path}.{name}", cut=cut) for name, one in pairs}
    return value
