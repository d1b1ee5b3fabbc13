"""The API: papers, topics, similar, search, assign, references. Each route parses, calls one function, answers."""

from threading import Lock
from typing import Annotated, Any, Literal
from urllib.parse import urlencode

import numpy as np
from fastapi import APIRouter, HTTPException, Query
from fastapi.responses import PlainTextResponse
from pydantic import AliasChoices, BaseModel, ConfigDict, Field
from starlette.requests import Request as HttpRequest

from pipeline.atlas import AtlasData
from pipeline.export import EXPORTERS
from pipeline.recommender import Filters, Request, answer, assign_papers, default_k, filter_papers, search

MOST_RESULTS = 1000
MOST_PAPERS = 1000
MOST_TEXTS = 100
LISTED = ("id", "title", "authors", "year", "topic", "nearest_topic", "strength")

Count = Annotated[int | None, Query(ge=1, le=MOST_RESULTS, description="How many papers; default: as in the config.")]
Where = Annotated[str | None, Query(max_length=2000, description="Condition, e.g. year >= 2020.")]
Topic = Annotated[str | None, Query(max_length=200, description="Number or label of a topic.")]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class SimilarRequest(_Body):
    """What to look for, and what the results must be."""

    id: str | None = Field(None, description="Id of a paper.")
    text: str | Annotated[list[str], Field(max_length=20)] = Field(default=[], description="A text, or several.")
    like: list[str] = Field(default=[], max_length=100, description="Ids or texts.")
    unlike: list[str] = Field(default=[], max_length=100, description="Ids or texts of what is not wanted.")
    k: int | None = Field(None, ge=1, le=MOST_RESULTS)
    where: str | None = Field(None, max_length=2000)
    topic: str | None = Field(None, max_length=200)
    mmr: float = Field(
        0.0,
        ge=0,
        le=1,
        validation_alias=AliasChoices("mmr", "diverse"),  # diverse: its name in the release before
        description="How much repetition costs a paper (maximal marginal relevance).",
    )
    near_duplicates: bool = Field(default=False, description="Show other versions of the paper too.")


class NewPaper(_Body):
    """One paper that need not be in the atlas."""

    title: str = ""
    abstract: str = ""


class AssignRequest(_Body):
    """Papers whose topics are asked for."""

    papers: list[NewPaper] = Field(min_length=1, max_length=MOST_TEXTS)


class ReferencesRequest(_Body):
    """Papers to be written for a reference manager."""

    ids: list[str] = Field(min_length=1, max_length=100_000)
    format: Literal["bibtex", "ris"] = "bibtex"


def api_routes(atlas: AtlasData, model: Lock) -> APIRouter:
    """All routes of the API. model: held while a text is embedded, for the model uses every core by itself."""
    routes = APIRouter()
    _add_papers(routes, atlas)
    _add_topics(routes, atlas)
    _add_queries(routes, atlas, model)
    return routes


def _add_papers(routes: APIRouter, atlas: AtlasData) -> None:
    @routes.get("/papers", summary="Papers, page by page, in the atlas's own order")
    def list_papers(
        request: HttpRequest,
        offset: Annotated[int, Query(ge=0)] = 0,
        limit: Annotated[int, Query(ge=1, le=MOST_PAPERS)] = 100,
        where: Where = None,
        topic: Topic = None,
    ) -> dict[str, Any]:
        keep = filter_papers(atlas, condition=where, topic=topic)
        rows = np.arange(len(atlas)) if keep is None else np.flatnonzero(keep)
        columns = {name: atlas.column(name) for name in LISTED}
        shown = [
            {name: column[row].as_py() for name, column in columns.items()}
            for row in rows[offset : offset + limit].tolist()
        ]
        given = {name: value for name, value in (("where", where), ("topic", topic)) if value is not None}
        after = urlencode({"offset": offset + limit, "limit": limit, **given})
        more = f"{request.url.path}?{after}" if offset + limit < len(rows) else None
        return {"total": len(rows), "offset": offset, "papers": shown, "next": more}

    @routes.get("/papers/{paper:path}", summary="One paper with everything its source said")
    def get_paper(paper: str) -> dict[str, Any]:
        row = atlas.ids.row(paper)
        return atlas.paper(row) | {"links": [[link.name, link.address] for link in atlas.links(row)]}

    @routes.post("/references", summary="Papers as BibTeX or RIS", response_class=PlainTextResponse)
    def references(body: ReferencesRequest) -> str:
        rows = dict.fromkeys(atlas.ids.row(paper) for paper in body.ids)
        return EXPORTERS[body.format](atlas.paper(row) for row in rows)


def _add_topics(routes: APIRouter, atlas: AtlasData) -> None:
    @routes.get("/topics", summary="All topics, with keywords and most central papers")
    def list_topics() -> list[dict[str, Any]]:
        return [topic.to_json() for topic in atlas.topics]

    @routes.get("/topics/{number}", summary="One topic")
    def get_topic(number: int) -> dict[str, Any]:
        try:
            return atlas.topic(number).to_json()
        except KeyError:
            raise HTTPException(404, f"no topic {number}; GET /api/v1/topics lists them") from None


def _add_queries(routes: APIRouter, atlas: AtlasData, model: Lock) -> None:
    @routes.get("/similar", summary="Papers like one of the atlas, with reasons")
    def similar_to(
        id: Annotated[str, Query(max_length=500, description="Id of a paper.")],
        k: Count = None,
        where: Where = None,
        topic: Topic = None,
    ) -> dict[str, Any]:
        filters = Filters(keep=filter_papers(atlas, condition=where, topic=topic))
        return answer(atlas, Request(id), k=k, filters=filters).to_json()

    @routes.post("/similar", summary="Papers like texts and papers, and unlike others, with reasons")
    def similar_to_all(body: SimilarRequest) -> dict[str, Any]:
        texts = (body.text,) if isinstance(body.text, str) else tuple(body.text)
        keep = filter_papers(atlas, condition=body.where, topic=body.topic)
        request = Request(body.id, texts, tuple(body.like), tuple(body.unlike))
        with model:
            return answer(atlas, request, k=body.k, filters=Filters(keep, body.mmr, body.near_duplicates)).to_json()

    @routes.get("/search", summary="Papers that free words describe; a phrase in double quotes must be there")
    def search_words(q: Annotated[str, Query(min_length=1, max_length=2000)], k: Count = None) -> dict[str, Any]:
        with model:
            results = search(atlas, q, k=default_k(atlas) if k is None else k)
        return {"query": {"words": q}, "results": [result.to_json() for result in results]}

    @routes.post("/assign", summary="Topics of papers that need not be in the atlas")
    def assign(body: AssignRequest) -> list[dict[str, Any]]:
        with model:
            assigned = assign_papers(atlas, ((paper.title, paper.abstract) for paper in body.papers))
        return [one.to_json() for one in assigned]
