"""run folder -> what is wrong with it: every digest, and the row contract between its files."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from pipeline.atlas.array_checks import array_problems
from pipeline.atlas.atlas import AtlasData
from pipeline.atlas.encoder import TFIDF_ARRAYS, read_tfidf
from pipeline.atlas.intact import changes
from pipeline.atlas.load import open_unchecked
from pipeline.atlas.manifest import Manifest
from pipeline.atlas.manifest_file import MANIFEST, parse_manifest
from pipeline.atlas.run_folder import ALTERED, foreign_files
from pipeline.atlas.topic_checks import topic_problems
from pipeline.corpus.record import text_hash
from pipeline.errors import RunFolderError

UNIT_TOLERANCE = 1e-4
ROWS_CHECKED = 200


def verify(folder: Path) -> list[str]:
    """Every problem found, one line each; none where all is whole. Raises RunFolderError without a manifest."""
    read = parse_manifest(folder)
    manifest = read.manifest
    altered = [f"{MANIFEST}: {ALTERED}"] if read.altered else []
    problems = [f"{change.name}: {change.reason}" for change in changes(folder, manifest, manifest.files)]
    try:
        problems += [f"{name}: not in the manifest" for name in foreign_files(folder, {*manifest.files, MANIFEST})]
        if problems:
            return altered + problems
        return altered + _problems_inside(folder, manifest)
    except OSError as problem:
        raise RunFolderError(f"{folder}: cannot be read: {problem.strerror}") from None
    except (RunFolderError, ValueError) as problem:
        return [*altered, str(problem)]


def _problems_inside(folder: Path, manifest: Manifest) -> list[str]:
    """What is wrong though every digest is right."""
    atlas = open_unchecked(folder.resolve(), manifest)
    return [f"{name}: {problem}" for name, problem in array_problems(atlas)] or list(_contract(atlas))


def _contract(atlas: AtlasData) -> Iterator[str]:
    """What must hold between files whose digests are right."""
    counts = atlas.manifest.counts
    n = len(atlas)
    if counts.kept + counts.duplicates + counts.rejected != counts.read or counts.kept != n:
        yield f"counts: {counts} do not add up, or {n} papers are not those kept"
    tables = atlas.tables.whole
    for name, table, expected in (
        ("duplicates", tables.duplicates, counts.duplicates),
        ("rejected", tables.rejected, counts.rejected),
    ):
        if table.num_rows != expected:
            yield f"{name}: {table.num_rows} rows, the manifest counts {expected}"
    yield from _check_papers(atlas)
    yield from _check_neighbours(atlas)
    if atlas.encoder_arrays.keys() >= TFIDF_ARRAYS:
        read_tfidf(atlas.manifest.name, atlas.encoder_arrays)


def _check_papers(atlas: AtlasData) -> Iterator[str]:
    rows = range(0, len(atlas), max(1, len(atlas) // ROWS_CHECKED))
    for row in rows:
        expected = text_hash(atlas.text(row))
        if atlas.text_hashes[row].tobytes() != expected:
            yield f"papers.parquet: row {row} is not the text that was embedded"
            break
    yield from (f"{name}: {problem}" for name, problem in topic_problems(atlas))
    topic, nearest = (atlas.column(name).to_numpy() for name in ("topic", "nearest_topic"))
    if ((topic != -1) & (topic != nearest)).any():
        yield "papers.parquet: a paper in a topic that is not its nearest"
    sizes = [int((topic == listed.id).sum()) for listed in atlas.topics]
    if sizes != [listed.size for listed in atlas.topics]:
        yield "topics.json: sizes differ from papers.parquet"


def _check_neighbours(atlas: AtlasData) -> Iterator[str]:
    indices, similarities = atlas.neighbours.indices, atlas.neighbours.similarities
    n = len(atlas)
    if atlas.neighbours.k == 0:
        return
    if (indices == np.arange(n)[:, None]).any():
        yield "neighbours_indices.npy: a paper that is its own neighbour"
    if (np.diff(similarities, axis=1) > 0).any():
        yield "neighbours_similarities.npy: not in falling order"
    for row in range(0, n, max(1, n // ROWS_CHECKED)):
        cosines = atlas.vectors[indices[row]].astype(np.float64) @ atlas.vectors[row].astype(np.float64)
        if np.abs(cosines - similarities[row]).max() > UNIT_TOLERANCE:
            yield f"neighbours_similarities.npy: row {row} differs from the cosines of embedding.npy"
            return
