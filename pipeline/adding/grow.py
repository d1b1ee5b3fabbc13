"""Atlas, new papers with vectors -> the atlas with both: topics by the vote, places on the map, every file's rows."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipeline.adding.drift import Drift, measure_drift
from pipeline.adding.rows import Joined, join_hashes, join_sentences, join_tables, rows_as_text
from pipeline.atlas import Addition, AtlasData, Manifest, TablesInMemory
from pipeline.clusterer.assignment import NOISE, Assignment, assign_topics, fill_by_mean_vector
from pipeline.corpus import Corpus, CorpusTables
from pipeline.corpus.cited_references import COLUMN
from pipeline.corpus.cleaning import STEPS
from pipeline.corpus.paper_texts import PaperTexts
from pipeline.corpus.quality import measure_quality
from pipeline.embedding import Embedding
from pipeline.embedding.token_counter import token_counter
from pipeline.neighbours import Neighbours, extend_neighbours
from pipeline.reducer.neighbourhood_preservation import neighbourhood_preservation
from pipeline.references import CitedWorks, count_coverage, find_works, store_references
from pipeline.topics import Topic, TopicHierarchy
from pipeline.words.corpus_words import CorpusWords

CORE_QUANTILE = 0.1  # of a topic's core papers that may have less strength than a new paper that joins them
PLACED_BY = 10  # neighbours that a paper is put beside on the map
PLACE_POWER = 4  # of a neighbour's similarity: the nearest decide
SCATTER = 0.004  # of the map's width: so that papers put in one place can be told apart


@dataclass(frozen=True)
class Grown:
    """The atlas with the new papers; nearest: their topics; drift: how far they are from the rest of the corpus."""

    atlas: AtlasData
    nearest: NDArray[np.int32]
    drift: Drift


@dataclass(frozen=True)
class _NewRows:
    """The new papers among those there. close: their neighbours there; vote: their topics; core: (n,) of those there.

    topic: (m,) core topic of each new paper, -1 noise.
    """

    close: Neighbours
    vote: Assignment
    core: NDArray[np.int32]
    topic: NDArray[np.int32]


def grow(
    atlas: AtlasData, corpus: Corpus, embedding: Embedding, *, advance: Callable[[int], None] = lambda _: None
) -> Grown:
    """The atlas with the papers of the corpus, whose vectors are given; nothing is written."""
    joined = join_hashes(np.asarray(atlas.text_hashes), corpus.hash_array)
    vectors = np.concatenate([np.asarray(atlas.vectors), embedding.vectors])[joined.order]
    new = _assign(atlas, embedding.vectors)
    tables = _tables(atlas, corpus, joined, new=new)
    neighbours = extend_neighbours(
        atlas.neighbours,
        vectors,
        old=joined.place[: len(atlas)],
        new=joined.place[len(atlas) :],
        k=atlas.manifest.config.neighbours.k,
        advance=advance,
    )
    sentences = atlas.sentences
    if sentences is not None and embedding.sentences is not None:
        sentences = join_sentences(sentences, embedding.sentences, joined)
    titles, abstracts = _join_texts(atlas, corpus, joined)
    points = np.column_stack([tables.papers.column(name).to_numpy() for name in ("x", "y")]).astype(np.float32)
    preservation = neighbourhood_preservation(neighbours, points)
    works = _find_works(tables.papers)
    manifest = _manifest(
        atlas, corpus, embedding, tables=tables, texts=PaperTexts(titles, abstracts), preservation=preservation
    )
    grown = AtlasData(
        vectors=vectors,
        text_hashes=np.concatenate([np.asarray(atlas.text_hashes), corpus.hash_array])[joined.order],
        neighbours=neighbours,
        hierarchy=_resized(atlas.hierarchy, tables.papers, preservation),
        manifest=replace(manifest, references=None if works is None else count_coverage(works)),
        tables=TablesInMemory(tables),
        sentences=sentences,
        lexical=CorpusWords(titles, abstracts).to_lexical(),
        references=None if works is None else store_references(works),
        encoder_arrays=atlas.encoder_arrays,
        works=works,
    )
    return Grown(grown, new.vote.nearest_topic, _drift(atlas, new))


def _find_works(papers: pa.Table) -> CitedWorks | None:
    """What all papers cite, matched anew: a reference of an old paper may be a new one."""
    return find_works(papers.column, papers.column_names) if COLUMN in papers.column_names else None


def _assign(atlas: AtlasData, vectors: NDArray[np.float32]) -> _NewRows:
    """A paper joins the core of its topic where it has as much strength as nine of ten papers of that core."""
    core = atlas.column("topic").to_numpy().astype(np.int32)
    close = atlas.index.nearest(vectors, k=max(atlas.neighbours.k, 1))
    vote = fill_by_mean_vector(
        assign_topics(close, core), vectors, corpus_vectors=np.asarray(atlas.vectors), topics=core
    )
    strength = atlas.column("strength").to_numpy()
    least = {
        topic: float(np.quantile(strength[core == topic], CORE_QUANTILE)) for topic in np.unique(core[core != NOISE])
    }
    limits = np.array([least.get(topic, np.inf) for topic in vote.nearest_topic.tolist()])
    joins = (vote.strength >= limits) & (vote.strength > 0)
    return _NewRows(close, vote, core, np.where(joins, vote.nearest_topic, NOISE).astype(np.int32))


def _drift(atlas: AtlasData, new: _NewRows) -> Drift:
    """Of the papers added now, beside those of the run itself."""
    earlier = atlas.manifest.added
    read_by_run = atlas.manifest.counts.read - sum(entry.read for entry in earlier)
    of_run = atlas.tables.whole.sources.column("position").to_numpy() < read_by_run
    return measure_drift(
        papers=int(of_run.sum()),
        added=sum(entry.papers for entry in earlier) + len(new.topic),
        nearest_before=_nearest_within(atlas.neighbours, of_run),
        nearest_new=new.close.similarities[:, :1].ravel(),
        strength_before=atlas.column("strength").to_numpy()[of_run],
        strength_new=new.vote.strength,
    )


def _nearest_within(neighbours: Neighbours, rows: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Cosine of each of some papers with the most similar of them, where one is among its neighbours."""
    if not neighbours.k:
        return np.zeros(0, dtype=np.float32)
    inside = rows[neighbours.indices[rows]]
    first = inside.argmax(axis=1)
    nearest = neighbours.similarities[rows][np.arange(len(first)), first]
    return np.asarray(nearest[inside.any(axis=1)])


def _join_texts(atlas: AtlasData, corpus: Corpus, joined: Joined) -> tuple[list[str], list[str]]:
    """Titles and abstracts of all papers as they are embedded, in the order of the result."""
    titles, abstracts = atlas.cleaned_papers()
    all_titles, all_abstracts = [*titles, *corpus.cleaned.titles], [*abstracts, *corpus.cleaned.abstracts]
    order = joined.order.tolist()
    return [all_titles[row] for row in order], [all_abstracts[row] for row in order]


def _manifest(
    atlas: AtlasData,
    corpus: Corpus,
    embedding: Embedding,
    *,
    tables: CorpusTables,
    texts: Sequence[str],
    preservation: NDArray[np.float32],
) -> Manifest:
    """The manifest with the counts of the whole corpus, and the addition of this one."""
    before, made = atlas.manifest, embedding.info
    sources = tuple(sorted({str(source) for source in corpus.tables.sources.column("source").to_pylist()}))
    entry = Addition(len(corpus), corpus.tables.read, sources, datetime.now(UTC).isoformat(timespec="seconds"))
    kept, added = before.quality.cleaned, corpus.cleaned.steps
    cleaned = {step: kept.get(step, 0) + added.get(step, 0) for step in STEPS if step in kept or step in added}
    repaired = Counter(before.quality.repaired) + Counter(corpus.repaired)
    return replace(
        before,
        counts=replace(
            before.counts,
            read=tables.read,
            kept=tables.papers.num_rows,
            duplicates=tables.duplicates.num_rows,
            rejected=tables.rejected.num_rows,
            noise=int((tables.papers.column("topic").to_numpy() == NOISE).sum()),
        ),
        added=(*before.added, entry),
        sources=tuple(dict.fromkeys([*before.sources, *sources])),
        quality=measure_quality(
            tables, texts=texts, cleaned=cleaned, repaired=repaired, tokens=token_counter(before.config.embedding)
        ),
        embedding=replace(
            before.embedding,
            embedded=before.embedding.embedded + made.embedded,
            from_cache=before.embedding.from_cache + made.from_cache,
            long_papers=before.embedding.long_papers + made.long_papers,
        ),
        selection=replace(before.selection, neighbourhood_preservation=round(float(preservation.mean()), 4)),
    )


def _tables(atlas: AtlasData, corpus: Corpus, joined: Joined, *, new: _NewRows) -> CorpusTables:
    order, before, own = pa.array(joined.order), atlas.tables.whole, corpus.tables
    position = pa.array(np.asarray(own.sources.column("position").to_numpy()) + atlas.manifest.counts.read)
    sources = own.sources.set_column(own.sources.column_names.index("position"), "position", position)
    x, y = _places(atlas, new, corpus.hash_array)
    papers = own.with_columns(
        {
            "topic": pa.array(new.topic),
            "nearest_topic": pa.array(new.vote.nearest_topic),
            "strength": pa.array(new.vote.strength),
            "second_topic": pa.array(new.vote.second_topic),
            "subtopic": pa.array(_subtopics(atlas, new)),
            "x": pa.array(x),
            "y": pa.array(y),
        }
    ).papers
    return CorpusTables(
        papers=join_tables(before.papers, papers).take(order),
        sources=join_tables(before.sources, sources).take(order),
        duplicates=join_tables(rows_as_text(before.duplicates), rows_as_text(own.duplicates)),
        rejected=join_tables(rows_as_text(before.rejected), rows_as_text(own.rejected)),
    )


def _subtopics(atlas: AtlasData, new: _NewRows) -> NDArray[np.int32]:
    """The subtopic that most of a paper's neighbours are in, where that lies inside its topic."""
    subtopic = atlas.column("subtopic").to_numpy().astype(np.int32)
    home = {one.id: one.parent for one in atlas.hierarchy.subtopics}
    vote = assign_topics(new.close, subtopic).nearest_topic
    pairs = zip(vote.tolist(), new.topic.tolist(), strict=True)
    inside = [home.get(voted) == own and own != NOISE for voted, own in pairs]
    return np.where(inside, vote, NOISE).astype(np.int32)


def _places(
    atlas: AtlasData, new: _NewRows, hashes: NDArray[np.uint8]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Where the new papers lie on the map: amid their nearest papers of the same topic, a little scattered."""
    points = atlas.points.astype(np.float64)
    topics = atlas.column("nearest_topic").to_numpy()
    near = new.close.indices[:, :PLACED_BY]
    weights = np.maximum(new.close.similarities[:, :PLACED_BY].astype(np.float64), 1e-6)
    same = topics[near] == new.vote.nearest_topic[:, None]
    weights = np.where(same | ~same.any(axis=1, keepdims=True), weights**PLACE_POWER, 0.0)
    middle = (points[near] * weights[:, :, None]).sum(axis=1) / weights.sum(axis=1, keepdims=True)
    # The scatter is made of the text's own hash: the same whatever is added beside it.
    turn = hashes[:, :2].astype(np.float64) / 255 - 0.5
    width = float(np.ptp(points, axis=0).max()) if len(points) > 1 else 1.0
    places = middle + SCATTER * width * turn
    return places[:, 0].astype(np.float32), places[:, 1].astype(np.float32)


def _resized(hierarchy: TopicHierarchy, papers: pa.Table, preservation: NDArray[np.float32]) -> TopicHierarchy:
    """Topics with the sizes they have now; names, keywords and central papers stay."""
    core, nearest, subtopic = (papers.column(name).to_numpy() for name in ("topic", "nearest_topic", "subtopic"))
    strength = papers.column("strength").to_numpy()

    def resized(topic: Topic, own: NDArray[np.bool_], assigned: NDArray[np.bool_]) -> Topic:
        return replace(
            topic,
            size=int(own.sum()),
            assigned=int(assigned.sum()),
            strength=round(float(strength[assigned].mean(dtype=np.float64)), 4),
            neighbourhood_preservation=round(float(preservation[assigned].mean(dtype=np.float64)), 4),
        )

    area_of = {topic.id: topic.parent for topic in hierarchy.topics}
    areas_core, areas_nearest = (
        np.array([-1 if (parent := area_of.get(topic)) is None else parent for topic in column.tolist()])
        for column in (core, nearest)
    )
    return TopicHierarchy(
        tuple(resized(topic, core == topic.id, nearest == topic.id) for topic in hierarchy.topics),
        tuple(resized(topic, areas_core == topic.id, areas_nearest == topic.id) for topic in hierarchy.areas),
        tuple(resized(topic, subtopic == topic.id, subtopic == topic.id) for topic in hierarchy.subtopics),
    )
