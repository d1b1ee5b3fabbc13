"""What one server gives its clients: names, a secret, and limits on requests, time, memory and connections."""

from dataclasses import dataclass

LOOPBACK = ("localhost", "127.0.0.1", "[::1]")
KIB, MIB = 2**10, 2**20


@dataclass(frozen=True)
class Limits:
    """hosts: names by which the server may be addressed, None for any, which requires a token.

    token: secret that every request must carry, None for no token. max_concurrent: requests answered at the same time,
    one more gets 503; a request counts once it has come whole.

    max_bytes: largest body of a request; max_head_bytes, max_headers: largest first line with its headers.
    max_arriving_bytes: of all bodies that have not come whole, together; max_unsent_bytes: of all answers that their
    clients do not take. max_connections: open ones; the one that has waited longest makes room for one more.

    head_seconds, body_seconds: until a head, and the body after it, must have come whole. answer_seconds: in so many an
    answer must move on by `least_bytes`, or be at its end.
    """

    hosts: tuple[str, ...] | None = LOOPBACK
    token: str | None = None
    max_concurrent: int = 32
    max_bytes: int = MIB
    max_head_bytes: int = 64 * KIB
    max_headers: int = 100
    max_arriving_bytes: int = 8 * MIB
    max_unsent_bytes: int = 16 * MIB
    max_connections: int = 512
    head_seconds: float = 10.0
    body_seconds: float = 30.0
    answer_seconds: float = 60.0
    least_bytes: int = 64 * KIB
