"""Config -> Atlas: the stages in their order, nothing else."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipeline.account import config_hash, make_manifest
from pipeline.atlas import (
    Atlas,
    TablesInMemory,
    exclusive,
    load_atlas,
    read_manifest,
    refuse_foreign,
    save_atlas,
)
from pipeline.baseline import find_baseline, read_baseline
from pipeline.clusterer.stage import Clustering, cluster, fits_planned
from pipeline.config import Config, cache_folder, load_config
from pipeline.corpus import Corpus, find_files, input_digest, read_corpus
from pipeline.embedding import Embedding, Encoder, embed, embed_texts
from pipeline.embedding.model_files import find_model
from pipeline.embedding.tfidf_encoder import TfidfEncoder
from pipeline.errors import ConfigError, RunFolderError
from pipeline.lexical import build_lexical
from pipeline.map import draw_result
from pipeline.map.colours import with_colours
from pipeline.map_trust import map_trust
from pipeline.neighbours import Neighbours, find_neighbours
from pipeline.paper_ids import PaperIds
from pipeline.progress import Progress, Silent
from pipeline.quality import measure, model_reader
from pipeline.reducer import plan_reducer, reduce, turn_upright
from pipeline.report import write_report
from pipeline.stages import Stages
from pipeline.topic_chat import ChatRequest, chat_requests, check_chat, name_by_chat
from pipeline.topics.describe import EmbedPhrases, describe_topics
from pipeline.topics.edits import check_edits
from pipeline.topics.grouping import Grouping, group_papers
from pipeline.version import __version__


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
    digest = corpus_digest(config)
    with exclusive(folder):
        refuse_foreign(folder)
        if not force and _is_up_to_date(config, digest, folder):
            return RunResult(load_atlas(folder), built=False)
        built = _build(config, digest, folder, progress=progress or Silent())
        return RunResult(built, built=True)


def corpus_digest(config: Config) -> str:
    """Of all files that a run of this config would read."""
    files = find_files(config.corpus.files, config.folder)
    own = [config.folder / config.embedding.vectors] if config.embedding.vectors else []
    digest = input_digest([*files, *own], ordered=bool(own))
    if not config.baseline:
        return digest
    before = find_baseline(config.baseline, config.folder)
    if before.resolve() == config.run_folder.resolve():  # else a run would never be up to date with itself
        return digest
    return hashlib.sha256(f"{digest} {read_manifest(before).files.get('papers.parquet')}".encode()).hexdigest()


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


def dry_run(config: Config, *, progress: Progress | None = None) -> list[ChatRequest]:
    """What a run would send to the service of [topics.chat]; nothing is sent or written but vectors to the cache."""
    check_chat(config.topics.chat)
    if not config.topics.chat.url:
        return []
    atlas = find_atlas(config, corpus_digest(config), Stages(progress or Silent()))
    return chat_requests(atlas, config.topics.chat)


def _build(config: Config, digest: str, folder: Path, *, progress: Progress) -> Atlas:
    """The atlas, found, named, drawn and written."""
    check_chat(config.topics.chat)
    stages = Stages(progress)
    atlas = find_atlas(config, digest, stages)
    if config.topics.chat.url:
        with stages("names", len(atlas.topics)) as advance:
            atlas = name_by_chat(atlas, config.topics.chat, cache=cache_folder(), advance=advance)
    with stages("page", len(atlas)) as advance:
        pictures = draw_result(atlas, config.map, advance)
    with stages("writing"):
        atlas = replace(atlas, manifest=replace(atlas.manifest, stages=tuple(stages.costs)))
        pictures["report.md"] = write_report(atlas).encode()
        return save_atlas(atlas, folder, pictures=pictures)


def find_atlas(config: Config, digest: str, stages: Stages) -> Atlas:
    """Everything but what a language model says and what is drawn. digest: of the input."""
    found = _read_and_embed(config, stages)
    corpus, vectors = found.corpus, found.embedding.vectors
    clustering = _cluster(config, found, stages)
    coordinates = _lay_out(config, found, stages)
    with stages("keywords"):
        earlier = read_baseline(find_baseline(config.baseline, config.folder), found.ids) if config.baseline else None
        grouping = group_papers(
            clustering,
            found.neighbours,
            vectors,
            config=config.topics,
            paper_ids=found.ids,
            earlier=earlier,
            map_trust=map_trust(found.neighbours, coordinates),
        )
        tree = describe_topics(
            corpus.cleaned_papers(), vectors, grouping, config=config.topics, embed_phrases=found.embed_phrases
        )
        tree = with_colours(tree, grouping, coordinates)
        lexical = build_lexical(corpus.texts())
    with stages("account"):
        quality = measure(corpus, model_reader(config.embedding))
    return Atlas(
        vectors=vectors,
        text_hashes=np.frombuffer(b"".join(corpus.text_hashes), dtype=np.uint8).reshape(-1, 32),
        neighbours=found.neighbours,
        tree=tree,
        manifest=make_manifest(config, digest, corpus, quality, found.embedding.info, clustering, grouping),
        tables=_tables(corpus, grouping, coordinates),
        sentences=found.embedding.sentences,
        lexical=lexical,
        encoder_arrays=_encoder_arrays(found.encoder),
    )


@dataclass(frozen=True)
class _Embedded:
    """The corpus with its vectors. graph: as many neighbours as any stage needs; neighbours: those that are kept.

    needs: all that the graph depends on.
    """

    corpus: Corpus
    ids: PaperIds
    embedding: Embedding
    encoder: Encoder | None
    graph: Neighbours
    neighbours: Neighbours
    needs: tuple[object, ...]

    @property
    def embed_phrases(self) -> EmbedPhrases | None:
        """Unit vectors of phrases, where there is a model for new texts."""
        encoder = self.encoder
        return None if encoder is None else lambda phrases: embed_texts(phrases, encoder).vectors


def _read_and_embed(config: Config, stages: Stages) -> _Embedded:
    settings, k = config.embedding, config.neighbours.k
    files = [str(file.resolve()) for file in find_files(config.corpus.files, config.folder)]
    needs: tuple[object, ...] = (files, config.corpus.model_copy(update={"files": ()}), settings.vectors_column)
    corpus = stages.once(
        "reading",
        needs,
        lambda advance: read_corpus(
            config.corpus, config.folder, vectors_column=settings.vectors_column, advance=advance
        ),
    )
    pairs = (corpus.duplicates.column(name).to_pylist() for name in ("id", "kept_id"))
    ids = PaperIds(corpus.papers.column("id").to_pylist(), dict(zip(*pairs, strict=True)))
    check_edits(config.topics.edits, ids)
    needs += (settings, config.seed if settings.backend == "tfidf" else None)
    embedding, encoder = stages.once(
        "embedding",
        needs,
        lambda advance: embed(
            corpus, settings, folder=config.folder, cache=cache_folder(), seed=config.seed, advance=advance
        ),
        total=len(corpus),
    )
    wanted = max(k, config.reducer.n_neighbors - 1)
    needs += (wanted,)
    graph = stages.once(
        "neighbours",
        needs,
        lambda advance: find_neighbours(embedding.vectors, k=wanted, advance=advance),
        total=len(corpus),
    )
    kept = Neighbours(graph.indices[:, :k], graph.similarities[:, :k])
    return _Embedded(corpus, ids, embedding, encoder, graph, kept, needs)


def _cluster(config: Config, found: _Embedded, stages: Stages) -> Clustering:
    sentences = None
    known, refits = config.topics.known, config.topics.refits
    if known:
        if found.embed_phrases is None:
            raise ConfigError('topics.known: a sentence has no vector with embedding.backend = "vectors"; leave it out')
        sentences = found.embed_phrases(list(known.values()))
    return stages.once(
        "topics",
        (
            *found.needs,
            config.reducer.model_copy(update={"map_min_dist": 0.0}),
            config.clusterer,
            known,
            refits,
            config.seed,
        ),
        lambda advance: cluster(
            found.embedding.vectors,
            found.graph,
            reducer=config.reducer,
            clusterer=config.clusterer,
            known=sentences,
            refits=refits,
            seed=config.seed,
            advance=advance,
        ),
        total=fits_planned(len(found.corpus), config.reducer, config.clusterer, refits=refits),
    )


def _lay_out(config: Config, found: _Embedded, stages: Stages) -> NDArray[np.float32]:
    """(n, 2) coordinates of the map."""
    reducer, vectors, graph = config.reducer, found.embedding.vectors, found.graph
    plan = plan_reducer(len(found.corpus), n_components=2, n_neighbors=reducer.n_neighbors)
    return stages.once(
        "map",
        (*found.needs, plan, reducer.map_min_dist, config.seed),
        lambda _: turn_upright(reduce(vectors, graph, plan=plan, min_dist=reducer.map_min_dist, seed=config.seed)),
    )


def _tables(corpus: Corpus, grouping: Grouping, coordinates: NDArray[np.float32]) -> TablesInMemory:
    columns = {
        "topic": grouping.column(grouping.core),
        "nearest_topic": grouping.column(grouping.assigned.nearest_topic),
        "strength": grouping.assigned.strength,
        "second_topic": grouping.column(grouping.assigned.second_topic),
        "fine_topic": grouping.layers.fine,
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
