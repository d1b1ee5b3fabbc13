"""Config -> Atlas: the stages in their order, nothing else."""

import hashlib
import importlib.metadata
import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipeline.atlas import (
    Atlas,
    Manifest,
    StageCost,
    TablesInMemory,
    exclusive,
    load_atlas,
    read_manifest,
    refuse_foreign,
    save_atlas,
)
from pipeline.config import Config, TopicEdits, cache_folder, load_config, to_toml
from pipeline.corpus import Corpus, find_files, input_digest, read_corpus
from pipeline.corpus.files import shown_name
from pipeline.embedding import Embedding, Encoder, embed
from pipeline.embedding.model_files import find_model
from pipeline.embedding.tfidf_encoder import TfidfEncoder
from pipeline.errors import RunFolderError
from pipeline.lexical import build_lexical
from pipeline.machine import core_count, cpu_features, cpu_model, peak_memory_mb
from pipeline.map import Picture, draw_atlas, write_page
from pipeline.neighbours import Neighbours, find_neighbours
from pipeline.paper_ids import PaperIds
from pipeline.progress import Advance, Progress, Silent
from pipeline.reducer import plan_reducer, reduce, turn_upright
from pipeline.report import write_report
from pipeline.topic_assignment import NOISE, Assignment, assign_corpus
from pipeline.topic_choice import Choice
from pipeline.topic_edits import apply_edits, check_edits, given_labels
from pipeline.topic_finder import TopicPlan, find_topics, plan_topics
from pipeline.topics import describe_topics
from pipeline.version import __version__

LIBRARIES = (
    *("numpy", "pyarrow", "umap-learn", "numba", "hdbscan", "scikit-learn", "scipy", "matplotlib"),
    *("openvino", "tokenizers", "torch", "transformers", "sentence-transformers"),
)


def run(config: Config | str | Path, *, force: bool = False, progress: Progress | None = None) -> Atlas:
    """The atlas of a config, built and written to its run folder, or loaded where that is up to date.

    Raises PaperatlasError for whatever the user can mend; then the old run folder, if any, is untouched.
    """
    return run_config(
        config if isinstance(config, Config) else load_config(config), force=force, progress=progress
    ).atlas


@dataclass(frozen=True)
class RunResult:
    """The atlas, and whether anything had to be computed for it."""

    atlas: Atlas
    built: bool


def run_config(config: Config, *, force: bool = False, progress: Progress | None = None) -> RunResult:
    """`run`, telling whether the folder was up to date already."""
    folder = config.run_folder.resolve()  # what a link points to is replaced, never the link
    digest = _input_digest(config)
    with exclusive(folder):
        refuse_foreign(folder)
        if not force and _is_up_to_date(config, digest, folder):
            return RunResult(load_atlas(folder), built=False)
        return RunResult(_build(config, digest, folder, progress=progress or Silent()), built=True)


def _input_digest(config: Config) -> str:
    files = find_files(config.corpus.files, config.folder)
    own = [config.folder / config.embedding.vectors] if config.embedding.vectors else []
    return input_digest([*files, *own], ordered=bool(own))


def config_hash(config: Config) -> str:
    """sha256 over every setting that the result depends on."""
    settings = config.model_dump(mode="json", exclude={"output"})
    return hashlib.sha256(json.dumps(settings, sort_keys=True).encode()).hexdigest()


def _is_up_to_date(config: Config, digest: str, folder: Path) -> bool:
    """Whether the folder holds the result of this config on this input by this version, with all its files."""
    if not (folder / "manifest.json").is_file():
        return False
    try:
        manifest = read_manifest(folder)
    except RunFolderError:
        return False
    asked = (__version__, config_hash(config), digest)
    same = (manifest.version, manifest.config_hash, manifest.input_digest) == asked
    whole = all((folder / name).is_file() for name in manifest.files)
    return same and whole and _model_is(config, manifest.embedding)


def _model_is(config: Config, embedding: Mapping[str, Any]) -> bool:
    """Whether the configured model is still the one that made the vectors."""
    if embedding["backend"] not in ("openvino", "sentence-transformers"):
        return True
    return find_model(config.embedding).digest == str(embedding["model_digest"])


@dataclass
class _Stages:
    """Runs each stage under its name and notes what it cost."""

    progress: Progress
    costs: list[StageCost] = field(default_factory=list)

    @contextmanager
    def __call__(self, name: str, total: int | None = None) -> Iterator[Advance]:
        start = time.perf_counter()
        with self.progress.stage(name, total) as advance:
            yield advance
        self.costs.append(StageCost(name, round(time.perf_counter() - start, 3), peak_memory_mb()))


@dataclass(frozen=True)
class _Found:
    """Topics of the corpus: core (n,) int32 with -1 noise, the vote, how they were chosen, and labels given by hand."""

    core: NDArray[np.int32]
    assigned: Assignment
    choice: Choice
    given: dict[int, str]


def _build(config: Config, digest: str, folder: Path, *, progress: Progress) -> Atlas:
    stage = _Stages(progress)
    with stage("reading") as advance:
        corpus = read_corpus(
            config.corpus, config.folder, vectors_column=config.embedding.vectors_column, advance=advance
        )
    ids = _paper_ids(corpus)
    check_edits(config.topics.edits, ids)
    with stage("embedding", len(corpus)) as advance:
        embedding, encoder = embed(
            corpus, config.embedding, folder=config.folder, cache=cache_folder(), seed=config.seed, advance=advance
        )
    vectors = embedding.vectors
    with stage("neighbours", len(corpus)) as advance:
        wanted = max(config.neighbours.k, config.reducer.n_neighbors - 1)
        graph = find_neighbours(vectors, k=wanted, advance=advance)
        neighbours = Neighbours(graph.indices[:, : config.neighbours.k], graph.similarities[:, : config.neighbours.k])
    plan = plan_topics(len(corpus), config.reducer, config.clusterer)
    with stage("topics", plan.restarts) as advance:
        core, choice = find_topics(
            vectors, graph, plan, min_dist=config.reducer.min_dist, seed=config.seed, advance=advance
        )
        found = _edit(core, config.topics.edits, ids, choice=choice, neighbours=neighbours, vectors=vectors)
    with stage("map"):
        map_plan = plan_reducer(len(corpus), n_components=2, n_neighbors=config.reducer.n_neighbors)
        coordinates = turn_upright(
            reduce(vectors, graph, plan=map_plan, min_dist=config.reducer.map_min_dist, seed=config.seed)
        )
    with stage("keywords"):
        topics = describe_topics(
            corpus.papers, vectors, found.core, found.assigned, config=config.topics, given=found.given
        )
        lexical = build_lexical(corpus.texts())
    atlas = Atlas(
        vectors=vectors,
        text_hashes=np.frombuffer(b"".join(corpus.text_hashes), dtype=np.uint8).reshape(-1, 32),
        neighbours=neighbours,
        topics=topics,
        manifest=_manifest(config, digest, corpus, embedding, found, plan, ()),
        tables=_tables(corpus, found, coordinates),
        sentences=embedding.sentences,
        lexical=lexical,
        encoder_arrays=_encoder_arrays(encoder),
    )
    with stage("page", len(corpus)) as advance:
        pictures = _draw(config, atlas, advance)
    with stage("writing"):
        atlas = replace(atlas, manifest=replace(atlas.manifest, stages=tuple(stage.costs)))
        pictures["report.md"] = write_report(atlas).encode()
        return save_atlas(atlas, folder, pictures=pictures)


def _draw(config: Config, atlas: Atlas, advance: Advance) -> dict[str, bytes]:
    """The map as pictures and, if wanted, as a page."""
    picture = Picture(atlas.title, (config.map.width, config.map.height), config.map.labels)
    pictures = draw_atlas(atlas, picture)
    if config.map.html:
        pictures["map.html"] = write_page(atlas, title=atlas.title, budget_mb=config.map.budget_mb, advance=advance)
    return pictures


def _paper_ids(corpus: Corpus) -> PaperIds:
    pairs = (corpus.duplicates.column(name).to_pylist() for name in ("id", "kept_id"))
    return PaperIds(corpus.papers.column("id").to_pylist(), dict(zip(*pairs, strict=True)))


def _edit(
    core: NDArray[np.int32],
    edits: TopicEdits,
    ids: PaperIds,
    *,
    choice: Choice,
    neighbours: Neighbours,
    vectors: NDArray[np.float32],
) -> _Found:
    """The topics after [topics.edits]."""
    assigned = assign_corpus(vectors, neighbours, core)
    if edits.merge or edits.pin:
        core = apply_edits(core, assigned, edits, ids)
        assigned = assign_corpus(vectors, neighbours, core)
    return _Found(core, assigned, choice, given_labels(edits, assigned, ids))


def _tables(corpus: Corpus, found: _Found, coordinates: NDArray[np.float32]) -> TablesInMemory:
    columns = {
        "topic": found.core,
        "nearest_topic": found.assigned.nearest_topic,
        "strength": found.assigned.strength,
        "second_topic": found.assigned.second_topic,
        "x": coordinates[:, 0],
        "y": coordinates[:, 1],
    }
    papers = corpus.papers
    for name, values in columns.items():
        papers = papers.append_column(name, pa.array(values))
    return TablesInMemory(
        {
            "papers": papers,
            "sources": corpus.sources,
            "duplicates": corpus.duplicates,
            "rejected": corpus.rejected,
        }
    )


def _encoder_arrays(encoder: Encoder | None) -> dict[str, NDArray[Any]]:
    if not isinstance(encoder, TfidfEncoder):
        return {}
    terms = np.frombuffer("\n".join(encoder.model.terms).encode(), dtype=np.uint8)
    return {"terms": terms, "idf": encoder.model.idf, "directions": encoder.model.directions}


def _manifest(
    config: Config,
    digest: str,
    corpus: Corpus,
    embedding: Embedding,
    found: _Found,
    plan: TopicPlan,
    costs: tuple[StageCost, ...],
) -> Manifest:
    return Manifest(
        name=config.name,
        version=__version__,
        config=config.model_dump(mode="json") | {"toml": to_toml(config)},
        config_hash=config_hash(config),
        input_digest=digest,
        sources=tuple(shown_name(path) for path in find_files(config.corpus.files, config.folder)),
        counts={
            "read": corpus.read,
            "kept": len(corpus),
            "duplicates": corpus.duplicates.num_rows,
            "rejected": corpus.rejected.num_rows,
            "topics": int(found.core.max()) + 1,
            "noise": int((found.core == NOISE).sum()),
        },
        embedding=asdict(embedding.info),
        choice={
            "reducer": asdict(plan.reducer),
            "restarts": plan.restarts,
            "min_samples": plan.min_samples,
            "explanation": _explain(found.choice, plan),
            "curve": [asdict(scored) for scored in found.choice.curve],
        },
        stages=costs,
        libraries={name: importlib.metadata.version(name) for name in LIBRARIES},
        cpu={"model": cpu_model(), "cores": core_count(), "features": cpu_features()},
        finished=datetime.now(UTC).isoformat(timespec="seconds"),
    )


def _explain(choice: Choice, plan: TopicPlan) -> str:
    """How the topics were chosen, in words."""
    if plan.one_topic:
        return "fewer than five papers are too few to tell topics apart: all are one topic"
    if choice.cut is None:
        return "no cut of the HDBSCAN tree told two topics apart: all papers are one topic"
    tried = len(choice.curve)
    return (
        f"HDBSCAN (min_samples {plan.min_samples}), {tried} cut{'s' * (tried != 1)} of its tree tried; taken:"
        f" min_cluster_size {choice.cut.min_cluster_size}, {choice.cut.method}, by how much a paper's topic tells"
        " of its neighbours' topics"
    )
