"""Texts, vectors, Grouping -> the topics as people see them: names, keywords, representative papers, figures."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from pipeline.config import TopicsConfig
from pipeline.topics.area_labels import label_areas
from pipeline.topics.coverage import coverages, factor_of
from pipeline.topics.grouping import Grouping
from pipeline.topics.holders import Holders, npmi_of_pairs
from pipeline.topics.keywords import Keyword, find_keywords
from pipeline.topics.labels import label_topics, repeats, share_one
from pipeline.topics.phrases import Phrases, phrases_of
from pipeline.topics.representatives import find_representatives
from pipeline.topics.topic import Topic, TopicHierarchy, TopicKeyword
from pipeline.topics.word_sample import rows_read
from pipeline.words.corpus_words import CorpusWords

LABEL_CANDIDATES = 15
KEYWORD_CANDIDATES = 3  # times the keywords asked for: among so many those that go together are selected
COHERENCE = 0.4  # how much going together weighs beside the weight
EmbedPhrases = Callable[[Sequence[str]], NDArray[np.float32]]


@dataclass(frozen=True)
class DescribedPapers:
    """What topics are described by, row-aligned. words: of titles and abstracts. vectors: (n, d) unit rows.

    neighbourhood_preservation: (n,) of the map, in [0, 1].
    """

    ids: Sequence[str]
    words: CorpusWords
    vectors: NDArray[np.float32]
    neighbourhood_preservation: NDArray[np.float32]


def describe_topics(
    papers: DescribedPapers, grouping: Grouping, *, config: TopicsConfig, embed_phrases: EmbedPhrases | None = None
) -> TopicHierarchy:
    """Topics, the areas above them and the subtopics inside them. Areas and subtopics are numbered from 0.

    embed_phrases: (p, d) unit vectors of phrases, by which labels are chosen to cover their topic; without it by the
    papers alone that hold them.
    """
    rows = rows_read(grouping.core, grouping.hierarchy.subtopic)
    phrases = phrases_of(papers.words.texts_of(rows), stop_words=config.stop_words)
    describer = _Describer(papers, rows, phrases, Holders(phrases, len(rows)), grouping, config, embed_phrases)
    labels, nearest = grouping.hierarchy, grouping.assigned.nearest_topic
    area_of = labels.area_of
    areas = _area_of_papers(area_of, nearest) if len(area_of) else None
    given = {number: name.label for number, name in grouping.names.items()}
    parents = [None if area == -1 else area for area in area_of.tolist()]
    level = _LevelLabels(grouping.core, nearest, parents=parents, within=areas)
    topics = tuple(_with_own_figures(topic, grouping) for topic in describer.topics(level, given))
    above: tuple[Topic, ...] = ()
    if areas is not None:
        level = _LevelLabels(_area_of_papers(area_of, grouping.core), areas, parts=grouping.core)
        above = describer.areas(level, topics)
    inside: tuple[Topic, ...] = ()
    if len(labels.topic_of):
        level = _LevelLabels(labels.subtopic, labels.subtopic, parents=labels.topic_of.tolist(), within=nearest)
        beside = [topics[topic].label for topic in labels.topic_of.tolist()]
        inside = describer.subtopics(level, topics, beside=beside)
    return _renumbered(TopicHierarchy(topics, above, inside), grouping.ids)


def _renumbered(hierarchy: TopicHierarchy, ids: Sequence[int]) -> TopicHierarchy:
    """The hierarchy, topic i named by ids[i], its topics in the order of their ids."""
    topics = sorted((replace(topic, id=ids[topic.id]) for topic in hierarchy.topics), key=lambda topic: topic.id)
    subtopics = (
        replace(subtopic, parent=None if subtopic.parent is None else ids[subtopic.parent])
        for subtopic in hierarchy.subtopics
    )
    return TopicHierarchy(tuple(topics), hierarchy.areas, tuple(subtopics))


def _area_of_papers(area_of: NDArray[np.int32], topics: NDArray[np.int32]) -> NDArray[np.int32]:
    return np.where(topics == -1, -1, area_of[topics]).astype(np.int32)


def _of_area(topics: Sequence[Topic], area: int) -> list[Topic]:
    """Its topics, the largest first."""
    return sorted((topic for topic in topics if topic.parent == area), key=lambda topic: (-topic.size, topic.id))


def _with_own_figures(topic: Topic, grouping: Grouping) -> Topic:
    name = grouping.names.get(topic.id)
    return replace(
        topic,
        named_by=name.by if name else "keywords",
        stability=grouping.stability[topic.id],
        seeded=grouping.seeded.get(topic.id),
    )


@dataclass(frozen=True)
class _LevelLabels:
    """core, nearest: (n,) topic of each paper on one level of the hierarchy, -1 for none. parents: of each topic.

    within, parts: (n,) topic of each paper on the level above, and on the level below.
    """

    core: NDArray[np.int32]
    nearest: NDArray[np.int32]
    parents: Sequence[int | None] = ()
    within: NDArray[np.int32] | None = None
    parts: NDArray[np.int32] | None = None

    def of(self, rows: NDArray[np.int64]) -> "_LevelLabels":
        """The same of some papers alone."""
        within = None if self.within is None else self.within[rows]
        parts = None if self.parts is None else self.parts[rows]
        return replace(self, core=self.core[rows], nearest=self.nearest[rows], within=within, parts=parts)


@dataclass(frozen=True)
class _Describer:
    """Describes the topics of one level; what does not depend on the level is kept. rows: papers that phrases are of,
    numbered there from 0.
    """

    papers: DescribedPapers
    rows: NDArray[np.int64]
    phrases: Phrases
    holders: Holders
    grouping: Grouping
    config: TopicsConfig
    embed_phrases: EmbedPhrases | None

    def topics(self, level: _LevelLabels, given: Mapping[int, str]) -> tuple[Topic, ...]:
        """The topics proper: labels that are given stay, and keywords are selected to go together.

        What sets a topic apart from its siblings belongs into its name; the list of its keywords leaves nothing out.
        """
        count, read = self.config.keywords, level.of(self.rows)
        ranked = find_keywords(self.phrases, read.core, count=KEYWORD_CANDIDATES * count, parts=read.parts)
        keywords = [select_keywords(listed, self.holders.held(listed), count=count) for listed in ranked]
        candidates = self._label_candidates(level)
        held = self._held(candidates, level)
        labels = label_topics(candidates, held=held)
        named = label_topics(candidates, given, held=held) if given else labels
        return self._describe(level, keywords, labels=labels, named=named)

    def areas(self, level: _LevelLabels, topics: Sequence[Topic]) -> tuple[Topic, ...]:
        """The areas above the topics."""
        candidates = self._label_candidates(level)
        parts = np.full(len(self.papers.ids), -1, dtype=np.int32) if level.parts is None else level.parts
        held = [
            [held[parts[self.rows][level.core[self.rows] == number] == topic.id] for topic in _of_area(topics, number)]
            for number, held in enumerate(self._held(candidates, level))
        ]
        labels = label_areas(
            candidates, held, names=[[topic.label for topic in _of_area(topics, number)] for number in range(len(held))]
        )
        return self._describe(level, self._outer_keywords(level), labels=labels, named=labels)

    def subtopics(self, level: _LevelLabels, topics: Sequence[Topic], *, beside: Sequence[str]) -> tuple[Topic, ...]:
        """The subtopics inside the topics, whose labels are used already. beside: for each the label of its topic."""
        ranked = zip(self._label_candidates(level), beside, strict=True)
        candidates = [share_one(listed, label) for listed, label in ranked]
        used = [topic.label for topic in topics]
        labels = label_topics(candidates, others=used, held=self._held(candidates, level))
        return self._describe(level, self._outer_keywords(level), labels=labels, named=labels)

    def _outer_keywords(self, level: _LevelLabels) -> list[list[Keyword]]:
        read = level.of(self.rows)
        return find_keywords(self.phrases, read.core, count=self.config.keywords, within=read.within, parts=read.parts)

    def _held(self, candidates: Sequence[Sequence[Keyword]], level: _LevelLabels) -> list[NDArray[np.bool_]]:
        """For each topic which of its papers hold which candidates."""
        core = level.core[self.rows]
        return [self.holders.held(listed)[core == number] for number, listed in enumerate(candidates)]

    def _label_candidates(self, level: _LevelLabels) -> list[list[Keyword]]:
        """What a label may be made of: the weight of each phrase times how much better than chance it ranks the papers
        of its topic.
        """
        read = level.of(self.rows)
        ranked = find_keywords(
            self.phrases, read.core, count=LABEL_CANDIDATES, for_names=True, within=read.within, parts=read.parts
        )
        terms = sorted({keyword.term for keywords in ranked for keyword in keywords})
        if self.embed_phrases is None or not terms:
            return ranked
        vectors, place = self.embed_phrases(terms), {term: number for number, term in enumerate(terms)}
        of_topics = [vectors[[place[keyword.term] for keyword in keywords]] for keywords in ranked]
        return [
            [
                replace(keyword, weight=round(keyword.weight * factor_of(share), 6))
                for keyword, share in zip(keywords, shares, strict=True)
            ]
            for keywords, shares in zip(ranked, coverages(of_topics, self.papers.vectors, level.core), strict=True)
        ]

    def _describe(
        self,
        level: _LevelLabels,
        keywords: Sequence[Sequence[Keyword]],
        *,
        labels: Sequence[str],
        named: Sequence[str],
    ) -> tuple[Topic, ...]:
        assigned, ids = self.grouping.assigned, self.papers.ids
        chosen = find_representatives(self.papers.vectors, level.core, assigned, count=self.config.representatives)
        return tuple(
            Topic(
                id=number,
                label=named[number],
                keyword_label=labels[number],
                size=int((level.core == number).sum()),
                assigned=int((level.nearest == number).sum()),
                keywords=tuple(TopicKeyword(keyword.term, keyword.weight) for keyword in keywords[number]),
                representatives=tuple(ids[row] for row in rows.central),
                mmr_representatives=tuple(ids[row] for row in rows.mmr),
                boundary=tuple(ids[row] for row in rows.boundary),
                parent=level.parents[number] if number < len(level.parents) else None,
                strength=_mean(assigned.strength[level.nearest == number]),
                neighbourhood_preservation=_mean(self.papers.neighbourhood_preservation[level.nearest == number]),
            )
            for number, rows in enumerate(chosen)
        )


def select_keywords(keywords: Sequence[Keyword], held: NDArray[np.bool_], *, count: int) -> list[Keyword]:
    """`count` of the keywords, heaviest first: each next one weighs much and goes together with those selected before.

    Left out is what only repeats one of those in other forms of its words: "alcoholic" after "alcohol". held: (n, k)
    whether each paper holds each keyword.
    """
    if not keywords:
        return []
    npmi = npmi_of_pairs(held)
    weights = np.array([keyword.weight for keyword in keywords]) / keywords[0].weight
    selected: list[int] = []
    left = list(range(len(keywords)))
    while left and len(selected) < count:
        together = npmi[left][:, selected].mean(axis=1) if selected else np.zeros(len(left))
        worth = (1 - COHERENCE) * weights[left] + COHERENCE * together
        best = left[int(np.argmax(np.round(worth, 9)))]
        selected.append(best)
        left = [place for place in left if place != best and not repeats(keywords[place], keywords[best])]
    return [keywords[place] for place in sorted(selected)]


def _mean(values: NDArray[np.float32]) -> float:
    return round(float(values.mean(dtype=np.float64)), 4) if len(values) else 0.0
