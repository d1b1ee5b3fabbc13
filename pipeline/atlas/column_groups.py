"""Atlas, name of a column -> the named groups that its values put the papers into."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.atlas.atlas import AtlasData
from pipeline.corpus.fields import is_missing
from pipeline.errors import PaperatlasError
from pipeline.words.did_you_mean import did_you_mean

NO_GROUP = -1
NEVER_GROUPS = ("abstract", "vector", "references")


@dataclass(frozen=True)
class Groups:
    """names: of the groups, the largest first, of equal ones in the order of the alphabet.

    codes: (n,) int64 group of each paper, -1 where it has no value.
    """

    names: tuple[str, ...]
    codes: NDArray[np.int64]


def group_values(values: Iterable[object]) -> Groups:
    """Groups of equal values; of a list of values the first counts.

    >>> groups = group_values(["b", ["a", "b"], None, "a", 7])
    >>> groups.names, groups.codes.tolist()
    (('a', '7', 'b'), [2, 0, -1, 0, 1])
    """
    texts = [_text_of(value) for value in values]
    counts = Counter(value for value in texts if value is not None)
    names = sorted(counts, key=lambda value: (-counts[value], value))
    number: dict[str | None, int] = {value: place for place, value in enumerate(names)} | {None: NO_GROUP}
    return Groups(tuple(names), np.array([number[value] for value in texts], dtype=np.int64))


def _text_of(value: object) -> str | None:
    if isinstance(value, list | tuple):
        value = next((part for part in value if not is_missing(part)), None)
    return None if is_missing(value) else str(value).strip()


def column_groups(atlas: AtlasData, name: str) -> Groups:
    """The groups of one column of papers. Raises PaperatlasError where there is none or it has no value."""
    if name not in atlas.column_names or name in NEVER_GROUPS:
        known = [column for column in atlas.column_names if column not in NEVER_GROUPS]
        raise PaperatlasError(
            f"no column {name} to group papers by; {did_you_mean(name, known, otherwise='there are')}"
        )
    groups = group_values(atlas.column(name).to_pylist())
    if not groups.names:
        raise PaperatlasError(f"column {name}: no paper has a value")
    return groups
