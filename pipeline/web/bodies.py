"""Parts of a request -> its whole body, within limits on one and on all that are arriving."""

from http import HTTPStatus

from starlette.types import Message, Receive

from pipeline.web.limits import Limits
from pipeline.web.problems import RefusedRequestError


class ClientGoneError(Exception):
    """Nobody is there to be answered."""


def too_large(limits: Limits) -> RefusedRequestError:
    """The refusal of a body that is longer than allowed."""
    return RefusedRequestError(
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"a request may have {limits.max_bytes:,} bytes at most"
    )


class Bodies:
    """Bodies that are arriving. Where all of them are more than the limit, the largest is dropped: many that are held
    back on purpose do not keep out a small one.
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._arriving: list[bytearray] = []
        self._dropped: list[bytearray] = []

    async def read(self, receive: Receive) -> bytes:
        """The whole body. Raises RefusedRequestError, and ClientGoneError where it will never be whole."""
        body = bytearray()
        self._arriving.append(body)
        try:
            while True:
                message = await receive()
                if message["type"] == "http.disconnect":
                    raise ClientGoneError
                self._add(body, message.get("body", b""))
                if not message.get("more_body", False):
                    return bytes(body)
        finally:
            self._arriving = [one for one in self._arriving if one is not body]
            self._dropped = [one for one in self._dropped if one is not body]

    def _add(self, body: bytearray, part: bytes) -> None:
        body += part
        if len(body) > self._limits.max_bytes:
            raise too_large(self._limits)
        while sum(len(one) for one in self._arriving) > self._limits.max_arriving_bytes:
            largest = max(self._arriving, key=len)
            largest.clear()
            self._dropped.append(largest)
        if any(one is body for one in self._dropped):
            detail = "too many large requests are arriving; try again in a moment"
            raise RefusedRequestError(HTTPStatus.SERVICE_UNAVAILABLE, detail)


def replay(body: bytes, receive: Receive) -> Receive:
    """For an app: the whole body as one message, then what `receive` says."""
    first: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def receiving() -> Message:
        return first.pop() if first else await receive()

    return receiving
