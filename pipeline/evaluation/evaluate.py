"""Atlas -> Evaluation: figures of its topics and its map, each with what it says."""

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

TOP = 10
MAP_NEIGHBOURS = 15


@dataclass(frozen=True)
class Figure:
    """value: None where this corpus has none. meaning: one line on what it says."""

    name: str
    value: float | None
    meaning: str


@dataclass(frozen=True)
class Evaluation:
    """The figures of one run, in an order to read them."""

    run: str
    figures: tuple[Figure, ...]

    def to_json(self) -> dict[str, object]:
        return asdict(self)

    def __getitem__(self, name: str) -> float | None:
        return next((figure.value for figure in self.figures if figure.name == name), None)


def evaluate(atlas: AtlasData, *, labels: str | None = None, seed: int = 0) -> Evaluation:
    """labels: a column of the corpus to compare the topics with; papers without a label are left out there.

    Raises PaperatlasError for a column that is not there or has no value.
    """
    figures = [*_counts(atlas), *(_against(atlas, labels) if labels else ())]
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
    yield Figure("topics", len(atlas.topics), "topics found")
    yield Figure("noise", atlas.manifest.counts.noise / len(atlas), "share of the papers that lie between topics")
    yield Figure("largest", sizes.max() / len(atlas), "share of the papers whose nearest topic is the largest one")


def _against(atlas: AtlasData, column: str) -> Iterator[Figure]:
    labels = column_groups(atlas, column).codes
    known = labels != NO_GROUP
    nearest, core = (atlas.column(name).to_numpy().astype(np.int64) for name in ("nearest_topic", "topic"))
    whole = agreement(nearest[known], labels[known])
    yield Figure(f"{column}: labelled", whole.papers, f"papers that have a value in {column}")
    yield Figure(f"{column}: AMI", whole.ami, "adjusted mutual information, all papers assigned; 0 by chance, 1 equal")
    yield Figure(f"{column}: ARI", whole.ari, "adjusted Rand index of the same; 0 by chance, 1 equal")
    yield Figure(f"{column}: V-measure", whole.v_measure, "homogeneity and completeness in one; rises with more topics")
    yield Figure(f"{column}: purity", whole.purity, "share of papers with the most frequent value of their topic")
    inside = known & (core != -1)
    if inside.any():
        yield Figure(
            f"{column}: AMI of core papers",
            agreement(core[inside], labels[inside]).ami,
            "the same as AMI, papers between topics left out",
        )


def _keywords(atlas: AtlasData) -> Iterator[Figure]:
    keywords = [[keyword.term for keyword in topic.keywords[:TOP]] for topic in atlas.topics]
    texts = [f"{title}. {abstract}" for title, abstract in zip(*atlas.cleaned_papers(), strict=True)]
    yield Figure(
        "keyword coherence",
        float(np.mean(npmi(keywords, texts))),
        "mean NPMI of each topic's ten keywords in these papers, -1 to 1: do they occur together",
    )
    yield Figure("keyword diversity", diversity(keywords), "share of different words in all topics' ten keywords")


def _space(atlas: AtlasData, seed: int) -> Iterator[Figure]:
    core = atlas.column("topic").to_numpy().astype(np.int64)
    rows = sample_rows(core, seed=seed)
    apart = distances(np.asarray(atlas.vectors[rows]))
    sampled = f", {len(rows):,} papers drawn at random" if len(rows) < len(core) else ""
    yield Figure(
        "silhouette",
        silhouette(apart, core[rows]),
        f"how much nearer papers are to their topic than to the next, -1 to 1, in the embedding{sampled}",
    )
    yield Figure(
        "DBCV",
        dbcv(apart, core[rows], dimension=atlas.vectors.shape[1]),
        f"density inside topics against density between them, -1 to 1, in the embedding{sampled}",
    )


def _confidence(atlas: AtlasData) -> Iterator[Figure]:
    selection = atlas.manifest.selection
    known = [topic.stability for topic in atlas.topics if topic.stability is not None]
    yield Figure(
        "resampling stability",
        float(np.mean(known)) if known else None,
        f"mean share of {selection.resamples} resamples in which a topic was recovered",
    )
    yield Figure(
        "resampling agreement", selection.agreement, "mean adjusted mutual information of the topics with the resamples"
    )
    yield Figure(
        "map recall", _map_recall(atlas), "share of a paper's 15 nearest papers among its 15 nearest on the map"
    )
    yield Figure(
        "neighbourhood preservation",
        selection.neighbourhood_preservation,
        "share of a paper's 15 nearest papers among its 50 nearest on the map",
    )
    yield from _assignment(atlas)


def _map_recall(atlas: AtlasData) -> float | None:
    from scipy.spatial import cKDTree

    width = min(MAP_NEIGHBOURS, atlas.neighbours.k)
    if width < 1:
        return None
    points = atlas.points.astype(np.float64)
    _, found = cKDTree(points).query(points, k=width + 1)
    near = _without_itself(found, width)
    true = np.asarray(atlas.neighbours.indices[:, :width])
    return float(np.mean([len(np.intersect1d(*pair)) / width for pair in zip(true, near, strict=True)]))


def _without_itself(found: NDArray[np.int64], width: int) -> NDArray[np.int64]:
    """(n, width) of (n, width + 1) rows, each row's own number left out, or its last where it is not there."""
    other = found != np.arange(len(found))[:, None]
    other[other.all(axis=1), -1] = False
    return np.asarray(found[other].reshape(len(found), width))


def _assignment(atlas: AtlasData) -> Iterator[Figure]:
    core, nearest = (atlas.column(name) for name in ("topic", "nearest_topic"))
    rows = sample_rows(nearest.to_numpy().astype(np.int64), seed=0)[:500].tolist()
    assigned = assign_texts(atlas, [atlas.text(row) for row in rows])
    same = [found.nearest_topic == nearest[row].as_py() for row, found in zip(rows, assigned, strict=True)]
    yield Figure("assign by lookup", float(np.mean(same)), "share of papers for which assign repeats the run's answer")
    if atlas.neighbours.k:
        vote = assign_topics(atlas.neighbours, core.to_numpy().astype(np.int32)).nearest_topic
        yield Figure(
            "assign, left out",
            float((vote == nearest.to_numpy()).mean()),
            "share of papers that assign would put into the same topic if they were new",
        )
