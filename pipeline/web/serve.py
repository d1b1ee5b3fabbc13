"""Atlas -> a web server that runs until it is stopped."""

import ipaddress
import re
import socket
from collections.abc import Callable, Sequence

from pipeline.atlas import AtlasData
from pipeline.errors import PaperatlasError
from pipeline.web.app import create_app
from pipeline.web.middleware import LOOPBACK, Limits

TOKEN = re.compile(r"[A-Za-z0-9._~-]{16,200}")  # needs no quoting in an address or a cookie
ANY_HOST = ("0.0.0.0", "::")


def serve(
    atlas: AtlasData,
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    token: str | None = None,
    origins: Sequence[str] = (),
    started: Callable[[str], None] = lambda _: None,
) -> None:
    """Serve until interrupted. port: 0 takes any free one; origins: as for `create_app`; started: called with the
    address.

    Raises PaperatlasError where the port is in use, the token is not 16 to 200 letters, digits and . _ ~ -, or the host
    is no loopback address and there is no token.
    """
    import uvicorn
    from threadpoolctl import threadpool_limits

    if token is not None and not TOKEN.fullmatch(token):
        raise PaperatlasError("the token: at least 16 letters, digits and . _ ~ - are needed, nothing else")
    if token is None and not _is_loopback(host):
        raise PaperatlasError(f"{host}: others could read the atlas there; a token of at least 16 characters is needed")
    listening = _listen(host, port)
    name = f"[{host}]" if ":" in host else host
    limits = Limits(hosts=None if host in ANY_HOST else (*LOOPBACK, name.lower()), token=token)
    config = uvicorn.Config(
        create_app(atlas, limits=limits, origins=origins), log_level="warning", lifespan="off", timeout_keep_alive=30
    )
    login = "" if token is None else f"?token={token}"
    started(f"http://{name}:{listening.getsockname()[1]}/{login}")
    with listening, threadpool_limits(1):
        uvicorn.Server(config).run(sockets=[listening])


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
