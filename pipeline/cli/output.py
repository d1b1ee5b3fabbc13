"""Standard output, which remembers why it takes nothing more: a full disk, a pipe that nobody reads."""

import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TextIO, cast

PIPE_CLOSED = 141  # exit code, as shells show a program that wrote to a closed pipe: 128 and SIGPIPE


class Output:
    """A text stream in another's place. problem: what its last failure was, None while there was none."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self.problem: OSError | None = None

    def write(self, text: str) -> int:
        with self._watched():
            return self._stream.write(text)

    def flush(self) -> None:
        with self._watched():
            self._stream.flush()

    @contextmanager
    def _watched(self) -> Iterator[None]:
        try:
            yield
        except OSError as problem:
            self.problem = problem
            raise

    def __getattr__(self, name: str) -> object:
        return getattr(self._stream, name)


@contextmanager
def watched_output() -> Iterator[Output]:
    """Standard output as such a stream, also where the program was started without; what its encoding lacks is escaped.

    A stream that has failed is closed for good: Python's own last attempt to write what is left would print a
    traceback, or change the exit code.
    """
    before, errors = sys.stdout, sys.stderr
    stream = io.StringIO() if before is None else before
    if isinstance(stream, io.TextIOWrapper):
        stream.reconfigure(errors="backslashreplace")
    output = Output(stream)
    sys.stdout = cast(TextIO, output)
    sys.stderr = io.StringIO() if errors is None else errors
    try:
        yield output
    finally:
        if output.problem is not None:
            _close_for_good(stream)
        try:
            sys.stderr.flush()
        except OSError:
            _close_for_good(sys.stderr)
        sys.stdout, sys.stderr = before, errors


def _close_for_good(stream: TextIO) -> None:
    with suppress(OSError, ValueError):  # a stream that is no file
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
