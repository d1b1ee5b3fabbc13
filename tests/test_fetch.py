"""`fetch` against loopback servers that answer as the services do, also when they fail."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from pipeline.cli.main import main
from pipeline.config import CorpusConfig
from pipeline.corpus import read_corpus
from pipeline.errors import PaperatlasError, ServiceError
from pipeline.fetch import SERVICES, FetchRequest, fetch
from pipeline.fetch.client import Client


def atom(ids):
    entries = "".join(
        f"<entry><id>http://arxiv.org/abs/{name}v1</id><published>2021-01-01T00:00:00Z</published><title>On ice {name}"
        f"</title><summary>It melts in {name}.</summary><author><name>Ida Larsen</name></author></entry>"
        for name in ids
    )
    return f'<feed xmlns="http://www.w3.org/2005/Atom">{entries}</feed>'


def articles(ids):
    return (
        "<PubmedArticleSet>"
        + "".join(
            f"<PubmedArticle><MedlineCitation><PMID>{name}</PMID><Article><ArticleTitle>On ice {name}</ArticleTitle>"
            "<Abstract><AbstractText>It melts.</AbstractText></Abstract></Article></MedlineCitation></PubmedArticle>"
            for name in ids
        )
        + "</PubmedArticleSet>"
    )


def work(number):
    return {
        "id": f"https://openalex.org/W{number}",
        "display_name": f"On ice {number}",
        "authorships": [],
        "publication_year": 2020,
        "abstract_inverted_index": {"It": [0], "melts": [1], str(number): [2]},
    }


class Services(BaseHTTPRequestHandler):
    """All five services at once. `trouble`: what happens instead of the next answers, one each."""

    trouble: ClassVar[list] = []
    seen: ClassVar[list] = []
    KNOWN: ClassVar[list] = [f"2101.{number:05}" for number in range(250)]

    def do_GET(self):
        self.answer()

    def do_POST(self):
        self.answer()

    def answer(self):
        parts = urlsplit(self.path)
        asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
        length = int(self.headers.get("Content-Length") or 0)
        body = json.loads(self.rfile.read(length)) if length else None
        self.seen.append((parts.path, asked, dict(self.headers)))
        if self.trouble:
            self.fail(self.trouble.pop(0))
            return
        text = self.content(parts.path, asked, body)
        self.send(404 if text is None else 200, text or "Resource not found.")

    def content(self, path, asked, body):
        if path == "/api/query":
            if "id_list" in asked:
                return atom([name for name in asked["id_list"].split(",") if name in self.KNOWN])
            start = int(asked["start"])
            return atom(self.KNOWN[start : start + int(asked["max_results"])])
        if path == "/works":
            start = 0 if asked["cursor"] == "*" else int(asked["cursor"])
            end = min(start + int(asked["per-page"]), 450)
            following = str(end) if end < 450 else None
            results = [work(number) for number in range(start, end)]
            return json.dumps({"meta": {"count": 450, "next_cursor": following}, "results": results})
        if path.startswith("/works/"):
            doi = unquote(path.removeprefix("/works/"))
            message = {
                "DOI": doi,
                "prefix": "10.1",
                "title": [f"On ice {doi}"],
                "abstract": "<jats:p>It melts.</jats:p>",
            }
            return None if "unknown" in doi else json.dumps({"message": message | {"reference": [{}]}})
        if path == "/esearch.fcgi":
            return json.dumps({"esearchresult": {"idlist": [str(number) for number in range(1, 301)]}})
        if path == "/efetch.fcgi":
            return articles(asked["id"].split(","))
        if path == "/graph/v1/paper/batch":
            found = [
                None if "unknown" in name else {"paperId": name, "title": f"On ice {name}"} for name in body["ids"]
            ]
            return json.dumps(found)
        return None

    def fail(self, what):
        if isinstance(what, int):
            self.send(what, "Too busy.", {"Retry-After": "3"} if what == 429 else {})
        elif what == "cut":
            self.send_response(200)
            self.send_header("Content-Length", "1000")
            self.end_headers()
            self.wfile.write(b'{"results": [')
        elif what == "redirect":
            self.send(302, "", {"Location": "http://127.0.0.1:9/elsewhere"})
        elif what == "silent":
            self.close_connection = True
        else:
            self.send(200, what)

    def send(self, status, text, headers=None):
        content = text.encode()
        self.send_response(status)
        for name, value in {"Content-Length": str(len(content)), **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_):
        """Silent."""


@pytest.fixture
def client():
    """A client of the loopback server that waits for nothing, and remembers how long it would have waited."""
    Services.trouble, Services.seen = [], []
    server = ThreadingHTTPServer(("127.0.0.1", 0), Services)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    waited = []
    made = Client(f"http://127.0.0.1:{server.server_port}", 0.0, sleep=waited.append)
    made.waited = waited
    yield made
    server.shutdown()
    server.server_close()
    thread.join()


def lines(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


ASKED = {
    "arxiv": (FetchRequest("all:ice", limit=230), 230, 0),
    "openalex": (FetchRequest("ice", limit=420), 420, 0),
    "crossref": (FetchRequest(ids=("10.1/a", "10.1/unknown", "10.1/b(c)<d>"), limit=10), 2, 1),
    "pubmed": (FetchRequest("ice", limit=1000), 300, 0),
    "semanticscholar": (FetchRequest(ids=("p1", "DOI:10.1/unknown", "p2"), limit=10), 2, 1),
}


@pytest.mark.parametrize("name", ASKED)
def test_every_page_of_an_answer_is_written_and_can_be_read(client, tmp_path, name):
    asked, count, missing = ASKED[name]
    found = fetch(name, asked, tmp_path / "out.jsonl", client=client)
    assert (found.written, found.missing, found.resumed) == (count, missing, False)
    assert [file.name for file in tmp_path.iterdir()] == ["out.jsonl"], "no notes are left behind"
    corpus = read_corpus(CorpusConfig(files=("out.jsonl",)), tmp_path)
    assert len(corpus) == count
    assert all(title.startswith("On ice") for title in corpus.tables.papers.column("title").to_pylist())


@pytest.mark.parametrize("name", ASKED)
@pytest.mark.parametrize("trouble", [429, 500, 503, "cut", "silent", "not what was promised", "{}", ""])
def test_failures_are_waited_out(client, tmp_path, name, trouble):
    asked, count, missing = ASKED[name]
    Services.trouble = [trouble, trouble]
    found = fetch(name, asked, tmp_path / "out.jsonl", client=client)
    assert (found.written, found.missing) == (count, missing)
    assert sum(client.waited) >= 2 + 4, "twice as long each time"
    if trouble == 429:
        assert client.waited.count(3.0) == 2, "as long as the service asks for"


def test_a_service_that_stays_down_leaves_what_came_and_the_same_call_goes_on(client, tmp_path):
    out = tmp_path / "out.jsonl"
    asked = ASKED["openalex"][0]
    first = Client(client.address, 0.0, sleep=lambda _: None)

    calls = []

    def breaking(path, parameters, parse, *, body=None):
        calls.append(path)
        if len(calls) == 2:
            Services.trouble = [500] * 6
        return Client.request(first, path, parameters, parse, body=body)

    first.request = breaking
    with pytest.raises(ServiceError, match="continues from here"):
        fetch("openalex", asked, out, client=first)
    assert len(lines(out)) == 200
    with out.open("ab") as file:
        file.write(b'{"id": "half a li')  # as a crash would leave it
    found = fetch("openalex", asked, out, client=client)
    assert (found.written, found.resumed) == (420, True)
    assert [paper["id"] for paper in lines(out)] == [work(number)["id"] for number in range(420)]


def test_a_file_of_something_else_is_never_touched(client, tmp_path):
    out = tmp_path / "out.jsonl"
    out.write_text("mine\n")
    with pytest.raises(PaperatlasError, match="exists already"):
        fetch("openalex", ASKED["openalex"][0], out, client=client)
    assert out.read_text() == "mine\n"
    out.unlink()
    Services.trouble = [500] * 6
    with pytest.raises(ServiceError):
        fetch("arxiv", FetchRequest("ice", limit=100), tmp_path / "a.jsonl", client=client)
    fetch("arxiv", FetchRequest("ice", limit=120), tmp_path / "a.jsonl", client=client)


def test_the_unfinished_download_of_another_request_is_kept(client, tmp_path):
    out = tmp_path / "out.jsonl"
    answered = iter([None])

    def once(path, parameters, parse, *, body=None):
        if next(answered, 1) is None:
            return Client.request(client, path, parameters, parse, body=body)
        raise ServiceError("down")

    broken = Client(client.address, 0.0)
    broken.request = once
    with pytest.raises(ServiceError):
        fetch("openalex", FetchRequest("ice", limit=420), out, client=broken)
    with pytest.raises(PaperatlasError, match="another request"):
        fetch("openalex", FetchRequest("snow", limit=420), out, client=client)
    assert len(lines(out)) == 200


def test_a_file_shorter_than_its_notes_is_not_filled_up(client, tmp_path):
    """An interrupted download whose file was deleted: continuing it would write zero bytes in place of papers."""
    out = tmp_path / "out.jsonl"
    request = FetchRequest("ice", limit=420)
    calls = []

    def second_fails(path, parameters, parse, *, body=None):
        calls.append(path)
        if len(calls) == 2:
            raise ServiceError("down")
        return Client.request(client, path, parameters, parse, body=body)

    broken = Client(client.address, 0.0)
    broken.request = second_fails
    with pytest.raises(ServiceError):
        fetch("openalex", request, out, client=broken)
    out.unlink()
    with pytest.raises(PaperatlasError, match=r"shorter than out\.jsonl\.part says"):
        fetch("openalex", request, out, client=client)
    assert not out.exists()


@pytest.mark.parametrize(("trouble", "message"), [("redirect", "refused"), (400, "status 400"), (403, "status 403")])
def test_redirects_and_refusals_end_it_at_once(client, tmp_path, trouble, message):
    Services.trouble = [trouble]
    with pytest.raises(ServiceError, match=message) as problem:
        fetch("openalex", ASKED["openalex"][0], tmp_path / "out.jsonl", client=client)
    assert "\n" not in str(problem.value)
    assert len(Services.seen) == 1


def test_the_agent_the_mail_address_and_the_pace_are_told_and_kept(client, tmp_path):
    polite = Client(
        client.address, 5.0, {"mailto": "ida@example.org"}, {}, "ida@example.org", sleep=client.waited.append
    )
    fetch("openalex", FetchRequest("ice", limit=420), tmp_path / "out.jsonl", client=polite)
    for _, asked, headers in Services.seen:
        assert headers["User-Agent"].startswith("paperatlas/")
        assert "mailto:ida@example.org" in headers["User-Agent"]
        assert asked["mailto"] == "ida@example.org"
    assert sum(4 < wait <= 5 for wait in client.waited) == len(Services.seen) - 1


def test_arxiv_ids_are_found_with_and_without_version(client, tmp_path):
    names = ("2101.00001", "arXiv:2101.00002v3", "9999.99999")
    request = FetchRequest(ids=("2101.00001", "9999.99999"), limit=10)
    fetched = fetch("arxiv", request, tmp_path / "out.jsonl", client=client)
    assert (fetched.written, fetched.missing) == (1, 1)
    assert names[0] == lines(tmp_path / "out.jsonl")[0]["id"]


def test_only_fixed_addresses_over_tls_are_asked():
    for service in SERVICES.values():
        assert service.address.startswith("https://")
        assert service.interval > 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["arxiv", "--query", "a", "--ids", "b"], "not both"),
        (["arxiv"], "nothing to ask for"),
        (["crossref", "--dois", " , "], "nothing to ask for"),
    ],
)
def test_mistakes_of_the_command_are_one_line(arguments, message, capsys, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    assert main(["fetch", *arguments, "-q"]) == 2
    told = capsys.readouterr().err
    assert message in told
    assert told.count("\n") == 1


def test_ids_can_stand_in_a_file(tmp_path):
    from pipeline.cli.fetch import _split

    (tmp_path / "dois.txt").write_text("10.1/a\n\n10.1/b\n10.1/a\n")
    assert _split(str(tmp_path / "dois.txt")) == _split("10.1/a, 10.1/b") == ("10.1/a", "10.1/b")
