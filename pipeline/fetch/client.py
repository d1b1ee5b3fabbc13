"""Request -> parsed response of one service: rate-limited, retried with backoff, redirects refused, its key hidden."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TypeVar
from urllib.parse import urlencode, urlsplit

from pipeline.errors import ServiceError
from pipeline.fetch.http import USER_AGENT, HttpResponse, NeverAskedError, request
from pipeline.fetch.keys import Key, KeyRule
from pipeline.fetch.refusal_text import KEY_STATUSES, explain, seconds_to_wait
from pipeline.words.display import safe, shorten

ATTEMPTS = 6
FIRST_WAIT = 2.0  # seconds before the second attempt; doubled before each further one
LONGEST_WAIT = 120.0
TIMEOUT = 60.0
MAX_BYTES = 200 * 2**20
EXCERPT = 160  # characters of a service's own words in a message
RETRY_STATUSES = (408, 425, 429, 500, 502, 503, 504)
Parsed = TypeVar("Parsed")


class UnusableResponseError(Exception):
    """A response that is not what the service promises; it is requested again."""


class RefusedError(ServiceError):
    """No further attempt would help. status: of the response; 0 where there is none. body: its text, cut."""

    def __init__(self, message: str, *, status: int = 0, body: str = "") -> None:
        super().__init__(message)
        self.status, self.body = status, body


class NoAnswerError(ServiceError):
    """No attempt gave a usable answer. reason: of the last one."""

    def __init__(self, message: str, *, reason: str) -> None:
        super().__init__(message)
        self.reason = reason


class KeyWantedError(RefusedError):
    """A refusal that a key would have avoided."""


@dataclass
class Client:
    """address: base URL of the service; interval: least seconds between two requests.

    parameters, headers: sent with every request. mail: contact address for the User-Agent. key: sent with every
    request, and taken out of all that comes back. rule: how the service takes a key, None where it knows none.
    attempts: at one request, None for six. direct: no proxy is asked, for a service on this machine.
    """

    address: str
    interval: float
    parameters: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    mail: str | None = None
    sleep: Callable[[float], None] = time.sleep
    key: Key | None = None
    rule: KeyRule | None = None
    attempts: int | None = None
    direct: bool = False
    _last: float = -1e9

    def request(
        self, path: str, parameters: Mapping[str, str], parse: Callable[[bytes], Parsed], *, body: bytes | None = None
    ) -> Parsed:
        """The body of the response, parsed. A `body` is sent as JSON by POST.

        Raises as `request_whole` does.
        """
        return self.request_whole(path, parameters, lambda response: parse(response.body), body=body)

    def request_whole(
        self,
        path: str,
        parameters: Mapping[str, str],
        parse: Callable[[HttpResponse], Parsed],
        *,
        body: bytes | None = None,
    ) -> Parsed:
        """The parsed response, its headers as well.

        Raises RefusedError where the service refuses, redirects, or is no address to ask; ServiceError where it gives
        no usable answer in six attempts, or in as many as this client makes.
        """
        reason, wait = "", 0.0
        attempts = self.attempts or ATTEMPTS
        for attempt in range(attempts):
            if attempt:
                self.sleep(max(wait, min(FIRST_WAIT * 2 ** (attempt - 1), LONGEST_WAIT)))
            response, wait = None, 0.0
            try:
                response = self._send(path, parameters, body)
                if response.status == HTTPStatus.OK:
                    return parse(response)
            except RefusedError:
                raise
            except NeverAskedError as problem:
                raise RefusedError(self._hide(str(problem))) from None
            except (ServiceError, UnusableResponseError) as problem:
                reason = self._hide(str(problem))
                continue
            wait = self._wait_or_refuse(response)
            reason = f"status {response.status}"
        if response is not None and response.status == HTTPStatus.TOO_MANY_REQUESTS:
            raise self._refusal(response)
        raise NoAnswerError(
            f"{self._host}: no usable answer in {attempts} attempts ({shorten(reason, EXCERPT)}); run the same"
            " command again later: it continues from here",
            reason=reason,
        )

    @property
    def _host(self) -> str:
        return urlsplit(self.address).netloc

    def _hide(self, text: str) -> str:
        return self.key.hide(text) if self.key else text

    def _send(self, path: str, parameters: Mapping[str, str], body: bytes | None) -> HttpResponse:
        """The response, the key taken out of it, so that neither papers nor messages can hold it."""
        pause = self._last + self.interval - time.monotonic()
        if pause > 0:
            self.sleep(pause)
        agent = f"{USER_AGENT} (mailto:{self.mail})" if self.mail else USER_AGENT
        headers = {"User-Agent": agent, **self.headers, **(self.key.headers if self.key else {})}
        if body is not None:
            headers["Content-Type"] = "application/json"
        query = urlencode({**self.parameters, **parameters, **(self.key.parameters if self.key else {})})
        try:
            response = request(
                f"{self.address}{path}?{query}".rstrip("?"),
                body=body,
                headers=headers,
                timeout=TIMEOUT,
                max_bytes=MAX_BYTES,
                direct=self.direct,
            )
        finally:
            self._last = time.monotonic()
        if self.key is None:
            return response
        cleaned = {name: self.key.hide(value) for name, value in response.headers.items()}
        return HttpResponse(response.status, cleaned, self.key.hide_in_bytes(response.body))

    def _wait_or_refuse(self, response: HttpResponse) -> float:
        """Seconds that the service asks to wait. Raises RefusedError where no retry can help."""
        if 300 <= response.status < 400:
            location = response.headers.get("location", "?").partition("?")[0]
            raise RefusedError(
                f"{self._host}: redirects to {shorten(location, 80)}, which is refused", status=response.status
            )
        wait = seconds_to_wait(response.headers)
        if response.status not in RETRY_STATUSES or (wait or 0) > LONGEST_WAIT:
            raise self._refusal(response)
        return wait or 0.0

    def _refusal(self, response: HttpResponse) -> RefusedError:
        """The error for a refusal: status, the service's own words, what they mean, and the way out."""
        words = safe(response.body[:2000].decode(errors="replace"))
        wait = seconds_to_wait(response.headers)
        meaning = explain(response.status, wait, rule=self.rule, key=self.key)
        message = f"{self._host}: refused with status {response.status}: {shorten(words, EXCERPT) or 'no reason given'}"
        if meaning:
            message += f"; {meaning}: the same command continues from here"
        wants_key = response.status in KEY_STATUSES and self.rule and not self.key
        kind = KeyWantedError if wants_key else RefusedError
        return kind(message, status=response.status, body=words)
