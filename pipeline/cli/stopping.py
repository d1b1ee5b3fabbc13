"""SIGINT and SIGTERM -> one exception, wherever the program is, so that everything is put away before it ends.

Ctrl-C and SIGTERM can come while a library is imported, or in a callback whose exceptions Python only prints: then the
exception is raised again a moment later. While numba compiles, or looks a compiled function up, an exception from
within can crash the process: it is raised a moment later then too. This module and `main` import nothing slow, so that
hardly any time passes before a signal is taken care of.
"""

import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from types import FrameType, TracebackType
from typing import Self

_Handler = Callable[[int, FrameType | None], object] | int | None
SIGNALS = (signal.SIGINT, signal.SIGTERM)
BASE = 128  # exit code of a program that a signal ended, as shells count: 130 for SIGINT, 143 for SIGTERM
AGAIN_SECONDS = 0.05
NOT_WITHIN = tuple(f"{os.sep}{library}{os.sep}" for library in ("numba", "llvmlite"))  # in paths of their code
LAST_SECONDS = 1.5  # that other threads have, once a stopped program has put everything away
IMPATIENT_SECONDS = 1.0


class Stopped(KeyboardInterrupt):
    """Ctrl-C or SIGTERM: ends a command as KeyboardInterrupt does, through everything that puts something away."""


class Stopping:
    """Turns the first signal into Stopped while it is entered. Outside the main thread it does nothing.

    for_good: the process ends afterwards, and a late signal ends it silently instead of meeting Python half at its end.
    number: the signal that came, None while none has. A second one ends the process at once, as long as it comes more
    than a second later: a terminal and the program that started this one may both pass on one Ctrl-C. Signals that
    the process was started to ignore, as a shell's background jobs are, stay ignored.
    """

    def __init__(self, *, for_good: bool) -> None:
        self._for_good = for_good
        self.number: int | None = None
        self._first = 0.0
        self._done = False
        self._before: dict[signal.Signals, _Handler] = {}
        self._unraisable: Callable[[sys.UnraisableHookArgs], object] = sys.unraisablehook
        self._again: threading.Timer | None = None

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            sys.unraisablehook = self._not_raised
            for number in SIGNALS:
                if signal.getsignal(number) is not signal.SIG_IGN:
                    self._before[number] = signal.signal(number, self._take)
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, at: TracebackType | None) -> None:
        self.finish()
        for number, handler in self._before.items():
            signal.signal(number, signal.SIG_DFL if self._for_good else handler)
        sys.unraisablehook = self._unraisable

    @property
    def exit_code(self) -> int:
        """Of a program that was stopped."""
        return BASE + (self.number or signal.SIGINT)

    def finish(self) -> None:
        """The command is done: signals that come now are too late."""
        self._done = True
        if self._again is not None:
            self._again.cancel()

    def _take(self, number: int, frame: FrameType | None) -> None:
        if self._done:
            return
        now = time.monotonic()
        if self.number is None:
            if _is_within(frame, NOT_WITHIN):
                self._send_again(number)
                return
            self.number, self._first = number, now
            raise Stopped
        if now - self._first > IMPATIENT_SECONDS:
            os._exit(BASE + number)

    def _not_raised(self, unraisable: "sys.UnraisableHookArgs") -> None:
        """In a callback, such as of garbage collection: the exception got lost there and is raised again outside."""
        if self._done or self.number is None or not issubclass(unraisable.exc_type, Stopped):
            self._unraisable(unraisable)
            return
        number, self.number = self.number, None
        self._send_again(number)

    def _send_again(self, number: int) -> None:
        self._again = threading.Timer(AGAIN_SECONDS, _send_to_main_thread, (number,))
        self._again.daemon = True
        self._again.start()


def _is_within(frame: FrameType | None, libraries: tuple[str, ...]) -> bool:
    """Whether a call of these libraries is under way, by parts of the paths of their code."""
    while frame is not None:
        if any(library in frame.f_code.co_filename for library in libraries):
            return True
        frame = frame.f_back
    return False


def end_soon(number: int) -> None:
    """End the process, stopped by that signal, in any case: a thread that still computes what nobody waits for would
    hold it for as long as that takes.
    """
    if any(not thread.daemon for thread in threading.enumerate() if thread is not threading.main_thread()):
        last = threading.Timer(LAST_SECONDS, os._exit, (BASE + number,))
        last.daemon = True
        last.start()


def _send_to_main_thread(number: int) -> None:
    """So that it ends a wait there as well, where the system can do that."""
    if hasattr(signal, "pthread_kill"):
        signal.pthread_kill(threading.main_thread().ident or 0, number)
    else:
        signal.raise_signal(number)
