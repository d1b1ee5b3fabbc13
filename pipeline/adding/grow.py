"""Atlas, new papers with vectors -> the atlas with both: topics by the vote, places on the map, every file's rows."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipeline.adding.drift import Drift, measure_drift
from pipeline.adding.rows import Joined, counts_after, join_hashes, join_sentences, join_tables, rows_as_text
from pipeline.atlas import Atlas, Manifest, TablesInMemory
from pipeline.clusterer.assignment import NOISE, Assignment, assign_topics, fill_by_mean_vector
from pipeline.config import EmbeddingConfig
from pipeline.corpus import Corpus
from pipeline.corpus.cleaning import STEPS
from pipeline.embedding.result import Embedding
from pipeline.lexical import build_lexical
from pipeline.map_trust import map_trust
from pipeline.neighbours import Neighbours, find_neighbours
from pipeline.progress import Advance
from pipeline.quality import measure, model_reader
from pipeline.topics import Topic, TopicTree

AS_SURE = 0.1  # of a topic's core papers that may be less sure than a new paper that joins them
PLACED_BY = 10  # neighbours that a paper is put beside on the map
SCATTER = 0.004  # of the map's width: so that papers put in one place can be told apart


@dataclass(frozen=True)
class Grown:
    """The atlas with the new papers; nearest: their topics; drift: what they say of the corpus."""

    atlas: Atlas
    nearest: NDArray[np.int32]
    drift: Drift


def grow(atlas: Atlas, corpus: Corpus, embedding: Embedding, advance: Advance) -> Grown:
    """The atlas with the papers of the corpus, whose vectors are given; nothing is written."""
    hashes = np.frombuffer(b"".join(corpus.text_hashes), dtype=np.uint8).reshape(-1, 32)
    joined = join_hashes(np.asarray(atlas.text_hashes), hashes)
    vectors = np.concatenate([np.asarray(atlas.vectors), embedding.vectors])[joined.order]
    core = atlas.column("topic").to_numpy().astype(np.int32)
    close = atlas.index.nearest(embedding.vectors, k=max(atlas.neighbours.k, 1))
    vote = fill_by_mean_vector(assign_topics(close, core), embedding.vectors, np.asarray(atlas.vectors), core)
    columns = _columns(atlas, close, vote, core, hashes)
    papers = corpus.papers
    for name, values in columns.items():
        papers = papers.append_column(name, pa.array(values))
    tables = _tables(atlas, corpus, papers, joined)
    k = int(atlas.manifest.config["neighbours"]["k"])
    neighbours = find_neighbours(vectors, k=k, advance=advance)
    sentences = atlas.sentences
    if sentences is not None and embedding.sentences is not None:
        sentences = join_sentences(sentences, embedding.sentences, joined)
    all_papers = tables.table("papers")
    all_hashes = np.concatenate([np.asarray(atlas.text_hashes), hashes])[joined.order]
    points = np.column_stack([all_papers.column(name).to_numpy() for name in ("x", "y")])
    before = sum(int(entry["papers"]) for entry in atlas.manifest.added)
    drift = measure_drift(
        papers=len(atlas) - before,
        added=before + len(corpus),
        nearest_before=np.asarray(atlas.neighbours.similarities[:, 0])
        if atlas.neighbours.k
        else np.zeros(0, np.float32),
        nearest_new=close.similarities[:, :1].ravel(),
        strength_before=atlas.column("strength").to_numpy(),
        strength_new=vote.strength,
    )
    kept, counted = atlas.manifest.quality.get("cleaned", {}), corpus.cleaned
    whole = Corpus(
        papers=all_papers,
        text_hashes=tuple(row.tobytes() for row in all_hashes),
        sources=tables.table("sources"),
        duplicates=tables.table("duplicates"),
        rejected=tables.table("rejected"),
        read=atlas.manifest.counts["read"] + corpus.read,
        cleaner=atlas.cleaner,
        cleaned={step: kept.get(step, 0) + counted.get(step, 0) for step in STEPS if step in kept or step in counted},
    )
    grown = Atlas(
        vectors=vectors,
        text_hashes=all_hashes,
        neighbours=neighbours,
        tree=_tree(atlas.tree, all_papers, map_trust(neighbours, points.astype(np.float32))),
        manifest=_manifest(atlas, whole, corpus, embedding, noise=int((columns["topic"] == NOISE).sum())),
        tables=tables,
        sentences=sentences,
        lexical=build_lexical(whole.texts()),
        encoder_arrays=atlas.encoder_arrays,
    )
    return Grown(grown, vote.nearest_topic, drift)


def _manifest(atlas: Atlas, whole: Corpus, corpus: Corpus, embedding: Embedding, *, noise: int) -> Manifest:
    """The manifest with the counts of the whole corpus, and the addition of this one."""
    counts = counts_after(
        atlas,
        {
            "read": corpus.read,
            "kept": len(corpus),
            "duplicates": corpus.duplicates.num_rows,
            "rejected": corpus.rejected.num_rows,
            "noise": noise,
        },
    )
    settings = EmbeddingConfig.model_validate(atlas.manifest.config["embedding"])
    sums = ("embedded", "from_cache", "long_papers")
    entry: dict[str, Any] = {
        "papers": len(corpus),
        "sources": sorted({str(source) for source in corpus.sources.column("source").to_pylist()}),
        "finished": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    return replace(
        atlas.manifest,
        counts=counts,
        added=(*atlas.manifest.added, entry),
        sources=tuple(dict.fromkeys([*atlas.manifest.sources, *entry["sources"]])),
        quality=measure(whole, model_reader(settings)).to_json(),
        embedding={
            **atlas.manifest.embedding,
            **{name: atlas.manifest.embedding[name] + getattr(embedding.info, name) for name in sums},
        },
    )


def _columns(
    atlas: Atlas, close: Neighbours, vote: Assignment, core: NDArray[np.int32], hashes: NDArray[np.uint8]
) -> dict[str, NDArray[Any]]:
    """What the run's own columns hold for the new papers.

    A paper joins the core of its topic where it is as sure as nine of ten papers of that core.
    """
    strength, nearest = atlas.column("strength").to_numpy(), vote.nearest_topic
    least = {topic: float(np.quantile(strength[core == topic], AS_SURE)) for topic in np.unique(core[core != NOISE])}
    limits = np.array([least.get(topic, np.inf) for topic in nearest.tolist()])
    topic = np.where((vote.strength >= limits) & (vote.strength > 0), nearest, NOISE).astype(np.int32)
    x, y = _places(atlas, close, nearest, hashes)
    return {
        "topic": topic,
        "nearest_topic": nearest,
        "strength": vote.strength,
        "second_topic": vote.second_topic,
        "fine_topic": _fine(atlas, close, topic),
        "x": x,
        "y": y,
    }


def _fine(atlas: Atlas, close: Neighbours, topic: NDArray[np.int32]) -> NDArray[np.int32]:
    """The fine topic that most of a paper's neighbours are in, where that lies inside its topic."""
    fine = atlas.column("fine_topic").to_numpy().astype(np.int32)
    home = {one.id: one.parent for one in atlas.tree.fine}
    vote = assign_topics(close, fine).nearest_topic
    inside = [home.get(found) == own and own != NOISE for found, own in zip(vote.tolist(), topic.tolist(), strict=True)]
    return np.where(inside, vote, NOISE).astype(np.int32)


def _places(
    atlas: Atlas, close: Neighbours, nearest: NDArray[np.int32], hashes: NDArray[np.uint8]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Where the new papers lie on the map: amid their nearest papers of the same topic, a little scattered."""
    points = np.column_stack([atlas.column(name).to_numpy() for name in ("x", "y")]).astype(np.float64)
    topics = atlas.column("nearest_topic").to_numpy()
    near, weights = close.indices[:, :PLACED_BY], np.maximum(close.similarities[:, :PLACED_BY].astype(np.float64), 1e-6)
    same = topics[near] == nearest[:, None]
    weights = np.where(same | ~same.any(axis=1, keepdims=True), weights**4, 0.0)
    middle = (points[near] * weights[:, :, None]).sum(axis=1) / weights.sum(axis=1, keepdims=True)
    # The scatter is made of the text's own hash: the same whatever is added beside it.
    turn = hashes[:, :8].astype(np.float64) / 255 - 0.5
    width = float(np.ptp(points, axis=0).max()) if len(points) > 1 else 1.0
    found = middle + SCATTER * width * turn[:, :2]
    return found[:, 0].astype(np.float32), found[:, 1].astype(np.float32)


def _tables(atlas: Atlas, corpus: Corpus, papers: pa.Table, joined: Joined) -> TablesInMemory:
    order = pa.array(joined.order)
    sources = corpus.sources
    position = pa.array(np.asarray(sources.column("position").to_numpy()) + atlas.manifest.counts["read"])
    sources = sources.set_column(sources.column_names.index("position"), "position", position)
    return TablesInMemory(
        {
            "papers": join_tables(atlas.papers, papers).take(order),
            "sources": join_tables(atlas.table("sources"), sources).take(order),
            "duplicates": join_tables(rows_as_text(atlas.table("duplicates")), rows_as_text(corpus.duplicates)),
            "rejected": join_tables(rows_as_text(atlas.table("rejected")), rows_as_text(corpus.rejected)),
        }
    )


def _tree(tree: TopicTree, papers: pa.Table, trust: NDArray[np.float32]) -> TopicTree:
    """Topics with the sizes they have now; names, keywords and central papers stay."""
    core, nearest, fine = (papers.column(name).to_numpy() for name in ("topic", "nearest_topic", "fine_topic"))
    strength = papers.column("strength").to_numpy()

    def sized(topic: Topic, own: NDArray[np.bool_], all_of_it: NDArray[np.bool_]) -> Topic:
        return replace(
            topic,
            size=int(own.sum()),
            assigned=int(all_of_it.sum()),
            strength=round(float(strength[all_of_it].mean(dtype=np.float64)), 4),
            map_trust=round(float(trust[all_of_it].mean(dtype=np.float64)), 4),
        )

    field_of = {topic.id: topic.parent for topic in tree.topics}
    fields_core, fields_all = (
        np.array([-1 if (parent := field_of.get(topic)) is None else parent for topic in column.tolist()])
        for column in (core, nearest)
    )
    return TopicTree(
        tuple(sized(topic, core == topic.id, nearest == topic.id) for topic in tree.topics),
        tuple(sized(topic, fields_core == topic.id, fields_all == topic.id) for topic in tree.fields),
        tuple(sized(topic, fine == topic.id, fine == topic.id) for topic in tree.fine),
    )
