"""A message -> one line on standard error, cut where it is longer than anybody reads."""

import logging
import sys
from contextlib import suppress

from pipeline.words.display import safe

LONGEST, KEPT_END = 1000, 300  # characters; the end of a message is the way out


def one_line(text: str) -> str:
    """The text on one line, its middle left out where it is longer than 1,000 characters.

    >>> len(one_line("x.toml: " + 60_000 * "y" + ": no such file"))
    1000
    """
    line = safe(text)
    if len(line) <= LONGEST:
        return line
    return f"{line[: LONGEST - KEPT_END - 3]} … {line[-KEPT_END:]}"


def say(text: str) -> None:
    """Print a mistake or a notice, if anybody listens."""
    with suppress(OSError):  # standard error is full or closed, and there is nowhere left to say so
        sys.stderr.write(f"paperatlas: {one_line(text)}\n")


class LinesHandler(logging.Handler):
    """Warnings of the library as such lines."""

    def emit(self, record: logging.LogRecord) -> None:
        say(record.getMessage())
