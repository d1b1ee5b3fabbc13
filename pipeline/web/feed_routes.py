"""Watch folder -> routes of its feeds, read anew for each request: a watch may write them at any time."""

import hashlib
from http import HTTPStatus
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, HTTPException, Response
from fastapi import Path as PathParameter
from starlette.requests import Request as HttpRequest

from pipeline.atlas.run_folder import read_regular
from pipeline.watch import FEED

ATOM = "application/atom+xml; charset=utf-8"
Name = Annotated[str, PathParameter(max_length=40, description="all.atom for all topics, topic-3.atom for topic 3.")]


def feed_routes(folder: Path | None) -> APIRouter:
    """folder: where a watch of this run writes, which need not be there; None for an atlas that is not on a disk."""
    routes = APIRouter(tags=["Feeds"])

    @routes.get("/feeds/{name}", summary="New papers of a watch, as an Atom feed", response_class=Response)
    def feed(name: Name, request: HttpRequest) -> Response:
        if not FEED.fullmatch(name):
            raise HTTPException(404, f"no feed has the name {name!r}; /feeds/all.atom has all new papers")
        try:
            if folder is None:
                raise FileNotFoundError
            content = read_regular(folder / name)
        except OSError:
            raise HTTPException(404, f"no {name} yet; 'paperatlas watch' writes the feeds of a run") from None
        tag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
        if request.headers.get("if-none-match") == tag:
            return Response(status_code=HTTPStatus.NOT_MODIFIED, headers={"etag": tag})
        return Response(content, media_type=ATOM, headers={"etag": tag})

    return routes
