"""A key goes to its service and into no other byte: not of files, messages, logs or tracebacks, whatever happens."""

import json
import logging
import threading
import time
import traceback
from dataclasses import replace
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace
from urllib.parse import parse_qs, quote, urlsplit

import pytest

from pipeline.cli.main import main
from pipeline.errors import PaperatlasError, ServiceError
from pipeline.fetch import SERVICES, FetchRequest, fetch
from pipeline.fetch.client import Client, KeyWantedError
from pipeline.fetch.download import make_client
from pipeline.fetch.refusal_text import explain

NEEDLE = "QWERTY0123PLANTED"
KEY = f"ab+{NEEDLE}/~="  # escaped otherwise in an address than in JSON
ARGUMENTS = {
    "openalex": ["--query", "ice"],
    "pubmed": ["--query", "ice"],
    "crossref": ["--dois", "10.1/a"],
    "semanticscholar": ["--ids", "p1"],
}
REQUESTS = {
    "openalex": FetchRequest("ice"),
    "pubmed": FetchRequest("ice"),
    "crossref": FetchRequest(ids=("10.1/a",)),
    "semanticscholar": FetchRequest(ids=("p1",)),
}


class Recorder(BaseHTTPRequestHandler):
    """Answers as `server.answer` says, and keeps what it was asked."""

    def do_GET(self):
        length = int(self.headers.get("Content-Length") or 0)
        self.rfile.read(length)
        self.server.seen.append((self.path, dict(self.headers)))
        answer = self.server.answer(self)
        if answer is None:
            return
        status, text, headers = answer
        content = text.encode()
        self.send_response(status)
        for name, value in {"Content-Length": str(len(content)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    do_POST = do_GET

    def log_message(self, *_):
        """Silent."""


@pytest.fixture
def serve():
    """serve(answer) -> a loopback server; answer: handler -> (status, text, headers), or None."""
    running = []

    def start(answer):
        server = ThreadingHTTPServer(("127.0.0.1", 0), Recorder)
        server.answer, server.seen = answer, []
        server.handle_error = lambda *_: None  # a client that hangs up is what is tested
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        running.append((server, thread))
        server.address = f"http://127.0.0.1:{server.server_port}"
        return server

    yield start
    for server, thread in running:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture
def redirected(monkeypatch):
    """redirected(server): all services are asked there, and nothing is waited for."""
    monkeypatch.setenv("MY_KEY", KEY)
    monkeypatch.delenv("SEMANTIC_SCHOLAR_KEY", raising=False)
    monkeypatch.setattr("pipeline.fetch.download.Client", partial(Client, sleep=lambda _: None))

    def point(server):
        for name in ARGUMENTS:
            monkeypatch.setitem(SERVICES, name, replace(SERVICES[name], address=server.address, interval=0.0))
        return server

    return point


def usual(handler):
    """What each service answers, everything that it was asked repeated among the fields of the paper."""
    path = urlsplit(handler.path).path
    echo = {"asked": handler.path, "headers": str(dict(handler.headers)), "escaped": json.dumps(quote(KEY, safe=""))}
    if path == "/works":
        meta = {"count": 1, "next_cursor": None, "key": KEY}
        return 200, json.dumps({"meta": meta, "results": [{"id": "W1", "title": f"On {KEY}", **echo}]}), {}
    if path.startswith("/works/"):
        return 200, json.dumps({"message": {"DOI": "10.1/a", "title": ["On ice"], **echo}}), {}
    if path == "/esearch.fcgi":
        return 200, json.dumps({"esearchresult": {"idlist": ["1"], "count": "1", **echo}}), {}
    if path == "/efetch.fcgi":
        title = f"On ice {KEY} {quote(KEY)}"
        return (
            200,
            "<PubmedArticleSet><PubmedArticle><MedlineCitation><PMID>1</PMID><Article><ArticleTitle>"
            f"{title}</ArticleTitle></Article></MedlineCitation></PubmedArticle></PubmedArticleSet>",
            {},
        )
    return 200, json.dumps([{"paperId": "p1", "title": "On ice", **echo}]), {}


def complaint(status, headers=None):
    """An error that repeats the request, as NCBI's does, behind so much space that an excerpt could cut the key."""

    def answer(handler):
        told = {"error": "API key invalid", "api-key": KEY, "asked": handler.path, "sent": str(dict(handler.headers))}
        return status, " " * 1985 + json.dumps(told), {"X-Echo": KEY, **(headers or {})}

    return answer


def sent_keys(server):
    """The key that each request carried, and where."""
    found = []
    for path, headers in server.seen:
        asked = parse_qs(urlsplit(path).query)
        headers = {header.lower(): value for header, value in headers.items()}
        found.append((*asked.get("api_key", []), headers.get("x-api-key"), headers.get("crossref-plus-api-token")))
    return found


def every_byte(folder):
    return "".join(
        f"{path}\n{path.read_bytes().decode('latin-1')}" for path in sorted(folder.rglob("*")) if path.is_file()
    )


def check_hidden(text):
    assert NEEDLE.casefold() not in text.casefold()


def everything_of(problem):
    """All that a traceback, a log or a debugger without local variables can show of an exception and its causes."""
    shown, error = ["".join(traceback.format_exception(problem))], problem
    while error is not None:
        shown.append(f"{error!s} {error!r} {error.args!r} {vars(error)!r}")
        error = error.__cause__ or error.__context__
    return "\n".join(shown)


@pytest.mark.parametrize(
    ("name", "carried"),
    [
        ("openalex", (KEY,)),
        ("pubmed", (KEY,)),
        ("semanticscholar", (KEY,)),
        ("crossref", (f"Bearer {KEY}",)),
    ],
)
def test_the_key_is_sent_as_the_service_wants_it_and_is_not_in_what_is_written(
    serve, redirected, tmp_path, capfd, caplog, monkeypatch, name, carried
):
    caplog.set_level(logging.DEBUG)
    server = redirected(serve(usual))
    monkeypatch.chdir(tmp_path)
    assert main(["fetch", name, *ARGUMENTS[name], "--key-variable", "MY_KEY", "--out", "out.jsonl"]) == 0
    keys = {tuple(part for part in sent if part) for sent in sent_keys(server)}
    assert keys == {carried}
    [paper] = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()]
    assert "[key]" in json.dumps(paper), "the service repeated it, or nothing was tested"
    printed = capfd.readouterr()
    assert "1 paper" in printed.out
    check_hidden(every_byte(tmp_path) + printed.out + printed.err + caplog.text)


TROUBLES = {
    "401": complaint(401),
    "403": complaint(403),
    "429": complaint(429),
    "429 for hours": complaint(429, {"Retry-After": "54000"}),
    "400": complaint(400),
    "404": complaint(404),
    "418": complaint(418),
    "500": complaint(500),
    "503": complaint(503, {"Retry-After": KEY}),
    "not JSON": complaint(200),
    "cut off": lambda handler: (200, KEY, {"Content-Length": "999"}),
    "no length": lambda handler: (200, KEY, {"Content-Length": f"x{KEY}"}),
    "silence": lambda handler: time.sleep(0.6),
    "no HTTP": lambda handler: handler.wfile.write(f"{KEY} {handler.path}\r\n\r\n".encode()) and None,
    "long header": lambda handler: (200, "", {"X-Echo": KEY * 4000}),
}


@pytest.mark.parametrize("name", ARGUMENTS)
@pytest.mark.parametrize("trouble", TROUBLES)
def test_no_trouble_shows_the_key(serve, redirected, tmp_path, capfd, caplog, monkeypatch, name, trouble):
    caplog.set_level(logging.DEBUG)
    monkeypatch.setattr("pipeline.fetch.client.TIMEOUT", 0.3)
    monkeypatch.setattr("pipeline.fetch.client.ATTEMPTS", 2)
    monkeypatch.chdir(tmp_path)
    server = redirected(serve(TROUBLES[trouble]))
    code = main(["fetch", name, *ARGUMENTS[name], "--key-variable", "MY_KEY", "--out", "out.jsonl"])
    printed = capfd.readouterr()
    if (name, trouble) != ("crossref", "404"):
        assert code == 2
        assert printed.err.count("\n") == 1, "one line"
        with pytest.raises(ServiceError) as problem:
            fetch(name, REQUESTS[name], tmp_path / "again.jsonl", key_variable="MY_KEY")
        check_hidden(everything_of(problem.value))
    check_hidden(every_byte(tmp_path) + printed.out + printed.err + caplog.text)
    assert all(NEEDLE in "".join(filter(None, sent)) for sent in sent_keys(server)), "or nothing was tested"


@pytest.mark.parametrize("name", ARGUMENTS)
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_the_key_follows_no_redirect(serve, redirected, tmp_path, capfd, monkeypatch, name, status):
    other = serve(usual)
    there = f"{other.address}/{quote(KEY)}?api_key={quote(KEY)}"
    redirected(serve(lambda handler: (status, KEY, {"Location": there})))
    monkeypatch.chdir(tmp_path)
    assert main(["fetch", name, *ARGUMENTS[name], "--key-variable", "MY_KEY", "--out", "out.jsonl"]) == 2
    printed = capfd.readouterr()
    assert f"redirects to {other.address}/[key], which is refused" in printed.err
    assert other.seen == []
    check_hidden(printed.err + printed.out + every_byte(tmp_path))


@pytest.mark.parametrize("name", ARGUMENTS)
def test_a_host_that_is_not_there_and_a_crash_of_ours_show_no_key(redirected, tmp_path, monkeypatch, name):
    monkeypatch.setattr("pipeline.fetch.client.ATTEMPTS", 1)
    redirected(SimpleNamespace(address="http://127.0.0.1:9"))
    with pytest.raises(ServiceError) as refused:
        fetch(name, REQUESTS[name], tmp_path / "out.jsonl", key_variable="MY_KEY")
    check_hidden(everything_of(refused.value))

    def crash(*_, **__):
        raise RuntimeError("a bug")

    monkeypatch.setattr("pipeline.fetch.http._read", crash)
    monkeypatch.setattr("pipeline.fetch.client.request", crash)
    with pytest.raises(RuntimeError) as bug:
        fetch(name, REQUESTS[name], tmp_path / "out.jsonl", key_variable="MY_KEY")
    check_hidden(everything_of(bug.value))
    client = make_client(name, key_variable="MY_KEY")
    check_hidden(f"{client!r} {client.key!r} {client.rule!r} {SERVICES!r}")


def test_notes_of_an_unfinished_download_hold_no_key_and_go_on_with_another(serve, redirected, tmp_path, monkeypatch):
    def first_page(handler):
        if "cursor=%2A" in handler.path:
            cursor = f"next-{quote(KEY)}"
            return 200, json.dumps({"meta": {"count": 2, "next_cursor": cursor}, "results": [{"id": "W1"}]}), {}
        return complaint(429, {"Retry-After": "7200"})(handler)

    server = redirected(serve(first_page))
    out = tmp_path / "out.jsonl"
    with pytest.raises(
        ServiceError, match=r"the key in MY_KEY allows is used up for now; keys: .*; try again in 2 hours"
    ):
        fetch("openalex", FetchRequest("ice"), out, key_variable="MY_KEY")
    assert {path.name for path in tmp_path.iterdir()} == {"out.jsonl", "out.jsonl.part"}
    check_hidden(every_byte(tmp_path))
    monkeypatch.setenv("OTHER_KEY", "ANOTHER0987654321")
    last = {"meta": {"count": 2, "next_cursor": None}, "results": [{"id": "W2"}]}
    server.answer = lambda handler: (200, json.dumps(last), {})
    found = fetch("openalex", FetchRequest("ice"), out, key_variable="OTHER_KEY")
    assert (found.written, found.resumed) == (2, True)
    assert sent_keys(server)[-1][0] == "ANOTHER0987654321"


# --- a key that is missing, or wanted


@pytest.mark.parametrize("value", [None, "", "  \n"])
def test_a_variable_without_a_key_is_one_line(capsys, monkeypatch, tmp_path, value):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MY_KEY", raising=False)
    if value is not None:
        monkeypatch.setenv("MY_KEY", value)
    assert main(["fetch", "openalex", "--query", "ice", "--key-variable", "MY_KEY"]) == 2
    told = capsys.readouterr().err
    assert "the environment variable MY_KEY is not set, or empty" in told
    assert "https://openalex.org/settings/api" in told
    assert told.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "pasted", ["", "a=b", "0f3c9e0f3c9e0f3c9e0f3c9e0f3c9e0f3c9e", "vR7gQ2xPlantedKeyOfMine", "sk-1_2x!", "ä" * 30]
)
def test_a_key_in_place_of_the_name_of_a_variable_is_not_repeated(capsys, pasted):
    assert main(["fetch", "openalex", "--query", "ice", "--key-variable", pasted]) == 2
    told = capsys.readouterr().err
    assert "name a variable, not the key itself" in told
    assert not pasted or pasted not in told
    assert told.count("\n") == 1


@pytest.mark.parametrize(
    "bad", ["short", "two words and more", "line\nline2line3", "ключключключ", "x" * 501, "tab\tinside it"]
)
def test_what_cannot_be_a_key_is_refused_without_being_shown(monkeypatch, tmp_path, bad):
    monkeypatch.setenv("MY_KEY", bad)
    with pytest.raises(PaperatlasError, match="MY_KEY holds is no key") as problem:
        fetch("semanticscholar", REQUESTS["semanticscholar"], tmp_path / "o.jsonl", key_variable="MY_KEY")
    assert bad not in everything_of(problem.value)


def test_space_around_a_key_is_not_sent(serve, redirected, tmp_path, monkeypatch):
    server = redirected(serve(usual))
    monkeypatch.setenv("MY_KEY", f" {KEY}\r\n")
    fetch("semanticscholar", REQUESTS["semanticscholar"], tmp_path / "o.jsonl", key_variable="MY_KEY")
    assert sent_keys(server) == [(KEY, None)]


def test_arxiv_takes_no_key(capsys, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MY_KEY", KEY)
    assert main(["fetch", "arxiv", "--query", "ice", "--key-variable", "MY_KEY"]) == 2
    assert capsys.readouterr().err == "paperatlas: arxiv: takes no key, and needs none\n"


def test_no_key_is_sent_where_none_is_named(serve, redirected, tmp_path, monkeypatch):
    server = redirected(serve(usual))
    for name, asked in REQUESTS.items():
        fetch(name, asked, tmp_path / f"{name}.jsonl")
    assert {part for sent in sent_keys(server) for part in sent} == {None}
    server.seen.clear()
    monkeypatch.setenv("SEMANTIC_SCHOLAR_KEY", KEY)
    fetch("semanticscholar", REQUESTS["semanticscholar"], tmp_path / "s.jsonl")
    assert sent_keys(server) == [(KEY, None)], "as before there was an option for it"


@pytest.mark.parametrize(
    ("status", "headers", "parts"),
    [
        (429, {"Retry-After": "54000"}, ("too many requests for now", "try again in 15 hours")),
        (429, {}, ("too many requests for now", "try again later")),
        (403, {}, ("often because there were too many", "try again later")),
        (403, {"Retry-After": "90"}, ("often because there were too many", "try again in 2 minutes")),
        (401, {}, ("it wants a key",)),
    ],
)
def test_a_refusal_without_a_key_says_what_happened_and_where_a_key_is(
    serve, redirected, tmp_path, capsys, monkeypatch, status, headers, parts
):
    redirected(serve(lambda handler: (status, "Rate limit exceeded", headers)))
    monkeypatch.chdir(tmp_path)
    assert main(["fetch", "openalex", "--query", "ice"]) == 2
    told = capsys.readouterr().err
    everywhere = (
        f"refused with status {status}: Rate limit exceeded",
        "a free key allows more: https://openalex.org/settings/api",
        "the same command continues from here",
        "--key-variable",
    )
    for part in (*parts, *everywhere):
        assert part in told
    assert told.count("\n") == 1
    with pytest.raises(KeyWantedError) as problem:
        fetch("openalex", FetchRequest("ice"), tmp_path / "o.jsonl")
    assert "--" not in str(problem.value), "options are the command line's"


def test_a_key_that_is_not_accepted_is_named_by_its_variable(serve, redirected, tmp_path):
    redirected(serve(complaint(401)))
    with pytest.raises(ServiceError, match="the key in MY_KEY is not accepted; keys: https://openalex") as problem:
        fetch("openalex", FetchRequest("ice"), tmp_path / "o.jsonl", key_variable="MY_KEY")
    assert not isinstance(problem.value, KeyWantedError)
    assert "a free key" not in str(problem.value)


def test_arxiv_is_not_said_to_have_keys():
    assert "key" not in explain(429, None)
    assert "key" not in explain(403, 60)


def test_a_key_of_ncbi_allows_ten_requests_a_second(monkeypatch):
    monkeypatch.setenv("MY_KEY", KEY)
    assert make_client("pubmed").interval == pytest.approx(0.35)
    assert 0.1 < make_client("pubmed", key_variable="MY_KEY").interval < 0.12
    assert make_client("openalex", key_variable="MY_KEY").interval == make_client("openalex").interval
