"""What every step of a watch needs: the run, the watch folder, and how to reach the service."""

from dataclasses import dataclass
from pathlib import Path

from pipeline.fetch.client import Client
from pipeline.progress import Progress


@dataclass(frozen=True)
class WatchContext:
    """Where a watch works. client: replaces that of the service."""

    run: Path
    folder: Path
    client: Client | None
    progress: Progress | None
