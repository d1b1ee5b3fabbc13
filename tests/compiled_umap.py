"""UMAP compiled once for all tests: most of it is otherwise compiled anew by every process, for ten seconds each."""

from functools import wraps
from typing import Any


def keep_compiled_umap() -> None:
    """Lets numba keep what it compiles where it keeps the parts that UMAP asks it to: beside the sources."""
    import numba

    plain = numba.njit

    @wraps(plain)
    def kept(*arguments: Any, **options: Any) -> Any:
        return plain(*arguments, **({"cache": True} | options))

    numba.njit = kept
