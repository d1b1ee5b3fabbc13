"""ASGI app -> the app behind access checks: host name, origin, token, size of a request, and how many run at once.

Refusals are problem+json (RFC 9457), as all errors of the app are.
"""

import hmac
import json
from collections.abc import Collection
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import parse_qs

from starlette.datastructures import Headers
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LOOPBACK = ("localhost", "127.0.0.1", "[::1]")
MAX_BYTES = 2**20
COOKIE = "paperatlas-token"
# What browsers may do with the answers: nothing but show them.
SECURITY_HEADERS = [
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-frame-options", b"DENY"),
    (b"cross-origin-resource-policy", b"same-origin"),
]


@dataclass(frozen=True)
class Limits:
    """hosts: names by which the server may be addressed, None for any, which requires a token.

    token: secret that every request must carry, None for no token. max_concurrent: requests answered at the same time,
    one more gets 503. max_bytes: largest body of a request.
    """

    hosts: tuple[str, ...] | None = LOOPBACK
    token: str | None = None
    max_concurrent: int = 32
    max_bytes: int = MAX_BYTES


def with_access_checks(app: ASGIApp, limits: Limits, *, origins: Collection[str] = ()) -> ASGIApp:
    """The app behind the check of the host name, then CORS for pages of `origins`, then all other checks.

    CORS comes before the token: a browser sends its preflight without one, and a page may read why it was refused.
    """
    checked: ASGIApp = AccessMiddleware(app, limits)
    if origins:
        checked = CORSMiddleware(
            checked,
            allow_origins=list(origins),
            allow_methods=["GET", "POST"],
            allow_headers=["Authorization", "Content-Type"],
        )
    return HostMiddleware(checked, limits.hosts, origins=origins)


class HostMiddleware:
    """Refuses requests, preflights included, that address the server by another name: a foreign page whose name
    resolves to this machine (DNS rebinding) reads nothing. Pages of `origins` may read the refusal.
    """

    def __init__(self, app: ASGIApp, hosts: Collection[str] | None, *, origins: Collection[str] = ()) -> None:
        self._app = app
        self._hosts = hosts
        self._origins = origins

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = Headers(scope=scope) if scope["type"] == "http" else Headers()
        name = _host_name(headers.get("host", ""))
        if scope["type"] != "http" or self._hosts is None or name.lower() in self._hosts:
            await self._app(scope, receive, send)
            return
        origin = headers.get("origin", "")
        allowed = origin != "" and (origin in self._origins or "*" in self._origins)
        cors = [(b"access-control-allow-origin", origin.encode("latin-1")), (b"vary", b"Origin")] if allowed else []
        await refuse(send, HTTPStatus.MISDIRECTED_REQUEST, f"this server is not called {name!r}", *cors)


def _host_name(host: str) -> str:
    """A Host header without its port.

    >>> _host_name("localhost:8765"), _host_name("[::1]:8765")
    ('localhost', '[::1]')
    """
    return host[: host.index("]") + 1] if host.startswith("[") and "]" in host else host.partition(":")[0]


class AccessMiddleware:
    """Checks token, size and number of requests, and adds security headers to every answer."""

    def __init__(self, app: ASGIApp, limits: Limits) -> None:
        self._app = app
        self._limits = limits
        self._running = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        refusal = self._refusal(scope)
        if refusal is not None:
            await refuse(send, *refusal)
            return
        if self._limits.token is not None and _token_in_query(scope) is not None:
            await self._set_cookie(send)
            return
        if self._running >= self._limits.max_concurrent:
            detail = f"{self._limits.max_concurrent} requests are being answered; try again in a moment"
            await refuse(send, HTTPStatus.SERVICE_UNAVAILABLE, detail, (b"retry-after", b"1"))
            return
        self._running += 1
        counted = _CountedReceive(receive, self._limits.max_bytes)
        try:
            await self._app(scope, counted, _with_security_headers(send, counted))
        finally:
            self._running -= 1
        if counted.exceeded:
            await refuse(send, HTTPStatus.REQUEST_ENTITY_TOO_LARGE, self._too_large())

    def _refusal(self, scope: Scope) -> tuple[HTTPStatus, str] | None:
        """Why a request is refused, by its headers alone; None where it is not."""
        headers = Headers(scope=scope)
        if not self._has_token(scope, headers):
            return (
                HTTPStatus.UNAUTHORIZED,
                "the token is missing or wrong: Authorization: Bearer TOKEN, or /?token=TOKEN",
            )
        length = headers.get("content-length", "0")
        if length.isdecimal() and int(length) > self._limits.max_bytes:
            return HTTPStatus.REQUEST_ENTITY_TOO_LARGE, self._too_large()
        return None

    def _too_large(self) -> str:
        return f"a request may have {self._limits.max_bytes:,} bytes at most"

    def _has_token(self, scope: Scope, headers: Headers) -> bool:
        if self._limits.token is None:
            return True
        cookies = dict(part.strip().partition("=")[::2] for part in headers.get("cookie", "").split(";"))
        candidates = (
            headers.get("authorization", "").removeprefix("Bearer "),
            cookies.get(COOKIE, ""),
            _token_in_query(scope) or "",
        )
        return any(hmac.compare_digest(one.encode(), self._limits.token.encode()) for one in candidates)

    async def _set_cookie(self, send: Send) -> None:
        """The token moves from the address into a cookie, so that it stays out of histories and referrers."""
        cookie = f"{COOKIE}={self._limits.token}; HttpOnly; SameSite=Strict; Path=/"
        headers = [(b"location", b"/"), (b"set-cookie", cookie.encode()), (b"content-length", b"0")]
        await send({"type": "http.response.start", "status": HTTPStatus.SEE_OTHER, "headers": headers})
        await send({"type": "http.response.body", "body": b""})


class _CountedReceive:
    """receive, until the body is larger than allowed, whatever its Content-Length; then the client has disconnected."""

    def __init__(self, receive: Receive, max_bytes: int) -> None:
        self._receive = receive
        self._left = max_bytes
        self.exceeded = False

    async def __call__(self) -> Message:
        message = await self._receive()
        self._left -= len(message.get("body", b""))
        self.exceeded = self.exceeded or self._left < 0
        return {"type": "http.disconnect"} if self.exceeded else message


def _token_in_query(scope: Scope) -> str | None:
    """The token of /?token=TOKEN; None for any other address."""
    if scope["path"] != "/":
        return None
    return next(iter(parse_qs(scope["query_string"].decode("latin-1")).get("token", [])), None)


def _with_security_headers(send: Send, counted: _CountedReceive) -> Send:
    """send, with the security headers; sends nothing for a request that was too large."""

    async def sending(message: Message) -> None:
        if counted.exceeded:
            return
        if message["type"] == "http.response.start":
            message = {**message, "headers": [*message.get("headers", []), *SECURITY_HEADERS]}
        await send(message)

    return sending


async def refuse(send: Send, status: HTTPStatus, detail: str, *headers: tuple[bytes, bytes]) -> None:
    """Answer with a problem."""
    body = json.dumps(problem(status, detail)).encode()
    start = [(b"content-type", b"application/problem+json"), (b"content-length", str(len(body)).encode()), *headers]
    await send({"type": "http.response.start", "status": int(status), "headers": start})
    await send({"type": "http.response.body", "body": body})


def problem(status: int, detail: str) -> dict[str, object]:
    """The members of a problem: type, title, status, and detail in a sentence."""
    return {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": int(status), "detail": detail}
