"""OpenAPI description -> the API docs as one plain HTML page, without scripts, so that it opens offline."""

import html
import json
from collections.abc import Iterator, Mapping
from typing import Any

OpenApi = Mapping[str, Any]  # OpenAPI 3.1 as parsed JSON, or a part of it
STYLE = """body{font:15px/1.5 system-ui,sans-serif;max-width:880px;margin:2em auto;padding:0 1em}
:root{color-scheme:light dark}
code,pre{font:13px/1.45 ui-monospace,monospace}pre{overflow:auto;padding:.8em;border:1px solid #8886;border-radius:6px}
table{border-collapse:collapse;width:100%}td,th{text-align:left;vertical-align:top;padding:.25em .8em .25em 0}
h2{margin:1.8em 0 .3em;font-size:1.1em}"""


def write_api_docs(description: OpenApi) -> str:
    """The page, from the description that FastAPI generates."""
    return "\n".join(_lines(description))


def _lines(description: OpenApi) -> Iterator[str]:
    title = html.escape(description["info"]["title"])
    yield f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
    yield f'<meta name="viewport" content="width=device-width"><style>{STYLE}</style></head><body><main>'
    yield f"<h1>{title}</h1><p>Version {html.escape(description['info']['version'])}. Answers are JSON; errors are"
    yield 'problem+json with a detail in words. <a href="/api/try">Try requests</a> here, in the browser. For programs:'
    yield '<a href="/api/v1/openapi.json">openapi.json</a>. The map is at <a href="/">/</a>.</p>'
    for path, methods in description["paths"].items():
        for method, operation in methods.items():
            yield f"<h2><code>{method.upper()} {html.escape(path)}</code></h2>"
            yield f"<p>{html.escape(operation['summary'])}.</p>"
            yield from _parameters(operation.get("parameters", []))
            yield from _body(operation, description)
            yield from _answer(operation)
    yield "</main></body></html>"


def _parameters(parameters: list[OpenApi]) -> Iterator[str]:
    if not parameters:
        return
    yield "<table><tr><th>parameter</th><th>type</th><th>meaning</th></tr>"
    for one in parameters:
        kind = _kind(one["schema"]) + (", required" if one.get("required") else "")
        meaning = html.escape(one.get("description", ""))
        yield f"<tr><td><code>{html.escape(one['name'])}</code></td><td>{html.escape(kind)}</td><td>{meaning}</td></tr>"
    yield "</table>"


def _kind(schema: OpenApi) -> str:
    """A schema in a few words: "integer, 1 to 1000"."""
    options = [one for one in schema.get("anyOf", [schema]) if one.get("type") != "null"]
    first = options[0] if options else {}
    kind = " or ".join(str(one.get("type", one.get("const", "any"))) for one in options)
    low, high = first.get("minimum"), first.get("maximum")
    return kind + (f", {low} to {high}" if high is not None else f", {low} or more" if low is not None else "")


def _body(operation: OpenApi, description: OpenApi) -> Iterator[str]:
    content = operation.get("requestBody", {}).get("content", {}).get("application/json")
    if content is None:
        return
    name = content["schema"]["$ref"].rpartition("/")[2]
    schema = json.dumps(description["components"]["schemas"][name], indent=1, ensure_ascii=False)
    yield _folded("body", schema)
    if "example" in content:
        yield _folded("an example of a body", content["example"])


def _answer(operation: OpenApi) -> Iterator[str]:
    for content in operation["responses"]["200"].get("content", {}).values():
        if "example" in content:
            yield _folded("an example of an answer", content["example"])


def _folded(name: str, content: object) -> str:
    """What is shown once it is opened: a text, or anything else as JSON."""
    shown = content if isinstance(content, str) else json.dumps(content, indent=1, ensure_ascii=False)
    return f'<details><summary>{name}</summary><pre tabindex="0">{html.escape(shown)}</pre></details>'
