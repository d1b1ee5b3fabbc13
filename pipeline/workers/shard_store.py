"""Names, bytes -> files of a shards folder, each there whole or not at all, beside each its sha256."""

import hashlib
import io
import os
import re
import secrets
import zipfile
from collections.abc import Callable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Protocol, TypeVar
from urllib.parse import urlsplit
from urllib.request import url2pathname

import numpy as np
from numpy.typing import NDArray

from pipeline.atomic_write import write_atomically
from pipeline.errors import RunFolderError

Arrays = Mapping[str, NDArray[np.generic]]
Done = TypeVar("Done")
OWN = re.compile(r"[a-z]+-[0-9a-f]{32}\.(?:task|npz|npy|rows)(?:\.sha256)?")
DRAFT = ".writing-"  # how names of half-written files begin
SUM = ".sha256"


class ShardStore(Protocol):
    """A folder of files, wherever it is. All raise RunFolderError where the folder cannot be used."""

    address: str

    def read(self, name: str) -> bytes | None:
        """The content of a file; None where there is none."""
        ...

    def write(self, name: str, content: bytes) -> None: ...

    def names(self) -> list[str]:
        """Names of all files, whoever wrote them."""
        ...

    def remove(self, name: str) -> None: ...

    def put(self, name: str, array: NDArray[np.generic]) -> None:
        """Writes an array file, and its sha256 beside it."""
        ...

    def map(self, name: str) -> NDArray[np.float32]:
        """An array file, in memory only where it is read."""
        ...

    def sha256(self, name: str) -> str | None:
        """Of the content of a file; None where there is none."""
        ...

    def close(self) -> None:
        """Removes the folder where nothing is left in it."""
        ...


class FolderStore:
    """A folder of this machine, or one that it shares with others."""

    def __init__(self, folder: Path) -> None:
        self.address = str(folder)
        self._folder = folder

    def read(self, name: str) -> bytes | None:
        try:
            return self._try(lambda: (self._folder / name).read_bytes())
        except FileNotFoundError:
            return None

    def write(self, name: str, content: bytes) -> None:
        self._make(lambda: write_atomically(self._folder / name, content))

    def names(self) -> list[str]:
        try:
            return self._try(lambda: sorted(path.name for path in self._folder.iterdir()))
        except FileNotFoundError:
            return []

    def remove(self, name: str) -> None:
        self._try(lambda: (self._folder / name).unlink(missing_ok=True))

    def put(self, name: str, array: NDArray[np.generic]) -> None:
        draft = self._folder / f"{DRAFT}{secrets.token_hex(8)}"
        self._make(lambda: self._put(draft, name, array))

    def _put(self, draft: Path, name: str, array: NDArray[np.generic]) -> None:
        """Straight to the disk: an array may be as large as the memory."""
        self._folder.mkdir(parents=True, exist_ok=True)
        try:
            with draft.open("wb") as file:
                np.save(file, array, allow_pickle=False)
                file.flush()
                os.fsync(file.fileno())
            digest = _sha256_of(draft)
            draft.replace(self._folder / name)
        finally:
            draft.unlink(missing_ok=True)
        self.write(f"{name}{SUM}", digest.encode())

    def sha256(self, name: str) -> str | None:
        try:
            return self._try(lambda: _sha256_of(self._folder / name))
        except FileNotFoundError:
            return None

    def map(self, name: str) -> NDArray[np.float32]:
        loaded: NDArray[np.float32] = self._try(lambda: np.load(self._folder / name, mmap_mode="r", allow_pickle=False))
        return loaded

    def close(self) -> None:
        if self._folder.is_dir() and not any(self._folder.iterdir()):
            self._try(self._folder.rmdir)

    def _try(self, action: Callable[[], Done]) -> Done:
        try:
            return action()
        except FileNotFoundError:
            raise
        except OSError as problem:
            raise self._refusal(problem) from None

    def _make(self, action: Callable[[], None]) -> None:
        try:
            self._try(action)
        except FileNotFoundError as problem:  # the folder cannot be made, or somebody removed it
            raise self._refusal(problem) from None

    def _refusal(self, problem: OSError) -> RunFolderError:
        return RunFolderError(
            f"{self.address}: the folder of shards cannot be used: {problem.strerror or problem}; choose another in"
            " run.shards"
        )


def _sha256_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def own_names(store: ShardStore) -> list[str]:
    """The files that a run wrote: those of anybody else are left alone."""
    return [name for name in store.names() if OWN.fullmatch(name) or name.startswith(DRAFT)]


@lru_cache(maxsize=8)
def open_store(address: str) -> ShardStore:
    """The folder at an address, or in a bucket (`s3://bucket/name`); nothing is written yet.

    Raises RunFolderError where what reads such addresses is not installed.
    """
    if "://" not in address:
        return FolderStore(Path(address))
    if address.startswith("file://"):
        return FolderStore(Path(url2pathname(urlsplit(address).path)))
    from pipeline.workers.bucket_store import BucketStore

    return BucketStore(address)


def try_out(store: ShardStore) -> None:
    """Raises RunFolderError where nothing can be written there."""
    probe = f"{DRAFT}{secrets.token_hex(8)}"
    store.write(probe, b"")
    store.remove(probe)


def write_whole(store: ShardStore, name: str, content: bytes) -> None:
    """The file, then its sha256: a file without one was not finished."""
    store.write(name, content)
    store.write(f"{name}{SUM}", hashlib.sha256(content).hexdigest().encode())


def read_whole(store: ShardStore, name: str) -> bytes | None:
    """A file whose sha256 is the one recorded; None where it is not, or either is missing."""
    recorded = store.read(f"{name}{SUM}")
    content = None if recorded is None else store.read(name)
    if content is None or hashlib.sha256(content).hexdigest().encode() != recorded:
        return None
    return content


def pack(arrays: Arrays) -> bytes:
    """Arrays by name as one file, in the form of .npz."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as parts:
        for name, array in arrays.items():
            with parts.open(f"{name}.npy", "w", force_zip64=True) as part:
                np.lib.format.write_array(part, array, allow_pickle=False)
    return file.getvalue()


def unpack(content: bytes) -> Arrays:
    """What `pack` was given."""
    with np.load(io.BytesIO(content), allow_pickle=False) as file:
        return dict(file)


def is_whole(store: ShardStore, name: str) -> bool:
    """Whether the sha256 of a file is the one recorded beside it."""
    recorded = store.read(f"{name}{SUM}")
    return recorded is not None and recorded.decode(errors="replace") == store.sha256(name)
