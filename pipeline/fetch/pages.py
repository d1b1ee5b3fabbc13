"""What is asked of a service, and the pages in which it answers: the terms that all services share."""

import json
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from pipeline.fetch.client import Client, UnusableResponseError
from pipeline.fetch.keys import KeyRule
from pipeline.fetch.store import Position

Json = dict[str, object]


@dataclass(frozen=True)
class FetchRequest:
    """A search, or identifiers of papers. limit: largest number of papers.

    Of Zotero, which needs neither: collection: name of one, "" for all papers; group: number or name of a group, "" for
    the user's own library.
    """

    query: str = ""
    ids: tuple[str, ...] = ()
    limit: int = 1000
    collection: str = ""
    group: str = ""


@dataclass(frozen=True)
class ResultPage:
    """papers: records as they are written. state: where to continue after them.

    missing: identifiers that the service does not know. matching: papers that the whole search finds, None where the
    service does not say.
    """

    papers: Sequence[Json]
    state: Position
    missing: Sequence[str] = ()
    matching: int | None = None


Pages = Callable[[Client, FetchRequest, Position], Iterator[ResultPage]]


@dataclass(frozen=True)
class Service:
    """address: the only host that is contacted; interval: seconds between two requests; accepts: "query", "ids" or
    both; nothing where it gives all its papers. id_field: the field of a record that tells it from others. parameters:
    sent with every request. mail_parameter: the one that carries a contact address. key: how it takes a key, None where
    it knows none. is_local: it runs on this machine, and is asked once and through no proxy.
    """

    address: str
    interval: float
    pages: Pages
    accepts: tuple[str, ...]
    id_field: str
    parameters: Mapping[str, str] = field(default_factory=dict)
    mail_parameter: str | None = None
    key: KeyRule | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    is_local: bool = False

    def identity(self, paper: Json) -> str:
        """What tells a record from others: its id, or all of it where it has none."""
        return str(paper.get(self.id_field) or json.dumps(paper, sort_keys=True))


def parse_json(body: bytes) -> object:
    """Raises UnusableResponseError for what is not JSON; control characters inside texts are let pass."""
    try:
        content: object = json.loads(body, strict=False, parse_constant=_finite, parse_float=_finite)
    except (ValueError, RecursionError) as problem:
        raise UnusableResponseError(f"not JSON: {problem}") from None
    return content


def _finite(number: str) -> float:
    """Raises ValueError for NaN, infinity, and numbers so large that they become infinity: no JSON can hold them."""
    if not math.isfinite(float(number)):
        raise ValueError(f"{number[:20]} is no number of JSON")
    return float(number)


def as_object(value: object) -> Json:
    """A JSON object; an empty one in place of anything else."""
    return value if isinstance(value, dict) else {}


def as_papers(value: object, name: str) -> list[Json]:
    """A list of JSON objects. Raises UnusableResponseError for anything else."""
    if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
        raise UnusableResponseError(f"no list of {name}")
    return value


def as_count(value: object) -> int | None:
    """A number of papers, which NCBI writes as text; None for anything else.

    >>> as_count("12"), as_count(12), as_count(None), as_count(True)
    (12, 12, None, None)
    """
    if isinstance(value, str) and value.isdecimal() and len(value) < 16:
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None
