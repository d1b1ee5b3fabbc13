"""Atlas -> the app: pages, routes, and how its errors are told."""

from collections.abc import Callable, Sequence
from threading import Lock
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.middleware.cors import CORSMiddleware
from fastapi.middleware.gzip import GZipMiddleware
from fastapi.responses import HTMLResponse, JSONResponse
from starlette.exceptions import HTTPException

from pipeline.atlas import Atlas
from pipeline.errors import PaperatlasError, UnknownPaperError
from pipeline.map.html import render
from pipeline.version import __version__
from pipeline.web.guard import Guard, Limits, problem
from pipeline.web.handbook import write_handbook
from pipeline.web.map_routes import map_routes
from pipeline.web.routes import api_routes

API = "/api/v1"
PLAIN_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"


def create_app(atlas: Atlas, *, limits: Limits | None = None, origins: Sequence[str] = ()) -> Callable[..., Any]:
    """An ASGI app that answers for one atlas: / the map, /api/v1 the API, /api its handbook, /health.

    origins: of other sites whose pages may read the answers (CORS), e.g. "http://localhost:3000"; none by itself.
    """
    _warm(atlas)
    app = FastAPI(
        title=f"paperatlas: {atlas.manifest.name}",
        version=__version__,
        openapi_url=f"{API}/openapi.json",
        docs_url=None,  # it would load its scripts from the network
        redoc_url=None,
    )
    model = Lock()
    app.include_router(api_routes(atlas, model), prefix=API)
    app.include_router(map_routes(atlas, model), prefix=f"{API}/map", include_in_schema=False)
    page = render({}, atlas.title, api=API)

    @app.get("/", include_in_schema=False)
    def show_map() -> HTMLResponse:
        return HTMLResponse(page)

    @app.get("/api", include_in_schema=False)
    def show_handbook() -> HTMLResponse:
        return HTMLResponse(write_handbook(app.openapi()), headers={"content-security-policy": PLAIN_POLICY})

    @app.get("/health", include_in_schema=False)
    def health() -> dict[str, Any]:
        return {"status": "ok", "name": atlas.manifest.name, "papers": len(atlas)}

    _tell_errors(app)
    app.add_middleware(GZipMiddleware, minimum_size=1000, compresslevel=4)
    if origins:
        app.add_middleware(CORSMiddleware, allow_origins=list(origins), allow_methods=["GET", "POST"])
    return Guard(app, limits or Limits())


def _warm(atlas: Atlas) -> None:
    """Reads what queries need before the first one comes: threads that answer must not read one file at once."""
    for name in atlas.column_names:
        atlas.column(name)
    atlas.ids.row(atlas.ids.ids[0])
    if atlas.lexical is not None:
        atlas.lexical.query("warm")


def _tell_errors(app: FastAPI) -> None:
    """Every error as problem+json with a sentence."""

    @app.exception_handler(PaperatlasError)
    async def mistake(_: Request, error: PaperatlasError) -> JSONResponse:
        return _problem(404 if isinstance(error, UnknownPaperError) else 422, str(error))

    @app.exception_handler(RequestValidationError)
    async def invalid(_: Request, error: RequestValidationError) -> JSONResponse:
        said = [f"{'.'.join(str(part) for part in one['loc'][1:]) or 'body'}: {one['msg']}" for one in error.errors()]
        return _problem(422, "; ".join(said))

    @app.exception_handler(Exception)
    async def failed(_: Request, __: Exception) -> JSONResponse:
        return _problem(500, "the server failed at this request; its log says where")

    @app.exception_handler(HTTPException)
    async def other(request: Request, error: HTTPException) -> JSONResponse:
        known = {
            404: f"nothing is at {request.url.path}; /api lists what there is",
            405: "this address takes another method",
        }
        plain = error.detail in ("Not Found", "Method Not Allowed")
        return _problem(error.status_code, known.get(error.status_code, error.detail) if plain else error.detail)


def _problem(status: int, detail: str) -> JSONResponse:
    return JSONResponse(problem(status, detail), status_code=status, media_type="application/problem+json")
