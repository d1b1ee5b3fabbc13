"""URL -> HttpResponse: one request with limits on time and size, without following redirects."""

import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from email.message import Message
from http.client import HTTPException
from typing import Protocol
from urllib.parse import urlsplit

from pipeline.errors import ServiceError
from pipeline.version import __version__

USER_AGENT = f"paperatlas/{__version__}"
CHUNK_BYTES = 64 * 1024


@dataclass(frozen=True)
class HttpResponse:
    """status: HTTP status; headers: names in lower case; body: at most as long as was allowed."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class _Stream(Protocol):
    """A response whose body has not been read."""

    headers: Message

    def read1(self, size: int, /) -> bytes: ...


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """Data is sent only to the address that was named; a redirect is returned as the response."""

    def redirect_request(self, *_: object, **__: object) -> None:
        """No further request."""


def request(
    url: str,
    *,
    body: bytes | None = None,
    headers: Mapping[str, str] | None = None,
    timeout: float,
    max_bytes: int,
) -> HttpResponse:
    """The response of a server, whatever its status. timeout: seconds for the whole response.

    Raises ServiceError where no response arrives in time, it breaks off, or it is longer than max_bytes.
    """
    host = urlsplit(url).netloc
    deadline = time.monotonic() + timeout
    outgoing = urllib.request.Request(url, data=body, headers={"User-Agent": USER_AGENT, **(headers or {})})
    opener = urllib.request.build_opener(_NoRedirect)
    try:
        with opener.open(outgoing, timeout=timeout) as response:
            content = _read(response, host, deadline=deadline, max_bytes=max_bytes)
            return HttpResponse(response.status, _lower(response.headers), content)
    except urllib.error.HTTPError as response:
        with response:
            content = _read(response, host, deadline=deadline, max_bytes=max_bytes)
            return HttpResponse(response.code, _lower(response.headers), content)
    except (OSError, HTTPException, ValueError) as problem:
        reason = getattr(problem, "reason", problem)
        raise ServiceError(f"{host}: {'no answer in time' if isinstance(reason, TimeoutError) else reason}") from None


def _lower(headers: Message) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


def _read(stream: _Stream, host: str, *, deadline: float, max_bytes: int) -> bytes:
    """The whole body. deadline: on the monotonic clock."""
    parts, size = [], 0
    while part := stream.read1(CHUNK_BYTES):
        parts.append(part)
        size += len(part)
        if size > max_bytes:
            raise ServiceError(f"{host}: an answer of more than {max_bytes:,} bytes")
        if time.monotonic() > deadline:
            raise ServiceError(f"{host}: no answer in time")
    announced = stream.headers.get("Content-Length", "")
    if announced.isdigit() and size < int(announced):
        raise ServiceError(f"{host}: the answer breaks off after {size:,} of {int(announced):,} bytes")
    return b"".join(parts)
