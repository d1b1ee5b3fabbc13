"""Request -> parsed response of one service: rate-limited, retried with backoff, redirects refused."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TypeVar
from urllib.parse import urlencode, urlsplit

from pipeline.errors import ServiceError
from pipeline.http import USER_AGENT, HttpResponse, request
from pipeline.words.display import safe, shorten

ATTEMPTS = 6
FIRST_WAIT = 2.0  # seconds before the second attempt; doubled before each further one
LONGEST_WAIT = 120.0
TIMEOUT = 60.0
MAX_BYTES = 200 * 2**20
RETRY_STATUSES = (408, 425, 429, 500, 502, 503, 504)
Parsed = TypeVar("Parsed")


class UnusableResponseError(Exception):
    """A response that is not what the service promises; it is requested again."""


@dataclass
class Client:
    """address: base URL of the service; interval: least seconds between two requests.

    parameters, headers: sent with every request. mail: contact address for the User-Agent.
    """

    address: str
    interval: float
    parameters: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    mail: str | None = None
    sleep: Callable[[float], None] = time.sleep
    _last: float = -1e9

    def request(
        self, path: str, parameters: Mapping[str, str], parse: Callable[[bytes], Parsed], *, body: bytes | None = None
    ) -> Parsed | None:
        """The parsed response, or None for 404. A `body` is sent as JSON by POST.

        Raises ServiceError where the service refuses, redirects, or gives no usable answer in six attempts.
        """
        url = f"{self.address}{path}?{urlencode({**self.parameters, **parameters})}".rstrip("?")
        host, reason = urlsplit(url).netloc, ""
        for attempt in range(ATTEMPTS):
            if attempt:
                self.sleep(min(FIRST_WAIT * 2 ** (attempt - 1), LONGEST_WAIT))
            try:
                response = self._send(url, body)
                if response.status == HTTPStatus.NOT_FOUND:
                    return None
                if response.status == HTTPStatus.OK:
                    return parse(response.body)
                reason = self._wait_or_refuse(response, host)
            except (ServiceError, UnusableResponseError) as problem:
                if isinstance(problem, _Refused):
                    raise
                reason = str(problem)
        raise ServiceError(
            f"{host}: no usable answer in {ATTEMPTS} attempts ({shorten(reason, 160)}); run the same command again"
            " later: it continues from here"
        )

    def _send(self, url: str, body: bytes | None) -> HttpResponse:
        pause = self._last + self.interval - time.monotonic()
        if pause > 0:
            self.sleep(pause)
        agent = f"{USER_AGENT} (mailto:{self.mail})" if self.mail else USER_AGENT
        headers = {"User-Agent": agent, **self.headers}
        if body is not None:
            headers["Content-Type"] = "application/json"
        try:
            return request(url, body=body, headers=headers, timeout=TIMEOUT, max_bytes=MAX_BYTES)
        finally:
            self._last = time.monotonic()

    def _wait_or_refuse(self, response: HttpResponse, host: str) -> str:
        """The reason of a failure, after the wait that Retry-After names. Raises _Refused where no retry can help."""
        if 300 <= response.status < 400:
            location = shorten(response.headers.get("location", "?"), 80)
            raise _Refused(f"{host}: redirects to {location}, which is refused")
        if response.status not in RETRY_STATUSES:
            excerpt = shorten(safe(response.body[:2000].decode(errors="replace")), 160)
            raise _Refused(f"{host}: refused with status {response.status}: {excerpt or 'no reason given'}")
        retry_after = response.headers.get("retry-after", "")
        if retry_after.isdigit():
            self.sleep(min(float(retry_after), LONGEST_WAIT))
        return f"status {response.status}"


class _Refused(ServiceError):
    """No further attempt would help."""
