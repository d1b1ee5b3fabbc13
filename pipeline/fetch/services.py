"""FetchRequest -> ResultPages: how each service is queried, one page at a time, and how its pages become records.

Rates follow the services' own rules: arXiv API "Terms of Use" (one request in three seconds), OpenAlex "Rate limits",
Crossref "Etiquette", NCBI E-utilities "Usage Guidelines" (three a second), Semantic Scholar's API (one a second).
"""

import io
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import quote

from pipeline.corpus.readers.xml_files import read_articles
from pipeline.errors import ServiceError
from pipeline.fetch.client import Client, UnusableResponseError
from pipeline.fetch.store import Position

ARXIV_PAGE, OPENALEX_PAGE, PUBMED_PAGE, SEMANTIC_SCHOLAR_PAGE = 100, 200, 200, 500
PUBMED_MAX = 9_999  # ids that one ESearch returns
Json = dict[str, object]


@dataclass(frozen=True)
class FetchRequest:
    """A search, or identifiers of papers. limit: largest number of papers."""

    query: str = ""
    ids: tuple[str, ...] = ()
    limit: int = 1000


@dataclass(frozen=True)
class ResultPage:
    """papers: records as they are written. state: where to continue after them.

    missing: identifiers that the service does not know.
    """

    papers: Sequence[Json]
    state: Position
    missing: Sequence[str] = ()


Pages = Callable[[Client, FetchRequest, Position], Iterator[ResultPage]]


@dataclass(frozen=True)
class Service:
    """address: the only host that is contacted; interval: seconds between two requests; accepts: "query", "ids" or
    both. parameters: sent with every request. mail_parameter: the one that carries a contact address. key: name of a
    header, and of the environment variable that may hold its value.
    """

    address: str
    interval: float
    pages: Pages
    accepts: tuple[str, ...]
    parameters: Mapping[str, str] = field(default_factory=dict)
    mail_parameter: str | None = None
    key: tuple[str, str] | None = None


def _json(body: bytes) -> object:
    try:
        content: object = json.loads(body)
    except (ValueError, RecursionError) as problem:
        raise UnusableResponseError(f"not JSON: {problem}") from None
    return content


def _as_object(value: object) -> Json:
    """A JSON object; an empty one in place of anything else."""
    return value if isinstance(value, dict) else {}


def _articles(body: bytes) -> list[Json]:
    try:
        return read_articles(io.BytesIO(body))
    except SyntaxError as problem:
        raise UnusableResponseError(f"not XML: {problem}") from None


def arxiv(client: Client, request: FetchRequest, state: Position) -> Iterator[ResultPage]:
    """By search_query, or by ids, a hundred at a time."""
    start = state.get("start", 0)
    while start < (len(request.ids) if request.ids else request.limit):
        count = min(ARXIV_PAGE, request.limit - start)
        batch = request.ids[start : start + ARXIV_PAGE]
        if request.ids:
            parameters = {"id_list": ",".join(batch), "max_results": str(len(batch))}
        else:
            parameters = {"search_query": request.query, "start": str(start), "max_results": str(count)}
        papers = client.request("/api/query", parameters, _atom) or []
        returned = {str(paper["id"]) for paper in papers}
        missing = [name for name in batch if _without_version(name) not in returned]
        start += ARXIV_PAGE if request.ids else count
        yield ResultPage(papers, {"start": start}, missing)
        if not request.ids and len(papers) < count:
            return


def _without_version(name: str) -> str:
    """An arXiv id without prefix and version.

    >>> _without_version("arXiv:2101.00001v2")
    '2101.00001'
    """
    plain = name.strip().lower().removeprefix("arxiv:")
    head, mark, version = plain.rpartition("v")
    return head if mark and version.isdigit() else plain


def _atom(body: bytes) -> list[Json]:
    papers = _articles(body)
    if any("api/errors" in str(paper.get("url", "")) for paper in papers):  # arXiv reports an error as an entry
        raise ServiceError(f"arXiv: {papers[0].get('abstract', 'does not understand the query')}")
    return papers


def openalex(client: Client, request: FetchRequest, state: Position) -> Iterator[ResultPage]:
    """By full-text search, along OpenAlex's cursor."""
    cursor, done = state.get("cursor", "*"), state.get("done", 0)
    while cursor and done < request.limit:
        count = min(OPENALEX_PAGE, request.limit - done)
        parameters = {"search": request.query, "per-page": str(count), "cursor": cursor}
        papers, cursor = client.request("/works", parameters, _openalex) or ([], "")
        done += len(papers)
        yield ResultPage(papers, {"cursor": cursor, "done": done})
        if not papers:
            return


def _openalex(body: bytes) -> tuple[list[Json], str]:
    """The works, and the cursor of the next page, "" after the last."""
    page = _as_object(_json(body))
    works = page.get("results")
    if not isinstance(works, list):
        raise UnusableResponseError("no list of results")
    return works, str(_as_object(page.get("meta")).get("next_cursor") or "")


def crossref(client: Client, request: FetchRequest, state: Position) -> Iterator[ResultPage]:
    """By DOI, one request each."""
    for place in range(state.get("place", 0), len(request.ids)):
        doi = request.ids[place]
        work = client.request(f"/works/{quote(doi, safe='')}", {}, _crossref)
        yield ResultPage([work] if work else [], {"place": place + 1}, [] if work else [doi])


def _crossref(body: bytes) -> Json:
    message = _as_object(_json(body)).get("message")
    if not isinstance(message, dict):
        raise UnusableResponseError("no message")
    message.pop("reference", None)  # longer than all the rest, and not used
    return message


def pubmed(client: Client, request: FetchRequest, state: Position) -> Iterator[ResultPage]:
    """Ids by ESearch, which returns at most 9,999; then articles by EFetch, two hundred at a time."""
    ids = state.get("ids", [])
    if not ids:
        count = min(request.limit, PUBMED_MAX)
        parameters = {"db": "pubmed", "term": request.query, "retmode": "json", "retmax": str(count)}
        ids = client.request("/esearch.fcgi", parameters, _pubmed_ids) or []
    for start in range(state.get("start", 0), len(ids), PUBMED_PAGE):
        batch = ids[start : start + PUBMED_PAGE]
        parameters = {"db": "pubmed", "id": ",".join(batch), "retmode": "xml"}
        papers = client.request("/efetch.fcgi", parameters, _articles) or []
        returned = {str(paper.get("pmid")) for paper in papers}
        missing = [name for name in batch if name not in returned]
        yield ResultPage(papers, {"ids": ids, "start": start + PUBMED_PAGE}, missing)


def _pubmed_ids(body: bytes) -> list[str]:
    ids = _as_object(_as_object(_json(body)).get("esearchresult")).get("idlist")
    if not isinstance(ids, list):
        raise UnusableResponseError("no list of ids")
    return [str(name) for name in ids]


def semantic_scholar(client: Client, request: FetchRequest, state: Position) -> Iterator[ResultPage]:
    """By up to five hundred ids at a time: of Semantic Scholar, or DOI:..., ARXIV:..., PMID:..."""
    fields = "paperId,externalIds,title,abstract,year,venue,authors,url,publicationDate,journal"
    for start in range(state.get("start", 0), len(request.ids), SEMANTIC_SCHOLAR_PAGE):
        batch = request.ids[start : start + SEMANTIC_SCHOLAR_PAGE]
        body = json.dumps({"ids": list(batch)}).encode()
        answers = client.request("/graph/v1/paper/batch", {"fields": fields}, _batch, body=body) or []
        pairs = list(zip(batch, [*answers, *[None] * (len(batch) - len(answers))], strict=False))
        papers = [paper for _, paper in pairs if isinstance(paper, dict)]
        missing = [name for name, paper in pairs if not isinstance(paper, dict)]
        yield ResultPage(papers, {"start": start + SEMANTIC_SCHOLAR_PAGE}, missing)


def _batch(body: bytes) -> list[object]:
    """One paper or null for each id."""
    answers = _json(body)
    if not isinstance(answers, list):
        raise UnusableResponseError("no list of papers")
    return answers


SERVICES: Mapping[str, Service] = {
    "arxiv": Service("https://export.arxiv.org", 3.0, arxiv, ("query", "ids")),
    "openalex": Service("https://api.openalex.org", 0.2, openalex, ("query",), mail_parameter="mailto"),
    "crossref": Service("https://api.crossref.org", 0.1, crossref, ("ids",), mail_parameter="mailto"),
    "pubmed": Service(
        "https://eutils.ncbi.nlm.nih.gov/entrez/eutils", 0.35, pubmed, ("query",), {"tool": "paperatlas"}, "email"
    ),
    "semanticscholar": Service(
        "https://api.semanticscholar.org", 1.1, semantic_scholar, ("ids",), key=("x-api-key", "SEMANTIC_SCHOLAR_KEY")
    ),
}
