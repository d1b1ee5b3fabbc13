"""The machine -> the memory a process may use, and the room on a disk; None where nobody says."""

import os
import shutil
from pathlib import Path

CONTROL_GROUP_LIMITS = (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"))


def memory_mb() -> float | None:
    """All memory of the machine, or of the container we are in; None on Windows."""
    if not hasattr(os, "sysconf"):
        return None
    everything = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return round(min([everything, *(limit for path in CONTROL_GROUP_LIMITS if (limit := _limit(path)))]) / 1e6, 1)


def _limit(path: Path) -> int | None:
    """The limit of a control group, in bytes; None for none."""
    try:
        said = path.read_text().strip()
    except OSError:
        return None
    return int(said) if said.isdecimal() else None


def free_disk_mb(folder: Path) -> float | None:
    """Free on the disk on which a folder lies, or will lie; None where that cannot be asked."""
    there = next((place for place in (folder, *folder.absolute().parents) if place.is_dir()), None)
    try:
        return None if there is None else round(shutil.disk_usage(there).free / 1e6, 1)
    except OSError:
        return None
