"""FetchRequest -> articles of PubMed: ids by ESearch, then articles by EFetch, two hundred at a time (NBK25499)."""

from collections.abc import Iterator
from dataclasses import dataclass

from pipeline.fetch.client import Client, RefusedError, UnusableResponseError
from pipeline.fetch.pages import FetchRequest, Json, ResultPage, as_count, as_object, parse_json
from pipeline.fetch.store import Position
from pipeline.fetch.xml_answers import papers_in, parse_xml
from pipeline.words.display import shorten

PAGE = 200
MOST = 9_999  # ids that one ESearch returns


@dataclass(frozen=True)
class _Found:
    """ids: at most as many as were asked for; matching: papers that the whole search finds."""

    ids: list[str]
    matching: int | None


def pages(client: Client, request: FetchRequest, state: Position) -> Iterator[ResultPage]:
    """From where `state` says, which holds the ids that were found."""
    found = _Found(state.get("ids", []), None)
    if not found.ids:
        parameters = {"db": "pubmed", "term": request.query, "retmode": "json", "retmax": str(min(request.limit, MOST))}
        found = client.request("/esearch.fcgi", parameters, _found)
    for start in range(state.get("start", 0), len(found.ids), PAGE):
        batch = found.ids[start : start + PAGE]
        papers = client.request("/efetch.fcgi", {"db": "pubmed", "id": ",".join(batch), "retmode": "xml"}, _articles)
        returned = {str(paper.get("pmid")) for paper in papers}
        missing = [name for name in batch if name not in returned]
        yield ResultPage(papers, {"ids": found.ids, "start": start + PAGE}, missing, found.matching)


def _found(body: bytes) -> _Found:
    result = as_object(as_object(parse_json(body)).get("esearchresult"))
    if result.get("ERROR"):
        raise RefusedError(f"PubMed: {shorten(str(result['ERROR']), 160)}")
    ids = result.get("idlist")
    if not isinstance(ids, list) or not all(isinstance(name, str | int) for name in ids):
        raise UnusableResponseError("no list of ids")
    return _Found([str(name) for name in ids], as_count(result.get("count")))


def _articles(body: bytes) -> list[Json]:
    """Never none: ids that ESearch has just given are known."""
    parse_xml(body, "PubmedArticleSet")
    papers = papers_in(body)
    if not papers:
        raise UnusableResponseError("no articles")
    return papers
