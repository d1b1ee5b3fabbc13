"""The services: how each is asked, a page at a time, and how its answers become lines of JSONL.

Limits and manners are those that the services ask for: arXiv API "Terms of Use" (one request in three seconds),
OpenAlex "Rate limits", Crossref "Etiquette", NCBI E-utilities "Usage Guidelines" (three a second), Semantic Scholar's
API (one a second).
"""

import io
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from pipeline.corpus.readers.xml_files import read_articles
from pipeline.errors import ServiceError
from pipeline.fetch.client import Client, Unusable


@dataclass(frozen=True)
class FetchRequest:
    """A search, or names of papers. most: papers wanted at most."""

    query: str = ""
    names: tuple[str, ...] = ()
    most: int = 1000


@dataclass(frozen=True)
class ResultPage:
    """papers: records as they are written. state: from where to go on. total: how many there are, where it is known.

    missing: names that the service does not know.
    """

    papers: list[dict[str, Any]]
    state: dict[str, Any]
    total: int | None = None
    missing: list[str] = field(default_factory=list)


Pages = Callable[[Client, FetchRequest, dict[str, Any]], Iterator[ResultPage]]


@dataclass(frozen=True)
class Service:
    """address: the only place that is asked. by: whether it takes a "query", "names", or both. key: sent as this
    header, where an environment variable of that name holds one.
    """

    address: str
    interval: float
    pages: Pages
    by: tuple[str, ...]
    always: Mapping[str, str] = field(default_factory=dict)
    mail_parameter: str | None = None
    key: tuple[str, str] | None = None


def _json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as problem:
        raise Unusable(f"not JSON: {problem}") from None


def _articles(body: bytes) -> list[dict[str, Any]]:
    try:
        return read_articles(io.BytesIO(body))
    except SyntaxError as problem:
        raise Unusable(f"not XML: {problem}") from None


def _part(names: Sequence[str], start: int, size: int) -> tuple[str, ...]:
    return tuple(names[start : start + size])


def arxiv(client: Client, asked: FetchRequest, state: dict[str, Any]) -> Iterator[ResultPage]:
    """By search_query, or a hundred ids at a time."""
    start, size = int(state.get("start", 0)), 100
    while start < (len(asked.names) if asked.names else asked.most):
        count = min(size, asked.most - start)
        if asked.names:
            own = _part(asked.names, start, size)
            parameters = {"id_list": ",".join(own), "max_results": str(len(own))}
        else:
            parameters = {"search_query": asked.query, "start": str(start), "max_results": str(count)}
        papers = client.ask("/api/query", parameters, _atom) or []
        known = {str(paper["id"]) for paper in papers}
        missing = [name for name in _part(asked.names, start, size) if _bare(name) not in known]
        start += size if asked.names else count
        yield ResultPage(papers, {"start": start}, len(asked.names) or None, missing)
        if not asked.names and len(papers) < count:
            return


def _bare(name: str) -> str:
    """An arXiv id without prefix and version.

    >>> _bare("arXiv:2101.00001v2")
    '2101.00001'
    """
    plain = name.strip().lower().removeprefix("arxiv:")
    head, mark, version = plain.rpartition("v")
    return head if mark and version.isdigit() else plain


def _atom(body: bytes) -> list[dict[str, Any]]:
    papers = _articles(body)
    if any("api/errors" in str(paper.get("url", "")) for paper in papers):  # arXiv tells mistakes as a paper
        raise ServiceError(f"arXiv: {papers[0].get('abstract', 'does not understand the query')}")
    return papers


def openalex(client: Client, asked: FetchRequest, state: dict[str, Any]) -> Iterator[ResultPage]:
    """By full-text search, along its cursor."""
    cursor, done = str(state.get("cursor", "*")), int(state.get("done", 0))
    while cursor and done < asked.most:
        count = min(200, asked.most - done)
        answer = (
            client.ask("/works", {"search": asked.query, "per-page": str(count), "cursor": cursor}, _openalex) or {}
        )
        papers = answer.get("results", [])
        cursor, done = str(answer.get("meta", {}).get("next_cursor") or ""), done + len(papers)
        total = answer.get("meta", {}).get("count")
        yield ResultPage(
            papers, {"cursor": cursor, "done": done}, min(int(total), asked.most) if total is not None else None
        )
        if not papers:
            return


def _openalex(body: bytes) -> dict[str, Any]:
    answer = _json(body)
    if not isinstance(answer, dict) or not isinstance(answer.get("results"), list):
        raise Unusable("no list of results")
    return answer


def crossref(client: Client, asked: FetchRequest, state: dict[str, Any]) -> Iterator[ResultPage]:
    """Each DOI by itself."""
    for place in range(int(state.get("place", 0)), len(asked.names)):
        doi = asked.names[place]
        found = client.ask(f"/works/{quote(doi, safe='')}", {}, _crossref)
        yield ResultPage([found] if found else [], {"place": place + 1}, len(asked.names), [] if found else [doi])


def _crossref(body: bytes) -> dict[str, Any]:
    answer = _json(body)
    message = answer.get("message") if isinstance(answer, dict) else None
    if not isinstance(message, dict):
        raise Unusable("no message")
    message.pop("reference", None)  # longer than all the rest, and not used
    return message


def pubmed(client: Client, asked: FetchRequest, state: dict[str, Any]) -> Iterator[ResultPage]:
    """Ids by ESearch, which gives no more than 9,999; then articles by EFetch, two hundred at a time."""
    ids: list[str] = list(state.get("ids", ()))
    if not ids:
        parameters = {"db": "pubmed", "term": asked.query, "retmode": "json", "retmax": str(min(asked.most, 9_999))}
        ids = client.ask("/esearch.fcgi", parameters, _ids) or []
    for start in range(int(state.get("start", 0)), len(ids), 200):
        own = _part(ids, start, 200)
        parameters = {"db": "pubmed", "id": ",".join(own), "retmode": "xml"}
        papers = client.ask("/efetch.fcgi", parameters, _articles) or []
        known = {str(paper.get("pmid")) for paper in papers}
        missing = [name for name in own if name not in known]
        yield ResultPage(papers, {"ids": ids, "start": start + 200}, len(ids), missing)


def _ids(body: bytes) -> list[str]:
    answer = _json(body)
    found = answer.get("esearchresult", {}).get("idlist") if isinstance(answer, dict) else None
    if not isinstance(found, list):
        raise Unusable("no list of ids")
    return [str(name) for name in found]


def semantic_scholar(client: Client, asked: FetchRequest, state: dict[str, Any]) -> Iterator[ResultPage]:
    """Up to five hundred ids at a time: of Semantic Scholar, or DOI:..., ARXIV:..., PMID:..."""
    fields = "paperId,externalIds,title,abstract,year,venue,authors,url,publicationDate,journal"
    for start in range(int(state.get("start", 0)), len(asked.names), 500):
        own = _part(asked.names, start, 500)
        body = json.dumps({"ids": list(own)}).encode()
        found = client.ask("/graph/v1/paper/batch", {"fields": fields}, _batch, body=body) or []
        pairs = list(zip(own, [*found, *[None] * (len(own) - len(found))], strict=False))
        papers = [paper for _, paper in pairs if isinstance(paper, dict)]
        missing = [name for name, paper in pairs if not isinstance(paper, dict)]
        yield ResultPage(papers, {"start": start + 500}, len(asked.names), missing)


def _batch(body: bytes) -> list[Any]:
    answer = _json(body)
    if not isinstance(answer, list):
        raise Unusable("no list of papers")
    return answer


SERVICES: Mapping[str, Service] = {
    "arxiv": Service("https://export.arxiv.org", 3.0, arxiv, ("query", "names")),
    "openalex": Service("https://api.openalex.org", 0.2, openalex, ("query",), mail_parameter="mailto"),
    "crossref": Service("https://api.crossref.org", 0.1, crossref, ("names",), mail_parameter="mailto"),
    "pubmed": Service(
        "https://eutils.ncbi.nlm.nih.gov/entrez/eutils", 0.35, pubmed, ("query",), {"tool": "paperatlas"}, "email"
    ),
    "semanticscholar": Service(
        "https://api.semanticscholar.org", 1.1, semantic_scholar, ("names",), key=("x-api-key", "SEMANTIC_SCHOLAR_KEY")
    ),
}
