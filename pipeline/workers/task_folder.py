"""A temporary folder for the files of tasks: it goes with its process, or with the next one that looks."""

import errno
import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from pipeline.workers.file_lock import take_lock

PREFIX = "paperatlas-"
MOST_NAMES = 100  # tried for one folder


@contextmanager
def work_folder(root: Path | None = None) -> Iterator[Path]:
    """A new folder under root, by default under the system's temporary one. What processes left there that were killed
    is removed first: nobody holds its lock.
    """
    root = Path(tempfile.gettempdir()) if root is None else root
    for lock in root.glob(f"{PREFIX}*.lock"):
        _remove_if_left(lock)
    folder, held = _name_of_ours(root)  # before the folder is there: who finds both, finds the lock held
    try:
        folder.mkdir(mode=0o700)
        yield folder
    finally:
        _remove(folder)
        held.release()


def _name_of_ours(root: Path) -> tuple[Path, FileLock]:
    """A folder's path and its lock, held. A process that clears up may hold a lock that was just made, and removes it;
    so another name is tried then.
    """
    for _ in range(MOST_NAMES):
        folder = root / f"{PREFIX}{secrets.token_hex(8)}"
        try:
            return folder, take_lock(_lock_of(folder))
        except Timeout:
            continue
        except OSError:
            _remove(folder)
            raise
    raise OSError(errno.EBUSY, os.strerror(errno.EBUSY), str(root))


def _lock_of(folder: Path) -> Path:
    return folder.with_name(f"{folder.name}.lock")


def _remove_if_left(lock: Path) -> None:
    folder = lock.with_suffix("")
    try:
        if folder.is_symlink() or lock.is_symlink() or not lock.is_file():
            return
        held = take_lock(lock)
        try:
            _remove(folder)
        finally:
            held.release()
    except (Timeout, OSError):  # another process works in it, or it is another user's
        return


def _remove(folder: Path) -> None:
    """The folder and its lock; the lock stays where not all could be removed, so that a later process tries again."""
    for _ in range(2):  # what could not be removed is tried once more
        shutil.rmtree(folder, ignore_errors=True)
        with suppress(OSError):
            if not folder.exists() and os.name == "posix":  # elsewhere a file that is held cannot be removed
                _lock_of(folder).unlink(missing_ok=True)
                return
