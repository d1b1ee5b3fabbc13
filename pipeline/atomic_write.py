"""bytes -> a file that is there whole or not at all."""

import os
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import BinaryIO


def write_atomically(path: Path, content: bytes | Iterable[bytes]) -> None:
    """Write beside, flush to the disk, then rename into place. Raises OSError; leaves no half-written file.

    content: the whole, or its blocks in order, which are written as they come. What is no regular file (a pipe,
    /dev/stdout) is written to as it is.
    """
    blocks = [content] if isinstance(content, bytes) else content
    if path.exists() and not path.is_file():
        with path.open("wb") as stream:
            stream.writelines(blocks)
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".writing-")
    draft = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.writelines(blocks)
            file.flush()
            os.fsync(file.fileno())
        draft.chmod(_usual_mode(path))
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def _usual_mode(path: Path) -> int:
    """The permissions that the file has, or that a new one gets: the draft's own let nobody else read it."""
    if path.exists():
        return path.stat().st_mode & 0o777
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask


def write_synced(path: Path, write: Callable[[BinaryIO], object]) -> None:
    """Write and flush to the disk, for a file in a folder that is renamed as a whole later. Raises OSError.

    write: called with the open file.
    """
    with path.open("wb") as file:
        write(file)
        file.flush()
        os.fsync(file.fileno())


def sync_folder(folder: Path) -> None:
    """Flush a folder's list of names to the disk; nothing on Windows, which cannot."""
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
