"""FetchRequest -> pages of OpenAlex's works, by full-text search along its cursor (its guide, "Paging")."""

from collections.abc import Iterator

from pipeline.errors import ServiceError
from pipeline.fetch.client import Client
from pipeline.fetch.pages import FetchRequest, ResultPage, as_count, as_object, as_papers, parse_json
from pipeline.fetch.store import Position

PAGE = 100  # the most that it gives; a page costs the same whatever its length


def pages(client: Client, request: FetchRequest, state: Position) -> Iterator[ResultPage]:
    """From where `state` says. Raises ServiceError where the cursor comes back to where it was."""
    cursor, done, used = state.get("cursor", "*"), state.get("done", 0), {""}
    while cursor and done < request.limit:
        if cursor in used:
            raise ServiceError("OpenAlex: gives the same page again and again; run the same command again later")
        used.add(cursor)
        parameters = {"search": request.query, "per_page": str(min(PAGE, request.limit)), "cursor": cursor}
        page = client.request("/works", parameters, _page)
        cursor, done = str(page.state.get("cursor", "")), done + len(page.papers)
        yield ResultPage(page.papers, {"cursor": cursor, "done": done}, matching=page.matching)
        if not page.papers:
            return


def _page(body: bytes) -> ResultPage:
    """The works as they come, `referenced_works` among their fields; the cursor is "" after the last."""
    answer = as_object(parse_json(body))
    about = as_object(answer.get("meta"))
    works = as_papers(answer.get("results"), "works")
    return ResultPage(works, {"cursor": str(about.get("next_cursor") or "")}, matching=as_count(about.get("count")))
