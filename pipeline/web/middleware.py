"""ASGI app -> the app behind access checks: host name, origin, token, size of a request, and how many run at once.

Refusals are problem+json (RFC 9457), as all errors of the app are.
"""

import hmac
import re
from collections.abc import Collection
from http import HTTPStatus
from urllib.parse import parse_qs

from starlette.datastructures import Headers
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pipeline.web.bodies import Bodies, ClientGoneError, replay, too_large
from pipeline.web.limits import Limits
from pipeline.web.problems import RefusedRequestError, problem_body
from pipeline.words.display import shorten

NAME = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9_.-]+)(?::[0-9]{1,5})?")  # a Host header: name, then a port
LONGEST_SHOWN = 100
LONGEST_LENGTH = 12  # digits of a Content-Length
COOKIE = "paperatlas-token"
# What browsers may do with the answers: nothing but show them.
SECURITY_HEADERS = [
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-frame-options", b"DENY"),
    (b"cross-origin-resource-policy", b"same-origin"),
]


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
        if scope["type"] != "http":
            await _without_websockets(self._app)(scope, receive, send)
            return
        headers = Headers(scope=scope)
        given = headers.getlist("host")
        name = host_name(given[0]) if len(given) == 1 else None
        if name is not None and (self._hosts is None or name in self._hosts):
            await self._app(scope, receive, send)
            return
        status, detail = HTTPStatus.MISDIRECTED_REQUEST, f"this server is not called {_shown(given)}"
        if len(given) != 1:
            status, detail = HTTPStatus.BAD_REQUEST, f"a request has one Host header; this one has {len(given)}"
        origin = headers.get("origin", "")
        allowed = origin != "" and (origin in self._origins or "*" in self._origins)
        cors = [(b"access-control-allow-origin", origin.encode("latin-1")), (b"vary", b"Origin")] if allowed else []
        await refuse(send, status, detail, *cors)


def _without_websockets(app: ASGIApp) -> ASGIApp:
    """What is no request reaches the app at its start and end alone."""

    async def passing(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await app(scope, receive, send)

    return passing


def host_name(host: str) -> str | None:
    """The name of a Host header in lower case, without its port; None for what is no name with a port.

    >>> host_name("LocalHost:8765"), host_name("[::1]:8765")
    ('localhost', '[::1]')
    >>> host_name("[::1].evil.example"), host_name("localhost:80@evil.example")
    (None, None)
    """
    match = NAME.fullmatch(host)
    return match[1].lower() if match else None


def _shown(hosts: list[str]) -> str:
    """What a request calls the server: the name alone where it is one."""
    given = "".join(hosts[:1])
    return repr(shorten(host_name(given) or given, LONGEST_SHOWN))


class AccessMiddleware:
    """Checks token, size and number of requests, and adds security headers to every answer.

    A request is one of so many at once only while it is answered, not while its body arrives or its client takes the
    answer, which it can draw out.
    """

    def __init__(self, app: ASGIApp, limits: Limits) -> None:
        self._app = app
        self._limits = limits
        self._bodies = Bodies(limits)
        self._running = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await _without_websockets(self._app)(scope, receive, send)
            return
        try:
            self._check(scope)
            if self._limits.token is not None and _token_in_query(scope) is not None:
                await self._set_cookie(send)
                return
            body = await self._bodies.read(receive)
            await self._answer(scope, replay(body, receive), _with_security_headers(send))
        except RefusedRequestError as refusal:
            busy = refusal.status == HTTPStatus.SERVICE_UNAVAILABLE
            await refuse(send, refusal.status, refusal.detail, *([(b"retry-after", b"1")] if busy else []))
        except ClientGoneError:
            return

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._running >= self._limits.max_concurrent:
            detail = f"{self._limits.max_concurrent} requests are being answered; try again in a moment"
            raise RefusedRequestError(HTTPStatus.SERVICE_UNAVAILABLE, detail)
        messages: list[Message] = []

        async def keep(message: Message) -> None:
            messages.append(message)

        self._running += 1
        try:
            await self._app(scope, receive, keep)
        finally:  # also where the app fails: its answer says so
            self._running -= 1
            for message in messages:
                await send(message)

    def _check(self, scope: Scope) -> None:
        """Raises RefusedRequestError for what the head alone forbids."""
        headers = Headers(scope=scope)
        if not self._has_token(scope, headers):
            raise RefusedRequestError(
                HTTPStatus.UNAUTHORIZED,
                "the token is missing or wrong: Authorization: Bearer TOKEN, or /?token=TOKEN",
            )
        length = headers.get("content-length", "0")
        if length.isdecimal() and (len(length) > LONGEST_LENGTH or int(length) > self._limits.max_bytes):
            raise too_large(self._limits)

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


def _token_in_query(scope: Scope) -> str | None:
    """The token of /?token=TOKEN; None for any other address."""
    if scope["path"] != "/":
        return None
    return next(iter(parse_qs(scope["query_string"].decode("latin-1")).get("token", [])), None)


def _with_security_headers(send: Send) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": [*message.get("headers", []), *SECURITY_HEADERS]}
        await send(message)

    return sending


async def refuse(send: Send, status: HTTPStatus, detail: str, *headers: tuple[bytes, bytes]) -> None:
    """Answer with a problem."""
    body, own_headers = problem_body(status, detail)
    await send({"type": "http.response.start", "status": int(status), "headers": [*own_headers, *headers]})
    await send({"type": "http.response.body", "body": body})
