"""How a long stage tells how far it is: a protocol, so that the package prints nothing by itself."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol

Advance = Callable[[int], None]


class Progress(Protocol):
    """Shows the stages of a run. `total` is in papers or fits, None where it is not known beforehand."""

    def stage(self, name: str, total: int | None = None) -> AbstractContextManager[Advance]: ...

    def say(self, text: str) -> None: ...


class Silent:
    """Shows nothing."""

    @contextmanager
    def stage(self, name: str, total: int | None = None) -> Iterator[Advance]:  # noqa: ARG002 - the protocol's
        yield lambda _: None

    def say(self, text: str) -> None:
        pass
