"""Other fields of a paper -> how often its source says that it is cited, as a number under one name.

Every service counts in a way of its own, so the number compares papers of one source; what is cited inside a corpus is
counted from references (pipeline/references).
"""

import re
from functools import lru_cache

from pipeline.corpus.adapters.usual_names import plain_column
from pipeline.corpus.record import RawRow

COLUMN = "times_cited"
# What services call the number, the most certain first; compared as plain_column gives them.
NAMES = (
    *("timescited", "timescitedwoscore", "citedbycount", "citedby", "citationcount", "citationscount", "citations"),
    *("isreferencedbycount", "articlecitationcount", "citingworkscount", "ncitation", "ncitations"),
    *("numcitations", "numberofcitations", "totalcitations", "timescitedalldatabases", "totaltimescited", "cites"),
)
NOTES = ("note", "notes", "n1", "annote")  # where programs write it among other words
IN_WORDS = re.compile(
    r"\b(?:cited by|times cited(?: in web of science core collection)?|total times cited)\s?:\s{0,4}(\d[\d,]{0,12})\b",
    re.IGNORECASE,
)
NUMBER = re.compile(r"\d{1,9}|\d{1,3}(?:,\d{3}){1,2}")


def with_times_cited(fields: RawRow) -> dict[str, object]:
    """The fields, the number of citations as `times_cited`; unchanged where none of them is one.

    >>> with_times_cited({"Cited by": "1,204", "journal": "Ice"}), with_times_cited({"Cited by": ["W1", "W2"]})
    ({'times_cited': 1204, 'journal': 'Ice'}, {'Cited by': ['W1', 'W2']})
    >>> with_times_cited({"notes": "Export Date: 4 May 2021; Cited By :17"})
    {'times_cited': 17, 'notes': 'Export Date: 4 May 2021; Cited By :17'}
    """
    numbers, notes = _places(tuple(fields))
    for name in numbers:
        if (count := _whole(fields[name])) is not None:
            return {COLUMN: count, **{other: value for other, value in fields.items() if other != name}}
    for name in notes:
        if found := IN_WORDS.search(str(fields[name])):
            return {COLUMN: int(found[1].replace(",", "")), **fields}
    return dict(fields)


@lru_cache(maxsize=4096)
def _places(names: tuple[str, ...]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Those of the names that may hold the number alone, the best first, and those that may say it in words."""
    plain = {plain_column(str(name)): name for name in reversed(names)}
    return tuple(plain[one] for one in NAMES if one in plain), tuple(plain[one] for one in NOTES if one in plain)


def _whole(value: object) -> int | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    text = str(value).strip() if isinstance(value, int | str) else ""
    return int(text.replace(",", "")) if NUMBER.fullmatch(text.removesuffix(".0")) else None
