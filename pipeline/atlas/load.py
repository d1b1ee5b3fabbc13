"""Run folder -> AtlasData: every file opened at once, arrays memory-mapped."""

import json
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydantic import TypeAdapter

from pipeline.atlas.atlas import AtlasData
from pipeline.atlas.atlas_tables import OpenTables
from pipeline.atlas.manifest import RENAMED_FILES, Manifest, from_schema_3
from pipeline.atlas.run_folder import REBUILD, RETRIES, find_run, read_file
from pipeline.embedding.embedding import Sentences
from pipeline.errors import RunFolderError
from pipeline.neighbours import Neighbours
from pipeline.topics import Topic, TopicHierarchy
from pipeline.words.tfidf import Lexical

SENTENCES = ("vectors", "spans", "offsets")
LEXICAL = ("offsets", "terms", "weights", "idf", "words")


def read_manifest(folder: Path) -> Manifest:
    """Raises RunFolderError where there is none, or it cannot be used."""
    path = folder / "manifest.json"
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise RunFolderError(f"{folder}: no manifest.json; run 'paperatlas run CONFIG' first") from None
    except (OSError, ValueError, RecursionError) as problem:
        raise RunFolderError(f"{path}: damaged: {problem}; {REBUILD}") from None
    if not isinstance(content, dict):
        raise RunFolderError(f"{path}: damaged: not an object; {REBUILD}")
    try:
        return Manifest.from_json(content, where=str(folder))
    except (TypeError, KeyError) as problem:
        raise RunFolderError(f"{path}: damaged: {problem}; {REBUILD}") from None


def load_run(run: str | Path) -> AtlasData:
    """The atlas of a run: the path of its folder, or a name under outputs/. Raises RunFolderError."""
    return load_atlas(find_run(run))


def load_atlas(folder: Path) -> AtlasData:
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


def _open(folder: Path, manifest: Manifest) -> AtlasData:
    sentences, lexical = None, None
    if "sentences_vectors.npy" in manifest.files:
        sentences = Sentences(*(_array(folder, f"sentences_{part}.npy") for part in SENTENCES))
    if "lexical_terms.npy" in manifest.files:
        lexical = Lexical(*(_array(folder, f"lexical_{part}.npy") for part in LEXICAL))
    encoder = [name for name in manifest.files if name.startswith("encoder_")]
    schema_3 = "layers.json" in manifest.files
    levels = {
        level: topics
        for name in ("topics.json", "hierarchy.json")
        for level, topics in _read_topics(folder, name, schema_3=schema_3).items()
    }
    try:
        return AtlasData(
            vectors=_array(folder, "embedding.npy"),
            text_hashes=_array(folder, "text_hashes.npy"),
            neighbours=Neighbours(
                _array(folder, "neighbours_indices.npy"), _array(folder, "neighbours_similarities.npy")
            ),
            hierarchy=TopicHierarchy(**levels),
            manifest=manifest,
            tables=OpenTables(folder, schema_3=schema_3),
            sentences=sentences,
            lexical=lexical,
            encoder_arrays={Path(name).stem.removeprefix("encoder_"): _array(folder, name) for name in encoder},
            folder=folder,
        )
    except (ValueError, TypeError) as problem:
        raise RunFolderError(f"{folder}: damaged: {problem}; {REBUILD}") from None


@cache
def _topics_adapter() -> TypeAdapter[dict[str, tuple[Topic, ...]]]:
    return TypeAdapter(dict[str, tuple[Topic, ...]])


def _read_topics(folder: Path, name: str, *, schema_3: bool) -> dict[str, tuple[Topic, ...]]:
    """Topics by level of the hierarchy: of topics.json, or of hierarchy.json."""

    def parse(path: Path) -> dict[str, tuple[Topic, ...]]:
        content = json.loads(path.read_text(encoding="utf-8"))
        if schema_3:
            content = from_schema_3(name, content)
        elif name == "topics.json":
            content = {"topics": content}
        return _topics_adapter().validate_python(content)

    return read_file(folder / (RENAMED_FILES.get(name, name) if schema_3 else name), parse)


def _array(folder: Path, name: str) -> NDArray:  # type: ignore[type-arg]
    return read_file(folder / name, lambda path: np.load(path, mmap_mode="r", allow_pickle=False))
