"""FetchRequest -> papers of Semantic Scholar by words, up to a thousand at a time (its API, "paper/search/bulk").

Words must all occur; | is or, - is not, quotes hold a phrase. This search gives no references.
"""

from collections.abc import Iterator

from pipeline.errors import ServiceError
from pipeline.fetch.client import Client
from pipeline.fetch.pages import FetchRequest, ResultPage, as_count, as_object, as_papers, parse_json
from pipeline.fetch.store import Position

FIELDS = "paperId,externalIds,title,abstract,year,venue,authors,url,publicationDate,journal"


def search_pages(client: Client, request: FetchRequest, state: Position) -> Iterator[ResultPage]:
    """From where `state` says, where it says one. Raises ServiceError where its token does not move on."""
    token: str | None = state.get("cursor")
    used = {""}
    while token is None or token:
        if token in used:
            raise ServiceError(
                "Semantic Scholar: gives the same page again and again; run the same command again later"
            )
        used.add(token or "")
        parameters = {"query": request.query, "fields": FIELDS} | ({"token": token} if token else {})
        page = client.request("/graph/v1/paper/search/bulk", parameters, _page)
        token = str(page.state.get("cursor", ""))
        yield page


def _page(body: bytes) -> ResultPage:
    answer = as_object(parse_json(body))
    papers = as_papers(answer.get("data"), "papers")
    return ResultPage(papers, {"cursor": str(answer.get("token") or "")}, matching=as_count(answer.get("total")))
