"""Corpus, vectors, core topics -> the topics as people see them: label, keywords, central papers."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipeline.config import TopicsConfig
from pipeline.topic_assignment import Assignment, mean_vectors
from pipeline.topic_keywords import find_keywords
from pipeline.topic_labels import label_topics
from pipeline.topic_phrases import find_phrases


@dataclass(frozen=True)
class TopicKeyword:
    """A phrase and its weight; weights compare within one run."""

    term: str
    weight: float


@dataclass(frozen=True)
class Topic:
    """One topic. size: its core papers; assigned: papers whose nearest topic it is, the core included.

    representatives: ids of its most central papers, most central first. parent: always None until topics have layers.
    """

    id: int
    label: str
    size: int
    assigned: int
    keywords: tuple[TopicKeyword, ...]
    representatives: tuple[str, ...]
    parent: int | None = None

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, fields: dict[str, Any]) -> "Topic":
        keywords = tuple(TopicKeyword(**keyword) for keyword in fields["keywords"])
        return cls(**fields | {"keywords": keywords, "representatives": tuple(fields["representatives"])})


def describe_topics(
    papers: pa.Table,
    vectors: NDArray[np.float32],
    core: NDArray[np.int32],
    assigned: Assignment,
    *,
    config: TopicsConfig,
    given: dict[int, str],
) -> tuple[Topic, ...]:
    """Every topic 0..t-1. papers: with id, title and abstract; given: labels by hand."""
    titles, abstracts = papers.column("title").to_pylist(), papers.column("abstract").to_pylist()
    phrases = find_phrases(titles, abstracts, stop_words=config.stop_words)
    keywords = find_keywords(phrases, core, count=max(config.keywords, LABEL_CANDIDATES))
    labels = label_topics(keywords, given)
    ids = papers.column("id").to_pylist()
    central = central_papers(vectors, core, count=config.representatives)
    return tuple(
        Topic(
            id=number,
            label=label,
            size=int((core == number).sum()),
            assigned=int((assigned.nearest_topic == number).sum()),
            keywords=tuple(TopicKeyword(keyword.term, keyword.weight) for keyword in ranked[: config.keywords]),
            representatives=tuple(ids[row] for row in rows),
        )
        for number, (label, ranked, rows) in enumerate(zip(labels, keywords, central, strict=True))
    )


LABEL_CANDIDATES = 15


def central_papers(vectors: NDArray[np.float32], core: NDArray[np.int32], *, count: int) -> Sequence[list[int]]:
    """For each topic the rows of its core papers most similar to their mean vector, most similar first."""
    means = mean_vectors(vectors, core).astype(np.float64)
    found = []
    for number, mean in enumerate(means):
        members = np.flatnonzero(core == number)
        closeness = np.round(vectors[members].astype(np.float64) @ mean, 7)
        found.append(members[np.lexsort((members, -closeness))[:count]].tolist())
    return found
