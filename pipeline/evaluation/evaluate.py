"""Atlas -> Evaluation: figures of its topics and its map, each with its meaning."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.atlas import AtlasData
from pipeline.atlas.column_groups import NO_GROUP, column_groups
from pipeline.clusterer.assignment import assign_topics
from pipeline.evaluation.agreement import agreement
from pipeline.evaluation.coherence import diversity, npmi
from pipeline.evaluation.density import dbcv, distances, sample_rows, silhouette
from pipeline.recommender import assign_texts
from pipeline.reducer.neighbourhood_preservation import neighbours_compared

TOP = 10
MAP_NEIGHBOURS = 15


@dataclass(frozen=True)
class Figure:
    """value: None where it is not defined for this corpus. meaning: one line."""

    name: str
    value: float | None
    meaning: str


@dataclass(frozen=True)
class Evaluation:
    """The figures of one run, in reading order."""

    run: str
    figures: tuple[Figure, ...]

    def to_json(self) -> dict[str, object]:
        return asdict(self)

    def __getitem__(self, name: str) -> float | None:
        return next((figure.value for figure in self.figures if figure.name == name), None)


def evaluate(atlas: AtlasData, *, labels: str | None = None, seed: int = 0) -> Evaluation:
    """labels: a column to compare the topics with; papers without a value in it are left out of that comparison.

    Raises PaperatlasError for a column that does not exist or has no values.
    """
    figures = [*_counts(atlas), *(_agreement_with(atlas, labels) if labels else ())]
    figures += [*_keywords(atlas), *_space(atlas, seed), *_confidence(atlas)]
    rounded = (
        Figure(figure.name, None if figure.value is None else round(float(figure.value), 4), figure.meaning)
        for figure in figures
    )
    return Evaluation(atlas.manifest.name, tuple(rounded))


def _counts(atlas: AtlasData) -> Iterator[Figure]:
    nearest = atlas.column("nearest_topic").to_numpy()
    sizes = np.unique(nearest, return_counts=True)[1]
    yield Figure("papers", len(atlas), "papers in the atlas")
    yield Figure("topics", len(atlas.topics), "topics of the atlas")
    yield Figure("noise", atlas.manifest.counts.noise / len(atlas), "share of the papers that HDBSCAN left in no topic")
    yield Figure("largest", sizes.max() / len(atlas), "share of the papers whose nearest topic is the largest one")


def _agreement_with(atlas: AtlasData, column: str) -> Iterator[Figure]:
    labels = column_groups(atlas, column).codes
    labelled = labels != NO_GROUP
    nearest, core = (atlas.column(name).to_numpy().astype(np.int64) for name in ("nearest_topic", "topic"))
    whole = agreement(nearest[labelled], labels[labelled])
    yield Figure(f"{column}: labelled", whole.papers, f"papers that have a value in {column}")
    yield Figure(
        f"{column}: AMI", whole.ami, "adjusted mutual information, all papers assigned; 0 by chance, 1 identical"
    )
    yield Figure(f"{column}: ARI", whole.ari, "adjusted Rand index of the same; 0 by chance, 1 identical")
    yield Figure(
        f"{column}: V-measure", whole.v_measure, "mean of homogeneity and completeness; rises with more topics"
    )
    yield Figure(f"{column}: purity", whole.purity, "share of papers with the most frequent value of their topic")
    in_topic = labelled & (core != -1)
    if in_topic.any():
        yield Figure(
            f"{column}: AMI of core papers",
            agreement(core[in_topic], labels[in_topic]).ami,
            "the same as AMI, noise left out",
        )


def _keywords(atlas: AtlasData) -> Iterator[Figure]:
    keywords = [[keyword.term for keyword in topic.keywords[:TOP]] for topic in atlas.topics]
    texts = [f"{title}. {abstract}" for title, abstract in zip(*atlas.cleaned_papers(), strict=True)]
    yield Figure(
        "keyword coherence",
        float(np.mean(npmi(keywords, texts))),
        "mean NPMI of each topic's ten keywords in these papers, -1 to 1; high where they occur together",
    )
    yield Figure("keyword diversity", diversity(keywords), "share of distinct words among all topics' ten keywords")


def _space(atlas: AtlasData, seed: int) -> Iterator[Figure]:
    core = atlas.column("topic").to_numpy().astype(np.int64)
    rows = sample_rows(core, seed=seed)
    matrix = distances(np.asarray(atlas.vectors[rows]))
    sampled = f", on {len(rows):,} papers drawn at random" if len(rows) < len(core) else ""
    yield Figure(
        "silhouette",
        silhouette(matrix, core[rows]),
        f"how much closer papers are to their topic than to the next, -1 to 1, in the embedding{sampled}",
    )
    yield Figure(
        "DBCV",
        dbcv(matrix, core[rows], dimension=atlas.vectors.shape[1]),
        f"density inside topics compared with density between them, -1 to 1, in the embedding{sampled}",
    )


def _confidence(atlas: AtlasData) -> Iterator[Figure]:
    selection = atlas.manifest.selection
    stabilities = [topic.stability for topic in atlas.topics if topic.stability is not None]
    yield Figure(
        "resampling stability",
        float(np.mean(stabilities)) if stabilities else None,
        f"mean share of {selection.resamples} resamples in which a topic was recovered",
    )
    yield Figure(
        "resampling agreement",
        selection.agreement,
        "mean adjusted mutual information between the topics and those of a resample",
    )
    width = min(MAP_NEIGHBOURS, atlas.neighbours.k)
    yield Figure(
        "map recall",
        _map_recall(atlas, width) if width else None,
        f"share of a paper's {width} most similar papers that are among its {width} nearest on the map",
    )
    true, near = neighbours_compared(len(atlas), atlas.neighbours.k)
    yield Figure(
        "neighbourhood preservation",
        selection.neighbourhood_preservation,
        f"share of a paper's {true} most similar papers that are among its {near} nearest on the map",
    )
    yield from _assignment(atlas)


def _map_recall(atlas: AtlasData, width: int) -> float:
    from scipy.spatial import cKDTree

    points = atlas.points.astype(np.float64)
    _, nearest = cKDTree(points).query(points, k=width + 1)
    near = _without_self(nearest, width)
    true = np.asarray(atlas.neighbours.indices[:, :width])
    return float(np.mean([len(np.intersect1d(*pair)) / width for pair in zip(true, near, strict=True)]))


def _without_self(nearest: NDArray[np.int64], width: int) -> NDArray[np.int64]:
    """(n, width) of (n, width + 1) rows: without the paper itself, or without the last where it is missing."""
    kept = nearest != np.arange(len(nearest))[:, None]
    kept[kept.all(axis=1), -1] = False
    return np.asarray(nearest[kept].reshape(len(nearest), width))


def _assignment(atlas: AtlasData) -> Iterator[Figure]:
    core, nearest = (atlas.column(name) for name in ("topic", "nearest_topic"))
    rows = sample_rows(nearest.to_numpy().astype(np.int64), seed=0)[:500].tolist()
    assigned = assign_texts(atlas, [atlas.text(row) for row in rows])
    same = [answer.nearest_topic == nearest[row].as_py() for row, answer in zip(rows, assigned, strict=True)]
    yield Figure(
        "assign by lookup",
        float(np.mean(same)),
        "share of papers that assign puts into the topic that the run gave them",
    )
    if atlas.neighbours.k:
        vote = assign_topics(atlas.neighbours, core.to_numpy().astype(np.int32)).nearest_topic
        yield Figure(
            "assign, left out",
            float((vote == nearest.to_numpy()).mean()),
            "share of papers that assign would put into the same topic if they were new to the run",
        )
