"""Names, bytes -> objects of a bucket, by fsspec: each is there whole or not at all, as object stores write them."""

import hashlib
import io
import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import RunFolderError

Done = TypeVar("Done")
MOST_MAPPED = 4  # arrays of a bucket that are kept on the disk of this machine
INSTALL = "pip install 'paperatlas[s3]', or what fsspec names for other services"


class BucketStore:
    """The objects whose names begin with an address. Arrays that are mapped are copied to the disk of this machine."""

    def __init__(self, address: str) -> None:
        """Raises RunFolderError where what reads such an address is not installed."""
        self.address = address.rstrip("/")
        try:
            import fsspec

            self._files: Any
            fresh = {"use_listings_cache": False, "skip_instance_cache": True}  # other workers write meanwhile
            self._files, self._root = fsspec.core.url_to_fs(self.address, **fresh)
        except (ImportError, ValueError) as problem:
            raise RunFolderError(f'run.shards = "{self.address}": {problem}; {INSTALL}') from None
        self._mapped: dict[str, NDArray[np.float32]] = {}

    def read(self, name: str) -> bytes | None:
        """The content of an object; None where there is none."""
        try:
            return bytes(self._try(lambda: self._files.cat_file(f"{self._root}/{name}")))
        except FileNotFoundError:
            return None

    def write(self, name: str, content: bytes) -> None:
        try:
            self._try(lambda: self._files.pipe_file(f"{self._root}/{name}", content))
        except FileNotFoundError:
            raise RunFolderError(f"{self.address}: no such bucket; create it, or correct run.shards") from None

    def names(self) -> list[str]:
        try:
            found = self._try(lambda: self._files.ls(self._root, detail=False))
        except FileNotFoundError:
            return []
        return sorted(str(path).rpartition("/")[2] for path in found)

    def remove(self, name: str) -> None:
        try:
            self._try(lambda: self._files.rm_file(f"{self._root}/{name}"))
        except FileNotFoundError:
            return

    def put(self, name: str, array: NDArray[np.generic]) -> None:
        """Writes an array object, and its sha256 beside it."""
        file = io.BytesIO()
        np.save(file, array, allow_pickle=False)
        content = file.getvalue()
        self.write(name, content)
        self.write(f"{name}.sha256", hashlib.sha256(content).hexdigest().encode())

    def sha256(self, name: str) -> str | None:
        """Of the content of an object; None where there is none."""
        content = self.read(name)
        return None if content is None else hashlib.sha256(content).hexdigest()

    def map(self, name: str) -> NDArray[np.float32]:
        """An array, from a copy on this machine's disk that goes with this process."""
        if name not in self._mapped:
            content = self.read(name)
            if content is None:
                raise RunFolderError(f"{self.address}/{name}: not there; run again")
            while len(self._mapped) >= MOST_MAPPED:
                self._mapped.pop(next(iter(self._mapped)))
            self._mapped[name] = _map_copy(content)
        return self._mapped[name]

    def close(self) -> None:
        """Nothing: a bucket has no folders."""

    def _try(self, action: Callable[[], Done]) -> Done:
        try:
            return action()
        except FileNotFoundError:
            raise
        except _failures() as problem:
            reason = str(problem).strip().splitlines() or [type(problem).__name__]
            raise RunFolderError(
                f"{self.address}: the bucket of shards cannot be used: {reason[0]}; look at its rights and your keys,"
                " or choose another place in run.shards"
            ) from None


def _failures() -> tuple[type[BaseException], ...]:
    """What services raise: botocore's errors are no OSErrors."""
    botocore = sys.modules.get("botocore.exceptions")
    return (OSError,) if botocore is None else (OSError, botocore.BotoCoreError, botocore.ClientError)


def _map_copy(content: bytes) -> NDArray[np.float32]:
    handle, name = tempfile.mkstemp(suffix=".npy")
    with os.fdopen(handle, "wb") as file:
        file.write(content)
    array: NDArray[np.float32] = np.load(name, mmap_mode="r", allow_pickle=False)
    if os.name == "posix":  # elsewhere a file that is mapped cannot be removed: the system's cleaning takes it
        Path(name).unlink()
    return array
