"""A server in a process of its own, with limits that a test does not have to wait for, and the sockets to torment it.

python -m tests.server_process RUN '{"head_seconds": 1}'
"""

import json
import re
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

REPOSITORY = Path(__file__).parent.parent
SECONDS = 30.0  # that a test waits for an answer before it fails


@dataclass(frozen=True)
class Running:
    port: int
    process: "subprocess.Popen[bytes]"
    log: Path

    @property
    def memory(self) -> int:
        """Resident bytes."""
        return int(psutil.Process(self.process.pid).memory_info().rss)

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=SECONDS)

    def ask(self, *parts: bytes) -> bytes:
        """All that comes back for these bytes, until the server closes."""
        with self.connect() as connection:
            return exchange(connection, *parts)

    def get(self, path: str, *headers: bytes) -> tuple[int, bytes]:
        """Status and body of one plain request."""
        answer = self.ask(request(path, *headers))
        return status(answer), answer.partition(b"\r\n\r\n")[2]


@contextmanager
def running(command: Sequence[str], log: Path) -> Iterator[Running]:
    """A server that prints its address, stopped by its process id."""
    with (
        log.open("wb") as errors,
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, cwd=REPOSITORY) as process,
    ):
        try:
            line = process.stdout.readline().decode() if process.stdout else ""
            found = re.search(r"http://127\.0\.0\.1:(\d+)/", line)
            assert found, f"no address: {line!r} {log.read_text()}"
            yield Running(int(found[1]), process, log)
        finally:
            process.kill()


def with_limits(run: Path, **limits: object) -> list[str]:
    return [sys.executable, "-m", "tests.server_process", str(run), json.dumps(limits)]


def request(path: str | bytes, *headers: bytes, method: bytes = b"GET", body: bytes = b"") -> bytes:
    """A whole request, after which the server closes."""
    target = path if isinstance(path, bytes) else path.encode()
    lines = [method + b" " + target + b" HTTP/1.1", *headers, b"Connection: close"]
    if not any(line.lower().startswith(b"host:") for line in headers):
        lines.insert(1, b"Host: localhost")
    if body:
        lines.append(b"Content-Length: %d" % len(body))
    return b"\r\n".join([*lines, b"", body])


def exchange(connection: socket.socket, *parts: bytes) -> bytes:
    answer = b""
    try:
        for part in parts:
            connection.sendall(part)
        while part := connection.recv(2**16):
            answer += part
    except (ConnectionResetError, BrokenPipeError):
        pass  # cut off: what came before is the answer
    return answer


def status(answer: bytes) -> int:
    """0 where there is no answer."""
    found = re.match(rb"HTTP/1\.1 (\d{3}) ", answer)
    return int(found[1]) if found else 0


def main(run: str, limits: str) -> None:
    from threadpoolctl import threadpool_limits

    from pipeline.atlas import load_run
    from pipeline.web.app import create_app
    from pipeline.web.limits import Limits
    from pipeline.web.serve import Server

    own = Limits(**json.loads(limits))
    listening = socket.create_server(("127.0.0.1", 0), backlog=512)
    server = Server(create_app(load_run(run), limits=own), own)
    print(f"http://127.0.0.1:{listening.getsockname()[1]}/", flush=True)  # noqa: T201 - read by the test
    with listening, threadpool_limits(1):
        server.run(sockets=[listening])


if __name__ == "__main__":
    main(*sys.argv[1:])
