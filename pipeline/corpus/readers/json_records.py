"""JSON value -> the papers in it, and each of them as a record: answers of services, wrapped papers, papers by id."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache

from pipeline.corpus.adapters.names import people
from pipeline.corpus.adapters.usual_names import USUAL_NAMES, plain_column
from pipeline.corpus.record import RawRow, Record, Rejected

TITLES = ("title", "papertitle", "articletitle", "documenttitle", "displayname", "dctitle", "titles", "titledisplay")
OF_OBJECTS = frozenset({"titles"})  # a list of objects, each with a title; of texts, they are no title
IDS = ("id", "paperid", "doi", "key", "pmid", "uid", "citationkey", "identifier")
# Beside a title, what only a paper has: the list of an answer may have a title too.
OF_PAPERS = frozenset(
    {"abstract", "authors", "author", "year", "doi", "paperid", "authorships", "creators", "issued", "date"}
    | {"externalids", "abstractnote", "itemtype", "published", "publicationyear", "summary", *TITLES[1:]}
)
LABEL = (
    "label"  # of BibSonomy's papers, where others have a title; of anything, unless a year and authors are beside it
)
BESIDE_LABEL = frozenset({"author", "year"})
# Where services put a paper: Zotero, DBLP, Elasticsearch, INSPIRE, Semantic Scholar's citations, JSON:API.
WRAPPERS = (
    *("data", "info", "_source", "metadata", "citedPaper", "citingPaper", "paper", "attributes", "item"),
    *("bibjson", "bib", "content", "message", "record", "work", "document", "doc"),
)
# What stands beside the object with the title and belongs to the paper.
OUTER = ("id", "@id", "_id", "key", "uid", "paper_id", "abstract", "bib_entries", "discipline")
AUTHORS = frozenset(USUAL_NAMES["authors"])
OUR_OWN = ("id", "title", "abstract")
SIGNS = str.maketrans("", "", "_- :")
MOST_SEARCHED = 100_000  # objects of a list that are searched for lists inside
DEEPEST = 6  # levels of objects and lists that are searched


def to_record(source: str, number: int, value: object, *, decoded: bool = False) -> Record | Rejected:
    """One value of a list as a record, out of what a service wraps it in. decoded: as in Record."""
    if not isinstance(value, Mapping):
        return Rejected(source, number, f"a JSON {type(value).__name__}, not an object")
    return Record(source, number, _with_names_turned(unwrapped(value)), decoded=decoded)


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
            outer = {key: value[key] for key in OUTER if key in value and key not in inner}
            return {key.lstrip("@_"): part for key, part in outer.items()} | _without_boxes(inner)
    return value


def _with_names_turned(paper: RawRow) -> RawRow:
    """A paper whose authors are a list of texts, all with the family name first, with the given name first.

    >>> _with_names_turned({"title": "On ice", "authors": ["Aho, Pia", "Moe, Per"]})["authors"]
    ['Pia Aho', 'Per Moe']
    """
    for name in _of_authors(tuple(paper)):
        names = paper[name]
        if isinstance(names, list) and names and all(isinstance(one, str) and "," in one for one in names):
            paper = {**paper, name: people(names)}
    return paper


@lru_cache(maxsize=1024)
def _of_authors(names: tuple[str, ...]) -> tuple[str, ...]:
    """Those of an object's names that authors have; none where we wrote it, names as they are shown."""
    return () if names[:3] == OUR_OWN else tuple(name for name in names if plain_column(str(name)) in AUTHORS)


def _without_boxes(paper: RawRow) -> dict[str, object]:
    """The fields, each out of the object around its value that OpenReview writes."""
    boxed = isinstance(title := paper.get("title"), Mapping) and "value" in title
    if not boxed:
        return dict(paper)
    return {
        name: value["value"] if isinstance(value, Mapping) and "value" in value else value
        for name, value in paper.items()
    }


def _title(value: RawRow) -> object:
    """The first title that an object has, None where it has none."""
    for name in _titles(tuple(value)):
        title = value[name]
        if title and (_plain(name) not in OF_OBJECTS or (isinstance(title, list) and isinstance(title[0], Mapping))):
            return title
    return None


@lru_cache(maxsize=1024)  # objects of one file mostly have the same names
def _titles(names: tuple[str, ...]) -> tuple[str, ...]:
    """Those of an object's names that a title has, the most usual first."""
    plain = {_plain(str(name)): name for name in names}
    titles = tuple(plain[title] for title in TITLES if title in plain)
    return titles or ((plain[LABEL],) if LABEL in plain and plain.keys() >= BESIDE_LABEL else ())


def _plain(name: str) -> str:
    return name.lower().translate(SIGNS)


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
    """The longest of the lists in an object, by its objects with a title, and those that are like it; the object itself
    where it has one alone.
    """
    candidates = list(_lists(content, DEEPEST))
    titled = [sum(map(_is_titled, one)) for one in candidates]
    if any(titled):
        longest = _names_of_first(candidates[titled.index(max(titled))])
        alike = [
            one
            for one, count in zip(candidates, titled, strict=True)
            if count and 2 * len(longest & _names_of_first(one)) > len(longest | _names_of_first(one))
        ]
        return [paper for papers in alike for paper in papers]
    if _title(content):
        return [content]
    if alone := _alone(content, DEEPEST):
        return [alone]
    objects = [one for one in candidates if any(isinstance(part, Mapping) for part in one)]
    lengths = [len(one) for one in objects]
    return list(objects[lengths.index(max(lengths))]) if objects else []


def _alone(content: RawRow, depth: int) -> RawRow | None:
    """The one paper that an answer is about, where no list has any."""
    inner = [value for value in content.values() if isinstance(value, Mapping)]
    if papers := [value for value in inner if _is_paper(value)]:
        return papers[0]
    return next((found for value in inner if depth and (found := _alone(value, depth - 1))), None)


def _names_of_first(values: Sequence[object]) -> frozenset[str]:
    """The names that the first object with a title has: papers of one service mostly have the same."""
    first = next((value for value in values if isinstance(value, Mapping) and _is_titled(value)), {})
    return frozenset(map(str, unwrapped(first)))


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
            inner += [] if _any_titled(value) else [part for part in value[:MOST_SEARCHED] if isinstance(part, Mapping)]
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
