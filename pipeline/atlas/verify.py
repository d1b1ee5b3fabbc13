"""run folder -> what is wrong with it: every digest, and the row contract between its files."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from pipeline.atlas.atlas import AtlasData
from pipeline.atlas.load import load_atlas, read_manifest
from pipeline.atlas.run_folder import foreign_files
from pipeline.corpus.record import text_hash
from pipeline.errors import RunFolderError
from pipeline.topics import Topic

UNIT_TOLERANCE = 1e-4
ROWS_CHECKED = 200


def verify(folder: Path) -> list[str]:
    """Every problem found, one line each; none where all is whole. Raises RunFolderError without a manifest."""
    manifest = read_manifest(folder)
    problems = []
    for name, expected in manifest.files.items():
        path = folder / name
        if not path.is_file():
            problems.append(f"{name}: missing")
            continue
        with path.open("rb") as file:
            actual = hashlib.file_digest(file, "sha256").hexdigest()
        if actual != expected:
            problems.append(f"{name}: sha256 {actual}, the manifest says {expected}")
    foreign = foreign_files(folder, {*manifest.files, "manifest.json"})
    problems += [f"{name}: not in the manifest" for name in foreign]
    if problems:
        return problems
    try:
        return list(_contract(load_atlas(folder)))
    except (RunFolderError, ValueError) as problem:
        return [str(problem)]


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


def _check_papers(atlas: AtlasData) -> Iterator[str]:
    rows = range(0, len(atlas), max(1, len(atlas) // ROWS_CHECKED))
    for row in rows:
        expected = text_hash(atlas.text(row))
        if atlas.text_hashes[row].tobytes() != expected:
            yield f"papers.parquet: row {row} is not the text that was embedded"
            break
    topic, nearest = (atlas.column(name).to_numpy() for name in ("topic", "nearest_topic"))
    numbers = [listed.id for listed in atlas.topics]
    if not np.isin(nearest, numbers).all() or not np.isin(topic, [-1, *numbers]).all():
        yield "papers.parquet: topics that topics.json does not list"
    if ((topic != -1) & (topic != nearest)).any():
        yield "papers.parquet: a paper in a topic that is not its nearest"
    sizes = [int((topic == number).sum()) for number in numbers]
    if sizes != [listed.size for listed in atlas.topics]:
        yield "topics.json: sizes differ from papers.parquet"
    known = set(atlas.column("id").to_pylist())
    if any(paper not in known for listed in atlas.topics for paper in _named(listed)):
        yield "topics.json: a representative that is not a paper"
    lengths = np.linalg.norm(atlas.vectors, axis=1)
    if ((np.abs(lengths - 1) > UNIT_TOLERANCE) & (lengths != 0)).any():
        yield "embedding.npy: a vector that is not of length 1"


def _named(topic: Topic) -> tuple[str, ...]:
    return (*topic.representatives, *topic.mmr_representatives, *topic.boundary)


def _check_neighbours(atlas: AtlasData) -> Iterator[str]:
    indices, similarities = atlas.neighbours.indices, atlas.neighbours.similarities
    n = len(atlas)
    if atlas.neighbours.k == 0:
        return
    if indices.min() < 0 or indices.max() >= n:
        yield "neighbours_indices.npy: a row that is not there"
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
