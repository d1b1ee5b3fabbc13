"""Bytes of a connection -> requests, within limits on size, number and time that uvicorn's own protocol does not have.

uvicorn starts the app with a request's head, and lets a client take as long as it likes over head, body and answer.
"""

from http import HTTPStatus
from typing import Any, Literal

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from pipeline.web.limits import Limits
from pipeline.web.problems import problem_body

MOST_PIPELINED = 16  # requests sent ahead of the answer to the first
SLICE_BYTES = 16 * 2**10  # that are parsed before limits are looked at
LINGERING_SECONDS = 2.0  # that a client which was refused has to read why
LATE = "the request did not come whole in {:g} seconds"
BROKEN = "this is no HTTP request"


class _RefusedError(Exception):
    """Ends the parser from one of its callbacks, after the reason was kept."""


class GuardedProtocol(HttpToolsProtocol):
    """One connection. `check` is called about twice a second, and ends what takes too long."""

    limits = Limits()

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._phase: Literal["head", "body"] | None = "head"  # which part of a request is arriving
        self._since = self.loop.time()  # when this part began
        self._received = 0  # bytes of this part, as they were read
        self._head_bytes = self._header_count = 0
        self._problem: tuple[HTTPStatus, str] | None = None
        self._deaf_since: float | None = None  # since when nothing more is read
        self._next_waits = False  # a pipelined request waits until the client takes the answer before it
        self._unsent = self._unsent_before = 0  # bytes of answers: last seen, and when the window began
        self._window = self._since

        self._make_room()

    # --- connection

    def _make_room(self) -> None:
        """Where there are too many connections, the one that has waited longest for a request goes."""
        if len(self.connections) >= self.limits.max_connections:
            guarded = [one for one in self.connections if isinstance(one, GuardedProtocol)]
            waiting = sorted((one for one in guarded if not one.is_answering), key=lambda one: one._since)
            for oldest in waiting[:1]:
                oldest.abort()

    def shutdown(self) -> None:
        """The server ends: what is not there yet is not waited for."""
        if self._phase == "body" and not self.is_answering:
            self.abort()
        else:
            super().shutdown()

    def abort(self) -> None:
        """End the connection at once; what is still being answered goes nowhere, instead of to a closed transport."""
        self._detach()
        for cycle, _ in self.pipeline:
            cycle.disconnected = True
        self.transport.abort()

    @property
    def is_answering(self) -> bool:
        """Whether a request that came whole is being answered."""
        if self.pipeline:
            return True
        return self.cycle is not None and not self.cycle.response_complete and self._phase != "body"

    @property
    def unsent(self) -> int:
        """Bytes of answers that the client has not taken."""
        return self.transport.get_write_buffer_size()

    @property
    def stalls(self) -> bool:
        """Whether the client takes nothing of what is unsent, as far as the last check could see."""
        return 0 < self.unsent == self._unsent

    # --- requests

    def data_received(self, data: bytes) -> None:
        for start in range(0, len(data), SLICE_BYTES):
            if self._deaf_since is not None or self.transport.is_closing():
                return
            self._feed(data[start : start + SLICE_BYTES])

    def _feed(self, data: bytes) -> None:
        if self._phase is None:
            self._begin("head")
        self._received += len(data)  # with what belongs to the part before, at most a slice
        super().data_received(data)
        if self._deaf_since is not None:
            return
        if self._phase == "head" and self._received > self.limits.max_head_bytes:
            self._refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, self._long_head)
        elif self._phase == "body" and self._received > 2 * self.limits.max_bytes + self.limits.max_head_bytes:
            detail = f"a request may have {self.limits.max_bytes:,} bytes at most"
            self._refuse(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, detail)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._head_bytes = self._header_count = 0

    def on_url(self, url: bytes) -> None:
        self._count(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        self._header_count += 1
        self._count(len(name) + len(value))
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        if not self.url.startswith(b"/"):
            self._stop(HTTPStatus.BAD_REQUEST, "the address of a request begins with /: this server is no proxy")
        if len(self.pipeline) >= MOST_PIPELINED:
            self._stop(HTTPStatus.TOO_MANY_REQUESTS, f"more than {MOST_PIPELINED} requests ahead of their answers")
        super().on_headers_complete()
        if self.parser.should_upgrade():
            self.cycle.keep_alive = False  # to whatever it wants: what follows is no HTTP
        self._begin("body")

    def on_message_complete(self) -> None:
        super().on_message_complete()
        self._phase, self._received = None, 0

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - uvicorn's own words are not shown
        self._refuse(*(self._problem or (HTTPStatus.BAD_REQUEST, BROKEN)))

    # --- answers

    def on_response_complete(self) -> None:
        if self.pipeline and self.flow.write_paused:
            self._next_waits = True
        else:
            super().on_response_complete()

    def pause_writing(self) -> None:
        super().pause_writing()
        self.flow.pause_reading()  # no further request before the client takes this answer

    def resume_writing(self) -> None:
        super().resume_writing()
        if self._next_waits:
            self._next_waits = False
            super().on_response_complete()
        elif not self.pipeline:
            self.flow.resume_reading()

    # --- time

    def check(self, now: float) -> None:
        """End what takes too long. now: time of the event loop."""
        self._check_answers(now)
        if self.transport.is_closing():
            return
        if self.is_answering:
            self._since = now
        elif self._deaf_since is not None:
            if now - self._deaf_since > LINGERING_SECONDS:
                self.abort()
        elif self._phase is not None:
            limit = self.limits.head_seconds if self._phase == "head" else self.limits.body_seconds
            if now - self._since > limit:
                self._refuse(HTTPStatus.REQUEST_TIMEOUT, LATE.format(limit))

    def _check_answers(self, now: float) -> None:
        """Answers move on by so many bytes in each window of time; what is added meanwhile is no step back."""
        unsent = self.unsent
        self._unsent_before += max(0, unsent - self._unsent)
        self._unsent = unsent
        if unsent == 0 or now - self._window > self.limits.answer_seconds:
            if unsent and self._unsent_before - unsent < self.limits.least_bytes:
                self.abort()
            self._window, self._unsent_before = now, unsent

    # --- refusals

    @property
    def _long_head(self) -> str:
        return f"address and headers may have {self.limits.max_head_bytes:,} bytes and {self.limits.max_headers} lines"

    def _begin(self, phase: Literal["head", "body"]) -> None:
        self._phase, self._since, self._received = phase, self.loop.time(), 0

    def _count(self, size: int) -> None:
        """Headers, and what stands in their form after a body."""
        self._head_bytes += size
        if self._head_bytes > self.limits.max_head_bytes or self._header_count > self.limits.max_headers:
            self._stop(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, self._long_head)

    def _stop(self, status: HTTPStatus, detail: str) -> None:
        self._problem = status, detail
        raise _RefusedError

    def _detach(self) -> None:
        """The app is told that the client has gone, and what it answers goes nowhere."""
        if self.cycle is not None:
            self.cycle.disconnected = True
            self.cycle.message_event.set()

    def _refuse(self, status: HTTPStatus, detail: str) -> None:
        """Read no more; say why, where no answer is under way, and close after a moment in which it can be read."""
        self._deaf_since = self.loop.time()
        if self._phase == "body" and self.pipeline:
            self.abort()
        elif self.is_answering:
            self.cycle.keep_alive = False
        elif self._phase == "body" and self.cycle.response_complete:
            return  # it was refused before
        else:
            if self._phase == "body":
                self._detach()
            if self._received or self._phase == "body":
                self._write_problem(status, detail)
            else:
                self.transport.close()  # a connection on which nothing ever came

    def _write_problem(self, status: HTTPStatus, detail: str) -> None:
        body, headers = problem_body(status, detail)
        lines = [f"HTTP/1.1 {int(status)} {status.phrase}".encode()]
        lines += [name + b": " + value for name, value in [*headers, (b"connection", b"close")]]
        self.transport.write(b"\r\n".join([*lines, b"", body]))
        if self.transport.can_write_eof():
            self.transport.write_eof()


def guarded(limits: Limits) -> type[GuardedProtocol]:
    """The protocol with these limits, for `uvicorn.Config(http=...)`."""
    return type("GuardedProtocol", (GuardedProtocol,), {"limits": limits})
