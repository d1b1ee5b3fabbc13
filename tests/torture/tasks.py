"""Tasks for worker processes, in a module that imports nothing slow."""

import os
import time
from pathlib import Path


def slow_task(folder: Path, item: str) -> None:
    """Says that it began, and does not end."""
    (folder / f"began-{item}").write_text(str(os.getpid()))
    time.sleep(600)


def short_of_memory(folder: Path, item: str) -> None:
    """Has no memory."""
    raise MemoryError
