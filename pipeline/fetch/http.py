"""URL -> HttpResponse: one request with limits on time and size, without following redirects or going astray.

A name that leads into this machine or its network is not followed there, so that neither a name server nor a config
from elsewhere decides what is asked in here. An address inside is asked where the URL itself names it.
"""

import io
import socket
import ssl
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import Any
from urllib.parse import SplitResult, urlsplit

from pipeline.errors import ServiceError
from pipeline.version import __version__

Connecting = Callable[..., HTTPConnection]

USER_AGENT = f"paperatlas/{__version__}"
CHUNK_BYTES = 64 * 1024
LEAST_SECONDS = 0.001
TRANSLATED = tuple(IPv6Network(network) for network in ("::/96", "64:ff9b::/96", "64:ff9b:1::/48"))
LONGEST_SHOWN = 100  # characters of a URL in a message


class NeverAskedError(ServiceError):
    """A URL that no request goes to, however often it is tried: of another scheme, or of a name that leads inside."""


@dataclass(frozen=True)
class HttpResponse:
    """status: HTTP status; headers: names in lower case; body: at most as long as was allowed."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def request(
    url: str,
    *,
    body: bytes | None = None,
    headers: Mapping[str, str] | None = None,
    timeout: float,
    max_bytes: int,
    direct: bool = False,
) -> HttpResponse:
    """The response of a server, whatever its status. timeout: seconds for the whole response; direct: without
    a proxy.

    Data is sent only to the address that was named: a redirect is returned as the response that it is, and a name that
    leads to an address inside this network gets nothing, unless it is such an address itself, or localhost.
    Raises ServiceError where no response arrives in time, it breaks off, or it is longer than max_bytes, and its
    subclass NeverAskedError for a URL that is no plain http or https, or whose name leads inside.
    """
    host = _checked(url).netloc
    try:
        outgoing = urllib.request.Request(url, data=body, headers={"User-Agent": USER_AGENT, **(headers or {})})
        opener = _opener(timeout, direct=direct)
        with opener.open(outgoing, timeout=timeout) as response:
            content = _read(response, host, max_bytes=max_bytes)
            return HttpResponse(
                response.status, {name.lower(): value for name, value in response.headers.items()}, content
            )
    except (OSError, HTTPException, ValueError) as problem:
        reason = getattr(problem, "reason", problem)
        kind = NeverAskedError if isinstance(reason, _InwardError) else ServiceError
        raise kind(f"{host}: {'no answer in time' if isinstance(reason, TimeoutError) else reason}") from None


def _checked(url: str) -> SplitResult:
    """The parts of a URL that may be asked. Raises NeverAskedError for any other."""
    shown = ascii(url[:LONGEST_SHOWN])
    try:
        parts = urlsplit(url)
        name, _ = parts.hostname, parts.port  # the port is checked by being read
    except ValueError:
        raise NeverAskedError(f"{shown}: not a URL; write it as https://name/path") from None
    if parts.scheme not in ("http", "https") or not name:
        raise NeverAskedError(f"{shown}: not a URL of http or https; write it as https://name/path")
    if "@" in parts.netloc:
        raise NeverAskedError(f"{name}: a URL with a user name in it is not used; write it without")
    return parts


def _opener(timeout: float, *, direct: bool) -> urllib.request.OpenerDirector:
    """Opens http and https, and no files; through the proxy that the environment names, unless direct."""
    opener = urllib.request.OpenerDirector()
    proxies = urllib.request.ProxyHandler({} if direct else None)
    for handler in (proxies, _AnyStatus(), _Http(timeout), _Https(timeout)):
        opener.add_handler(handler)
    return opener


class _AnyStatus(urllib.request.HTTPErrorProcessor):
    """Every status is a response: none is raised, and no redirect is followed."""

    def http_response(self, request: urllib.request.Request, response: Any) -> Any:  # noqa: ARG002 - urllib's names
        return response

    https_response = http_response


class _Http(urllib.request.HTTPHandler):
    def __init__(self, timeout: float) -> None:
        super().__init__()
        self._timeout = timeout

    def http_open(self, req: urllib.request.Request) -> HTTPResponse:
        return self.do_open(_connecting(req, self._timeout, direct=_CheckedConnection, via_proxy=HTTPConnection), req)


class _Https(urllib.request.HTTPSHandler):
    def __init__(self, timeout: float) -> None:
        super().__init__()
        self._timeout = timeout

    def https_open(self, req: urllib.request.Request) -> HTTPResponse:
        return self.do_open(
            _connecting(req, self._timeout, direct=_CheckedTlsConnection, via_proxy=HTTPSConnection), req
        )


def _connecting(
    request: urllib.request.Request, seconds: float, *, direct: Connecting, via_proxy: Connecting
) -> Connecting:
    """Makes the connection of a request, whose responses must be whole in so many seconds from now.

    A proxy is where the environment says, inside or not, and looks names up itself: there only the URL can be checked.
    """
    parts = urlsplit(request.full_url)
    name, through_proxy = parts.hostname or "", request.host != parts.netloc

    def connect(host: str, **options: Any) -> HTTPConnection:
        if through_proxy:
            _check_number(name)
        connection = (via_proxy if through_proxy else direct)(host, **options)
        connection.response_class = partial(_TimedResponse, time.monotonic() + seconds)  # type: ignore[assignment]
        return connection

    return connect


class _CheckedConnection(HTTPConnection):
    def connect(self) -> None:
        self.sock = _connect_checked(self.host, self.port, self.timeout or LEAST_SECONDS)


class _CheckedTlsConnection(HTTPSConnection):
    def connect(self) -> None:
        raw = _connect_checked(self.host, self.port, self.timeout or LEAST_SECONDS)
        try:
            self.sock = ssl.create_default_context().wrap_socket(raw, server_hostname=self.host)
        except OSError:
            raw.close()
            raise


class _InwardError(OSError):
    """A name that leads inside."""

    def __init__(self, name: str, address: str) -> None:
        super().__init__(
            f"it is {address}, inside this machine or its network, and is not asked under the name {name};"
            f" if you mean it, write {address} itself in the URL"
        )


def is_inward(address: str) -> bool:
    """Whether an IP address is none of the public internet: loopback, private, link-local, multicast or reserved, also
    inside an IPv6 address that stands for an IPv4 one.

    >>> is_inward("10.0.0.1"), is_inward("169.254.169.254"), is_inward("::ffff:127.0.0.1"), is_inward("8.8.8.8")
    (True, True, True, False)
    """
    ip = ip_address(address.partition("%")[0])
    meant: list[IPv4Address | IPv6Address] = [ip]
    if isinstance(ip, IPv6Address) and not ip.is_loopback:
        mapped = ip.ipv4_mapped  # whose own range counts as private
        meant = [mapped] if mapped is not None else [ip, *_embedded(ip)]
    return any(not one.is_global or one.is_multicast for one in meant)


def _embedded(ip: IPv6Address) -> list[IPv4Address]:
    """IPv4 addresses that stand inside an IPv6 one: of tunnels, translators (RFC 6052, 8215), or alone after zeros."""
    tunnelled = [*(ip.teredo or ()), *([] if ip.sixtofour is None else [ip.sixtofour])]
    return tunnelled + [IPv4Address(int(ip) & 0xFFFFFFFF)] * any(ip in network for network in TRANSLATED)


def says_inside(name: str) -> bool:
    """Whether a name says itself that it leads inside: localhost, or an IP address in its usual form.

    >>> says_inside("127.0.0.1"), says_inside("LocalHost"), says_inside("2130706433"), says_inside("a.example")
    (True, True, False, False)
    """
    try:
        return name.lower() == "localhost" or is_inward(name)
    except ValueError:
        return False


def _check_number(name: str) -> None:
    """Raises _InwardError for an inward address in octal, hexadecimal, shortened, or as one number."""
    try:
        address = socket.inet_ntoa(socket.inet_aton(name))
    except (OSError, ValueError):
        return
    if is_inward(address) and not says_inside(name):
        raise _InwardError(name, address)


def _connect_checked(name: str, port: int, timeout: float) -> socket.socket:
    """A connection to the first address of a name that answers, in so many seconds together.

    The name is looked up once: what was checked is what is connected to. Raises _InwardError where one of its addresses
    is inside and the name does not say so.
    """
    addresses = [str(entry[4][0]) for entry in socket.getaddrinfo(name, port, type=socket.SOCK_STREAM)]
    inward = [address for address in addresses if is_inward(address)]
    if inward and not says_inside(name):
        raise _InwardError(name, inward[0])
    deadline = time.monotonic() + timeout
    failure: OSError = OSError("no address")
    for address in addresses:
        left = max(deadline - time.monotonic(), LEAST_SECONDS)
        try:
            return socket.create_connection((address, port), left)
        except OSError as problem:
            failure = problem
    raise failure


class _TimedResponse(HTTPResponse):
    """A response that is read until a time and no longer, its status line and headers as well as its body.

    A socket's own timeout starts anew with each byte, so that a server can hold a connection for as long as it likes.
    """

    def __init__(self, deadline: float, sock: socket.socket, *arguments: Any, **options: Any) -> None:
        super().__init__(sock, *arguments, **options)
        self.fp.close()
        self.fp = io.BufferedReader(_TimedStream(sock, deadline), CHUNK_BYTES)


class _TimedStream(io.RawIOBase):
    """deadline: on the monotonic clock."""

    def __init__(self, sock: socket.socket, deadline: float) -> None:
        self._socket, self._deadline = sock, deadline
        self._stream = sock.makefile("rb", buffering=0)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError("no answer in time")
        self._socket.settimeout(left)
        return self._stream.readinto(buffer)

    def close(self) -> None:
        self._stream.close()
        super().close()


def _read(stream: HTTPResponse, host: str, *, max_bytes: int) -> bytes:
    """The whole body."""
    parts, size = [], 0
    while part := stream.read1(CHUNK_BYTES):
        parts.append(part)
        size += len(part)
        if size > max_bytes:
            raise ServiceError(f"{host}: an answer of more than {max_bytes:,} bytes")
    announced = stream.headers.get("Content-Length", "")
    if announced.isdecimal() and size < int(announced):
        raise ServiceError(f"{host}: the answer breaks off after {size:,} of {int(announced):,} bytes")
    return b"".join(parts)
