"""Config -> AtlasData: the stages in their order, nothing else."""

from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipeline.atlas import AtlasData, TablesInMemory
from pipeline.build.baseline import read_baseline
from pipeline.build.manifest_builder import Measured, build_manifest
from pipeline.build.map_layout import MapLayout
from pipeline.build.stages import Stages
from pipeline.clusterer.cluster import Clustering, cluster, fits_planned
from pipeline.clusterer.sample import Sampling
from pipeline.clusterer.selection import NEIGHBOURS_SCORED
from pipeline.config import Config, cache_folder
from pipeline.corpus import Corpus, CorpusTables, find_files, read_corpus
from pipeline.corpus.cited_references import COLUMN
from pipeline.corpus.quality import measure_quality
from pipeline.embedding import Embedding, Encoder, embed, embed_texts
from pipeline.embedding.tfidf_encoder import TfidfEncoder
from pipeline.embedding.token_counter import token_counter
from pipeline.errors import ConfigError
from pipeline.map.colours import with_colours
from pipeline.map.html import SIMILAR
from pipeline.neighbours import EXACT_TO, Neighbours, find_in_shards, measure_recall
from pipeline.neighbours.coupled_neighbours import mix_coupling
from pipeline.reducer.neighbourhood_preservation import neighbourhood_preservation
from pipeline.reducer.sampled_layout import sample_size
from pipeline.reducer.umap import plan_reducer
from pipeline.references import CitedWorks, count_coverage, coupling, find_works, store_references
from pipeline.topics import TopicHierarchy
from pipeline.topics.describe import DescribedPapers, EmbedPhrases, describe_topics
from pipeline.topics.edits import check_edits
from pipeline.topics.grouping import Grouping, group_papers
from pipeline.words.corpus_words import CorpusWords


def build_atlas(config: Config, digest: str, stages: Stages) -> AtlasData:
    """Everything but what a language model names and what is drawn. digest: of the input."""
    embedded = _read_and_embed(config, stages)
    works = _find_works(embedded, stages)
    embedded = _with_references(config, embedded, works)
    corpus, vectors = embedded.corpus, embedded.embedding.vectors
    sampling = Sampling(vectors, embedded.graph, config.seed)
    layout = _map_layout(config, embedded, sampling)
    with layout.begin(stages) as begun:
        clustering = _cluster(config, embedded, stages, sampling=sampling)
        coordinates = layout.finish(stages, begun)
    preservation = neighbourhood_preservation(embedded.neighbours, coordinates)
    words = CorpusWords(corpus.cleaned.titles, corpus.cleaned.abstracts, stages.shards_of(len(corpus)))
    with stages("keywords"):
        earlier = read_baseline(config, corpus.ids) if config.baseline else None
        grouping = group_papers(
            clustering,
            embedded.graph.first(config.neighbours.k),
            vectors,
            config=config.topics,
            paper_ids=corpus.ids,
            earlier=earlier,
        )
        hierarchy = with_colours(
            _describe(config, embedded, grouping, words=words, preservation=preservation), grouping, coordinates
        )
        lexical = words.to_lexical()
    with stages("row counts"):
        quality = measure_quality(
            corpus.tables,
            texts=corpus.cleaned.texts,
            cleaned=corpus.cleaned.steps,
            repaired=corpus.repaired,
            tokens=token_counter(config.embedding),
        )
    manifest = build_manifest(
        config,
        digest,
        tables=corpus.tables,
        quality=quality,
        embedding=embedded.embedding.info,
        clustering=clustering,
        grouping=grouping,
        measured=Measured(float(preservation.mean()), _recall(embedded), sample_size(len(corpus))),
    )
    encoder = embedded.encoder
    return AtlasData(
        vectors=vectors,
        text_hashes=corpus.hash_array,
        neighbours=embedded.neighbours,
        hierarchy=hierarchy,
        manifest=replace(manifest, references=None if works is None else count_coverage(works)),
        tables=TablesInMemory(_with_topics(corpus.tables, grouping, coordinates)),
        sentences=embedded.embedding.sentences,
        lexical=lexical,
        references=None if works is None else store_references(works),
        encoder_arrays=encoder.model.to_arrays() if isinstance(encoder, TfidfEncoder) else {},
        candidates=embedded.candidates,
        works=works,
    )


@dataclass(frozen=True)
class _Embedded:
    """The corpus with its vectors. candidates: the neighbours found, as many as the page ranks where it lists them.

    graph: as many as topics and map need, by text and, where asked for, references; neighbours: those that are kept, by
    text. needs: all that the graph depends on.
    """

    corpus: Corpus
    embedding: Embedding
    encoder: Encoder | None
    candidates: Neighbours
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
            config.corpus,
            config.folder,
            vectors_column=settings.vectors_column,
            shards=stages.shards_of_files(files),
            advance=advance,
        ),
    )
    check_edits(config.topics.edits, corpus.ids)
    needs += (settings, config.seed if settings.backend == "tfidf" else None)
    embedding, encoder = stages.once(
        "embedding",
        needs,
        lambda advance: embed(
            corpus,
            settings,
            folder=config.folder,
            cache=cache_folder(),
            seed=config.seed,
            shards=stages.shards_of(len(corpus)),
            advance=advance,
        ),
        total=len(corpus),
    )
    wanted = max(k, config.reducer.n_neighbors - 1)
    found = max(wanted, _page_candidates(config, len(corpus)))
    candidates = stages.once(
        "neighbours",
        (*needs, found),
        lambda advance: find_in_shards(
            embedding.vectors, k=found, shards=stages.shards_of(len(corpus)), advance=advance
        ),
        total=len(corpus),
    )
    graph = candidates.first(wanted)
    return _Embedded(corpus, embedding, encoder, candidates, graph, graph.first(k), (*needs, wanted))


def _find_works(embedded: _Embedded, stages: Stages) -> CitedWorks | None:
    """The works that the papers cite; None where none has references."""
    papers = embedded.corpus.tables.papers
    if COLUMN not in papers.column_names:
        return None
    return stages.once("references", embedded.needs, lambda _: find_works(papers.column, papers.column_names))


def _with_references(config: Config, embedded: _Embedded, works: CitedWorks | None) -> _Embedded:
    """The same, shared references mixed into the graph as [neighbours] references asks for."""
    weight = config.neighbours.references
    if weight == 0 or works is None:
        return embedded
    graph = embedded.graph
    links = coupling(works, strongest=max(graph.k, 1))
    mixed = mix_coupling(graph, links, vectors=embedded.embedding.vectors, weight=weight)
    return replace(embedded, graph=mixed, needs=(*embedded.needs, weight))


def _page_candidates(config: Config, papers: int) -> int:
    """Neighbours of each paper that the lists of the page are ranked from; 0 where it holds no lists.

    Beyond the size of an exact search the page looks for them itself, should they fit.
    """
    drawn = config.map.html and papers <= EXACT_TO
    return max(config.similar.candidates, SIMILAR) if drawn else 0


def _recall(embedded: _Embedded) -> float | None:
    """Share of the nearest papers that were found; None where every paper was compared with every other."""
    vectors = embedded.embedding.vectors
    if len(vectors) <= EXACT_TO:
        return None
    return round(measure_recall(vectors, embedded.candidates, k=NEIGHBOURS_SCORED), 4)


def _cluster(config: Config, embedded: _Embedded, stages: Stages, *, sampling: Sampling) -> Clustering:
    seeds = None
    seeded, resamples = config.topics.seeded, config.topics.resamples
    if seeded:
        if embedded.embed_phrases is None:
            raise ConfigError(
                'topics.seeded: a sentence has no vector with embedding.backend = "vectors"; leave it out'
            )
        seeds = embedded.embed_phrases(list(seeded.values()))
    reducer = config.reducer.model_copy(update={"map_min_dist": 0.0})
    return stages.once(
        "topics",
        (*embedded.needs, reducer, config.clusterer, seeded, resamples, config.seed),
        lambda advance: cluster(
            embedded.embedding.vectors,
            embedded.graph,
            reducer=config.reducer,
            clusterer=config.clusterer,
            seeds=seeds,
            resamples=resamples,
            seed=config.seed,
            workplace=stages.workplace,
            sampling=sampling,
            advance=advance,
        ),
        total=fits_planned(len(embedded.corpus), config.reducer, config.clusterer, resamples=resamples),
    )


def _map_layout(config: Config, embedded: _Embedded, sampling: Sampling) -> MapLayout:
    reducer = config.reducer
    return MapLayout(
        embedded.embedding.vectors,
        embedded.graph,
        sampling,
        plan=plan_reducer(len(embedded.corpus), n_components=2, n_neighbors=reducer.n_neighbors),
        min_dist=reducer.map_min_dist,
        seed=config.seed,
        needs=embedded.needs,
    )


def _describe(
    config: Config,
    embedded: _Embedded,
    grouping: Grouping,
    *,
    words: CorpusWords,
    preservation: NDArray[np.float32],
) -> TopicHierarchy:
    papers = DescribedPapers(
        ids=embedded.corpus.ids.ids,
        words=words,
        vectors=embedded.embedding.vectors,
        neighbourhood_preservation=preservation,
    )
    return describe_topics(papers, grouping, config=config.topics, embed_phrases=embedded.embed_phrases)


def _with_topics(tables: CorpusTables, grouping: Grouping, coordinates: NDArray[np.float32]) -> CorpusTables:
    """The tables, the papers with what the run found."""
    assigned = grouping.assigned
    return tables.with_columns(
        {
            "topic": pa.array(grouping.column(grouping.core)),
            "nearest_topic": pa.array(grouping.column(assigned.nearest_topic)),
            "strength": pa.array(assigned.strength),
            "second_topic": pa.array(grouping.column(assigned.second_topic)),
            "subtopic": pa.array(grouping.hierarchy.subtopic),
            "x": pa.array(coordinates[:, 0]),
            "y": pa.array(coordinates[:, 1]),
        }
    )
