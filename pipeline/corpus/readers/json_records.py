"""JSON value -> the papers in it, and each of them as a record: answers of services, wrapped papers, papers by id."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache

from pipeline.corpus.record import RawRow, Record, Rejected

TITLES = ("title", "papertitle", "articletitle", "documenttitle", "displayname")
IDS = ("id", "paperid", "doi", "key", "pmid", "uid", "citationkey", "identifier")
# Beside a title, what only a paper has: the list of an answer may have a title too.
OF_PAPERS = frozenset(
    {"abstract", "authors", "author", "year", "doi", "paperid", "authorships", "creators", "issued", "date"}
    | {"externalids", "abstractnote", "itemtype", "published", "publicationyear", "summary", *TITLES[1:]}
)
# Where services put a paper: Zotero, DBLP, Elasticsearch, INSPIRE, Semantic Scholar's citations, JSON:API.
WRAPPERS = ("data", "info", "_source", "metadata", "citedPaper", "citingPaper", "paper", "attributes", "item")
NO_PAPERS: Mapping[str, str] = {
    "attachment": "an attachment, not a paper",
    "note": "a note, not a paper",
    "annotation": "an annotation, not a paper",
}
DEEPEST = 6  # levels of objects and lists that are searched


def to_record(source: str, number: int, value: object, *, decoded: bool = False) -> Record | Rejected:
    """One value of a list as a record, out of what a service wraps it in. decoded: as in Record."""
    if not isinstance(value, Mapping):
        return Rejected(source, number, f"a JSON {type(value).__name__}, not an object")
    paper = unwrapped(value)
    if isinstance(kind := paper.get("itemType"), str) and kind in NO_PAPERS:
        identifier = paper.get("key")
        return Rejected(source, number, NO_PAPERS[kind], identifier if isinstance(identifier, str) else None)
    return Record(source, number, paper, decoded=decoded)


def unwrapped(value: RawRow) -> RawRow:
    """The paper in an object: itself where it has a title, or what it holds under a name that services use.

    >>> unwrapped({"key": "AB12", "data": {"itemType": "book", "title": "On ice"}})
    {'key': 'AB12', 'itemType': 'book', 'title': 'On ice'}
    """
    if _title(value):
        return value
    for name in WRAPPERS:
        inner = value.get(name)
        if isinstance(inner, Mapping) and (_title(inner) or "itemType" in inner):
            outer = {key: value[key] for key in ("id", "@id", "key") if key in value and key not in inner}
            return {key.lstrip("@"): part for key, part in outer.items()} | dict(inner)
    return value


def _title(value: RawRow) -> object:
    """The first title that an object has, None where it has none."""
    for name in _titles(tuple(value)):
        if value[name]:
            return value[name]
    return None


@lru_cache(maxsize=1024)  # objects of one file mostly have the same names
def _titles(names: tuple[str, ...]) -> tuple[str, ...]:
    """Those of an object's names that a title has, the most usual first."""
    plain = {_plain(str(name)): name for name in names}
    return tuple(plain[title] for title in TITLES if title in plain)


def _plain(name: str) -> str:
    return name.lower().replace("_", "").replace("-", "").replace(" ", "")


def find_papers(content: object) -> list[object] | None:
    """The papers in a JSON document; None where no object is in it.

    A list is papers, or pages of them; an object is a paper, or holds them: the longest list, or object, of objects
    with a title.

    >>> find_papers({"meta": {}, "hits": {"hits": [{"title": "On ice"}, {"title": "On snow"}]}})
    [{'title': 'On ice'}, {'title': 'On snow'}]
    """
    if isinstance(content, list):
        pages = [part for part in content if isinstance(part, Mapping)]
        if any(_is_titled(page) for page in pages):
            return content
        found = [paper for page in pages for paper in _longest(page)]
        return found or content
    if not isinstance(content, Mapping):
        return None
    if _is_paper(content):
        return [content]
    if found := _longest(content):
        return found
    return [] if _has_empty_list(content) else [content] if content else None


def _is_titled(value: object) -> bool:
    return isinstance(value, Mapping) and bool(_title(unwrapped(value)) or "itemType" in unwrapped(value))


def _is_paper(value: RawRow) -> bool:
    paper = unwrapped(value)
    return bool(_title(paper)) and (paper is not value or not OF_PAPERS.isdisjoint(map(_plain, map(str, value))))


def _longest(content: RawRow) -> list[object]:
    """The longest of the lists in an object, by its objects with a title; the object itself where it has one alone."""
    candidates = sorted(_lists(content, DEEPEST), key=lambda one: -sum(map(_is_titled, one)))
    if candidates and any(map(_is_titled, candidates[0])):
        return list(candidates[0])
    if _title(content):
        return [content]
    objects = [one for one in candidates if any(isinstance(part, Mapping) for part in one)]
    lengths = [len(one) for one in objects]
    return list(objects[lengths.index(max(lengths))]) if objects else []


def _has_empty_list(content: RawRow) -> bool:
    """Whether an answer has a list for papers, with none in it: a search that found nothing."""
    lists = list(_lists(content, DEEPEST))
    return bool(lists) and not any(lists)


def _lists(content: RawRow, depth: int) -> Iterator[Sequence[object]]:
    """The lists in an object, and its objects of papers by their id, outermost first; none inside a paper."""
    inner: list[RawRow] = []
    for name, value in content.items():
        if isinstance(value, list):
            yield value
            inner += [] if _any_titled(value) else [part for part in value[:100] if isinstance(part, Mapping)]
        elif isinstance(value, Mapping) and not _is_paper({name: value} if name in WRAPPERS else value):
            inner.append(value)
    if by_id := _by_id(content):
        yield by_id
    for value in inner if depth else ():
        yield from _lists(value, depth - 1)


def _any_titled(values: Iterable[object]) -> bool:
    return any(map(_is_titled, values))


def _by_id(content: RawRow) -> list[object]:
    """The papers of an object that has them by their id, which they are given where they have none."""
    papers = {str(name): value for name, value in content.items() if isinstance(value, Mapping) and _title(value)}
    if len(papers) * 2 < len(content):
        return []
    return [
        value if not set(IDS).isdisjoint(map(_plain, value)) else {"id": name, **value}
        for name, value in papers.items()
    ]
