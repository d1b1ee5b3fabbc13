"""What every request must pass before anything is answered: host, token, size, and how many there are at once.

A plain ASGI layer around the app. Refusals are problem+json (RFC 9457), as all errors of the app are.
"""

import hmac
import json
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qs

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Asgi = Callable[[Scope, Receive, Send], Awaitable[None]]

LOOPBACK = ("localhost", "127.0.0.1", "[::1]")
MOST_BYTES = 2**20
COOKIE = "paperatlas-token"


@dataclass(frozen=True)
class Limits:
    """What is let in. hosts: names by which the server may be called, None for any, which wants a token.

    token: what a request must know, None for no token. at_once: requests worked on at the same time; one more gets 503.
    body: bytes of a request, at most.
    """

    hosts: tuple[str, ...] | None = LOOPBACK
    token: str | None = None
    at_once: int = 32
    body: int = MOST_BYTES


class AccessMiddleware:
    """The layer. It also tells browsers what they may do with the answers: nothing but show them."""

    def __init__(self, app: Asgi, limits: Limits) -> None:
        self._app = app
        self._limits = limits
        self._working = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        refused = self._refusal(scope)
        if refused is not None:
            await refuse(send, *refused)
            return
        if self._limits.token is not None and _asked_token(scope) is not None:
            await self._remember(send)
            return
        if self._working >= self._limits.at_once:
            detail = f"{self._limits.at_once} requests are being answered; try again in a moment"
            await refuse(send, HTTPStatus.SERVICE_UNAVAILABLE, detail, (b"retry-after", b"1"))
            return
        self._working += 1
        counted = _Counted(receive, self._limits.body)
        try:
            await self._app(scope, counted, _with_headers(send, counted))
        finally:
            self._working -= 1
        if counted.exceeded:
            await refuse(send, HTTPStatus.REQUEST_ENTITY_TOO_LARGE, self._too_long())

    def _refusal(self, scope: Scope) -> tuple[HTTPStatus, str] | None:
        """Why a request is not let in, by its head alone."""
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        host = headers.get("host", "")
        name = host[: host.index("]") + 1] if host.startswith("[") and "]" in host else host.partition(":")[0]
        if self._limits.hosts is not None and name.lower() not in self._limits.hosts:
            return HTTPStatus.MISDIRECTED_REQUEST, f"this server is not called {name!r}"
        if not self._knows_token(scope, headers):
            return (
                HTTPStatus.UNAUTHORIZED,
                "the token is missing or wrong: Authorization: Bearer TOKEN, or /?token=TOKEN",
            )
        length = headers.get("content-length", "0")
        if length.isdecimal() and int(length) > self._limits.body:
            return HTTPStatus.REQUEST_ENTITY_TOO_LARGE, self._too_long()
        return None

    def _too_long(self) -> str:
        return f"a request may have {self._limits.body:,} bytes at most"

    def _knows_token(self, scope: Scope, headers: dict[str, str]) -> bool:
        if self._limits.token is None:
            return True
        cookies = dict(part.strip().partition("=")[::2] for part in headers.get("cookie", "").split(";"))
        given = (
            headers.get("authorization", "").removeprefix("Bearer "),
            cookies.get(COOKIE, ""),
            _asked_token(scope) or "",
        )
        return any(hmac.compare_digest(one.encode(), self._limits.token.encode()) for one in given)

    async def _remember(self, send: Send) -> None:
        """The token goes from the address into a cookie, so that it is in no history and no referrer."""
        cookie = f"{COOKIE}={self._limits.token}; HttpOnly; SameSite=Strict; Path=/"
        headers = [(b"location", b"/"), (b"set-cookie", cookie.encode()), (b"content-length", b"0")]
        await send({"type": "http.response.start", "status": HTTPStatus.SEE_OTHER, "headers": headers})
        await send({"type": "http.response.body", "body": b""})


class _Counted:
    """receive, until more has come than a request may have, whatever its head said; then the client is gone."""

    def __init__(self, receive: Receive, most: int) -> None:
        self._receive = receive
        self._left = most
        self.exceeded = False

    async def __call__(self) -> MutableMapping[str, Any]:
        message = await self._receive()
        self._left -= len(message.get("body", b""))
        self.exceeded = self.exceeded or self._left < 0
        return {"type": "http.disconnect"} if self.exceeded else message


def _asked_token(scope: Scope) -> str | None:
    if scope["path"] != "/":
        return None
    return next(iter(parse_qs(scope["query_string"].decode("latin-1")).get("token", [])), None)


def _with_headers(send: Send, counted: _Counted) -> Send:
    """send, with what browsers are told; nothing of an answer to a request that was too long."""

    async def sending(message: MutableMapping[str, Any]) -> None:
        if counted.exceeded:
            return
        if message["type"] == "http.response.start":
            extra = [(b"x-content-type-options", b"nosniff"), (b"referrer-policy", b"no-referrer")]
            extra += [(b"x-frame-options", b"DENY"), (b"cross-origin-resource-policy", b"same-origin")]
            message = {**message, "headers": [*message.get("headers", []), *extra]}
        await send(message)

    return sending


async def refuse(send: Send, status: HTTPStatus, detail: str, *headers: tuple[bytes, bytes]) -> None:
    """Answer with a problem."""
    body = json.dumps(problem(status, detail)).encode()
    told = [(b"content-type", b"application/problem+json"), (b"content-length", str(len(body)).encode()), *headers]
    await send({"type": "http.response.start", "status": int(status), "headers": told})
    await send({"type": "http.response.body", "body": body})


def problem(status: int, detail: str) -> dict[str, Any]:
    """The members of a problem: type, title, status, and a sentence."""
    return {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": int(status), "detail": detail}
