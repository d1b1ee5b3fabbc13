"""Run folder, Manifest -> the files that are not as they were written.

Each file is read and its sha256 compared: at every opening in an atlas of up to 64 MiB, which takes about 0.05 s. In a
larger one, a file whose size and time of change are those that the manifest remembers is taken for what it was: what a
failing disk does to it, `verify` alone tells. Any other is read there too: so a copy of a folder, whose times are
new, is still an atlas.

None of this is a signature: whoever may write into the folder can write a manifest that fits.
"""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from pipeline.atlas.manifest import Manifest
from pipeline.atlas.run_folder import ALTERED, PICTURES, REBUILD, is_shortage, require_regular
from pipeline.errors import RunFolderError

ALWAYS_READ_BYTES = 64 * 2**20
SHOWN_ONLY = frozenset({*PICTURES, "report.md", "near_duplicates.csv"})  # no answer comes from these


@dataclass(frozen=True)
class Change:
    """What happened to a file. kind: "missing", "unreadable", "altered" or "unusable"; reason: a line."""

    name: str
    kind: str
    reason: str


def stamp(path: Path) -> tuple[int, int]:
    """Size of a file in bytes and time of its last change in nanoseconds. Raises OSError."""
    status = path.lstat()
    return status.st_size, status.st_mtime_ns


def changes(folder: Path, manifest: Manifest, names: Iterable[str], *, trust_times: bool = False) -> Iterator[Change]:
    """The changed ones of some files. trust_times: whether those that seem unchanged are not read.

    Raises OSError where the machine is short of memory or open files.
    """
    for name in names:
        try:
            change = _change(folder / name, manifest, trust_times=trust_times)
        except (FileNotFoundError, IsADirectoryError):
            change = Change(name, "missing", "missing")
        except PermissionError as problem:
            change = Change(name, "unreadable", f"cannot be read: {problem.strerror}")
        except OSError as problem:
            if is_shortage(problem):
                raise
            change = Change(name, "unusable", problem.strerror or str(problem))
        if change is not None:
            yield change


def _change(path: Path, manifest: Manifest, *, trust_times: bool) -> Change | None:
    require_regular(path)
    expected = manifest.files.get(path.name)
    if expected is None:
        return Change(path.name, "unusable", "not in the manifest")
    if trust_times and manifest.stamps.get(path.name) == stamp(path):
        return None
    with path.open("rb") as file:
        actual = hashlib.file_digest(file, "sha256").hexdigest()
    same = actual == expected
    return None if same else Change(path.name, "altered", f"sha256 {actual}, the manifest says {expected}")


def require_intact(folder: Path, manifest: Manifest, names: Iterable[str]) -> None:
    """Raises RunFolderError for the first file that is not as it was written, as far as an opening looks."""
    names = list(names)
    size = sum(manifest.stamps[name][0] for name in names if name in manifest.stamps)
    for change in changes(folder, manifest, names, trust_times=size > ALWAYS_READ_BYTES):
        where = folder / change.name
        if change.kind == "unreadable":
            raise RunFolderError(f"{where}: {change.reason}; ask its owner for the right to")
        if change.kind == "missing":
            raise RunFolderError(f"{where}: missing from the run folder; {REBUILD}")
        raise RunFolderError(f"{where}: damaged: {ALTERED if change.kind == 'altered' else change.reason}; {REBUILD}")
