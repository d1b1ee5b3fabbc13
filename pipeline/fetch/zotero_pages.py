"""FetchRequest -> papers of a library of Zotero, from its local API: it runs on this machine and is asked nowhere else.

The API is that of zotero.org (its documentation, "Web API v3, Basics"), at port 23119 of the loopback address while
Zotero 7 or later runs and its settings let other programs ask.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from http import HTTPStatus

from pipeline.corpus.adapters.zotero_kinds import NO_PAPERS
from pipeline.corpus.readers.zotero_sqlite import SEPARATOR, USER_LIBRARY, collection_paths
from pipeline.errors import PaperatlasError, ServiceError
from pipeline.fetch.client import Client, NoAnswerError, RefusedError, UnusableResponseError
from pipeline.fetch.http import HttpResponse
from pipeline.fetch.pages import FetchRequest, Json, ResultPage, as_count, as_object, as_papers, parse_json
from pipeline.fetch.store import Position
from pipeline.words.did_you_mean import nearest_names
from pipeline.words.display import shorten

PORT = 23119
ADDRESS = f"http://127.0.0.1:{PORT}"
HEADERS: Mapping[str, str] = {"Zotero-API-Version": "3"}
PAGE = 2_000  # Zotero gives any number at once, and searches anew for each page
MOST = 5_000_000  # objects of one list
SHOWN = 8
ALLOW = (
    "Zotero: does not let other programs ask; in Zotero's settings, under Advanced, tick \"Allow other applications on"
    ' this computer to communicate with Zotero"'
)


@dataclass(frozen=True)
class _Library:
    """path: of the API. name: as Zotero shows it. select: what links to its items begin with. paths: of its
    collections by their keys. wanted: keys of the collections that are asked for; empty for the whole library.
    """

    path: str
    name: str
    select: str
    paths: Mapping[object, str]
    wanted: tuple[str, ...]


def local_address(port: int) -> str:
    """Where Zotero answers, at another port than its usual one."""
    return f"http://127.0.0.1:{port}"


def pages(client: Client, request: FetchRequest, state: Position) -> Iterator[ResultPage]:
    """From where `state` says; each item with the names of its collections and of its library.

    Notes, attachments and annotations are no papers and are left out. A collection's own collections belong to it.
    Raises PaperatlasError for a collection or a group that is not there, ServiceError where Zotero does not answer.
    """
    library = _library(client, request)
    lists = [f"/collections/{key}" for key in library.wanted] or [""]
    for place in range(state.get("place", 0), len(lists)):
        start = state.get("start", 0) if place == state.get("place", 0) else 0
        for items, after in listed_objects(client, f"{library.path}{lists[place]}/items/top", start):
            papers = [_with_places(item, library) for item in items if as_object(item.get("data"))]
            kept = [paper for paper in papers if str(paper.get("itemType")) not in NO_PAPERS]
            yield ResultPage(kept, {"place": place, "start": after})


def _library(client: Client, request: FetchRequest) -> _Library:
    path, name, select = "/api/users/0", USER_LIBRARY, "zotero://select/library/items/"
    if request.group:
        number, name = _group(client, request.group)
        path, select = f"/api/groups/{number}", f"zotero://select/groups/{number}/items/"
    found: dict[object, Json] = {
        str(one.get("key")): data
        for listed, _ in listed_objects(client, f"{path}/collections", 0)
        for one in listed
        if (data := as_object(one.get("data")))
    }
    places: dict[object, tuple[str, object]] = {
        key: (str(data.get("name") or ""), _text_or_none(data.get("parentCollection"))) for key, data in found.items()
    }
    trashed = frozenset(key for key, data in found.items() if data.get("deleted"))
    paths = collection_paths(places, trashed=trashed)
    return _Library(path, name, select, paths, _wanted(request.collection, paths))


def _text_or_none(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def _group(client: Client, wanted: str) -> tuple[int, str]:
    """Number and name of the group that has this number or name."""
    groups: dict[int, str] = {}
    for listed, _ in listed_objects(client, "/api/users/0/groups", 0):
        for one in listed:
            if (number := as_count(one.get("id"))) is not None:
                groups[number] = str(as_object(one.get("data")).get("name") or number)
    found = [number for number, name in groups.items() if wanted in (str(number), name)]
    if len(found) != 1:
        shown = ", ".join(f"{number} ({shorten(name, 40)})" for number, name in list(groups.items())[:SHOWN])
        raise PaperatlasError(f"Zotero: no group {wanted!r} on this machine; it has {shown or 'none'}")
    return found[0], groups[found[0]]


def _wanted(collection: str, paths: Mapping[object, str]) -> tuple[str, ...]:
    """Keys of the collection with this name, or path, and of those inside it."""
    if not collection:
        return ()
    names = {key: (path, path.rpartition(SEPARATOR)[2]) for key, path in paths.items()}
    found = [key for key, path in paths.items() if path == collection]
    found = found or [key for key, both in names.items() if collection.lower() in map(str.lower, both)]
    if len(found) > 1:
        shown = "; ".join(sorted(paths[key] for key in found)[:SHOWN])
        raise PaperatlasError(f"Zotero: several collections are called {collection!r}; give one of them whole: {shown}")
    if not found:
        near = nearest_names(collection, [name for both in names.values() for name in both])
        hint = f"did you mean {near[0]!r}?" if near else f"it has {'; '.join(list(paths.values())[:SHOWN]) or 'none'}"
        raise PaperatlasError(f"Zotero: no collection {collection!r}; {hint}")
    top = paths[found[0]]
    inside = [key for key, path in paths.items() if path.startswith(f"{top}{SEPARATOR}")]
    return tuple(str(key) for key in (found[0], *inside))


def listed_objects(client: Client, path: str, start: int) -> Iterator[tuple[list[Json], int]]:
    """The objects of a list, page by page, each with the number to go on at; the oldest first, so that what is added
    meanwhile comes last.
    """
    while True:
        order = {"sort": "dateAdded", "direction": "asc"} if "/items" in path else {}
        parameters = {"format": "json", "limit": str(PAGE), "start": str(start), **order}
        listed, total = _ask(client, path, parameters)
        start += len(listed)
        yield listed, start
        if not listed or start >= total or start > MOST:
            return


def _ask(client: Client, path: str, parameters: Mapping[str, str]) -> tuple[list[Json], int]:
    """One page, and how many objects the whole list has. Raises ServiceError with what to do in Zotero."""
    try:
        return client.request_whole(path, parameters, _page)
    except RefusedError as problem:
        if problem.status == HTTPStatus.FORBIDDEN:
            raise ServiceError(ALLOW) from None
        if problem.status == HTTPStatus.NOT_FOUND:
            raise ServiceError("Zotero: answers, but has no local API; it has one from version 7 on") from None
        raise
    except NoAnswerError as problem:
        raise not_answering(problem) from None


def not_answering(problem: NoAnswerError) -> ServiceError:
    """What to do where nothing, or nothing of Zotero's, answers."""
    return ServiceError(
        f"Zotero: no answer ({shorten(problem.reason, 120)}); start Zotero 7 or later, and name its port where its"
        " settings have another; without Zotero, a copy of zotero.sqlite is read as a file"
    )


def _page(response: HttpResponse) -> tuple[list[Json], int]:
    """Raises UnusableResponseError for what is not Zotero's: another program may have its port."""
    if "zotero-api-version" not in response.headers:
        raise UnusableResponseError("what answers there is not Zotero")
    listed = as_papers(parse_json(response.body), "objects")
    total = as_count(response.headers.get("total-results"))
    more = 'rel="next"' in response.headers.get("link", "")
    return listed, total if total is not None else (2**62 if more else 0)


def _with_places(item: Json, library: _Library) -> Json:
    """The data of an item, with the names of where it lies."""
    data = as_object(item.get("data"))
    keys = data.get("collections")
    known = [key for key in keys if isinstance(key, str)] if isinstance(keys, list) else []
    names = [library.paths[key] for key in known if key in library.paths]
    key = str(data.get("key") or item.get("key") or "")
    return data | {"collectionPaths": names, "libraryName": library.name, "select": f"{library.select}{key}"}
