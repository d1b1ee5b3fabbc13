"""Items -> what a function makes of each, in their order, by threads of this process: for work that numpy does."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")
Made = TypeVar("Made")


def in_threads(do: Callable[[Item], Made], items: Sequence[Item], *, threads: int) -> Iterator[Made]:
    """What `do` makes of each item. Meanwhile a matrix product has one thread: the others have items of their own.

    >>> list(in_threads(abs, [-3, 1, -2], threads=2))
    [3, 1, 2]
    """
    if min(threads, len(items)) < 2:
        yield from map(do, items)
        return
    from threadpoolctl import threadpool_limits

    pool = ThreadPoolExecutor(threads)
    try:
        with threadpool_limits(limits=1, user_api="blas"):
            yield from pool.map(do, items)
    finally:
        pool.shutdown(cancel_futures=True)
