"""Stages of a run -> progress bars on a terminal, plain lines elsewhere."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    ProgressColumn,
    SpinnerColumn,
    Task,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.progress import Progress as RichProgress
from rich.text import Text

from pipeline.cli.show import console
from pipeline.progress import Advance, Progress, Silent

SLOW_SECONDS = 1.0
FIRST_TIME = {"topics": "finding topics (UMAP compiles for some seconds the first time)"}


class _Rate(ProgressColumn):
    """Steps per second, where the total is known."""

    def render(self, task: Task) -> Text:
        speed = task.finished_speed or task.speed
        return Text(f"{speed:,.0f}/s" if speed and task.total and task.total > 20 else "")


class Bars:
    """One bar per stage, with count, rate and time left."""

    def say(self, text: str) -> None:
        console(stderr=True).print(text)

    @contextmanager
    def stage(self, name: str, total: int | None = None) -> Iterator[Advance]:
        columns = (
            SpinnerColumn(finished_text="✓"),
            TextColumn("{task.description}"),
            BarColumn(bar_width=30),
            MofNCompleteColumn(),
            _Rate(),
            TimeElapsedColumn(),
            TimeRemainingColumn(compact=True),
        )
        with RichProgress(*columns, console=console(stderr=True)) as bars:
            task = bars.add_task(FIRST_TIME.get(name, name), total=total)
            yield lambda count: bars.advance(task, count)
            done = int(bars.tasks[0].completed)
            bars.update(task, description=name, total=total or done or 1, completed=total or done or 1)


class Lines:
    """One plain line per stage that took at least a second, for logs and pipes."""

    def say(self, text: str) -> None:
        sys.stderr.write(text + "\n")

    @contextmanager
    def stage(self, name: str, total: int | None = None) -> Iterator[Advance]:
        start = time.perf_counter()
        yield lambda _: None
        seconds = time.perf_counter() - start
        if seconds >= SLOW_SECONDS:
            rate = f", {total / seconds:,.0f}/s" if total and total > 20 else ""
            self.say(f"{name}: {seconds:.1f} s{rate}")


def progress_for(*, quiet: bool) -> Progress:
    """Bars on a terminal, lines in a pipe, nothing where quiet."""
    if quiet:
        return Silent()
    return Bars() if sys.stderr.isatty() else Lines()
