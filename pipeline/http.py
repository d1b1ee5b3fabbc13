"""One request over HTTP, with limits: time for the whole answer, bytes, no redirect."""

import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from http.client import HTTPException
from typing import Any
from urllib.parse import urlsplit

from pipeline.errors import ServiceError
from pipeline.version import __version__

AGENT = f"paperatlas/{__version__}"
CHUNK = 64 * 1024


@dataclass(frozen=True)
class Answer:
    """status: HTTP status; headers: names in lower case; body: at most as long as was allowed."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """What is sent goes only to the address that was named: a redirect is handed over as the answer it is."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        """No other request."""


def request(
    url: str,
    *,
    body: bytes | None = None,
    headers: Mapping[str, str] | None = None,
    timeout: float,
    most_bytes: int,
) -> Answer:
    """The answer of a server, of any status. timeout: seconds for all of it.

    Raises ServiceError where there is none in time, or it is too long.
    """
    host = urlsplit(url).netloc
    deadline = time.monotonic() + timeout
    asked = urllib.request.Request(url, data=body, headers={"User-Agent": AGENT, **(headers or {})})
    opener = urllib.request.build_opener(_NoRedirect)
    try:
        with opener.open(asked, timeout=timeout) as answer:
            return Answer(answer.status, _lower(answer.headers), _read(answer, deadline, most_bytes, host))
    except urllib.error.HTTPError as answer:
        with answer:
            return Answer(answer.code, _lower(answer.headers), _read(answer, deadline, most_bytes, host))
    except (OSError, HTTPException, ValueError) as problem:
        reason = getattr(problem, "reason", problem)
        raise ServiceError(f"{host}: {'no answer in time' if isinstance(reason, TimeoutError) else reason}") from None


def _lower(headers: Any) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


def _read(answer: Any, deadline: float, most_bytes: int, host: str) -> bytes:
    parts, size = [], 0
    while part := answer.read1(CHUNK):
        parts.append(part)
        size += len(part)
        if size > most_bytes:
            raise ServiceError(f"{host}: an answer of more than {most_bytes:,} bytes")
        if time.monotonic() > deadline:
            raise ServiceError(f"{host}: no answer in time")
    announced = answer.headers.get("Content-Length", "")
    if announced.isdigit() and size < int(announced):
        raise ServiceError(f"{host}: the answer breaks off after {size:,} of {int(announced):,} bytes")
    return b"".join(parts)
