"""FetchRequest -> papers of Semantic Scholar by id, with what they cite (its API, "paper/batch"), or by words.

Ids are those of Semantic Scholar, or DOI:..., ARXIV:..., PMID:... A page is a fifth of the 500 ids that it takes: it
returns at most 10 MB, and references are most of that.
"""

import json
from collections.abc import Iterator, Sequence
from functools import partial
from http import HTTPStatus

from pipeline.fetch.client import Client, RefusedError, UnusableResponseError
from pipeline.fetch.pages import FetchRequest, Json, ResultPage, parse_json
from pipeline.fetch.semantic_scholar_search import search_pages
from pipeline.fetch.store import Position

PAGE = 100
FIELDS = (
    "paperId,externalIds,title,abstract,year,venue,authors,url,publicationDate,journal,referenceCount,"
    "references.paperId,references.externalIds,references.title,references.year"
)


def pages(client: Client, request: FetchRequest, state: Position) -> Iterator[ResultPage]:
    """From where `state` says."""
    if not request.ids:
        yield from search_pages(client, request, state)
    start, size = state.get("start", 0), PAGE
    while start < len(request.ids):
        batch = request.ids[start : start + size]
        try:
            answers = _ask(client, batch)
        except RefusedError as problem:
            if not _too_large(problem) or len(batch) == 1:
                raise
            size = max(1, len(batch) // 2)
            continue
        start += len(batch)
        missing = [name for name, paper in zip(batch, answers, strict=True) if paper is None]
        yield ResultPage([paper for paper in answers if paper is not None], {"start": start}, missing)


def _ask(client: Client, batch: Sequence[str]) -> list[Json | None]:
    """One paper or None for each id."""
    body = json.dumps({"ids": list(batch)}).encode()
    try:
        return client.request("/graph/v1/paper/batch", {"fields": FIELDS}, partial(_papers, len(batch)), body=body)
    except RefusedError as problem:
        if "no valid paper ids" not in problem.body.lower():
            raise
        return [None] * len(batch)


def _too_large(problem: RefusedError) -> bool:
    size_named = any(word in problem.body.lower() for word in ("maximum size", "too large", "10 mb", "10mb", "exceed"))
    return problem.status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE or (
        problem.status == HTTPStatus.BAD_REQUEST and size_named
    )


def _papers(count: int, body: bytes) -> list[Json | None]:
    answers = parse_json(body)
    if not isinstance(answers, list) or not all(paper is None or isinstance(paper, dict) for paper in answers):
        raise UnusableResponseError("no list of papers")
    if len(answers) != count:
        raise UnusableResponseError(f"{len(answers):,} papers for {count:,} ids")
    return answers
