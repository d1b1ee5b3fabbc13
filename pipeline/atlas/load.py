"""Run folder -> AtlasData: every file opened at once, arrays memory-mapped."""

import json
from functools import cache
from itertools import chain
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydantic import TypeAdapter

from pipeline.atlas.array_checks import array_problems, read_array
from pipeline.atlas.atlas import AtlasData
from pipeline.atlas.atlas_tables import OpenTables
from pipeline.atlas.intact import SHOWN_ONLY, require_intact
from pipeline.atlas.locking import beside
from pipeline.atlas.manifest import RENAMED_FILES, Manifest, from_schema_3
from pipeline.atlas.manifest_file import MANIFEST, read_manifest
from pipeline.atlas.run_folder import REBUILD, RETRIES, find_run, read_file, wait_for_swap
from pipeline.atlas.topic_checks import topic_problems
from pipeline.embedding.embedding import Sentences
from pipeline.errors import RunFolderError
from pipeline.neighbours import Neighbours
from pipeline.references import StoredReferences
from pipeline.topics import Topic, TopicHierarchy
from pipeline.words.tfidf import Lexical

SENTENCES = ("vectors", "spans", "offsets")
LEXICAL = ("offsets", "terms", "weights", "idf", "words")
REFERENCES = ("offsets", "works", "weights", "counts", "names")
NEEDED = (
    *("embedding.npy", "text_hashes.npy", "neighbours_indices.npy", "neighbours_similarities.npy"),
    *("papers.parquet", "sources.parquet", "duplicates.csv", "rejected.csv", "topics.json"),
)
LEVELS = {"topics.json": {"topics"}, "hierarchy.json": {"areas", "subtopics"}}


def load_run(run: str | Path) -> AtlasData:
    """The atlas of a run: the path of its folder, or a name under outputs/. Raises RunFolderError."""
    return load_atlas(find_run(run))


def load_atlas(folder: Path) -> AtlasData:
    """The atlas, every file opened and checked now, arrays memory-mapped. Raises RunFolderError for a damaged one.

    A run that is swapped in meanwhile is seen by its manifest, and the files are opened again: never a mixture.
    """
    folder = folder.resolve()
    for _ in range(RETRIES):
        manifest = _read_manifest(folder)
        try:
            atlas = _open(folder, manifest)
        except RunFolderError:
            if _is_same(_read_manifest(folder), manifest):
                raise
            continue
        if _is_same(_read_manifest(folder), manifest):
            return atlas
    raise RunFolderError(f"{folder}: written again and again while it was read; try later")


def _read_manifest(folder: Path) -> Manifest:
    """The manifest; where it is missing because another run is moving in just now, that run's."""
    for _ in range(RETRIES):
        try:
            return read_manifest(folder)
        except RunFolderError:
            if (folder / MANIFEST).is_file():
                break
            if beside(folder, "old").is_dir():
                wait_for_swap(folder)
    return read_manifest(folder)


def _is_same(one: Manifest, other: Manifest) -> bool:
    return one == other and one.stamps == other.stamps


def _open(folder: Path, manifest: Manifest) -> AtlasData:
    """The atlas, its files as they were written, their values checked."""
    listed = set(manifest.files) | needed_files(manifest)
    require_intact(folder, manifest, sorted(listed - SHOWN_ONLY))
    atlas = open_unchecked(folder, manifest)
    for name, problem in chain(array_problems(atlas), topic_problems(atlas)):
        raise RunFolderError(f"{folder / name}: damaged: {problem}; {REBUILD}")
    return atlas


def needed_files(manifest: Manifest) -> set[str]:
    """Names of the files without which an atlas cannot be opened."""
    schema_3 = "layers.json" in manifest.files
    sentences = SENTENCES if "sentences_vectors.npy" in manifest.files else ()
    lexical = LEXICAL if "lexical_terms.npy" in manifest.files else ()
    references = REFERENCES if "references_works.npy" in manifest.files else ()
    return {
        *NEEDED,
        "layers.json" if schema_3 else "hierarchy.json",
        *(f"sentences_{part}.npy" for part in sentences),
        *(f"lexical_{part}.npy" for part in lexical),
        *(f"references_{part}.npy" for part in references),
    }


def open_unchecked(folder: Path, manifest: Manifest) -> AtlasData:
    """The atlas with whatever values its files hold; their types and shapes are right. Raises RunFolderError."""
    sentences, lexical, references = None, None, None
    schema_3 = "layers.json" in manifest.files
    encoder = [name for name in manifest.files if name.startswith("encoder_")]
    levels = {
        level: topics
        for name in ("topics.json", "hierarchy.json")
        for level, topics in _read_topics(folder, name, schema_3=schema_3).items()
    }
    vectors = _array(folder, "embedding.npy")
    tables = OpenTables(folder, rows=len(vectors), schema_3=schema_3)
    try:
        if "sentences_vectors.npy" in manifest.files:
            sentences = Sentences(*(_array(folder, f"sentences_{part}.npy") for part in SENTENCES))
        if "lexical_terms.npy" in manifest.files:
            # Plain arrays over the mapped files: a slice of numpy's memmap costs several times one of an array.
            lexical = Lexical(*(np.asarray(_array(folder, f"lexical_{part}.npy")) for part in LEXICAL))
        if "references_works.npy" in manifest.files:
            references = StoredReferences(
                *(np.asarray(_array(folder, f"references_{part}.npy")) for part in REFERENCES)
            )
        return AtlasData(
            vectors=vectors,
            text_hashes=_array(folder, "text_hashes.npy"),
            neighbours=Neighbours(
                _array(folder, "neighbours_indices.npy"), _array(folder, "neighbours_similarities.npy")
            ),
            hierarchy=TopicHierarchy(**levels),
            manifest=manifest,
            tables=tables,
            sentences=sentences,
            lexical=lexical,
            references=references,
            encoder_arrays={Path(name).stem.removeprefix("encoder_"): _array(folder, name) for name in encoder},
            folder=folder,
        )
    except (ValueError, TypeError, IndexError) as problem:
        raise RunFolderError(f"{folder}: damaged: {problem}; {REBUILD}") from None


@cache
def _topics_adapter() -> TypeAdapter[dict[str, tuple[Topic, ...]]]:
    return TypeAdapter(dict[str, tuple[Topic, ...]])


def _read_topics(folder: Path, name: str, *, schema_3: bool) -> dict[str, tuple[Topic, ...]]:
    """Topics by level of the hierarchy: of topics.json, or of hierarchy.json."""

    def parse(path: Path) -> dict[str, tuple[Topic, ...]]:
        content = json.loads(path.read_text(encoding="utf-8"))
        # Neither NaN nor half a surrogate pair, which no label can be written with.
        json.dumps(content, ensure_ascii=False, allow_nan=False).encode()
        if schema_3:
            content = from_schema_3(name, content)
        elif name == "topics.json":
            content = {"topics": content}
        levels = _topics_adapter().validate_python(content)
        if set(levels) != LEVELS[name]:
            raise ValueError(
                f"expected {', '.join(sorted(LEVELS[name]))}, found {', '.join(sorted(levels)) or 'nothing'}"
            )
        return levels

    return read_file(folder / (RENAMED_FILES.get(name, name) if schema_3 else name), parse)


def _array(folder: Path, name: str) -> NDArray:  # type: ignore[type-arg]
    return read_file(folder / name, read_array)
