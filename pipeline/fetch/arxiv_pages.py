"""FetchRequest -> pages of arXiv's API, by search or by ids, a hundred at a time ("API User's Manual")."""

import re
from collections.abc import Iterator
from functools import partial

from pipeline.fetch.client import Client, RefusedError, UnusableResponseError
from pipeline.fetch.pages import FetchRequest, Json, ResultPage, as_count
from pipeline.fetch.store import Position
from pipeline.fetch.xml_answers import papers_in, parse_xml, text_of
from pipeline.words.display import shorten

PAGE = 100
ATOM, TOTAL = "{http://www.w3.org/2005/Atom}", "{http://a9.com/-/spec/opensearch/1.1/}totalResults"
ADDRESS = re.compile(r"^(?:arxiv:|https?://(?:www\.|export\.)?arxiv\.org/(?:abs|pdf)/)", re.IGNORECASE)


def pages(client: Client, request: FetchRequest, state: Position) -> Iterator[ResultPage]:
    """From where `state` says."""
    yield from (_by_ids if request.ids else _by_search)(client, request, state.get("start", 0))


def _by_ids(client: Client, request: FetchRequest, start: int) -> Iterator[ResultPage]:
    for first in range(start, len(request.ids), PAGE):
        batch = request.ids[first : first + PAGE]
        wanted = {"id_list": ",".join(_plain(name) for name in batch), "max_results": str(len(batch))}
        papers, _ = client.request("/api/query", wanted, _feed)
        returned = {without_version(str(paper.get("id"))) for paper in papers}
        missing = [name for name in batch if without_version(name) not in returned]
        yield ResultPage(papers, {"start": first + PAGE}, missing)


def _by_search(client: Client, request: FetchRequest, start: int) -> Iterator[ResultPage]:
    """Now and then arXiv sends a page of fewer papers than were asked for, or of none, though more match: the next page
    starts where this one ended, and an empty one before the end is asked for again.
    """
    matching: int | None = None
    while start < request.limit and (matching is None or start < matching):
        count = min(PAGE, request.limit - start)
        wanted = {"search_query": request.query, "start": str(start), "max_results": str(count)}
        papers, matching = client.request("/api/query", wanted, partial(_page_from, start))
        start += len(papers)
        yield ResultPage(papers, {"start": start}, matching=matching)
        if not papers or (matching is None and len(papers) < count):
            return


def _page_from(start: int, body: bytes) -> tuple[list[Json], int | None]:
    papers, matching = _feed(body)
    if not papers and start < (matching or 0):
        raise UnusableResponseError(f"no papers after the first {start:,} of {matching:,}")
    return papers, matching


def _feed(body: bytes) -> tuple[list[Json], int | None]:
    """The papers of an answer, and how many match in all."""
    feed = parse_xml(body, f"{ATOM}feed")
    for entry in feed.iterfind(f"{ATOM}entry"):
        if "/api/errors" in text_of(entry, f"{ATOM}id"):  # arXiv reports an error as an entry
            said = shorten(text_of(entry, f"{ATOM}summary"), 160)
            raise RefusedError(f"arXiv: {said or 'does not understand the query'}")
    return papers_in(body), as_count(text_of(feed, TOTAL))


def _plain(name: str) -> str:
    """An id as arXiv takes it, with its version.

    >>> _plain("arXiv:2101.00001v2"), _plain("https://arxiv.org/abs/math.GT/0309136")
    ('2101.00001v2', 'math.GT/0309136')
    """
    return ADDRESS.sub("", name.strip()).removesuffix(".pdf")


def without_version(name: str) -> str:
    """An id by which the same paper is found again: no prefix, version, or class of an old subject.

    >>> without_version("arXiv:2101.00001v2"), without_version("math.GT/0309136v1")
    ('2101.00001', 'math/0309136')
    """
    return re.sub(r"v\d+$", "", re.sub(r"\.[a-z]{2}/", "/", _plain(name).lower()))
