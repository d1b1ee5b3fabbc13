"""Operations on files under a folder, counted; the n-th fails as on a full disk, or is where the process is killed.

Counted are open, write, fsync, rename, mkdir, unlink, rmdir and utime, as Python code does them; read, stat and listing
of folders too where that is asked for.
"""

import builtins
import errno
import io
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

READING = ("read", "stat", "lstat", "listdir", "scandir")
CHANGING = ("open", "fsync", "rename", "replace", "mkdir", "unlink", "remove", "rmdir", "utime")


class Operations:
    """count: operations so far. fail_at: number, from 0, of the one that fails; kill: by SIGKILL of this process.

    for_ever: all later ones that need space (open to write, write, fsync, mkdir) fail too. reading: whether reading and
    asking are operations as well, which fail as on a failing disk.
    """

    def __init__(
        self,
        folder: Path,
        *,
        fail_at: int | None,
        kill: bool = False,
        for_ever: bool = False,
        reading: bool = False,
    ) -> None:
        self.reading = reading
        self.folder, self.fail_at, self.kill, self.for_ever = str(folder.resolve()), fail_at, kill, for_ever
        self.count = 0
        self.seen: list[str] = []

    def note(self, kind: str, path: Any, *, needs_space: bool = False) -> None:
        if kind in READING and not self.reading:
            return
        where = _absolute(path)
        if not where.startswith(self.folder):
            return
        number, self.count = self.count, self.count + 1
        self.seen.append(f"{kind} {where.removeprefix(self.folder)}")
        if self.fail_at is None:
            return
        if number == self.fail_at or (self.for_ever and needs_space and number > self.fail_at):
            if self.kill:
                os.kill(os.getpid(), signal.SIGKILL)
            number = errno.EIO if kind in READING else errno.ENOSPC
            raise OSError(number, os.strerror(number), str(where))


def _absolute(path: Any) -> str:
    if isinstance(path, int):
        try:
            return str(Path(f"/proc/self/fd/{path}").readlink())
        except OSError:
            return ""
    return os.path.abspath(os.fsdecode(path))  # noqa: PTH100 - links are not followed


class _Watched:
    """An open file whose reads and writes are counted; a write that fails writes half."""

    def __init__(self, file: Any, path: Any, operations: Operations) -> None:
        self._file, self._path, self._operations = file, path, operations

    def write(self, content: Any) -> int:
        try:
            self._operations.note("write", self._path, needs_space=True)
        except OSError:
            self._file.write(content[: len(content) // 2])
            raise
        return self._file.write(content)

    def read(self, *size: Any) -> Any:
        self._operations.note("read", self._path)
        return self._file.read(*size)

    def readinto(self, buffer: Any) -> Any:
        self._operations.note("read", self._path)
        return self._file.readinto(buffer)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)

    def __enter__(self) -> Any:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def __iter__(self) -> Any:
        return iter(self._file)


@contextmanager
def watched(operations: Operations) -> Iterator[Operations]:
    """While it is entered, every operation is noted."""
    with pytest.MonkeyPatch.context() as patch:
        real_open = io.open

        def open_noted(file: Any, mode: str = "r", *arguments: Any, **options: Any) -> Any:
            writes = any(sign in mode for sign in "wax+")
            path = _absolute(file)
            operations.note("open", path, needs_space=writes)
            opened = real_open(file, mode, *arguments, **options)
            inside = path.startswith(operations.folder)
            return _Watched(opened, path, operations) if inside and (writes or operations.reading) else opened

        patch.setattr(builtins, "open", open_noted)
        patch.setattr(io, "open", open_noted)
        for name in (*CHANGING, *(READING[1:] if operations.reading else ())):
            patch.setattr(os, name, _noted(name, getattr(os, name), operations))
        yield operations


def _noted(name: str, real: Callable[..., Any], operations: Operations) -> Callable[..., Any]:
    def noted(path: Any = ".", *arguments: Any, dir_fd: int | None = None, **options: Any) -> Any:
        place = path if dir_fd is None else Path(_absolute(dir_fd)) / os.fsdecode(path)
        operations.note(name, place, needs_space=name in ("fsync", "mkdir"))
        more = {} if dir_fd is None else {"dir_fd": dir_fd}
        return real(path, *arguments, **more, **options)

    return noted
