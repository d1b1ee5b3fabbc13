"""FetchRequest -> works of Crossref by words, along its cursor (api.crossref.org, "Works", "Deep paging").

Crossref finds works with any of the words, the best first: those that have all of them are kept, and a page without one
is the last.
"""

import re
from collections.abc import Iterator

from pipeline.fetch.client import Client
from pipeline.fetch.pages import FetchRequest, Json, ResultPage, as_object, as_papers, parse_json
from pipeline.fetch.store import Position

PAGE = 100
WORD = re.compile(r"\w+")
TAG = re.compile(r"<[^<>]*>")


def search_pages(client: Client, request: FetchRequest, state: Position) -> Iterator[ResultPage]:
    """From where `state` says, where it says one."""
    cursor, words = state.get("cursor", "*"), words_of(request.query)
    while cursor:
        page = client.request("/works", {"query": request.query, "rows": str(PAGE), "cursor": cursor}, _page)
        cursor = str(page.state.get("cursor", ""))
        papers = [work for work in page.papers if words <= words_of(_text(work))]
        yield ResultPage(papers, {"cursor": cursor if papers else ""})
        if not papers:
            return


def words_of(text: str) -> frozenset[str]:
    """The words of a text, case aside.

    >>> sorted(words_of("Sea-ice, <i>ICE</i>"))
    ['i', 'ice', 'sea']
    """
    return frozenset(WORD.findall(text.casefold()))


def _text(work: Json) -> str:
    """Title, subtitle, journal and abstract of a work."""
    parts: list[str] = []
    for name in ("title", "subtitle", "container-title", "abstract"):
        value = work.get(name)
        parts += [str(one) for one in value] if isinstance(value, list) else [str(value or "")]
    return TAG.sub(" ", " ".join(parts))


def _page(body: bytes) -> ResultPage:
    message = as_object(as_object(parse_json(body)).get("message"))
    works = [work for work in as_papers(message.get("items"), "works") if work.get("DOI")]
    return ResultPage(works, {"cursor": str(message.get("next-cursor") or "")})
