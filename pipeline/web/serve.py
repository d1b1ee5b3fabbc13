"""Atlas -> a web server that runs until it is stopped."""

import asyncio
import ipaddress
import logging
import re
import socket
from collections.abc import Callable, Sequence
from pathlib import Path
from types import FrameType

import uvicorn
from anyio.to_thread import current_default_thread_limiter
from starlette.types import ASGIApp
from threadpoolctl import threadpool_limits

from pipeline.atlas import AtlasData
from pipeline.errors import PaperatlasError
from pipeline.web.app import create_app
from pipeline.web.limits import LOOPBACK, Limits
from pipeline.web.protocol import GuardedProtocol, guarded
from pipeline.workers.machine import core_count

TOKEN = re.compile(r"[A-Za-z0-9._~-]{16,200}")  # needs no quoting in an address or a cookie
ANY_HOST = ("0.0.0.0", "::")
KEEP_ALIVE_SECONDS = 30
SEND_BYTES, RECEIVE_BYTES = 256 * 2**10, 32 * 2**10
TICKS = 5  # of a tenth of a second, between two checks of all connections
CLOSING_SECONDS, ENDING_SECONDS = 1.0, 2.0  # at the end: until connections are cut, and until nothing is waited for


def serve(
    atlas: AtlasData,
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    token: str | None = None,
    origins: Sequence[str] = (),
    feeds: Path | None = None,
    started: Callable[[str], None] = lambda _: None,
    ended: Callable[[int], None] = lambda _: None,
) -> None:
    """Serve until interrupted. port: 0 takes any free one; origins, feeds: as for `create_app`; started: called with
    the address; ended: with the signal that ended it, while threads may still compute what nobody waits for.

    Raises PaperatlasError where the port is in use, the token is not 16 to 200 letters, digits and . _ ~ -, or the host
    is no loopback address and there is no token.
    """
    if token is not None and not TOKEN.fullmatch(token):
        raise PaperatlasError("the token: at least 16 letters, digits and . _ ~ - are needed, nothing else")
    if token is None and not _is_loopback(host):
        raise PaperatlasError(f"{host}: others could read the atlas there; a token of at least 16 characters is needed")
    listening = _listen(host, port)
    name = f"[{host}]" if ":" in host else host
    limits = Limits(hosts=None if host in ANY_HOST else (*LOOPBACK, name.lower()), token=token)
    login = "" if token is None else f"?token={token}"
    started(f"http://{name}:{listening.getsockname()[1]}/{login}")
    with listening, threadpool_limits(1):
        server = Server(create_app(atlas, limits=limits, origins=origins, feeds=feeds), limits)
        try:
            server.run(sockets=[listening])
        finally:
            if server.ended_by is not None:
                ended(server.ended_by)


class Server(uvicorn.Server):
    """Serves an app within limits on its connections, and ends soon whatever its clients do."""

    def __init__(self, app: ASGIApp, limits: Limits) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                http=guarded(limits),
                ws="none",
                lifespan="off",
                log_level="error",
                access_log=False,
                timeout_keep_alive=KEEP_ALIVE_SECONDS,
            )
        )
        self._limits = limits
        self.ended_by: int | None = None  # the first signal
        logging.getLogger("uvicorn.error").addFilter(_is_no_cancellation)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self.ended_by = self.ended_by or sig
        super().handle_exit(sig, frame)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        for one in sockets or []:  # and its connections: what the kernel keeps cannot be watched, and is read at once
            one.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BYTES)
            one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BYTES)
        # More threads than cores would only wait for each other (measured: benchmarks/server.py).
        current_default_thread_limiter().total_tokens = core_count()
        await super().startup(sockets)

    async def on_tick(self, counter: int) -> bool:
        if counter % TICKS == 0:
            self._check_connections()
        return await super().on_tick(counter)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Answers that are being made have a second; then nobody is waited for."""
        loop = asyncio.get_running_loop()
        loop.call_later(CLOSING_SECONDS, self._cut_connections)
        loop.call_later(ENDING_SECONDS, setattr, self, "force_exit", True)
        await super().shutdown(sockets)

    @property
    def _connections(self) -> list[GuardedProtocol]:
        return [one for one in self.server_state.connections if isinstance(one, GuardedProtocol)]

    def _check_connections(self) -> None:
        """Slow ones are ended; and where clients leave too many bytes of answers lying, those that leave most."""
        stalled = sorted((one for one in self._connections if one.stalls), key=lambda one: one.unsent)
        unsent = sum(one.unsent for one in stalled)
        while unsent > self._limits.max_unsent_bytes:
            unsent -= stalled[-1].unsent
            stalled.pop().abort()
        now = asyncio.get_running_loop().time()
        for connection in self._connections:
            connection.check(now)

    def _cut_connections(self) -> None:
        for connection in self._connections:
            connection.abort()


def _is_no_cancellation(record: logging.LogRecord) -> bool:
    """Answers given up at the end of the server are no failures."""
    return not (record.exc_info and isinstance(record.exc_info[1], asyncio.CancelledError))


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
        listening.listen(128)
    except OSError as problem:
        listening.close()
        raise PaperatlasError(
            f"{host} port {port}: {problem.strerror}; choose another port, 0 for any free one"
        ) from None
    return listening
