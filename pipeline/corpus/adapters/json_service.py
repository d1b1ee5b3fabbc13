"""Object of a service's JSON -> usual names, by the paths at which the service keeps them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from pipeline.corpus.adapters.names import given_name_first, people
from pipeline.corpus.adapters.parts import without
from pipeline.corpus.adapters.people_objects import object_name
from pipeline.corpus.record import RawRow

LISTED = ("keywords", "references")
JOINED = "*"  # before a path: all its values are one text


def names_of(found: Sequence[object]) -> list[str]:
    """Names of objects and of texts; one text alone may hold several."""
    if len(found) == 1 and isinstance(found[0], str):
        return people(found[0])
    names = [object_name(one) if isinstance(one, Mapping) else given_name_first(str(one)) for one in found]
    return [name for name in names if name]


@dataclass(frozen=True, eq=False)  # each is only itself
class JsonService:
    """What a service's objects are known by, and where they keep what.

    signature: names that an object must all have. paths: our name -> paths, the first that has a value; id_mark: before
    an id, where numbers of a service need one. flat: whether its objects have no others in them, so that the signature
    alone tells them. authors: the names in what is at the path of the authors.
    """

    name: str
    signature: frozenset[str]
    paths: Mapping[str, tuple[str, ...]]
    id_mark: str = ""
    flat: bool = False
    authors: Callable[[Sequence[object]], list[str]] = names_of

    def wrote(self, paper: RawRow) -> bool:
        """Whether an object with the names of the signature is the service's, and no row of a table."""
        return self.flat or any(map(_is_nested, paper.values()))

    def adapt(self, paper: RawRow) -> dict[str, object]:
        """The object under usual names; what is at no path keeps its own."""
        adapted = {ours: self._value(ours, paper, paths) for ours, paths in self.paths.items()}
        if adapted.get("id"):
            adapted["id"] = f"{self.id_mark}{adapted['id']}"
        used = {_steps(path)[0][0] for paths in self.paths.values() for path in paths}
        return without(adapted) | without(paper, *used, *adapted)

    def _value(self, ours: str, paper: RawRow, paths: tuple[str, ...]) -> object:
        for path in paths:
            found = values_at(paper, path)
            if not found:
                continue
            if ours == "authors":
                return self.authors(found)
            if ours in LISTED:
                return found
            return " ".join(map(str, found)) if path.startswith(JOINED) else _first(found[0])
        return ""


def values_at(value: object, path: str) -> list[object]:
    """The values at a path: names between stops, "[]" where all parts of a list count, "[type=doi]" where some do.

    >>> values_at({"ids": [{"type": "doi", "id": "10.1000/x"}, {"type": "pii"}]}, "ids[type=doi].id")
    ['10.1000/x']
    >>> values_at({"titles": [{"title": "On ice"}, {"title": "A view"}]}, "titles[].title")
    ['On ice', 'A view']
    """
    found = [value]
    for name, is_list, key, wanted in _steps(path):
        found = [one[name] for one in found if isinstance(one, Mapping) and one.get(name)]
        if is_list:
            found = [part for one in found for part in (one if isinstance(one, list) else [one])]
        if key:
            found = [one for one in found if isinstance(one, Mapping) and str(one.get(key) or "").lower() == wanted]
    return [one for one in found if one not in (None, "", [], {})]


@lru_cache(maxsize=512)
def _steps(path: str) -> tuple[tuple[str, bool, str, str], ...]:
    """(name, whether all parts of a list count, key, value in lower case that the key must have) of each step."""
    steps = []
    for step in path.lstrip(JOINED).split("."):
        name, bracket, condition = step.partition("[")
        key, _, wanted = condition.rstrip("]").partition("=")
        steps.append((name, bool(bracket), key, wanted.lower()))
    return tuple(steps)


def _first(value: object) -> object:
    """A value, or the first of a list of texts: services give one title as a list."""
    return next((part for part in value if part), "") if isinstance(value, list) else value


def _is_nested(value: object) -> bool:
    """Whether a value is an object or a list of them, as JSON has and no table.

    >>> _is_nested(["Aho, P"]), _is_nested([{"title": "On ice"}])
    (False, True)
    """
    return isinstance(value, Mapping) or (isinstance(value, list) and bool(value) and isinstance(value[0], Mapping))
