"""AtlasData -> run folder: written whole into a draft, synced, then swapped in."""

import hashlib
import logging
import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from pipeline.atlas.atlas import AtlasData
from pipeline.atlas.file_contents import Writer, file_writers, whole
from pipeline.atlas.intact import stamp
from pipeline.atlas.load import open_unchecked
from pipeline.atlas.locking import beside
from pipeline.atlas.manifest import SCHEMA_VERSION, Manifest
from pipeline.atlas.manifest_file import MANIFEST, manifest_bytes, read_manifest
from pipeline.atlas.run_folder import files_of_any_run, foreign_files, is_shortage, require_known
from pipeline.atomic_write import sync_folder, write_synced
from pipeline.errors import RunFolderError

logger = logging.getLogger(__name__)


def refuse_foreign(folder: Path) -> None:
    """Raises RunFolderError where a folder is no run folder or holds other files: a run would remove them.

    A run folder whose manifest is missing, damaged or of an older schema is known by the other files of every run, or
    by what is left of the manifest.
    """
    choose = "choose another output folder"
    try:
        if not folder.is_dir():
            if folder.exists():
                raise RunFolderError(f"{folder}: a file, not a folder; {choose}")
            return
        if not foreign_files(folder, set()):
            return
        written = _written_by_a_run(folder)
        if not written:
            raise RunFolderError(f"{folder}: has files but is no run folder; {choose}")
        foreign = foreign_files(folder, written)
    except OSError as problem:
        if is_shortage(problem):
            raise
        raise RunFolderError(f"{folder}: cannot be read: {problem.strerror}; {choose}") from None
    if foreign:
        raise RunFolderError(f"{folder}: holds {foreign[0]!r}, which no run wrote; move it away, or {choose}")


def _written_by_a_run(folder: Path) -> set[str]:
    try:
        return {*read_manifest(folder).files, MANIFEST}
    except RunFolderError:
        return files_of_any_run(folder)


def save_atlas(atlas: AtlasData, folder: Path, *, pictures: Mapping[str, bytes]) -> AtlasData:
    """Write the run folder whole, swap it in, and give back the atlas as loaded from there. Hold `exclusive` meanwhile.

    pictures: more files by name (maps, report). Raises RunFolderError where it cannot be written: the old folder stays.
    What fails once the new folder is in its place is a warning, for the result is there.
    """
    draft = beside(folder, "draft")
    try:
        draft.mkdir(parents=True)
        files = file_writers(atlas) | {name: whole(content) for name, content in pictures.items()}
        require_known(files)
        digests = {name: _write(draft / name, write) for name, write in sorted(files.items())}
        stamps = {name: stamp(draft / name) for name in digests}
        manifest = replace(atlas.manifest, files=digests, stamps=stamps, schema_version=SCHEMA_VERSION)
        _write(draft / MANIFEST, whole(manifest_bytes(manifest)))
        sync_folder(draft)
        refuse_foreign(folder)
        swap_in(draft, folder)
    except OSError as problem:
        raise RunFolderError(
            f"{folder}: cannot be written: {problem.strerror or problem}; free some space or choose another output"
            " folder. Vectors already computed are kept."
        ) from None
    finally:
        _remove_quietly(draft)
    return _reopened(atlas, manifest, folder)


def _reopened(atlas: AtlasData, manifest: Manifest, folder: Path) -> AtlasData:
    """The atlas from its files, which were just written; as it lies in memory where they cannot be opened."""
    try:
        return open_unchecked(folder.resolve(), read_manifest(folder))
    except (RunFolderError, OSError, MemoryError) as problem:
        logger.warning("the run is written but could not be opened: %s", problem)
        return replace(atlas, manifest=manifest, folder=folder.resolve())


def swap_in(draft: Path, folder: Path) -> None:
    """The old folder renamed away, the draft renamed into its place, the old one removed: readers see old or new.

    Raises OSError where the draft cannot be put there; then the old folder is back.
    """
    old = beside(folder, "old")
    try:
        if folder.exists():
            folder.rename(old)
        draft.rename(folder)
    finally:
        if old.is_dir() and not folder.exists():
            old.rename(folder)
    try:
        sync_folder(folder.parent)
    except OSError as problem:
        logger.warning("%s: written, but perhaps not yet on the disk: %s", folder, problem.strerror)
    _remove_quietly(old)


def _remove_quietly(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)


def _write(path: Path, write: Writer) -> str:
    """Writes a file; its sha256."""
    write_synced(path, write)
    with path.open("rb") as written:
        return hashlib.file_digest(written, "sha256").hexdigest()
