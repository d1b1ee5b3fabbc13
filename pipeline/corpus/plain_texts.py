"""Titles and abstracts of a block -> which of them no step of cleaning changes, told by a few passes over their bytes.

Whatever might change is left to the steps themselves (corpus/cleaning.py), one paper at a time.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from pipeline.corpus.cleaning import LABEL, PROBE

PUBLISHED = "published by"
TAIL = 120  # characters at the end of an abstract, where its publisher may stand
AT_ONCE = 512  # texts, whose bytes fit in a processor's cache
# Bytes that a step looks for, and all that are not printable ASCII.
MARKS = bytes(not 32 <= byte < 127 or byte in b"<&$\\" for byte in range(256))
SPACE, OPENING, LOWER = ord(" "), ord("("), np.uint8(32)


def are_plain(titles: Sequence[str], abstracts: Sequence[str], encoded: Sequence[bytes]) -> list[bool]:
    """Whether each paper's texts stay as they are: by every step of cleaning, and where `text_of` folds white space.

    encoded: each title, then each abstract, as UTF-8.
    """
    if not titles:
        return []
    count = len(titles)
    odd = np.concatenate([_may_change(encoded[first : first + AT_ONCE]) for first in range(0, 2 * count, AT_ONCE)])
    odd = odd[:count] | odd[count:]
    return [
        not changes and not _is_repeated(title, abstract)
        for changes, title, abstract in zip(odd.tolist(), titles, abstracts, strict=True)
    ]


def _is_repeated(title: str, abstract: str) -> bool:
    """Whether the abstract begins with its title or with a label, repeats its own beginning, or names a publisher."""
    return (
        abstract[:4].lower() == title[:4].lower()
        or abstract.find(abstract[:PROBE], PROBE) >= 0
        or LABEL.match(abstract) is not None
        or PUBLISHED in abstract[-TAIL:].lower()
    )


def _may_change(texts: Sequence[bytes]) -> NDArray[np.bool_]:
    """Whether each text has a byte of MARKS, two spaces in a row, a space at an end, or words of a copyright line."""
    joined = b"".join(texts)
    content = np.frombuffer(joined, dtype=np.uint8)
    lengths = np.array([len(text) for text in texts], dtype=np.int64)
    ends = np.cumsum(lengths)
    places = [np.flatnonzero(np.frombuffer(joined.translate(MARKS), dtype=np.bool_)), _of_spaces(content)]
    places += _of_claims(content)
    changes = np.zeros(len(texts), dtype=bool)
    for found in places:
        changes[np.searchsorted(ends, found, side="right")] = True
    filled = np.flatnonzero(lengths)
    starts = ends[filled] - lengths[filled]
    changes[filled] |= (content[starts] == SPACE) | (content[ends[filled] - 1] == SPACE)
    return changes


def _of_spaces(content: NDArray[np.uint8]) -> NDArray[np.int64]:
    is_space = content == SPACE
    return np.flatnonzero(is_space[1:] & is_space[:-1])


def _of_claims(content: NDArray[np.uint8]) -> list[NDArray[np.int64]]:
    """Where "(c" and "righ" begin, in letters of any case."""
    lower = content | LOWER
    opened = np.flatnonzero((content[:-1] == OPENING) & (lower[1:] == ord("c")))
    rig = np.flatnonzero((lower[:-3] == ord("r")) & (lower[1:-2] == ord("i")) & (lower[2:-1] == ord("g")))
    return [opened, rig[lower[rig + 3] == ord("h")]]
