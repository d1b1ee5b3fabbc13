"""Atlases of a few papers, made in memory: planted vectors, topics and neighbours, and an encoder that counts words."""

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from pipeline.atlas import (
    Addition,
    AtlasData,
    Cpu,
    Manifest,
    RowCounts,
    SeededTopicInfo,
    SelectionInfo,
    StageCost,
    TablesInMemory,
)
from pipeline.clusterer.selection import CutScore
from pipeline.config import parse_config
from pipeline.corpus import CorpusTables, text_of
from pipeline.corpus.cleaning import Cleaner
from pipeline.corpus.quality import CorpusQuality
from pipeline.embedding.embedder import embed_texts
from pipeline.embedding.embedding import Embedding, EmbeddingInfo, EncodedText, to_int8, unit
from pipeline.embedding.sentences import sentence_spans
from pipeline.neighbours import Neighbours, find_neighbours
from pipeline.reducer.umap import ReducerPlan
from pipeline.topics import Topic, TopicHierarchy
from pipeline.topics.topic import TopicKeyword
from pipeline.words.tfidf import build_lexical

WORDS = ("ice", "bee", "oak", "sea", "fog", "jam")
FIVE_OWN = ("id", "title", "abstract", "authors", "year")
COLUMN_TYPES = {
    "topic": pa.int32(),
    "nearest_topic": pa.int32(),
    "second_topic": pa.int32(),
    "subtopic": pa.int32(),
    "strength": pa.float32(),
    "x": pa.float32(),
    "y": pa.float32(),
    "year": pa.int32(),
    "authors": pa.list_(pa.string()),
}


@dataclass(frozen=True)
class P:
    """One paper. vector: of any length, by default the counts of its words; nearest: -1 takes that of topic."""

    id: str
    title: str
    abstract: str = ""
    vector: Sequence[float] | None = None
    topic: int = 0
    nearest: int | None = None
    second: int = -1
    strength: float = 1.0
    subtopic: int = -1
    x: float = 0.0
    y: float = 0.0
    year: int | None = 2000
    authors: tuple[str, ...] = ()
    position: int | None = None
    more: Mapping[str, Any] = field(default_factory=dict)


class WordCounts:
    """An encoder that counts words, each a dimension; it answers from the last text to the first, as encoders may."""

    def __init__(self, words: Sequence[str] = WORDS, *, max_tokens: int | None = None) -> None:
        self.words = tuple(words)
        self.read: list[str] = []
        self.info = EmbeddingInfo(
            backend="tfidf",
            model="word counts",
            model_digest="0" * 64,
            device="cpu",
            precision="float32",
            dimensions=len(self.words),
            max_tokens=max_tokens,
            long_text="truncate",
            embedded=0,
            from_cache=0,
            long_papers=0,
        )

    def counts(self, text: str) -> np.ndarray:
        counted = Counter(word.strip(".,!?\"'").lower() for word in text.split())
        return np.array([counted[word] for word in self.words], dtype=np.float32)

    def encode(self, texts: Sequence[str]) -> Iterator[tuple[int, EncodedText]]:
        for position in reversed(range(len(texts))):
            text = texts[position]
            self.read.append(text)
            spans = sentence_spans(text)
            parts = np.array([self.counts(text[a:b]) for a, b in spans], np.float32).reshape(-1, len(self.words))
            yield (
                position,
                EncodedText(
                    vector=unit(self.counts(text)),
                    tokens=len(text.split()),
                    sentence_vectors=to_int8(parts),
                    sentence_spans=np.array(spans, dtype=np.int32).reshape(-1, 2),
                ),
            )


def sha(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()


def small_config(**sections: Any):
    settings = {"name": "small", "corpus": {"files": ["papers.jsonl"]}, "embedding": {"backend": "tfidf"}}
    return parse_config(settings | sections, Path("small.toml"))


def small_manifest(papers: int, *, topics: int = 1, noise: int = 0, duplicates: int = 0, rejected: int = 0, **changes):
    read = papers + duplicates + rejected
    manifest = Manifest(
        name="small",
        version="1.0",
        config=changes.pop("config", None) or small_config(),
        config_hash="c" * 64,
        input_digest="d" * 64,
        sources=("papers.jsonl",),
        counts=RowCounts(read, papers, duplicates, rejected, topics, noise),
        embedding=replace(WordCounts().info, embedded=papers - 1, from_cache=1, long_papers=2),
        selection=SelectionInfo(
            reducer=ReducerPlan("umap", 3, 4, "pca"),
            restarts=2,
            explanation="the best of two cuts",
            warnings=("few papers",),
            selected=1,
            merged_to=None,
            scores=(
                CutScore(5, 10, "leaf", None, 4, 0.25, 0.5, 1.5, 1),
                CutScore(5, 15, "max_cluster_size", 0.3, 3, 0.125, 0.4, 1.75, 2),
            ),
            resamples=5,
            agreement=0.75,
            neighbourhood_preservation=0.5,
            seeded=(SeededTopicInfo("winter", "ice and snow", 0.5), SeededTopicInfo("none", "sand", None)),
        ),
        quality=CorpusQuality(
            read=read,
            kept=papers,
            formats={"jsonl": papers},
            missing={},
            rejected={},
            duplicates={},
            languages={"": 1.0},
            lengths={"0": papers},
            words=0,
            long_share=None,
            max_tokens=None,
            cleaned={"labels": 1, "markup": 2},
            years={"2000": papers},
        ),
        stages=(StageCost("reading", 0.5, 12.5), StageCost("topics", 1.5, None)),
        libraries={"numpy": "2"},
        cpu=Cpu("a processor", 2, ("avx2",)),
        finished="2024-05-06T07:08:09+00:00",
    )
    return replace(manifest, **changes)


def small_topic(number: int, label: str, papers: Sequence[P] = (), **changes: Any) -> Topic:
    own = [paper for paper in papers if paper.topic == number]
    assigned = [paper for paper in papers if nearest_of(paper) == number]
    topic = Topic(
        id=number,
        label=label,
        size=len(own),
        assigned=len(assigned),
        keywords=(TopicKeyword("ice", 0.5),),
        representatives=tuple(paper.id for paper in own[:1]),
        keyword_label=label,
        strength=0.5,
        colour=number,
    )
    return replace(topic, **changes)


def nearest_of(paper: P) -> int:
    return paper.topic if paper.nearest is None else paper.nearest


def rows_of(papers: Sequence[P]) -> list[P]:
    """The papers in the order of an atlas: by the sha256 of what is embedded."""
    cleaner = Cleaner(small_config().corpus.clean)

    def text(paper: P) -> str:
        cleaned = cleaner.clean(paper.title, paper.abstract)
        return text_of(cleaned.title, cleaned.abstract)

    return sorted(papers, key=lambda paper: sha(text(paper)))


def tables_of(papers: Sequence[P], duplicates: Sequence[tuple[str, str]] = (), rejected: int = 0) -> CorpusTables:
    columns: dict[str, list[Any]] = {
        "id": [paper.id for paper in papers],
        "title": [paper.title for paper in papers],
        "abstract": [paper.abstract for paper in papers],
        "authors": [list(paper.authors) for paper in papers],
        "year": [paper.year for paper in papers],
    }
    for name in dict.fromkeys(name for paper in papers for name in paper.more):
        columns[name] = [paper.more.get(name) for paper in papers]
    columns |= {
        "topic": [paper.topic for paper in papers],
        "nearest_topic": [nearest_of(paper) for paper in papers],
        "strength": [paper.strength for paper in papers],
        "second_topic": [paper.second for paper in papers],
        "subtopic": [paper.subtopic for paper in papers],
        "x": [paper.x for paper in papers],
        "y": [paper.y for paper in papers],
    }
    positions = [number if paper.position is None else paper.position for number, paper in enumerate(papers)]
    return CorpusTables(
        papers=pa.table({name: pa.array(values, COLUMN_TYPES.get(name)) for name, values in columns.items()}),
        sources=pa.table(
            {
                "id": columns["id"],
                "source": ["papers.jsonl"] * len(papers),
                "row": pa.array([position + 1 for position in positions], pa.int64()),
                "position": pa.array(positions, pa.int64()),
                "format": ["jsonl"] * len(papers),
            }
        ),
        duplicates=pa.table(
            {
                "id": pa.array([one for one, _ in duplicates], pa.string()),
                "kept_id": pa.array([kept for _, kept in duplicates], pa.string()),
                "reason": pa.array(["same text"] * len(duplicates), pa.string()),
                "source": pa.array(["papers.jsonl"] * len(duplicates), pa.string()),
                "row": pa.array(["7"] * len(duplicates), pa.string()),
            }
        ),
        rejected=pa.table(
            {
                "source": pa.array(["papers.jsonl"] * rejected, pa.string()),
                "row": pa.array([str(90 + number) for number in range(rejected)], pa.string()),
                "id": pa.array([None] * rejected, pa.string()),
                "reason": pa.array(["neither title nor abstract"] * rejected, pa.string()),
            }
        ),
    )


def small_atlas(
    papers: Sequence[P],
    *,
    labels: Mapping[int, str] | None = None,
    words: Sequence[str] = WORDS,
    k: int = 50,
    neighbours: Neighbours | None = None,
    lexical: bool = True,
    sentences: bool = False,
    max_tokens: int | None = None,
    duplicates: Sequence[tuple[str, str]] = (),
    rejected: int = 0,
    hierarchy: TopicHierarchy | None = None,
    manifest: Mapping[str, Any] | None = None,
    **sections: Any,
) -> AtlasData:
    """The atlas of these papers, in the order of their text hashes; `atlas.ids.row(id)` finds one.

    neighbours: row-aligned with `rows_of(papers)`; k: of the exact ones otherwise.
    """
    rows = rows_of(papers)
    tables = tables_of(rows, duplicates, rejected)
    encoder = WordCounts(words, max_tokens=max_tokens)
    config = small_config(neighbours={"k": k}, **sections)
    cleaned = [Cleaner(config.corpus.clean).clean(paper.title, paper.abstract) for paper in rows]
    texts = [text_of(one.title, one.abstract) for one in cleaned]
    embedding = embed_texts(texts, encoder, sentences=sentences)
    vectors = embedding.vectors
    if rows[0].vector is not None:
        vectors = np.array([unit(np.array(paper.vector, np.float32)) for paper in rows], np.float32)
    labels = labels or {number: f"topic {number}" for number in sorted({nearest_of(paper) for paper in rows})}
    topics = tuple(small_topic(number, label, rows) for number, label in labels.items())
    noise = sum(paper.topic == -1 for paper in rows)
    counts = {"topics": len(topics), "noise": noise, "duplicates": len(duplicates), "rejected": rejected}
    atlas = AtlasData(
        vectors=vectors,
        text_hashes=np.frombuffer(b"".join(sha(text) for text in texts), np.uint8).reshape(-1, 32),
        neighbours=neighbours or find_neighbours(vectors, k=k),
        hierarchy=hierarchy or TopicHierarchy(topics),
        manifest=small_manifest(len(rows), config=config, **counts, **(manifest or {})),
        tables=TablesInMemory(tables),
        sentences=embedding.sentences,
        lexical=build_lexical(texts) if lexical else None,
    )
    encoder.read.clear()
    atlas.__dict__["encoder"] = encoder  # where a cached property keeps its value
    return atlas


def addition(papers: int, *, read: int | None = None) -> Addition:
    return Addition(papers, papers if read is None else read, ("more.jsonl",), "2024-06-01T00:00:00+00:00")


def embedded(texts: Sequence[str], *, words: Sequence[str] = WORDS, sentences: bool = False) -> Embedding:
    return embed_texts(texts, WordCounts(words), sentences=sentences)
