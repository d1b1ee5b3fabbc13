"""AtlasData -> run folder: written whole into a draft, synced, then swapped in."""

import csv
import hashlib
import io
import json
import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from pipeline.atlas.atlas import AtlasData
from pipeline.atlas.load import LEXICAL, SENTENCES, load_atlas, read_manifest
from pipeline.atlas.locking import beside
from pipeline.atlas.manifest import SCHEMA_VERSION
from pipeline.atlas.run_folder import files_of_any_run, foreign_files
from pipeline.atomic_write import sync_folder, write_synced
from pipeline.errors import RunFolderError


def refuse_foreign(folder: Path) -> None:
    """Raises RunFolderError where a folder is no run folder or holds other files: a run would remove them.

    A run folder whose manifest is missing, damaged or of an older schema is known by the other files of every run.
    """
    choose = "choose another output folder"
    if not folder.is_dir():
        if folder.exists():
            raise RunFolderError(f"{folder}: a file, not a folder; {choose}")
        return
    if not foreign_files(folder, set()):
        return
    try:
        written = {*read_manifest(folder).files, "manifest.json"}
    except RunFolderError:
        written = files_of_any_run(folder)
        if not written:
            raise RunFolderError(f"{folder}: has files but is no run folder; {choose}") from None
    if foreign := foreign_files(folder, written):
        raise RunFolderError(f"{folder}: holds {foreign[0]!r}, which no run wrote; move it away, or {choose}")


def save_atlas(atlas: AtlasData, folder: Path, *, pictures: Mapping[str, bytes]) -> AtlasData:
    """Write the run folder whole, swap it in, and give back the atlas as loaded from there. Hold `exclusive` meanwhile.

    pictures: more files by name (maps, report). Raises RunFolderError where it cannot be written: the old folder stays.
    """
    draft = beside(folder, "draft")
    try:
        draft.mkdir(parents=True)
        files = {**_files(atlas), **pictures}
        digests = {name: _write(draft / name, content) for name, content in sorted(files.items())}
        manifest = replace(atlas.manifest, files=digests, schema_version=SCHEMA_VERSION)
        _write(draft / "manifest.json", _json(manifest.to_json()))
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
    return load_atlas(folder)


def swap_in(draft: Path, folder: Path) -> None:
    """The old folder renamed away, the draft renamed into its place, the old one removed: readers see old or new."""
    old = beside(folder, "old")
    if folder.exists():
        folder.rename(old)
    draft.rename(folder)
    sync_folder(folder.parent)
    _remove_quietly(old)


def _remove_quietly(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)


def _write(path: Path, content: bytes) -> str:
    write_synced(path, content)
    return hashlib.sha256(content).hexdigest()


def _files(atlas: AtlasData) -> dict[str, bytes]:
    """Every file of the run folder but the manifest and the pictures."""
    arrays: dict[str, NDArray[np.generic]] = {
        "embedding.npy": atlas.vectors,
        "text_hashes.npy": atlas.text_hashes,
        "neighbours_indices.npy": atlas.neighbours.indices,
        "neighbours_similarities.npy": atlas.neighbours.similarities,
    }
    if atlas.sentences is not None:
        arrays |= {f"sentences_{part}.npy": getattr(atlas.sentences, part) for part in SENTENCES}
    if atlas.lexical is not None:
        arrays |= {f"lexical_{part}.npy": getattr(atlas.lexical, part) for part in LEXICAL}
    arrays |= {f"encoder_{name}.npy": array for name, array in atlas.encoder_arrays.items()}
    tables = atlas.tables.whole
    levels = {"areas": atlas.hierarchy.areas, "subtopics": atlas.hierarchy.subtopics}
    hierarchy = {name: [topic.to_json() for topic in topics] for name, topics in levels.items()}
    return {
        **{name: _npy(array) for name, array in arrays.items()},
        "papers.parquet": _parquet(tables.papers),
        "sources.parquet": _parquet(tables.sources),
        "duplicates.csv": _csv(tables.duplicates),
        "rejected.csv": _csv(tables.rejected),
        "topics.json": _json([topic.to_json() for topic in atlas.topics]),
        "hierarchy.json": _json(hierarchy),
    }


def _npy(array: NDArray[np.generic]) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, np.ascontiguousarray(array), allow_pickle=False)
    return buffer.getvalue()


def _parquet(table: pa.Table) -> bytes:
    buffer = io.BytesIO()
    pq.write_table(table.combine_chunks(), buffer, compression="zstd")
    return buffer.getvalue()


def _csv(table: pa.Table) -> bytes:
    buffer = io.StringIO(newline="")
    # All quoted: a lone carriage return in an id must not be read back as the end of a line.
    writer = csv.writer(buffer, lineterminator="\n", quoting=csv.QUOTE_ALL)
    writer.writerow(table.column_names)
    writer.writerows(zip(*(column.to_pylist() for column in table.columns), strict=True))
    return buffer.getvalue().encode()


def _json(content: object) -> bytes:
    return (json.dumps(content, ensure_ascii=False, indent=1) + "\n").encode()
