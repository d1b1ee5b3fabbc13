"""The API: papers, topics, similar, search, assign, references. Each route parses, calls one function, answers."""

from threading import Lock
from typing import Annotated, Any, Literal
from urllib.parse import urlencode

import numpy as np
from fastapi import APIRouter, HTTPException, Query, Request
from fastapi.responses import PlainTextResponse
from pydantic import BaseModel, ConfigDict, Field

from pipeline.atlas import Atlas
from pipeline.corpus import text_of
from pipeline.export import EXPORTERS
from pipeline.recommender import Asked, Wishes, answer, papers_where, search

MOST_RESULTS = 1000
MOST_PAPERS = 1000
MOST_TEXTS = 100
LISTED = ("id", "title", "authors", "year", "topic", "nearest_topic", "strength")

Count = Annotated[int | None, Query(ge=1, le=MOST_RESULTS, description="How many papers; by itself as in the config.")]
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
    diverse: float = Field(0.0, ge=0, le=1, description="How much repetition costs a paper.")
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


def api_routes(atlas: Atlas, model: Lock) -> APIRouter:
    """All routes of the API. model: held while a text is embedded, for the model uses every core by itself."""
    routes = APIRouter()
    _add_papers(routes, atlas)
    _add_topics(routes, atlas)
    _add_queries(routes, atlas, model)
    return routes


def _add_papers(routes: APIRouter, atlas: Atlas) -> None:
    @routes.get("/papers", summary="Papers, page by page, in the atlas's own order")
    def list_papers(
        request: Request,
        offset: Annotated[int, Query(ge=0)] = 0,
        limit: Annotated[int, Query(ge=1, le=MOST_PAPERS)] = 100,
        where: Where = None,
        topic: Topic = None,
    ) -> dict[str, Any]:
        keep = papers_where(atlas, where, topic)
        rows = np.arange(len(atlas)) if keep is None else np.flatnonzero(keep)
        columns = {name: atlas.column(name) for name in LISTED}
        shown = [
            {name: column[row].as_py() for name, column in columns.items()}
            for row in rows[offset : offset + limit].tolist()
        ]
        asked = {name: value for name, value in (("where", where), ("topic", topic)) if value is not None}
        after = urlencode({"offset": offset + limit, "limit": limit, **asked})
        more = f"{request.url.path}?{after}" if offset + limit < len(rows) else None
        return {"total": len(rows), "offset": offset, "papers": shown, "next": more}

    @routes.get("/papers/{paper:path}", summary="One paper with everything its source said")
    def get_paper(paper: str) -> dict[str, Any]:
        row = atlas.ids.row(paper)
        return atlas.paper(row) | {"links": [[link.name, link.address] for link in atlas.links(row)]}

    @routes.post("/references", summary="Papers as BibTeX or RIS", response_class=PlainTextResponse)
    def references(asked: ReferencesRequest) -> str:
        rows = dict.fromkeys(atlas.ids.row(paper) for paper in asked.ids)
        return EXPORTERS[asked.format](atlas.paper(row) for row in rows)


def _add_topics(routes: APIRouter, atlas: Atlas) -> None:
    @routes.get("/topics", summary="All topics, with keywords and most central papers")
    def list_topics() -> list[dict[str, Any]]:
        return [topic.to_json() for topic in atlas.topics]

    @routes.get("/topics/{number}", summary="One topic")
    def get_topic(number: int) -> dict[str, Any]:
        try:
            return atlas.topic(number).to_json()
        except KeyError:
            raise HTTPException(404, f"no topic {number}; GET /api/v1/topics lists them") from None


def _add_queries(routes: APIRouter, atlas: Atlas, model: Lock) -> None:
    @routes.get("/similar", summary="Papers like one of the atlas, with reasons")
    def similar_to(
        id: Annotated[str, Query(max_length=500, description="Id of a paper.")],
        k: Count = None,
        where: Where = None,
        topic: Topic = None,
    ) -> dict[str, Any]:
        return answer(atlas, Asked(id), k=k, wishes=Wishes(keep=papers_where(atlas, where, topic)))

    @routes.post("/similar", summary="Papers like texts and papers, and unlike others, with reasons")
    def similar_to_all(asked: SimilarRequest) -> dict[str, Any]:
        texts = (asked.text,) if isinstance(asked.text, str) else tuple(asked.text)
        wishes = Wishes(papers_where(atlas, asked.where, asked.topic), asked.diverse, asked.near_duplicates)
        wanted = Asked(asked.id, texts, tuple(asked.like), tuple(asked.unlike))
        with model:
            return answer(atlas, wanted, k=asked.k, wishes=wishes)

    @routes.get("/search", summary="Papers that free words describe; a phrase in double quotes must be there")
    def search_words(q: Annotated[str, Query(min_length=1, max_length=2000)], k: Count = None) -> dict[str, Any]:
        with model:
            found = search(atlas, q, k=atlas.usual_k(0) if k is None else k)
        return {"query": {"words": q}, "results": [result.to_json() for result in found]}

    @routes.post("/assign", summary="Topics of papers that need not be in the atlas")
    def assign(asked: AssignRequest) -> list[dict[str, Any]]:
        with model:
            cleaned = [atlas.cleaner.clean(paper.title, paper.abstract) for paper in asked.papers]
            found = atlas.assign([text_of(paper.title, paper.abstract) for paper in cleaned])
        return [one.to_json() for one in found]
