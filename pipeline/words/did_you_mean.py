"""A name that does not exist -> the existing names most similar to it, for messages."""

from collections.abc import Iterable
from itertools import islice

LEAST_SIMILARITY = 60.0  # of 100
MOST_COMPARED = 200_000  # names
LONGEST_NAME = 200  # characters


def nearest_names(name: str, existing: Iterable[str], *, count: int = 1, least: float = LEAST_SIMILARITY) -> list[str]:
    """At most `count` of the first 200,000 existing names, the most similar first (normalised indel similarity).

    least: similarity that a name must have, 0 to 100.

    >>> nearest_names("n_neighbours", ["n_components", "n_neighbors", "min_dist"])
    ['n_neighbors']
    """
    from rapidfuzz import fuzz, process

    bounded = [other for other in islice(existing, MOST_COMPARED) if len(other) <= LONGEST_NAME]
    matches = process.extract(
        name[:LONGEST_NAME], bounded, scorer=fuzz.ratio, processor=str.casefold, limit=count, score_cutoff=least
    )
    return [match for match, _, _ in matches]


def did_you_mean(name: str, existing: Iterable[str], *, otherwise: str) -> str:
    """A question that names the most similar existing name, or lists all of them where none is similar.

    >>> did_you_mean("yaer", ["year", "title"], otherwise="there are")
    'did you mean year?'
    >>> did_you_mean("venue", ["year", "title"], otherwise="there are")
    'there are year, title'
    """
    names = list(existing)
    near = nearest_names(name, names)
    return f"did you mean {near[0]}?" if near else f"{otherwise} {', '.join(names)}"
