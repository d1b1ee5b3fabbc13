"""Corpus, vectors, Grouping -> the topics as people see them: names, keywords, papers that stand for each, figures."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipeline.config import TopicsConfig
from pipeline.diversity import diversify
from pipeline.topics.grouping import Grouping
from pipeline.topics.keywords import Keyword, find_keywords
from pipeline.topics.labels import label_topics
from pipeline.topics.phrases import Phrases, find_phrases
from pipeline.topics.representatives import find_representatives
from pipeline.topics.topic import Topic, TopicKeyword, TopicTree

LABEL_CANDIDATES = 15
VARIED_FROM = 3  # times the keywords asked for: among so many they are chosen to repeat little
DIVERSITY = 0.2
EmbedPhrases = Callable[[Sequence[str]], NDArray[np.float32]]


def describe_topics(
    papers: pa.Table,
    vectors: NDArray[np.float32],
    grouping: Grouping,
    *,
    config: TopicsConfig,
    embed_phrases: EmbedPhrases | None = None,
) -> TopicTree:
    """Topics, the fields above them and the fine topics inside them. Fields and fine topics are numbered from 0.

    papers: with id, title and abstract. embed_phrases: (p, d) unit vectors of phrases, by which the keywords of topics
    are chosen to repeat little; without it the heaviest are taken.
    """
    titles, abstracts = papers.column("title").to_pylist(), papers.column("abstract").to_pylist()
    phrases = find_phrases(titles, abstracts, stop_words=config.stop_words)
    describe = _Describer(papers.column("id").to_pylist(), vectors, phrases, grouping, config, embed_phrases)
    layers, nearest = grouping.layers, grouping.assigned.nearest_topic
    field_of, names = layers.field_of, {number: name.label for number, name in grouping.names.items()}
    fields = _field(field_of, nearest) if len(field_of) else None
    topics = describe.layer(grouping.core, nearest, names, parents=field_of.tolist(), within=fields, varied=True)
    told = tuple(_with_own_figures(topic, grouping) for topic in topics)
    above: tuple[Topic, ...] = ()
    if fields is not None:
        above = describe.layer(_field(field_of, grouping.core), fields, {}, parts=grouping.core, others=told)
    inside: tuple[Topic, ...] = ()
    if len(layers.topic_of):
        homes = layers.topic_of.tolist()
        inside = describe.layer(layers.fine, layers.fine, {}, parents=homes, within=nearest, others=told)
    tree = TopicTree(told, above, inside)
    return _renumbered(tree, grouping.ids)


def _renumbered(tree: TopicTree, ids: Sequence[int]) -> TopicTree:
    """The tree, topic i named by ids[i], its topics in the order of their ids."""
    topics = sorted((replace(topic, id=ids[topic.id]) for topic in tree.topics), key=lambda topic: topic.id)
    fine = (replace(fine, parent=None if fine.parent is None else ids[fine.parent]) for fine in tree.fine)
    return TopicTree(tuple(topics), tree.fields, tuple(fine))


def _field(field_of: NDArray[np.int32], topics: NDArray[np.int32]) -> NDArray[np.int32]:
    return np.where(topics == -1, -1, field_of[topics]).astype(np.int32)


def _with_own_figures(topic: Topic, grouping: Grouping) -> Topic:
    name = grouping.names.get(topic.id)
    return replace(
        topic,
        named_by=name.by if name else "keywords",
        stability=grouping.stability[topic.id],
        known=grouping.known.get(topic.id),
    )


@dataclass(frozen=True)
class _Describer:
    """Describes the topics of one layer; what does not depend on the layer is kept."""

    ids: Sequence[str]
    vectors: NDArray[np.float32]
    phrases: Phrases
    grouping: Grouping
    config: TopicsConfig
    embed_phrases: EmbedPhrases | None

    def layer(
        self,
        core: NDArray[np.int32],
        nearest: NDArray[np.int32],
        names: Mapping[int, str],
        *,
        parents: Sequence[int] = (),
        within: NDArray[np.int32] | None = None,
        parts: NDArray[np.int32] | None = None,
        others: Sequence[Topic] = (),
        varied: bool = False,
    ) -> tuple[Topic, ...]:
        """core, nearest: (n,) of this layer. within, parts: (n,) of the layers above and below; others: topics of
        a layer described before, whose labels are taken. varied: choose the keywords to repeat little.
        """
        count = VARIED_FROM * self.config.keywords if varied else self.config.keywords
        # What sets a topic apart from its siblings belongs into its name; a list of its words leaves nothing out.
        ranked = find_keywords(self.phrases, core, count=count, within=None if varied else within, parts=parts)
        first = find_keywords(self.phrases, core, count=LABEL_CANDIDATES, for_names=True, within=within, parts=parts)
        used = [topic.label for topic in others]
        labels = label_topics(first, others=used)
        named = label_topics(first, names, others=used) if names else labels
        chosen = find_representatives(self.vectors, core, self.grouping.assigned, count=self.config.representatives)
        listed = self._varied(ranked) if varied else ranked
        return tuple(
            Topic(
                id=number,
                label=named[number],
                keyword_label=labels[number],
                size=int((core == number).sum()),
                assigned=int((nearest == number).sum()),
                keywords=tuple(TopicKeyword(keyword.term, keyword.weight) for keyword in listed[number]),
                representatives=tuple(self.ids[row] for row in papers.central),
                diverse=tuple(self.ids[row] for row in papers.diverse),
                boundary=tuple(self.ids[row] for row in papers.boundary),
                parent=parents[number] if number < len(parents) else None,
                strength=_mean(self.grouping.assigned.strength[nearest == number]),
                map_trust=_mean(self.grouping.map_trust[nearest == number]),
            )
            for number, papers in enumerate(chosen)
        )

    def _varied(self, ranked: list[list[Keyword]]) -> list[list[Keyword]]:
        """The keywords listed of each topic, heaviest first."""
        count = self.config.keywords
        terms = sorted({keyword.term for keywords in ranked for keyword in keywords if len(keywords) > count})
        if self.embed_phrases is None or not terms:
            return [keywords[:count] for keywords in ranked]
        vectors, place = self.embed_phrases(terms), {term: number for number, term in enumerate(terms)}
        return [
            keywords
            if len(keywords) <= count
            else vary(keywords, vectors[[place[keyword.term] for keyword in keywords]], count=count)
            for keywords in ranked
        ]


def vary(keywords: Sequence[Keyword], vectors: NDArray[np.float32], *, count: int) -> list[Keyword]:
    """`count` of the keywords, heaviest first, chosen by maximal marginal relevance. vectors: (k, d) of their terms."""
    weights = np.array([keyword.weight for keyword in keywords])
    taken = diversify(weights, vectors, diversity=DIVERSITY, k=count)
    return [keywords[place] for place in sorted(taken)]


def _mean(values: NDArray[np.float32]) -> float:
    return round(float(values.mean(dtype=np.float64)), 4) if len(values) else 0.0
