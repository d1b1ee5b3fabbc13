"""Status, sentence -> problem+json (RFC 9457), the form of all errors of the app."""

import json
from http import HTTPStatus


class RefusedRequestError(Exception):
    """A request that is answered with a problem: its status and a sentence."""

    def __init__(self, status: HTTPStatus, detail: str) -> None:
        super().__init__(detail)
        self.status, self.detail = status, detail


def problem(status: int, detail: str) -> dict[str, object]:
    """The members of a problem: type, title, status, and detail in a sentence."""
    return {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": int(status), "detail": detail}


def problem_body(status: int, detail: str) -> tuple[bytes, list[tuple[bytes, bytes]]]:
    """A problem as the body of an answer, and the headers that go with it."""
    body = json.dumps(problem(status, detail)).encode()
    return body, [(b"content-type", b"application/problem+json"), (b"content-length", str(len(body)).encode())]
