"""URL -> HttpResponse: one request with limits on time and size, without following redirects."""

import io
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from socket import socket
from typing import Any
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


def request(
    url: str,
    *,
    body: bytes | None = None,
    headers: Mapping[str, str] | None = None,
    timeout: float,
    max_bytes: int,
) -> HttpResponse:
    """The response of a server, whatever its status. timeout: seconds for the whole response.

    Data is sent only to the address that was named: a redirect is returned as the response that it is.
    Raises ServiceError where no response arrives in time, it breaks off, or it is longer than max_bytes.
    """
    host = urlsplit(url).netloc
    try:
        outgoing = urllib.request.Request(url, data=body, headers={"User-Agent": USER_AGENT, **(headers or {})})
        opener = urllib.request.build_opener(_AnyStatus, _Http(timeout), _Https(timeout))
        with opener.open(outgoing, timeout=timeout) as response:
            content = _read(response, host, max_bytes=max_bytes)
            return HttpResponse(
                response.status, {name.lower(): value for name, value in response.headers.items()}, content
            )
    except (OSError, HTTPException, ValueError) as problem:
        reason = getattr(problem, "reason", problem)
        raise ServiceError(f"{host}: {'no answer in time' if isinstance(reason, TimeoutError) else reason}") from None


class _AnyStatus(urllib.request.HTTPErrorProcessor):
    """Every status is a response: none is raised, and no redirect is followed."""

    def http_response(self, request: urllib.request.Request, response: Any) -> Any:  # noqa: ARG002 - urllib's names
        return response

    https_response = http_response


class _Http(urllib.request.HTTPHandler):
    def __init__(self, timeout: float) -> None:
        super().__init__()
        self._timeout = timeout

    def http_open(self, req: urllib.request.Request) -> HTTPResponse:
        return self.do_open(partial(_connect, HTTPConnection, self._timeout), req)


class _Https(urllib.request.HTTPSHandler):
    def __init__(self, timeout: float) -> None:
        super().__init__()
        self._timeout = timeout

    def https_open(self, req: urllib.request.Request) -> HTTPResponse:
        return self.do_open(partial(_connect, HTTPSConnection, self._timeout), req)


def _connect(kind: Callable[..., HTTPConnection], seconds: float, host: str, **options: Any) -> HTTPConnection:
    """A connection whose responses must be whole in so many seconds from now."""
    connection = kind(host, **options)
    connection.response_class = partial(_TimedResponse, time.monotonic() + seconds)  # type: ignore[assignment]
    return connection


class _TimedResponse(HTTPResponse):
    """A response that is read until a time and no longer, its status line and headers as well as its body.

    A socket's own timeout starts anew with each byte, so that a server can hold a connection for as long as it likes.
    """

    def __init__(self, deadline: float, sock: socket, *arguments: Any, **options: Any) -> None:
        super().__init__(sock, *arguments, **options)
        self.fp.close()
        self.fp = io.BufferedReader(_TimedStream(sock, deadline), CHUNK_BYTES)


class _TimedStream(io.RawIOBase):
    """deadline: on the monotonic clock."""

    def __init__(self, sock: socket, deadline: float) -> None:
        self._socket, self._deadline = sock, deadline
        self._stream = sock.makefile("rb", buffering=0)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError("no answer in time")
        self._socket.settimeout(left)
        return self._stream.readinto(buffer)

    def close(self) -> None:
        self._stream.close()
        super().close()


def _read(stream: HTTPResponse, host: str, *, max_bytes: int) -> bytes:
    """The whole body."""
    parts, size = [], 0
    while part := stream.read1(CHUNK_BYTES):
        parts.append(part)
        size += len(part)
        if size > max_bytes:
            raise ServiceError(f"{host}: an answer of more than {max_bytes:,} bytes")
    announced = stream.headers.get("Content-Length", "")
    if announced.isdecimal() and size < int(announced):
        raise ServiceError(f"{host}: the answer breaks off after {size:,} of {int(announced):,} bytes")
    return b"".join(parts)
