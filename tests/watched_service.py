"""A service that answers as arXiv's API does, with papers that come in day by day; and the command line that asks it.

python -m tests.watched_service ADDRESS watch RUN ...: the command `paperatlas watch`, arXiv being at that address.
"""

import re
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from pipeline.fetch import services
from pipeline.fetch.client import Client

RANGE = re.compile(r"submittedDate:\[(\d{8})0000 TO (\d{8})2359\]$")


class ArxivLike:
    """papers: {id, title, abstract, authors, submitted (YYYY-MM-DD), shown (day from which it is found)}. today: the
    service's day. trouble: statuses with which the next requests are refused. asked: the queries that came.
    """

    def __init__(self, papers: Sequence[dict[str, Any]], today: str, *, page: int = 100) -> None:
        self.papers, self.today, self.page = papers, today, page
        self.trouble: list[int] = []
        self.asked: list[dict[str, str]] = []
        self.address = ""

    def answer(self, path: str) -> tuple[int, str]:
        asked = {name: values[0] for name, values in parse_qs(urlsplit(path).query).items()}
        self.asked.append(asked)
        if self.trouble:
            return self.trouble.pop(0), "Rate exceeded."
        limits = RANGE.search(asked["search_query"])
        assert limits, asked
        first, last = (date.fromisoformat(f"{one[:4]}-{one[4:6]}-{one[6:]}") for one in limits.groups())
        found = [
            paper
            for paper in self.papers
            if paper.get("shown", paper["submitted"]) <= self.today
            and first <= date.fromisoformat(paper["submitted"]) <= last
        ]
        assert (asked["sortBy"], asked["sortOrder"]) == ("submittedDate", "ascending")
        found.sort(key=lambda paper: paper["submitted"])
        start, count = int(asked["start"]), min(int(asked["max_results"]), self.page)
        entries = "".join(map(entry, found[start : start + count]))
        total = f'<s:totalResults xmlns:s="http://a9.com/-/spec/opensearch/1.1/">{len(found)}</s:totalResults>'
        return 200, f'<feed xmlns="http://www.w3.org/2005/Atom">{total}{entries}</feed>'

    def client(self) -> Client:
        """One that waits for nothing."""
        return Client(self.address, 0.0, sleep=lambda _: None)


def entry(paper: dict[str, Any]) -> str:
    names = "".join(f"<author><name>{escape(name)}</name></author>" for name in paper.get("authors", ["Ida Larsen"]))
    return (
        f"<entry><id>http://arxiv.org/abs/{paper['id']}v1</id><published>{paper['submitted']}T09:00:00Z</published>"
        f"<title>{escape(paper['title'])}</title><summary>{escape(paper['abstract'])}</summary>{names}</entry>"
    )


@contextmanager
def serving(service: ArxivLike) -> Iterator[ArxivLike]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, text = service.answer(self.path)
            content = text.encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            """Silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    service.address = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield service
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def noon(day: str) -> datetime:
    return datetime.fromisoformat(f"{day}T12:00:00").replace(tzinfo=UTC)


def main(address: str, arguments: Sequence[str]) -> int:
    from pipeline.cli import main as command

    known = dict(services.SERVICES)
    services.SERVICES.clear()  # type: ignore[attr-defined] - a dict
    services.SERVICES.update(known | {"arxiv": replace(known["arxiv"], address=address, interval=0.0)})  # type: ignore[attr-defined]
    return command(list(arguments))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
