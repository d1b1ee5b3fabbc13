"""A name that nothing has -> the known names most like it, for messages."""

from collections.abc import Iterable
from itertools import islice

LEAST_SIMILARITY = 60.0  # of 100: below it two names have nothing to do with each other
MOST_COMPARED = 200_000  # names
LONGEST_NAME = 200  # characters


def nearest_names(name: str, known: Iterable[str], *, count: int = 1, least: float = LEAST_SIMILARITY) -> list[str]:
    """At most `count` of the first 200,000 known names, the most similar first (normalised indel similarity).

    least: similarity that a name must have, 0 to 100.

    >>> nearest_names("n_neighbours", ["n_components", "n_neighbors", "min_dist"])
    ['n_neighbors']
    """
    from rapidfuzz import fuzz, process

    bounded = [other for other in islice(known, MOST_COMPARED) if len(other) <= LONGEST_NAME]
    matches = process.extract(
        name[:LONGEST_NAME], bounded, scorer=fuzz.ratio, processor=str.casefold, limit=count, score_cutoff=least
    )
    return [match for match, _, _ in matches]


def did_you_mean(name: str, known: Iterable[str], *, otherwise: str) -> str:
    """A question that names the most similar known name, or all of them where none is similar.

    >>> did_you_mean("yaer", ["year", "title"], otherwise="there are")
    'did you mean year?'
    >>> did_you_mean("venue", ["year", "title"], otherwise="there are")
    'there are year, title'
    """
    listed = list(known)
    near = nearest_names(name, listed)
    return f"did you mean {near[0]}?" if near else f"{otherwise} {', '.join(listed)}"
