"""Clients that mean harm, on real sockets: whoever holds back, floods or forges keeps nobody else waiting."""

import json
import random
import re
import select
import signal
import socket
import sys
import threading
import time
from contextlib import ExitStack, contextmanager
from urllib.parse import quote

import psutil
import pytest

from pipeline.workers.machine import core_count
from tests.planted import planted_papers, run_once
from tests.server_process import SECONDS, exchange, request, running, status, with_limits

MIB = 2**20
MOST_GROWTH = 50 * MIB
TOKEN = "a-token-of-many-letters"
SHORT = {"head_seconds": 1.0, "body_seconds": 1.0, "answer_seconds": 1.0}
NORMAL = "/api/v1/similar?id=bees-1&k=3"
HALF_HEAD = b"GET /health HTTP/1.1\r\nHost: localhost\r\nX-Slow: "
HALF_BODY = b"POST /api/v1/similar HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000\r\n\r\n" + b" " * 70_000
FORGED = [
    *("evil.com", "[::1].evil.com", "[::1]evil.com", "[::1]:80.evil.com", "[::1]:80@evil.com", "localhost:80@evil.com"),
    *("127.0.0.1.evil.com", "localhost.evil.com", "localhost@evil.com", "evil.com:80@localhost", "localhost:x"),
    *("localhost:80:90", "localhost:-1", "localhost:999999", "local\thost", "local host", "localhost\t.evil.com"),
    *("localhost,evil.com", "localhost;evil.com", "localhost/evil.com", "localhost#evil.com", "localhost?evil.com"),
    *("localhost\\evil.com", "localhost%00.evil.com", "localhost%2eevil.com", "localhost.", "localhostevil.com"),
    *("evil.com#localhost", "[::1", "::1", "[::ffff:127.0.0.1]", "[0:0:0:0:0:0:0:1]", "127.1", "2130706433"),
    *("0x7f.0.0.1", "0.0.0.0", "127.0.0.2", "[::1%25lo]", "http://localhost", "*", "''", "loc\xe0lhost", ""),
]


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return run_once(tmp_path_factory.mktemp("torture"), planted_papers(["glaciers", "bees"], 50)).folder


@pytest.fixture(scope="module")
def server(run, tmp_path_factory):
    """One for the whole file, so that what one test leaves behind shows in the next."""
    with running(with_limits(run, **SHORT), tmp_path_factory.mktemp("log") / "server.log") as found:
        warm(found)
        yield found


@pytest.fixture(scope="module")
def guarded(run, tmp_path_factory):
    """The same behind a token, under any name."""
    log = tmp_path_factory.mktemp("log") / "guarded.log"
    with running(with_limits(run, token=TOKEN, hosts=None, **SHORT), log) as found:
        warm(found, b"Authorization: Bearer " + TOKEN.encode())
        yield found


def warm(server, *headers):
    """Every route, so that what is loaded once is no growth later."""
    json_type = b"Content-Type: application/json"
    for path in POSTED:
        for body in BODIES:
            server.ask(request(path, *headers, json_type, method=b"POST", body=body))
    for path in (*ROUTES, NORMAL, "/api", "/api/v1/map/search?q=ice", "/api/v1/search?q=ice", "/api/v1/map/points"):
        server.ask(request(path, *headers))


@pytest.fixture(params=["open", "with a token"])
def any_server(request, server, guarded):
    """The server, and the header that a normal request has there."""
    return (server, b"X-Any: x") if request.param == "open" else (guarded, b"Authorization: Bearer " + TOKEN.encode())


TOKEN_TOO = pytest.mark.parametrize(
    "any_server", ["open", pytest.param("with a token", marks=pytest.mark.torture)], indirect=True
)


def counts(small, full):
    return pytest.mark.parametrize("count", [small, pytest.param(full, marks=pytest.mark.torture)])


@contextmanager
def stays_small(server):
    """The server takes less than 50 MB more than before, and nothing fails in it."""
    server.get(NORMAL)
    before = server.memory
    yield
    assert server.memory - before < MOST_GROWTH, f"{(server.memory - before) / MIB:.0f} MiB more"
    assert server.log.read_text() == ""


def answers_at_once(server, *headers):
    """A normal request is answered while others are not; the limit is ten times what is promised. Where all places are
    taken at this moment, it is sent away, and asks again.
    """
    start = time.perf_counter()
    found, body = server.get(NORMAL, *headers)
    while found == 503 and time.perf_counter() - start < 10:
        time.sleep(0.1)
        found, body = server.get(NORMAL, *headers)
    assert found == 200, body
    assert len(json.loads(body)["results"]) == 3
    assert time.perf_counter() - start < 10


def ends(connection):
    """What the server says before it ends a connection that nothing more is sent on."""
    return exchange(connection)


# --- held back


@counts(40, 200)
@pytest.mark.parametrize("half", [b"", HALF_HEAD, HALF_BODY], ids=["nothing", "head", "body"])
def test_half_sent_requests_hold_nobody_up(any_server, half, count):
    server, header = any_server
    half = half.replace(b"Host: localhost", b"Host: localhost\r\n" + header)
    with stays_small(server), ExitStack() as stack:
        slow = [stack.enter_context(server.connect()) for _ in range(count)]
        for connection in slow:
            connection.sendall(half)
        answers_at_once(server, header)
        told = [ends(connection) for connection in slow]
    statuses = {status(one) for one in told}
    if b"Content-Length" in half and count > 100:
        statuses -= {503}  # more bytes than may be arriving together
    assert statuses == ({408} if half else {0})


@counts(10, 100)
@pytest.mark.parametrize("half", [HALF_HEAD, HALF_BODY], ids=["head", "body"])
def test_a_byte_now_and_then_wins_no_time(server, half, count):
    start = time.perf_counter()
    with ExitStack() as stack:
        slow = {stack.enter_context(server.connect()) for _ in range(count)}
        for connection in slow:
            connection.sendall(half)
        while slow:
            assert time.perf_counter() - start < SECONDS
            time.sleep(0.2)
            ended, _, _ = select.select(list(slow), [], [], 0)
            for connection in ended:
                assert status(ends(connection)) in (0, 408)
            slow -= set(ended)
            for connection in slow:
                try:
                    connection.sendall(b"x")
                except (ConnectionResetError, BrokenPipeError):
                    continue  # it ends at this moment, and shows so the next time round
    answers_at_once(server)


@TOKEN_TOO
@counts(40, 200)
def test_clients_that_take_no_answer_hold_nobody_up(any_server, count):
    """The whole page again and again, none of it read."""
    server, header = any_server
    with stays_small(server), ExitStack() as stack:
        slow = [stack.enter_context(server.connect()) for _ in range(count)]
        for connection in slow:
            connection.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n" + header + b"\r\n\r\n" + b"")
            connection.sendall((b"GET / HTTP/1.1\r\nHost: localhost\r\n" + header + b"\r\n\r\n") * 8)
        answers_at_once(server, header)
        time.sleep(3 * SHORT["answer_seconds"])
        answers_at_once(server, header)
        taken = [exchange(connection) for connection in slow]
    page = len(server.get("/", header)[1])
    assert all(len(one) < 9 * page for one in taken), "somebody was given all of it"


def test_an_answer_that_is_taken_slowly_comes_whole(server):
    """Slower than the window of time, but it moves on: 64 KiB in each."""
    with socket.socket() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2**14)
        connection.settimeout(SECONDS)
        connection.connect(("127.0.0.1", server.port))
        connection.sendall(request("/"))
        taken, start = b"", time.perf_counter()
        while time.perf_counter() - start < 3 * SHORT["answer_seconds"]:
            taken += connection.recv(2**14)
            time.sleep(0.02)
        taken += exchange(connection)
    assert taken.partition(b"\r\n\r\n")[2] == server.get("/")[1]


# --- too much


@TOKEN_TOO
@pytest.mark.parametrize(
    "flood",
    [
        lambda: [b"GET / HTTP/1.1\r\nHost: localhost\r\n"] + [b"X-Long: " + b"x" * 8 * MIB] * 2,
        lambda: [b"GET / HTTP/1.1\r\nHost: localhost\r\n"] + [b"X-Many: 1\r\n" * 100_000] * 15,
        lambda: [b"GET /"] + [b"a" * MIB] * 16,
        lambda: [b"GET / HTTP/1.1\r\nHost: localhost\r\n" + b"a:\r\n" * 101 + b"\r\n"],
        lambda: [b"x" * 16 * MIB],
    ],
    ids=["one header", "many headers", "address", "short headers", "no request"],
)
def test_long_heads_are_refused_before_anything_else(any_server, flood):
    server, header = any_server
    with stays_small(server):
        answer = server.ask(*flood())
    assert status(answer) in (400, 431), answer[:200]
    assert b"application/problem+json" in answer
    answers_at_once(server, header)


def test_a_head_as_long_as_the_api_allows_is_read(server):
    condition = quote("venue == '" + "é🐝" * 990 + "'")
    found, body = server.get(f"/api/v1/papers?where={condition}")
    assert (found, b"no column 'venue'" in body) == (422, True)


@TOKEN_TOO
@pytest.mark.parametrize(
    "flood",
    [
        lambda: [b"Content-Length: 10000000000\r\n\r\n"] + [b" " * MIB] * 40,
        lambda: [b"Content-Length: %s\r\n\r\n" % (b"9" * 18)],
        lambda: [b"Transfer-Encoding: chunked\r\n\r\n"] + [b"100000\r\n" + b" " * MIB + b"\r\n"] * 40,
        lambda: [b"Transfer-Encoding: chunked\r\n\r\n"] + [b"1;" + b"x" * MIB + b"\r\n \r\n"] * 16,
        lambda: [b"Transfer-Encoding: chunked\r\n\r\n0\r\n"] + [b"X-Late: " + b"x" * MIB + b"\r\n"] * 16,
        lambda: [b"Transfer-Encoding: chunked\r\n\r\n0\r\n"] + [b"x:\r\n" * 200_000] * 16,
    ],
    ids=["declared", "declared alone", "in chunks", "chunk extensions", "trailer", "trailers"],
)
def test_long_bodies_are_refused(any_server, flood):
    server, header = any_server
    with stays_small(server):
        head = b"POST /api/v1/assign HTTP/1.1\r\nHost: localhost\r\n" + header + b"\r\n"
        answer = server.ask(head, *flood())
    assert status(answer) in (400, 413, 431), answer[:200]
    answers_at_once(server, header)


@TOKEN_TOO
@counts(40, 200)
def test_large_bodies_that_never_end_leave_room_for_small_ones(any_server, count):
    server, header = any_server
    head = b"POST /api/v1/similar HTTP/1.1\r\nHost: localhost\r\n" + header + b"\r\nContent-Length: 1048576\r\n\r\n"
    with stays_small(server), ExitStack() as stack:
        slow = [stack.enter_context(server.connect()) for _ in range(count)]
        for connection in slow:
            connection.sendall(head + b" " * 900_000)
        json_type = b"Content-Type: application/json"
        asked = request("/api/v1/similar", header, json_type, method=b"POST", body=b'{"id": "bees-1", "k": 3}')
        assert status(server.ask(asked)) == 200
        told = {status(ends(connection)) for connection in slow}
    assert told <= {408, 503}


# --- out of order


def test_requests_sent_ahead_are_answered_in_order(server):
    ids = [f"bees-{number}" for number in range(12)]
    ahead = b"".join(b"GET /api/v1/papers/%s HTTP/1.1\r\nHost: localhost\r\n\r\n" % one.encode() for one in ids)
    answer = server.ask(ahead + request("/health"))
    assert answer.count(b"HTTP/1.1 200") == 13
    assert re.findall(rb'"id":"(bees-\d+)"', answer) == [one.encode() for one in ids]


@counts(5, 100)
def test_a_flood_of_requests_ahead_is_cut_off(server, count):
    with stays_small(server):
        for _ in range(count):
            answer = server.ask(b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n" * 10_000)
            assert set(re.findall(rb"HTTP/1.1 (\d+)", answer)) <= {b"200", b"429"}
            assert answer.count(b"HTTP/1.1 200") < 10_000
        answers_at_once(server)


@pytest.mark.parametrize("rest", [b"\x00\xff garbage\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"FOO / HTTP/1.1\r\n\r\n"])
def test_what_follows_a_request_does_not_spoil_its_answer(server, rest):
    answer = server.ask(request("/health").replace(b"Connection: close\r\n", b"") + rest)
    assert status(answer) == 200
    assert b'"status":"ok"' in answer
    assert set(re.findall(rb"HTTP/1.1 (\d+)", answer)) <= {b"200", b"400"}


# --- forged


@pytest.mark.parametrize("host", FORGED)
def test_forged_hosts_are_refused(server, host):
    answer = server.ask(request("/health", b"Host: " + host.encode("latin-1")))
    assert status(answer) in (400, 421), answer[:200]
    assert b'"papers"' not in answer


@pytest.mark.parametrize(
    "head",
    [
        b"GET /health HTTP/1.1\r\n",
        b"GET /health HTTP/1.0\r\n",
        b"GET /health HTTP/1.1\r\nHost: localhost\r\nHost: evil.com\r\n",
        b"GET /health HTTP/1.1\r\nHost: evil.com\r\nHost: localhost\r\n",
        b"GET /health HTTP/1.1\r\nHost: localhost\r\nhost: localhost\r\n",
        b"GET /health HTTP/1.1\r\nHost : localhost\r\n",
        b"GET /health HTTP/1.1\r\nHost: localhost\r\n evil.com\r\n",
        b"GET http://evil.com/health HTTP/1.1\r\nHost: localhost\r\n",
        b"GET http://localhost@evil.com/health HTTP/1.1\r\nHost: localhost\r\n",
        b"GET //evil.com/health HTTP/1.1\r\nHost: localhost\r\n",
        b"CONNECT evil.com:80 HTTP/1.1\r\nHost: localhost\r\n",
        b"OPTIONS * HTTP/1.1\r\nHost: localhost\r\n",
        b"GET health HTTP/1.1\r\nHost: localhost\r\n",
        b"PRI * HTTP/2.0\r\n",
    ],
)
def test_forged_heads_are_refused(any_server, head):
    server, header = any_server
    answer = server.ask(head + header + b"\r\nConnection: close\r\n\r\n")
    assert 400 <= status(answer) < 500, answer[:200]
    assert b'"papers"' not in answer


def test_known_names_are_answered(server):
    for host in ("localhost", "LOCALHOST:1", "127.0.0.1", "127.0.0.1:8765", "[::1]", "[::1]:65535"):
        assert server.get("/health", b"Host: " + host.encode())[0] == 200


def test_nothing_is_answered_without_the_token(guarded):
    for path in ("/", "/health", "/api", NORMAL, "/api/v1/openapi.json", "/api/v1/map/points", "/nowhere", "//", "/?x"):
        for headers in ([], [b"Authorization: Bearer wrong"], [b"Cookie: paperatlas-token=%ff"], [b"Authorization: "]):
            found, body = guarded.get(path, *headers)
            assert (found, b"the token is missing or wrong" in body) == (401, True)
    assert guarded.get("/health", b"Host: any.name:1", b"Authorization: Bearer " + TOKEN.encode())[0] == 200
    assert guarded.get("/?token=%00", b"Authorization: Bearer")[0] == 401


# --- at random

PARTS = [
    *("bees-1", "glaciers-2", "..", ".", "", "%2e%2e", "%00", "%ff", "%F0%9F%90%9D", "%ED%A0%80", "%", "%zz", "'", '"'),
    *("<script>", "{}", "[", "\\", "9" * 30, "-1", "1e9", "NaN", "a" * 3000, "%0d%0aX: y", "+", ";", "@", "..%2f", "*"),
]
NAMES = ["id", "k", "where", "topic", "q", "limit", "offset", "rows", "token", "diverse"]
ROUTES = [
    *("/api/v1/papers", "/api/v1/papers/", "/api/v1/topics/", "/api/v1/similar", "/api/v1/search", "/api/v1/map/row"),
    *(
        "/api/v1/map/briefs",
        "/api/v1/map/papers/",
        "/api/v1/map/search",
        "/api/v1/map/papers/1/similar",
        "/health",
        "/",
    ),
]
BODIES = [
    *(b"", b"{}", b"[]", b"null", b"{", b"\xff", b'{"id": 1}', b'{"k": 1e999}', b'{"mmr": NaN}', b"[" * 100_000),
    *(b'{"text": "\\ud800"}', b'{"id": "bees-1", "k": ' + b"9" * 5000 + b"}", b'{"like": ["bees-1", "\\u0000"]}'),
    *(b'{"papers": [{"title": "' + b"x " * 100 + b'"}]}', b'{"rows": [-1, 99]}', b'{"ids": ["bees-1"], "format": "x"}'),
    *(b'{"text": "ice"}', b'{"ids": ["nobody"]}', b'{"where": "topic == true", "id": "bees-1"}', b'{"rows": [1e99]}'),
]
POSTED = ["/api/v1/similar", "/api/v1/assign", "/api/v1/references", "/api/v1/map/like", "/health"]


def draw_request(rng, *headers):
    if rng.random() < 0.25:
        kind = rng.choice([b"application/json", b"text/plain", b"multipart/form-data; boundary=", b"\xff"])
        return request(rng.choice(POSTED), *headers, b"Content-Type: " + kind, method=b"POST", body=rng.choice(BODIES))
    path = rng.choice(ROUTES) + "/".join(rng.choices(PARTS, k=rng.randint(0, 2)))
    if rng.random() < 0.7:
        values = [*PARTS, "year > 2000", quote("title contains 'ice'"), quote("topic == true"), quote("x >= 1e9")]
        pairs = [f"{rng.choice(NAMES)}={rng.choice(values)}" for _ in range(rng.randint(1, 4))]
        path += "?" + "&".join(pairs)
    target = path.encode()
    if rng.random() < 0.2:
        place = rng.randrange(len(target))
        target = target[:place] + bytes([rng.randrange(33, 256)]) + target[place:]
    return request(target, *headers, method=rng.choice([b"GET"] * 8 + [b"HEAD", b"PUT", b"OPTIONS", b"DELETE"]))


@counts(250, 4500)
def test_random_ids_paths_and_bodies_never_fail(server, count):
    rng = random.Random(count)
    seen = set()
    with stays_small(server):
        for _ in range(count):
            asked = draw_request(rng)
            start = time.perf_counter()
            answer = server.ask(asked)
            assert 200 <= status(answer) < 500, (asked[:500], answer[:500])
            assert time.perf_counter() - start < 10, asked[:500]
            seen.add(status(answer))
    assert {200, 404, 422} <= seen


@counts(64, 500)
def test_a_crowd_gets_answers_or_is_sent_away_while_it_is_busy(server, count):
    statuses = []
    with stays_small(server):
        crowd = [
            threading.Thread(target=lambda: statuses.append(server.get("/api/v1/search?q=ice%20sheet")[0]))
            for _ in range(count)
        ]
        for one in crowd:
            one.start()
        for one in crowd:
            one.join()
        assert len(statuses) == count
        assert set(statuses) <= {200, 503}
        assert statuses.count(200) >= 32
        answers_at_once(server)


def test_more_connections_than_there_are_places_push_out_those_that_wait(run, tmp_path):
    with running(with_limits(run, max_connections=20), tmp_path / "log") as server, ExitStack() as stack:
        slow = [stack.enter_context(server.connect()) for _ in range(60)]
        for connection in slow:
            try:
                connection.sendall(HALF_HEAD)
            except (ConnectionResetError, BrokenPipeError):
                continue  # pushed out already
        for _ in range(5):
            answers_at_once(server)


# --- the end


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_at_once_whatever_its_clients_do(run, tmp_path, how):
    command = [sys.executable, "-m", "pipeline", "serve", str(run), "--port", "0"]
    with running(command, tmp_path / "log") as server, ExitStack() as stack:
        for half in (b"", HALF_HEAD, HALF_BODY, b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n" * 9):
            for _ in range(12):
                stack.enter_context(server.connect()).sendall(half)
        texts = json.dumps({"papers": [{"title": "ice " * 2000}] * 100}).encode()
        for _ in range(12):
            stack.enter_context(server.connect()).sendall(
                request("/api/v1/assign", b"Content-Type: application/json", method=b"POST", body=texts)
            )
        answers_at_once(server)
        start = time.perf_counter()
        server.process.send_signal(how)
        server.process.wait(timeout=50)  # ten times what is promised
        assert time.perf_counter() - start < 15
        assert server.process.returncode == 128 + how, "as README says"
    assert "Traceback" not in (tmp_path / "log").read_text()


def test_no_more_threads_compute_answers_than_there_are_cores(run, tmp_path):
    """More would only take turns, and each answer take longer."""
    with running(with_limits(run), tmp_path / "server.log") as alone:
        alone.get(NORMAL)
        process = psutil.Process(alone.process.pid)
        before = process.num_threads()
        clients = [threading.Thread(target=lambda: [alone.get(NORMAL) for _ in range(20)]) for _ in range(16)]
        for client in clients:
            client.start()
        most = 0
        while any(client.is_alive() for client in clients):
            most = max(most, process.num_threads())
        assert before <= most <= before + core_count()
