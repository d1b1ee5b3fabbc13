"""Atlas <-> run folder: written whole into a draft, synced, then swapped in; read with mmap."""

import csv
import hashlib
import io
import json
import os
import shutil
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
from numpy.typing import NDArray

from pipeline.atlas.atlas import Atlas
from pipeline.atlas.locking import beside, mend_if_free
from pipeline.atlas.manifest import Manifest
from pipeline.embedding.result import Sentences
from pipeline.errors import RunFolderError
from pipeline.lexical import Lexical
from pipeline.neighbours import Neighbours
from pipeline.topics import Topic, TopicTree

T = TypeVar("T")

SENTENCES = ("vectors", "spans", "offsets")
LEXICAL = ("offsets", "terms", "weights", "idf", "words")
OUTPUTS = Path("outputs")
RETRIES = 20
RETRY_SECONDS = 0.05


def find_run(run: str | Path) -> Path:
    """The folder of a run: a path, or a name under outputs/. Raises RunFolderError."""
    named = OUTPUTS / run
    candidates = [Path(run)] if str(run).startswith((".", "/")) else [named, Path(run)]
    try:
        for folder in candidates:
            if (folder / "manifest.json").is_file():
                return folder
        for folder in candidates:
            if beside(folder.resolve(), "old").is_dir():
                _wait_for_swap(folder.resolve())
                if (folder / "manifest.json").is_file():
                    return folder
    except OSError as problem:  # a name that no file system takes
        raise RunFolderError(f"{run}: {problem.strerror}") from None
    there = sorted(path.parent.name for path in OUTPUTS.glob("*/manifest.json"))
    known = f"; under outputs/ there are: {', '.join(there)}" if there else ""
    raise RunFolderError(f"{run}: no manifest.json; run 'paperatlas run CONFIG' first{known}")


def _wait_for_swap(folder: Path) -> None:
    for _ in range(RETRIES):
        if (folder / "manifest.json").is_file():
            return
        mend_if_free(folder)
        time.sleep(RETRY_SECONDS)


def read_manifest(folder: Path) -> Manifest:
    """Raises RunFolderError where there is none, or it cannot be used."""
    path = folder / "manifest.json"
    try:
        fields = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise RunFolderError(f"{folder}: no manifest.json; run 'paperatlas run CONFIG' first") from None
    except (OSError, ValueError) as problem:
        raise RunFolderError(f"{path}: damaged: {problem}; run its config again") from None
    if not isinstance(fields, dict):
        raise RunFolderError(f"{path}: damaged: not an object; run its config again")
    return Manifest.from_json(fields, str(folder))


def load_atlas(folder: Path) -> Atlas:
    """The atlas, every file opened now, arrays memory-mapped. Raises RunFolderError for a missing or damaged file.

    A run that is swapped in meanwhile is seen by its manifest, and the files are opened again: never a mixture.
    """
    folder = folder.resolve()
    for _ in range(RETRIES):
        manifest = read_manifest(folder)
        try:
            atlas = _open(folder, manifest)
        except RunFolderError:
            if read_manifest(folder) == manifest:
                raise
            continue
        if read_manifest(folder) == manifest:
            return atlas
    raise RunFolderError(f"{folder}: written again and again while it was read; try later")


def _open(folder: Path, manifest: Manifest) -> Atlas:
    sentences, lexical = None, None
    if "sentences_vectors.npy" in manifest.files:
        sentences = Sentences(*(_array(folder, f"sentences_{part}.npy") for part in SENTENCES))
    if "lexical_terms.npy" in manifest.files:
        lexical = Lexical(*(_array(folder, f"lexical_{part}.npy") for part in LEXICAL))
    encoder = [name for name in manifest.files if name.startswith("encoder_")]
    topics = _read(folder / "topics.json", _read_topics)
    layers = _read(folder / "layers.json", _read_layers)
    try:
        return Atlas(
            vectors=_array(folder, "embedding.npy"),
            text_hashes=_array(folder, "text_hashes.npy"),
            neighbours=Neighbours(
                _array(folder, "neighbours_indices.npy"), _array(folder, "neighbours_similarities.npy")
            ),
            tree=TopicTree(topics, *layers),
            manifest=manifest,
            tables=OpenTables(folder),
            sentences=sentences,
            lexical=lexical,
            encoder_arrays={Path(name).stem.removeprefix("encoder_"): _array(folder, name) for name in encoder},
            folder=folder,
        )
    except ValueError as problem:
        raise RunFolderError(f"{folder}: damaged: {problem}; run its config again with --force") from None


def _read_topics(path: Path) -> tuple[Topic, ...]:
    return tuple(Topic.from_json(fields) for fields in json.loads(path.read_text(encoding="utf-8")))


def _read_layers(path: Path) -> tuple[tuple[Topic, ...], tuple[Topic, ...]]:
    layers = json.loads(path.read_text(encoding="utf-8"))
    fields, fine = (tuple(Topic.from_json(fields) for fields in layers[name]) for name in ("fields", "fine"))
    return fields, fine


def _read(path: Path, reader: Callable[[Path], T]) -> T:
    try:
        return reader(path)
    except FileNotFoundError:
        raise RunFolderError(f"{path}: missing from the run folder; run its config again with --force") from None
    except (OSError, ValueError, KeyError, TypeError, pa.ArrowException) as problem:
        reason = str(problem).strip().partition("\n")[0] or type(problem).__name__
        raise RunFolderError(f"{path}: damaged: {reason}; run its config again with --force") from None


def _array(folder: Path, name: str) -> NDArray[Any]:
    def open_array(path: Path) -> NDArray[Any]:
        found: NDArray[Any] = np.load(path, mmap_mode="r", allow_pickle=False)
        return found

    return _read(folder / name, open_array)


class OpenTables:
    """The tables of a run folder, their files open since the atlas was loaded; a column is read once, when asked for.

    Parquet is read by file, not by pyarrow's dataset module, which would import pandas for a third of a second.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._parquet = {
            name: _read(folder / f"{name}.parquet", lambda path: pq.ParquetFile(path, memory_map=True))
            for name in ("papers", "sources")
        }
        self._csv = {name: _read(folder / f"{name}.csv", Path.read_bytes) for name in ("duplicates", "rejected")}
        self._columns: dict[str, pa.ChunkedArray] = {}
        self._names: list[str] = self._parquet["papers"].schema_arrow.names

    def table(self, name: str) -> pa.Table:
        """All of one table: papers, sources, duplicates or rejected."""
        if name in self._parquet:
            return _read(self._folder / f"{name}.parquet", lambda _: self._parquet[name].read())
        return _read(self._folder / f"{name}.csv", lambda _: _parse_csv(self._csv[name]))

    def column(self, name: str) -> pa.ChunkedArray:
        """One column of papers. Raises KeyError where there is none."""
        if name not in self.column_names:
            raise KeyError(name)
        if name not in self._columns:
            found = _read(self._folder / "papers.parquet", lambda _: self._parquet["papers"].read([name]))
            self._columns[name] = found.column(0)
        return self._columns[name]

    @property
    def column_names(self) -> list[str]:
        """Columns of papers."""
        return list(self._names)


def _parse_csv(content: bytes) -> pa.Table:
    """All columns as text. By pyarrow: its conversion of Python lists would import pandas, for a third of a second."""
    header = next(csv.reader(io.StringIO(content.decode(), newline="")), None)
    if header is None:
        raise ValueError("empty, not even a header")
    convert = pa_csv.ConvertOptions(column_types=dict.fromkeys(header, pa.string()))
    parse = pa_csv.ParseOptions(newlines_in_values=True)
    return pa_csv.read_csv(io.BytesIO(content), parse_options=parse, convert_options=convert)


def refuse_foreign(folder: Path) -> None:
    """Raises RunFolderError where a folder is no run folder or holds other files: a run would remove them."""
    choose = "choose another with --output or [output] folder"
    if folder.is_dir():
        names = {path.name for path in folder.iterdir()}
        if not names:
            return
        if "manifest.json" not in names:
            raise RunFolderError(f"{folder}: has files but is no run folder; {choose}")
        foreign = sorted(names - {*read_manifest(folder).files, "manifest.json"})
        if foreign:
            raise RunFolderError(f"{folder}: holds {foreign[0]!r}, which no run wrote; move it away, or {choose}")
    elif folder.exists():
        raise RunFolderError(f"{folder}: a file, not a folder; {choose}")


def save_atlas(atlas: Atlas, folder: Path, *, pictures: Mapping[str, bytes]) -> Atlas:
    """Write the run folder whole, swap it in, and give back the atlas as loaded from there. Hold `exclusive` meanwhile.

    pictures: more files by name (maps, report). Raises RunFolderError where it cannot be written: the old folder stays.
    """
    draft = beside(folder, "draft")
    try:
        draft.mkdir(parents=True)
        digests = {name: _write(draft / name, content) for name, content in sorted(_files(atlas).items())}
        digests |= {name: _write(draft / name, content) for name, content in sorted(pictures.items())}
        manifest = replace(atlas.manifest, files=digests)
        _write(draft / "manifest.json", _json(manifest.to_json()))
        _sync_folder(draft)
        refuse_foreign(folder)
        swap_in(draft, folder)
    except OSError as problem:
        raise RunFolderError(
            f"{folder}: cannot be written: {problem.strerror or problem}; free some space or choose another folder with"
            " --output. Vectors already made are kept."
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
    _sync_folder(folder.parent)
    _remove_quietly(old)


def _remove_quietly(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)


def _sync_folder(folder: Path) -> None:
    if os.name != "posix":  # Windows has no way to sync a folder
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _write(path: Path, content: bytes) -> str:
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    return hashlib.sha256(content).hexdigest()


def _files(atlas: Atlas) -> dict[str, bytes]:
    """Every file of the run folder but the manifest and the pictures."""
    arrays: dict[str, NDArray[Any]] = {
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
    files = {name: _npy(array) for name, array in arrays.items()}
    files |= {f"{name}.parquet": _parquet(atlas.table(name)) for name in ("papers", "sources")}
    files |= {f"{name}.csv": _csv(atlas.table(name)) for name in ("duplicates", "rejected")}
    files["topics.json"] = _json([topic.to_json() for topic in atlas.topics])
    layers = {"fields": atlas.tree.fields, "fine": atlas.tree.fine}
    files["layers.json"] = _json({name: [topic.to_json() for topic in listed] for name, listed in layers.items()})
    return files


def _npy(array: NDArray[Any]) -> bytes:
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
