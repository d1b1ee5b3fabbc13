"""FetchRequest -> works of Crossref: by DOI, one request each (api.crossref.org, "Works"), or by words."""

import re
from collections.abc import Iterator
from http import HTTPStatus
from urllib.parse import quote

from pipeline.fetch.client import Client, RefusedError, UnusableResponseError
from pipeline.fetch.crossref_search import search_pages
from pipeline.fetch.pages import FetchRequest, Json, ResultPage, as_object, parse_json
from pipeline.fetch.store import Position

PREFIX = re.compile(r"^(?:doi:\s*|https?://(?:dx\.)?doi\.org/)", re.IGNORECASE)


def pages(client: Client, request: FetchRequest, state: Position) -> Iterator[ResultPage]:
    """From where `state` says; a DOI may stand in an address."""
    if not request.ids:
        yield from search_pages(client, request, state)
    for place in range(state.get("place", 0), len(request.ids)):
        doi = request.ids[place]
        try:
            work = client.request(f"/works/{quote(PREFIX.sub('', doi.strip()), safe='')}", {}, _work)
        except RefusedError as problem:
            if problem.status != HTTPStatus.NOT_FOUND:
                raise
            yield ResultPage([], {"place": place + 1}, [doi])
        else:
            yield ResultPage([work], {"place": place + 1})


def _work(body: bytes) -> Json:
    """The work as it comes, what it cites in `reference`."""
    message = as_object(parse_json(body)).get("message")
    if not isinstance(message, dict) or not message.get("DOI"):
        raise UnusableResponseError("no work with a DOI")
    return message
