"""Topics of an atlas, its papers -> what does not fit between them, and numbers that cannot be."""

from collections.abc import Iterator, Sequence

import pyarrow.compute as pc

from pipeline.atlas.array_checks import Problem
from pipeline.atlas.atlas import AtlasData
from pipeline.topics import Topic

MOST = 2**31 - 1
ROUNDING = 1e-6
NUMBER_COLUMNS = ("strength", "x", "y")
TOPIC_COLUMNS = ("topic", "nearest_topic", "second_topic")


def topic_problems(atlas: AtlasData) -> Iterator[Problem]:
    """What does not fit between the topics and the papers; reads the columns of ids, topics and places.

    Reading a column checks its values.
    """
    for name in NUMBER_COLUMNS:
        atlas.column(name)
    levels = (atlas.topics, atlas.hierarchy.areas, atlas.hierarchy.subtopics)
    for name, topics in zip(("topics.json", "hierarchy.json", "hierarchy.json"), levels, strict=True):
        yield from ((name, problem) for problem in _numbers(topics))
    numbers = [topic.id for topic in atlas.topics]
    if not fits_topics(atlas, numbers):
        yield "papers.parquet", "topics that topics.json does not list"
    named = {paper for topic in atlas.topics for paper in named_papers(topic)}
    if not named.issubset(atlas.column("id").to_pylist()):
        yield "topics.json", "a representative that is not a paper"


def fits_topics(atlas: AtlasData, numbers: Sequence[int]) -> bool:
    """Whether every paper is in topics of these numbers, or in none where it may be."""
    topic, nearest, second = (set(pc.unique(atlas.column(name)).to_pylist()) for name in TOPIC_COLUMNS)
    return nearest <= set(numbers) and (topic | second) <= {-1, *numbers}


def named_papers(topic: Topic) -> tuple[str, ...]:
    """Ids of the papers that a topic names."""
    return (*topic.representatives, *topic.mmr_representatives, *topic.boundary)


def _numbers(topics: Sequence[Topic]) -> Iterator[str]:
    if len({topic.id for topic in topics}) != len(topics):
        yield "two topics of one id"
    for topic in topics:
        counts = (topic.id, topic.colour, topic.size, topic.assigned)
        shares = (topic.strength, topic.stability or 0.0, topic.neighbourhood_preservation)
        whole = all(0 <= count <= MOST for count in counts)
        if not whole or not all(-ROUNDING <= share <= 1 + ROUNDING for share in shares):
            yield f"topic {topic.id}: a number that cannot be"
