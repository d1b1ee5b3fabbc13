"""Atlas -> ASGI app: pages, routes, access checks, and errors as problem+json."""

from collections.abc import Sequence
from pathlib import Path
from threading import Lock

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.middleware.gzip import GZipMiddleware
from fastapi.responses import HTMLResponse, JSONResponse
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp

from pipeline.atlas import AtlasData
from pipeline.errors import PaperatlasError, UnknownPaperError
from pipeline.map.html import render
from pipeline.version import __version__
from pipeline.watch import watch_folder
from pipeline.web.api_docs import write_api_docs
from pipeline.web.api_examples import with_examples
from pipeline.web.api_try import try_routes
from pipeline.web.feed_routes import feed_routes
from pipeline.web.limits import Limits
from pipeline.web.map_routes import map_routes
from pipeline.web.middleware import with_access_checks
from pipeline.web.problems import problem
from pipeline.web.routes import api_routes
from pipeline.words.display import shorten

API = "/api/v1"
PLAIN_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"


def create_app(
    atlas: AtlasData, *, limits: Limits | None = None, origins: Sequence[str] = (), feeds: Path | None = None
) -> ASGIApp:
    """An ASGI app that answers for one atlas: / the map, /api/v1 the API, /api its docs, /feeds, /health.

    origins: sites whose pages may read the answers (CORS), e.g. "http://localhost:3000"; none by default. feeds: the
    folder of a watch, the one beside the run folder by default.
    """
    _warm(atlas)
    app = FastAPI(
        title=f"paperatlas: {atlas.manifest.name}",
        version=__version__,
        openapi_url=f"{API}/openapi.json",
        docs_url=None,  # it would load its scripts from the network
        redoc_url=None,
    )
    model_lock = Lock()
    app.include_router(api_routes(atlas, model_lock), prefix=API, tags=["Papers and topics"])
    app.include_router(map_routes(atlas, model_lock), prefix=f"{API}/map", include_in_schema=False)
    app.include_router(feed_routes(feeds or (watch_folder(atlas.folder) if atlas.folder else None)))
    app.include_router(try_routes())
    page = render({}, atlas.title, api=API)

    @app.get("/", include_in_schema=False)
    def show_map() -> HTMLResponse:
        return HTMLResponse(page)

    @app.get("/api", include_in_schema=False)
    def show_api_docs() -> HTMLResponse:
        return HTMLResponse(write_api_docs(app.openapi()), headers={"content-security-policy": PLAIN_POLICY})

    @app.get("/health", include_in_schema=False)
    def health() -> dict[str, object]:
        return {"status": "ok", "name": atlas.manifest.name, "papers": len(atlas)}

    app.openapi_schema = with_examples(app.openapi(), atlas.ids.ids[0])
    _report_errors(app)
    app.add_middleware(GZipMiddleware, minimum_size=1000, compresslevel=4)
    return with_access_checks(app, limits or Limits(), origins=origins)


def _warm(atlas: AtlasData) -> None:
    """Load what queries need before the first request: threads must not read one file at the same time."""
    for name in atlas.column_names:
        atlas.column(name)
    atlas.ids.row(atlas.ids.ids[0])
    if atlas.lexical is not None:
        atlas.lexical.query("warm")


def _report_errors(app: FastAPI) -> None:
    """Every error as problem+json with a sentence."""

    @app.exception_handler(PaperatlasError)
    async def mistake(_: Request, error: PaperatlasError) -> JSONResponse:
        return _problem(404 if isinstance(error, UnknownPaperError) else 422, str(error))

    @app.exception_handler(RequestValidationError)
    async def invalid(_: Request, error: RequestValidationError) -> JSONResponse:
        messages = [
            f"{'.'.join(str(part) for part in one['loc'][1:]) or 'body'}: {one['msg']}" for one in error.errors()
        ]
        return _problem(422, "; ".join(messages))

    @app.exception_handler(Exception)
    async def failed(_: Request, __: Exception) -> JSONResponse:
        return _problem(500, "the server failed at this request; its log says where")

    @app.exception_handler(HTTPException)
    async def other(request: Request, error: HTTPException) -> JSONResponse:
        details = {
            "Not Found": f"nothing is at {shorten(request.scope['path'], 200)}; /api lists what there is",
            "Method Not Allowed": "this address takes another method",
        }
        return _problem(error.status_code, details.get(error.detail, error.detail))


def _problem(status: int, detail: str) -> JSONResponse:
    return JSONResponse(problem(status, detail), status_code=status, media_type="application/problem+json")
