"""A copy of Zotero's data base (zotero.sqlite) -> items as its web API writes them (zotero_json.py knows those).

Its tables are each read once, in the order of their items, side by side: no query for each item. What a file says that
should run (views, triggers, virtual tables, functions) is not run: only reading real tables is allowed.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from pipeline.corpus.adapters.zotero_kinds import NO_PAPERS
from pipeline.corpus.file_format import Format
from pipeline.corpus.readers.zotero_tables import Database, open_database
from pipeline.corpus.record import Record, Rejected
from pipeline.corpus.sources import Source

MULTIPART = re.compile(r"^\d{4}-\d\d-\d\d (?=\S)")  # the sortable date before the one that was typed
IN_TRASH, IN_FEED = "in Zotero's trash", "an item of a feed, not of a library"
USER_LIBRARY, SEPARATOR = "My Library", " / "
ITEMS = "SELECT itemID, itemTypeID, libraryID, key FROM items ORDER BY itemID"
DATA = (
    "SELECT itemData.itemID, fieldID, value FROM itemData JOIN itemDataValues USING (valueID)"
    " ORDER BY itemData.itemID, fieldID"
)
CREATORS = (
    "SELECT itemID, creatorTypeID, firstName, lastName, fieldMode FROM itemCreators JOIN creators USING (creatorID)"
    " ORDER BY itemID, orderIndex"
)
TAGS = "SELECT itemID, name FROM itemTags JOIN tags USING (tagID) ORDER BY itemID, tagID"
COLLECTED = "SELECT itemID, collectionID FROM collectionItems ORDER BY itemID, collectionID"
Values = tuple[object, ...]


@dataclass
class _Grouped:
    """Rows in the order of their first value, an item's number: those of one item after another."""

    rows: Iterator[Values]
    _next: Values | None = field(default=None, init=False)

    def of(self, item: object) -> list[Values]:
        """The rows of an item, without their first value; items are asked for in rising order."""
        found: list[Values] = []
        while isinstance(item, int) and (row := self._next or next(self.rows, None)) is not None:
            if isinstance(row[0], int) and row[0] > item:
                self._next = row
                break
            self._next = None
            if row[0] == item:
                found.append(row[1:])
        return found


@dataclass(frozen=True)
class _Names:
    """What numbers stand for. libraries: (name, start of a link to its items); None for a feed."""

    types: dict[object, str]
    fields: dict[object, str]
    makers: dict[object, str]
    libraries: dict[object, tuple[str, str] | None]
    collections: dict[object, str]
    deleted: frozenset[object]


def read(source: Source, _encoding: str) -> Iterator[Record | Rejected]:
    """Each item of the user's library and of groups as a record; what is no paper, in the trash or of a feed is a
    reject. row: from 1 in the order in which Zotero numbered them.

    Raises CorpusError for a data base of another program, for one that Zotero is using, and for a damaged one.
    """
    with open_database(source) as base:
        names = _names(base)
        data, creators, tags, collected = (_Grouped(base.rows(one)) for one in (DATA, CREATORS, TAGS, COLLECTED))
        for row, (item, kind, library, key) in enumerate(base.rows(ITEMS), start=1):
            values, people, labels, places = (one.of(item) for one in (data, creators, tags, collected))
            if reason := _no_paper(names, item, kind=kind, library=library):
                yield Rejected(source.name, row, reason, _text(key))
                continue
            known = names.libraries.get(library) or (USER_LIBRARY, "zotero://select/library/items/")
            yield Record(
                source.name,
                row,
                {
                    "key": _text(key),
                    "itemType": names.types.get(kind, ""),
                    "creators": [_creator(names, one) for one in people],
                    **_fields(names, values),
                    "tags": [{"tag": _text(label)} for (label,) in labels],
                    "collectionPaths": [names.collections[place] for (place,) in places if place in names.collections],
                    "libraryName": known[0],
                    "select": f"{known[1]}{key}",
                },
            )


def _no_paper(names: _Names, item: object, *, kind: object, library: object) -> str | None:
    """Why an item is no paper, None where it may be one."""
    if library in names.libraries and names.libraries[library] is None:
        return IN_FEED
    if names.types.get(kind, "") in NO_PAPERS:
        return NO_PAPERS[names.types[kind]]
    return IN_TRASH if item in names.deleted else None


def _names(base: Database) -> _Names:
    def named(query: str) -> dict[object, str]:
        return {number: _text(name) for number, name in base.rows(query)}

    return _Names(
        types=named("SELECT itemTypeID, typeName FROM itemTypes"),
        fields=named("SELECT fieldID, fieldName FROM fields"),
        makers=named("SELECT creatorTypeID, creatorType FROM creatorTypes"),
        libraries=_libraries(base),
        collections=collection_paths(
            {
                number: (_text(name), parent)
                for number, name, parent in base.rows(
                    "SELECT collectionID, collectionName, parentCollectionID FROM collections"
                )
            },
            trashed=frozenset(number for (number,) in base.rows_of("deletedCollections", "collectionID")),
        ),
        deleted=frozenset(item for (item,) in base.rows("SELECT itemID FROM deletedItems")),
    )


def _libraries(base: Database) -> dict[object, tuple[str, str] | None]:
    groups = {
        library: (_text(name), f"zotero://select/groups/{group}/items/")
        for library, group, name in base.rows("SELECT libraryID, groupID, name FROM groups")
    }
    kinds = {library: _text(kind) for library, kind in base.rows("SELECT libraryID, type FROM libraries")}
    own = {
        library: None if kind == "feed" else (USER_LIBRARY, "zotero://select/library/items/")
        for library, kind in kinds.items()
    }
    return own | groups


def collection_paths(
    collections: dict[object, tuple[str, object]], *, trashed: frozenset[object] = frozenset()
) -> dict[object, str]:
    """Collection -> its name behind those that it lies in: "Reviews / Ice". collections: name and parent of each.

    A parent that is not there, or lies in its own child, ends a path. Those in the trash, and what lies in them, have
    none.

    >>> collection_paths({1: ("Reviews", None), 2: ("Ice", 1), 3: ("A", 4), 4: ("B", 3)})
    {1: 'Reviews', 2: 'Reviews / Ice', 3: 'B / A', 4: 'A / B'}
    >>> collection_paths({1: ("Reviews", None), 2: ("Ice", 1), 3: ("Snow", None)}, trashed=frozenset({1}))
    {3: 'Snow'}
    """
    paths = {}
    for number in collections:
        names: list[str] = []
        seen: set[object] = set()
        place: object = number
        while place in collections and place not in seen:
            seen.add(place)
            name, place = collections[place]
            names.append(name)
        if seen.isdisjoint(trashed):
            paths[number] = SEPARATOR.join(reversed(names))
    return paths


def _creator(names: _Names, values: Values) -> dict[str, str]:
    kind, given, family, mode = values
    creator = {"creatorType": names.makers.get(kind, "author")}
    if mode == 1 or not given:
        return creator | {"name": _text(family)}
    return creator | {"firstName": _text(given), "lastName": _text(family)}


def _fields(names: _Names, values: Sequence[Values]) -> dict[str, str]:
    fields = {names.fields[number]: _text(value) for number, value in values if number in names.fields}
    dates = {name for name in fields if "date" in name.lower()} - {"accessDate"}
    return fields | {name: MULTIPART.sub("", fields[name], count=1) for name in dates}


def _text(value: object) -> str:
    """A value as text."""
    if isinstance(value, bytes):
        return value.decode(errors="surrogateescape")
    return "" if value is None else str(value)


FORMAT = Format("Zotero data base", (".sqlite",), read)
