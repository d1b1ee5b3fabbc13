"""Cases of a hunt, one by one, each a line in a log once it has held: a full count that was cut off goes on there."""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TypeVar

LOG = "PAPERATLAS_TORTURE_LOG"  # environment variable: the log's path; without it every case is tried
Case = TypeVar("Case")


def unfinished(hunt: str, cases: Iterable[Case]) -> Iterator[Case]:
    """Those cases that no line of the log names. A case is finished when the next one is asked for."""
    place = os.environ.get(LOG)
    if place is None:
        yield from cases
        return
    log = Path(place)
    finished = set(log.read_text(encoding="utf-8").splitlines()) if log.exists() else set()
    for case in cases:
        line = f"{hunt}: {case}"
        if line in finished:
            continue
        yield case
        with log.open("a", encoding="utf-8") as file:
            file.write(f"{line}\n")
