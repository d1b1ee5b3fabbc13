"""What the map's page asks for: points as one array, and texts by row when they are looked at."""

from functools import cache
from threading import Lock
from typing import Annotated, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from fastapi import APIRouter, HTTPException, Query, Response
from pydantic import BaseModel, Field

from pipeline.atlas import AtlasData
from pipeline.map.content import page_points
from pipeline.map.packing import pack_arrays
from pipeline.recommender import Request, answer

SIMILAR = 10
LIKE = 50
MOST_ROWS = 500
MARKS = r"\p{M}+"


class LikeRequest(BaseModel):
    """A text, or rows of papers."""

    text: str = ""
    rows: list[int] = Field(default=[], max_length=100)


def map_routes(atlas: AtlasData, model: Lock) -> APIRouter:
    """The routes behind the page; rows are those of the atlas. model: held while a text is embedded."""
    routes = APIRouter()
    _add_points(routes, atlas)
    _add_texts(routes, atlas, model)
    _add_search(routes, atlas)
    return routes


def _add_points(routes: APIRouter, atlas: AtlasData) -> None:
    page = page_points(atlas, atlas.title)
    content, layout = pack_arrays(page.points)
    described = page.meta | {"points": layout}

    @routes.get("/meta")
    def meta() -> dict[str, Any]:
        return described

    @routes.get("/points")
    def all_points() -> Response:
        return Response(content, media_type="application/octet-stream")


def _add_texts(routes: APIRouter, atlas: AtlasData, model: Lock) -> None:
    def brief(row: int) -> dict[str, Any]:
        if not 0 <= row < len(atlas):
            raise HTTPException(404, f"no row {row}; they go from 0 to {len(atlas) - 1}")
        fields = {name: atlas.column(name)[row].as_py() for name in ("id", "title", "authors")}
        return fields | {"authors": fields["authors"] or []}

    @routes.get("/briefs")
    def briefs(
        rows: Annotated[str, Query(pattern=r"^\d{1,9}(,\d{1,9})*$", max_length=10 * MOST_ROWS)],
    ) -> dict[str, Any]:
        return {"papers": [brief(int(row)) for row in rows.split(",")[:MOST_ROWS]]}

    @routes.get("/papers/{row}")
    def full(row: int) -> dict[str, Any]:
        links = [[link.name, link.address] for link in atlas.links(row)] if 0 <= row < len(atlas) else []
        return brief(row) | {"abstract": atlas.column("abstract")[row].as_py(), "links": links}

    @routes.get("/papers/{row}/similar")
    def similar(row: int) -> dict[str, Any]:
        results = answer(atlas, Request(brief(row)["id"]), k=min(SIMILAR, max(len(atlas) - 1, 1))).results
        rows = [atlas.ids.row(result.id) for result in results]
        pairs = zip(results, rows, strict=True)
        return {"results": [result.to_json() | brief(other) | {"row": other} for result, other in pairs]}

    @routes.post("/like")
    def like(body: LikeRequest) -> dict[str, list[int]]:
        request = Request(text=(body.text,) if body.text else (), like=tuple(brief(row)["id"] for row in body.rows))
        with model:
            results = answer(atlas, request, k=min(LIKE, max(len(atlas) - len(body.rows), 1))).results
        return {"rows": [atlas.ids.row(result.id) for result in results]}

    @routes.get("/row")
    def row_of(id: Annotated[str, Query(max_length=500)]) -> dict[str, int]:
        return {"row": atlas.ids.row(id)}


def _add_search(routes: APIRouter, atlas: AtlasData) -> None:
    @cache
    def folded() -> tuple[pa.Array, pa.Array]:
        """Titles, and all else that is searched, in lower case and without accents."""
        authors = pc.binary_join(atlas.column("authors").combine_chunks(), ", ")
        names = [pc.fill_null(column, "") for column in (authors, atlas.column("id").combine_chunks())]
        rest = pc.binary_join_element_wise(*names, atlas.column("abstract").combine_chunks(), "\n")
        return fold_texts(atlas.column("title").combine_chunks()), fold_texts(rest)

    @routes.get("/search")
    def search(q: Annotated[str, Query(min_length=1, max_length=2000)]) -> dict[str, Any]:
        words = [word for word in fold_texts(pa.array([q]))[0].as_py().split() if word]
        titles, rest = folded()
        whole, in_title = np.ones(len(atlas), dtype=bool), np.zeros(len(atlas), dtype=np.int64)
        for word in words:
            here = _holds(titles, word)
            whole &= here | _holds(rest, word)
            in_title += here
        rows = np.flatnonzero(whole)
        return {"rows": rows[np.lexsort((rows, -in_title[rows]))].tolist()}


def fold_texts(texts: pa.Array) -> pa.Array:
    """Lower case, without accents: "Schrödinger" is found by "schrodinger".

    >>> fold_texts(pa.array(["Schrödinger"])).to_pylist()
    ['schrodinger']
    """
    return pc.utf8_lower(pc.replace_substring_regex(pc.utf8_normalize(texts, form="NFD"), MARKS, ""))


def _holds(texts: pa.Array, word: str) -> np.ndarray[Any, np.dtype[np.bool_]]:
    return np.asarray(pc.match_substring(texts, word).to_numpy(zero_copy_only=False), dtype=bool)
