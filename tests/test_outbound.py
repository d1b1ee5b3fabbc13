"""Where requests go: never to an address inside this machine or its network that the URL itself does not name."""

import socket
import threading
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from pipeline.build.llm_labels import name_by_chat
from pipeline.config import ChatConfig
from pipeline.errors import PaperatlasError, ServiceError
from pipeline.fetch import SERVICES, FetchRequest, fetch
from pipeline.fetch.download import make_client
from pipeline.fetch.http import is_inward, request
from tests.small_atlas import P, small_atlas

# Addresses inside, in the form that everybody knows.
INSIDE = [
    *("127.0.0.1", "127.0.0.2", "127.255.255.254", "10.0.0.1", "10.255.255.255", "172.16.0.1", "172.31.255.254"),
    *("192.168.0.1", "192.168.1.254", "169.254.169.254", "169.254.0.1", "100.64.0.1", "0.0.0.0", "0.0.0.1"),
    *("192.0.2.1", "198.18.0.1", "198.51.100.7", "203.0.113.9", "224.0.0.1", "239.255.255.250", "240.0.0.1"),
    *("255.255.255.255", "::1", "::", "fe80::1", "fc00::1", "fd00:ec2::254", "ff02::1", "2001:db8::1", "::127.0.0.1"),
    *("::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:a9fe:a9fe", "64:ff9b::7f00:1", "64:ff9b::10.0.0.1"),
    *("2002:7f00:1::", "2002:a00:1::1"),
]
# The same in forms that hide it: these resolve without a name server.
HIDDEN = [
    *("2130706433", "017700000001", "0x7f000001", "0x7f.0.0.1", "0177.0.0.1", "0177.0.0.01", "127.1", "127.0.1", "0"),
    *("0x7f.1", "012.0.0.1", "0xa.0.0.1", "0xa9fea9fe", "2852039166", "0251.0376.0251.0376", "10.1", "192.168.257"),
    *("0xc0a80001", "3232235521", "00000177.0.0.1", "127.0.0.0x1"),
]
NAMES = [
    "inside.example",
    "localhost.example",
    "xn--nside-b4a.example",
    "ollama",
    "localhost.",
    "127.0.0.1.nip.example",
]
OUTSIDE = ["8.8.8.8", "1.1.1.1", "93.184.216.34", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"]
REDIRECTS = (301, 302, 303, 307, 308)


def in_url(address):
    return f"[{address}]" if ":" in address else address


@pytest.fixture
def tried(monkeypatch):
    """Addresses to which a connection was tried; none is made. Names lead where `answers` says."""
    attempts = []

    class Watched(socket.socket):
        def connect(self, address):
            attempts.append(address[0])
            raise ConnectionRefusedError("a test makes no connection")

    monkeypatch.setattr(socket, "socket", Watched)
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    return attempts


@pytest.fixture
def leads_to(monkeypatch):
    """Makes every name that is no address lead to these."""
    real = socket.getaddrinfo

    def lead(*addresses):
        def look_up(host, port, *arguments, **options):
            if is_number(host):
                return real(host, port, *arguments, **options)
            families = [socket.AF_INET6 if ":" in one else socket.AF_INET for one in addresses]
            pairs = zip(families, addresses, strict=True)
            return [(family, socket.SOCK_STREAM, 6, "", (one, port)) for family, one in pairs]

        monkeypatch.setattr(socket, "getaddrinfo", look_up)

    return lead


def is_number(host):
    try:
        socket.inet_aton(host)
    except OSError:
        return ":" in host
    return True


def ask(url):
    with pytest.raises(ServiceError) as problem:
        request(url, timeout=5, max_bytes=1000)
    assert str(problem.value).isprintable()
    return str(problem.value)


def fetch_from(name, address, folder):
    """The one line that a fetcher says at once when its service is at an address: it waits for no second attempt."""

    def wait(seconds):
        raise AssertionError(f"waits {seconds} s for a second attempt")

    wanted = FetchRequest(query="ice") if "query" in SERVICES[name].accepts else FetchRequest(ids=("10.1/x",))
    place = address if address.count(":") == 1 else in_url(address)
    client = replace(make_client(name), address=f"http://{place}/api", sleep=wait, interval=0)
    with pytest.raises(PaperatlasError) as problem:
        fetch(name, wanted, folder / f"{len(list(folder.iterdir()))}.jsonl", client=client)
    return str(problem.value)


@cache
def atlas_of_one_topic():
    return small_atlas([P("a", "ice", topic=0), P("b", "ice bee", topic=0)], labels={0: "Ice"})


def chat_with(url, folder):
    """Why a topic keeps its keyword label."""
    named = name_by_chat(atlas_of_one_topic(), ChatConfig(url=url, model="m", timeout=5), cache=folder)
    assert named.manifest.selection.chat.named == 0
    return " ".join(named.manifest.selection.chat.kept_keyword_label.values())


def test_sixty_addresses_and_more_are_tried():
    assert len({*INSIDE, *HIDDEN, *NAMES}) > 60


@pytest.mark.parametrize("address", INSIDE)
def test_a_name_that_leads_inside_is_not_followed(tried, leads_to, address):
    assert is_inward(address)
    leads_to(address)
    said = ask("https://api.service.example/v1")
    assert f"it is {address}, inside this machine or its network" in said
    assert f"write {address} itself in the URL" in said
    leads_to("8.8.8.8", address)
    ask("http://api.service.example/v1")
    assert tried == []


@pytest.mark.parametrize("address", HIDDEN)
def test_an_address_in_disguise_is_not_asked(tried, address):
    assert "inside this machine or its network" in ask(f"http://{address}/")
    assert tried == []


@pytest.mark.parametrize("name", NAMES)
def test_names_inside_are_not_asked(tried, leads_to, name):
    leads_to("192.168.1.5")
    assert "it is 192.168.1.5" in ask(f"http://{name}:8000/")
    assert tried == []


@pytest.mark.parametrize("name", SERVICES)
def test_no_fetcher_is_led_inside(tried, leads_to, tmp_path, name):
    for address in INSIDE:
        leads_to(address)
        assert "inside this machine" in fetch_from(name, "api.service.example", tmp_path)
    for address in HIDDEN:
        assert "inside this machine" in fetch_from(name, address, tmp_path)
    assert tried == []


def test_the_chat_is_not_led_inside(tried, leads_to, tmp_path):
    for address in INSIDE:
        leads_to(address)
        assert "inside this machine" in chat_with("https://chat.example/v1", tmp_path)
    for address in HIDDEN:
        assert "inside this machine" in chat_with(f"http://{address}/v1", tmp_path)
    assert tried == []


@pytest.mark.parametrize("address", ["127.0.0.1", "10.0.0.1", "192.168.0.1", "::1", "fd00:ec2::254", "169.254.169.254"])
def test_what_the_user_wrote_is_asked(tried, tmp_path, address):
    chat_with(f"http://{in_url(address)}:11434/v1", tmp_path)
    assert set(tried) == {address}


def test_localhost_and_the_public_are_asked(tried, leads_to):
    ask("http://localhost:9/")
    assert {*tried} <= {"127.0.0.1", "::1"}
    assert tried
    for address in OUTSIDE:
        assert not is_inward(address)
        tried.clear()
        leads_to(address)
        ask("https://api.service.example/")
        assert tried == [address]


def test_what_was_looked_up_is_what_is_asked(tried, monkeypatch):
    """A name server that says one thing to the check and another to the connection."""
    answers = iter(["8.8.8.8", "127.0.0.1", "127.0.0.1"])

    def look_up(host, port, *_, **__):
        address = next(answers) if host == "rebound.example" else host
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    ask("http://rebound.example/")
    assert tried == ["8.8.8.8"]


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("file:///etc/hostname", "not a URL of http or https"),
        ("ftp://127.0.0.1/x", "not a URL of http or https"),
        ("data:text/plain,x", "not a URL of http or https"),
        ("//127.0.0.1/x", "not a URL of http or https"),
        ("http:///x", "not a URL of http or https"),
        ("http://api.example@127.0.0.1/", "with a user name in it"),
        ("http://user:secret@127.0.0.1/", "with a user name in it"),
        ("http://[::1/", "not a URL"),
        ("http://127.0.0.1:port/", "not a URL"),
        ("http://127.0.0.1:99999/", "not a URL"),
        ("http://1２7.0.0.1 /", ""),
        ("http://１２７.０.０.１/", ""),
        ("http://127。0。0。1/", ""),
        ("http://a\r\nb/", ""),
    ],
)
def test_other_urls_are_refused(tried, url, said):
    line = ask(url)
    assert said in line
    assert "secret" not in line
    assert tried == []


def test_a_proxy_is_asked_where_it_is_and_for_no_disguised_address(tried, monkeypatch):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:3128")
    ask("http://api.service.example/")
    assert tried == ["127.0.0.1"]
    tried.clear()
    for address in HIDDEN:
        assert "inside this machine" in ask(f"http://{address}/")
    assert tried == []


# --- redirects, on real sockets


@contextmanager
def answering(status, location, asked):
    class Service(BaseHTTPRequestHandler):
        def answer(self):
            asked.append(self.path)
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            self.send_response(status)
            self.send_header("Location", location)
            self.send_header("Content-Length", "0")
            self.end_headers()

        do_GET = do_POST = answer

        def log_message(self, *_):
            """Silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Service)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.mark.parametrize("status", REDIRECTS)
def test_no_redirect_is_followed(tmp_path, status):
    """The service is where the user says; what it redirects to hears nothing."""
    inside, outside = [], []
    with ExitStack() as stack:
        port = stack.enter_context(answering(200, "", inside))
        for target in (f"127.0.0.1:{port}", f"localhost:{port}", f"2130706433:{port}", f"[::ffff:127.0.0.1]:{port}"):
            redirecting = stack.enter_context(answering(status, f"http://{target}/latest/meta-data", outside))
            assert f"status {status}" in chat_with(f"http://127.0.0.1:{redirecting}/v1", tmp_path)
            for name in SERVICES:
                assert "which is refused" in fetch_from(name, f"127.0.0.1:{redirecting}", tmp_path)
    assert inside == []
    assert len(outside) == 4 * (1 + len(SERVICES))
