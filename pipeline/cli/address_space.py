"""Limit on the address space of this process -> a mistake in one line where the libraries do not fit into it.

With too little of it the libraries of C and Fortran end the process, wait for ever, or leave Python's own memory
damaged while they are loaded: no exception comes from them that could be told.
"""

from pipeline.errors import PaperatlasError

try:
    from resource import RLIMIT_AS, getrlimit
except ImportError:  # Windows has no such limit
    LIMITED = False
else:
    LIMITED = True

MOST_BYTES = 2**62  # systems write "no limit" as -1 or as more than this
LEAST_BYTES = 2_000_000_000  # a run of few papers needs about so many with two threads


def is_limited() -> bool:
    """Whether this process may have less address space than the machine has."""
    return LIMITED and 0 <= getrlimit(RLIMIT_AS)[0] < MOST_BYTES


def require_address_space() -> None:
    """Raises PaperatlasError where fewer bytes are allowed than the libraries take."""
    allowed = getrlimit(RLIMIT_AS)[0] if LIMITED else -1
    if 0 <= allowed < LEAST_BYTES:
        raise PaperatlasError(
            f"only {allowed / 1e6:,.0f} MB of address space are allowed here, and the libraries need"
            f" {LEAST_BYTES / 1e6:,.0f}; raise the limit (ulimit -v unlimited)"
        )
