"""One service, asked politely: its pace kept, failures waited out, redirects refused."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar
from urllib.parse import urlencode, urlsplit

from pipeline.errors import ServiceError
from pipeline.http import AGENT, Answer, request
from pipeline.words.display import safe, shorten

ATTEMPTS = 6
FIRST_WAIT = 2.0  # seconds before the second attempt; twice as long before each further one
LONGEST_WAIT = 120.0
TIMEOUT = 60.0
MOST_BYTES = 200 * 2**20
BUSY = (408, 425, 429, 500, 502, 503, 504)
Read = TypeVar("Read")


class Unusable(Exception):
    """An answer that is not what the service promises; it is asked again."""


@dataclass
class Client:
    """address: where the service is; interval: seconds between two requests; always: sent with each of them."""

    address: str
    interval: float
    always: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    mail: str | None = None
    sleep: Callable[[float], None] = time.sleep
    _last: float = -1e9

    def ask(
        self, path: str, parameters: Mapping[str, str], read: Callable[[bytes], Read], *, body: bytes | None = None
    ) -> Read | None:
        """What `read` makes of the answer, None where the service knows no such thing (404).

        Raises ServiceError where it refuses, redirects, or gives no usable answer in six attempts.
        """
        url = f"{self.address}{path}?{urlencode({**self.always, **parameters})}".rstrip("?")
        host, why = urlsplit(url).netloc, ""
        for attempt in range(ATTEMPTS):
            if attempt:
                self.sleep(min(FIRST_WAIT * 2 ** (attempt - 1), LONGEST_WAIT))
            try:
                answer = self._request(url, body)
                if answer.status == 404:
                    return None
                if answer.status == 200:
                    return read(answer.body)
                why = self._why(answer, host)
            except (ServiceError, Unusable) as problem:
                if isinstance(problem, _Refused):
                    raise
                why = str(problem)
        raise ServiceError(
            f"{host}: no usable answer in {ATTEMPTS} attempts ({shorten(why, 160)}); run the same command again later:"
            " it goes on from here"
        )

    def _request(self, url: str, body: bytes | None) -> Answer:
        pause = self._last + self.interval - time.monotonic()
        if pause > 0:
            self.sleep(pause)
        agent = f"{AGENT} (mailto:{self.mail})" if self.mail else AGENT
        headers = {"User-Agent": agent, **self.headers}
        if body is not None:
            headers["Content-Type"] = "application/json"
        try:
            return request(url, body=body, headers=headers, timeout=TIMEOUT, most_bytes=MOST_BYTES)
        finally:
            self._last = time.monotonic()

    def _why(self, answer: Answer, host: str) -> str:
        """What went wrong, after the wait that the service asks for. Raises _Refused for what waiting does not mend."""
        if 300 <= answer.status < 400:
            raise _Refused(f"{host}: sends on to {shorten(answer.headers.get('location', '?'), 80)}, which is refused")
        if answer.status not in BUSY:
            told = shorten(safe(answer.body[:2000].decode(errors="replace")), 160)
            raise _Refused(f"{host}: refused with status {answer.status}: {told or 'no reason given'}")
        asked = answer.headers.get("retry-after", "")
        if asked.isdigit():
            self.sleep(min(float(asked), LONGEST_WAIT))
        return f"status {answer.status}"


class _Refused(ServiceError):
    """No further attempt would help."""
