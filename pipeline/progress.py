"""How a long stage reports its progress: a protocol, so that the package itself prints nothing."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol

Advance = Callable[[int], None]


class Progress(Protocol):
    """Shows the stages of a run. `total` counts papers or fits; None where it is not known beforehand."""

    def stage(self, name: str, total: int | None = None) -> AbstractContextManager[Advance]: ...

    def say(self, text: str) -> None: ...


class Silent:
    """Shows nothing."""

    @contextmanager
    def stage(self, name: str, total: int | None = None) -> Iterator[Advance]:  # noqa: ARG002 - the protocol's
        yield lambda _: None

    def say(self, text: str) -> None:
        pass
