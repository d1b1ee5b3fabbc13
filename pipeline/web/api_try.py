"""Swagger UI of an installed package -> the page on which requests of the API are tried, without a network.

Its script and style are files of fastapi-offline, which are served as they are; that package's code is not used.
"""

from functools import cache
from importlib.metadata import files

from fastapi import APIRouter, Response
from fastapi.responses import HTMLResponse

from pipeline.errors import PaperatlasError

PACKAGE = "fastapi-offline"
TYPES = {".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8"}
# Nothing but what this server gives, no script in the page itself; Swagger UI sets styles and draws in data:.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src data:; connect-src 'self';"
    " base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Try requests</title>
<meta name="viewport" content="width=device-width"><link rel="stylesheet" href="/api/try/swagger-ui.css">
<link rel="stylesheet" href="/api/try/page.css"></head><body>
<main><p class="back"><a href="/api">All routes, without scripts</a></p><div id="try"></div></main>
<script src="/api/try/swagger-ui-bundle.js"></script><script src="/api/try/page.js"></script></body></html>"""
# Swagger UI's colours, where they are too pale to read.
STYLE = """body{margin:0;background:#fff}
.back{max-width:1460px;margin:1em auto 0;padding:0 20px;font:15px system-ui,sans-serif}
.back a,.swagger-ui .info a,.swagger-ui a{color:#0b5394}
.swagger-ui .info .title small pre{color:#fff}
.swagger-ui .info .title small,.swagger-ui .info .title small.version-stamp{background:#4a5160}
.swagger-ui .opblock .opblock-summary-method{background:#1f5f9e!important}
.swagger-ui .opblock.opblock-post .opblock-summary-method{background:#1c6e46!important}
.swagger-ui .btn.execute{background:#1f5f9e;border-color:#1f5f9e}
.swagger-ui .btn.cancel{color:#a8201a;border-color:#a8201a}
.swagger-ui .parameter__name.required::after,.swagger-ui .parameter__name.required span{color:#a8201a}
.swagger-ui .parameter__in,.swagger-ui .parameter__type,.swagger-ui .response-control-media-type__accept-message,
.swagger-ui .parameter__extension,.swagger-ui .response-col_links,.swagger-ui .prop-format,.swagger-ui .tab li
{color:#3b4151}
.swagger-ui .response-undocumented i{color:#3b4151}
.swagger-ui .download-contents{background:#4a5160}"""
# Names, and places in the order of headings and keys, that Swagger UI leaves out.
SCRIPT = """SwaggerUIBundle({
  url: "/api/v1/openapi.json", dom_id: "#try", validatorUrl: null, tryItOutEnabled: true, syntaxHighlight: false,
  defaultModelsExpandDepth: -1, supportedSubmitMethods: ["get", "post"],
});
function mend() {
  for (const [heading, level] of [["h3.opblock-tag", 2], ["h4", 3], ["h5", 4]]) {
    for (const one of document.querySelectorAll(heading)) one.setAttribute("aria-level", level);
  }
  for (const one of document.querySelectorAll("pre")) one.tabIndex = 0;
  for (const one of document.querySelectorAll("[role=region]")) one.setAttribute("aria-label", one.id);
  for (const one of document.querySelectorAll("textarea")) one.setAttribute("aria-label", "Body of the request");
  for (const one of document.querySelectorAll("button")) {
    if (!one.textContent.trim() && !one.getAttribute("aria-label")) one.setAttribute("aria-label", "Copy");
  }
}
new MutationObserver(mend).observe(document.getElementById("try"), { childList: true, subtree: true });
"""


def try_routes() -> APIRouter:
    """The page at /api/try, and what it loads."""
    routes = APIRouter(include_in_schema=False)

    @routes.get("/api/try")
    def show_page() -> HTMLResponse:
        return HTMLResponse(PAGE, headers={"content-security-policy": POLICY})

    @routes.get("/api/try/page.js")
    def script() -> Response:
        return Response(SCRIPT, media_type=TYPES[".js"])

    @routes.get("/api/try/page.css")
    def style() -> Response:
        return Response(STYLE, media_type=TYPES[".css"])

    @routes.get("/api/try/swagger-ui-bundle.js")
    def bundle() -> Response:
        return Response(_file_of_package("swagger-ui-bundle.js"), media_type=TYPES[".js"])

    @routes.get("/api/try/swagger-ui.css")
    def bundle_style() -> Response:
        return Response(_file_of_package("swagger-ui.css"), media_type=TYPES[".css"])

    return routes


@cache
def _file_of_package(name: str) -> bytes:
    """Raises PaperatlasError where the installed package has no such file."""
    found = next((one for one in files(PACKAGE) or () if one.name == name), None)
    if found is None:
        raise PaperatlasError(f"{PACKAGE}: its file {name} is not there; install the package anew")
    return found.read_binary()
