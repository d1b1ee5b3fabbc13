"""What adapters share: values of unknown kind, taken with care."""

from collections.abc import Iterable, Mapping
from typing import Any


def without(fields: Mapping[str, Any], *names: str) -> dict[str, Any]:
    """The other fields, those without a value left out."""
    return {name: value for name, value in fields.items() if name not in names and value not in (None, "", [], {})}


def text(value: Any) -> str:
    """A text, "" for anything else.

    >>> text(" a "), text(None), text({"x": 1})
    ('a', '', '')
    """
    return value.strip() if isinstance(value, str) else ""


def first(value: Any) -> str:
    """A text, or the first of a list of texts.

    >>> first(["a", "b"]), first("a"), first([])
    ('a', 'a', '')
    """
    return next((text(part) for part in value if text(part)), "") if isinstance(value, list | tuple) else text(value)


def inside(value: Any, *path: str) -> Any:
    """What lies at a path of names, None where there is nothing.

    >>> inside({"a": {"b": 1}}, "a", "b"), inside({"a": None}, "a", "b")
    (1, None)
    """
    for name in path:
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def mappings(value: Any) -> Iterable[Mapping[str, Any]]:
    """The objects of a list; nothing of anything else."""
    return (part for part in value if isinstance(part, Mapping)) if isinstance(value, list | tuple) else ()


def split(value: Any, separator: str = ";") -> list[str]:
    """The parts of a text.

    >>> split("a; b ;")
    ['a', 'b']
    """
    return [part.strip() for part in text(value).split(separator) if part.strip()]


def given_first(name: str) -> str:
    """'Family, Given' turned round.

    >>> given_first("Qu, Hui"), given_first("CERN")
    ('Hui Qu', 'CERN')
    """
    family, comma, given = name.partition(",")
    return f"{given.strip()} {family.strip()}".strip() if comma else name.strip()
