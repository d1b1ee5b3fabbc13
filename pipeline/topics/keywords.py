"""Phrases, core topics -> the keywords of each topic, by class-based TF-IDF on papers.

A phrase weighs the share of the topic's papers that hold it (in the title: twice), times log(1 + papers / papers
that hold it): document frequency counts papers, not topics, so a phrase that every topic uses a little keeps its low
weight however many topics there are (after Grootendorst's c-TF-IDF, arXiv:2203.05794, which counts topics). Noise
belongs to no class.
"""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from pipeline.topics.phrases import Phrases
from pipeline.words.stop_words import WEAK_ALONE

CANDIDATES = 60
LONGER_COUNTS = (1.0, 1.35, 1.5, 1.5)  # in a name a phrase says more than its words: how much, by number of words
WEAK_COUNTS = 0.5
TITLE_COUNTS = 1.0  # a phrase in the title counts as if the paper held it once more
COVERED = 0.55  # a word is left out beside a phrase that holds it and weighs at least this much of it


@dataclass(frozen=True)
class Keyword:
    """A phrase as it is usually written, its folded words, and its weight in the topic (comparable within one run)."""

    term: str
    words: tuple[str, ...]
    weight: float


def find_keywords(
    phrases: Phrases,
    topics: NDArray[np.int32],
    *,
    count: int,
    for_names: bool = False,
    within: NDArray[np.int32] | None = None,
    parts: NDArray[np.int32] | None = None,
) -> list[list[Keyword]]:
    """For each topic 0..t-1 its `count` heaviest keywords, heaviest first, none nested in another.

    topics: (n,) core topic of each paper, -1 noise. for_names: prefer phrases to single words, which go together better
    in a list but say less by themselves. within: (n,) the larger topic around each, whose common words do
    not tell its parts apart. parts: (n,) the smaller topics inside each, which its words should be spread over.
    """
    total = int(topics.max(initial=-1)) + 1
    pairs, weight = _weights(phrases, topics)
    weight = weight * _boost(phrases, longer=LONGER_COUNTS if for_names else (1.0,) * len(LONGER_COUNTS))[pairs.phrase]
    if within is not None:
        weight = weight * np.sqrt(_rarity_within(phrases, topics, within, pairs=pairs))
    if parts is not None:
        weight = weight * np.sqrt(_spread(phrases, topics, parts, pairs=pairs))
    order = np.lexsort((pairs.phrase, -np.round(weight, 9), pairs.topic))
    topic, phrase, weight = pairs.topic[order], pairs.phrase[order], weight[order]
    bounds = np.searchsorted(topic, np.arange(total + 1))
    keywords = []
    for first, end in itertools.pairwise(bounds):
        rows = range(first, min(end, first + CANDIDATES))
        ranked = [
            Keyword(phrases.names[phrase[row]], phrases.words[phrase[row]], float(round(weight[row], 6)))
            for row in rows
            if weight[row] > 0
        ]
        keywords.append(_without_nested(ranked, count))
    return keywords


@dataclass(frozen=True)
class _Pairs:
    """topic, phrase: (m,) every phrase that a paper of the topic holds, row-aligned."""

    topic: NDArray[np.int64]
    phrase: NDArray[np.int64]


def _weights(phrases: Phrases, topics: NDArray[np.int32]) -> tuple[_Pairs, NDArray[np.float64]]:
    """The pairs of the topics, and the weight of each."""
    core = topics[phrases.papers] != -1
    cells = topics[phrases.papers[core]].astype(np.int64) * len(phrases.names) + phrases.phrase[core]
    pairs, place = np.unique(cells, return_inverse=True)
    held = np.bincount(place, minlength=len(pairs))
    titled = np.bincount(place, weights=phrases.in_title[core], minlength=len(pairs))
    topic, phrase = pairs // len(phrases.names), pairs % len(phrases.names)
    sizes = np.bincount(topics[topics != -1])[topic]
    share = (held + TITLE_COUNTS * titled) / sizes
    idf = np.log1p(len(topics) / phrases.document_frequency[phrase])
    # One paper's pet phrase says nothing of a topic of several.
    said = (held >= 2) | (sizes < 2)
    return _Pairs(topic, phrase), np.where(said, share * idf, 0.0)


def _rarity_within(
    phrases: Phrases, topics: NDArray[np.int32], within: NDArray[np.int32], *, pairs: _Pairs
) -> NDArray[np.float64]:
    """For each pair (topic, phrase) its rarity in the larger topic around it beside that in the corpus, at most 1."""
    around = np.zeros(int(topics.max()) + 1, dtype=np.int64)
    around[topics[topics != -1]] = within[topics != -1]
    sizes = np.bincount(within[within != -1], minlength=int(within.max()) + 1)
    held = within[phrases.papers] != -1
    cells = within[phrases.papers[held]].astype(np.int64) * len(phrases.names) + phrases.phrase[held]
    known, counts = np.unique(cells, return_counts=True)
    home = around[pairs.topic]
    inside = np.log1p(sizes[home] / counts[np.searchsorted(known, home * len(phrases.names) + pairs.phrase)])
    rarity = inside / np.log1p(len(topics) / phrases.document_frequency[pairs.phrase])
    return np.asarray(np.minimum(rarity, 1.0))  # rare around it, common in the corpus: a stranger, no better a name


def _spread(
    phrases: Phrases, topics: NDArray[np.int32], parts: NDArray[np.int32], *, pairs: _Pairs
) -> NDArray[np.float64]:
    """For each pair (topic, phrase) the share of the topic's parts that the phrase is spread over, in (0, 1].

    The effective number of parts: 1 / sum of squares of the phrase's shares in each part, every part counted alike.
    """
    core = (topics[phrases.papers] != -1) & (parts[phrases.papers] != -1)
    width = int(parts.max()) + 1
    whole = np.bincount(parts[(parts != -1) & (topics != -1)], minlength=width).astype(np.float64)
    home = np.zeros(width, dtype=np.int64)
    home[parts[parts != -1]] = topics[parts != -1]
    cells = phrases.phrase[core].astype(np.int64) * width + parts[phrases.papers[core]]
    known, counts = np.unique(cells, return_counts=True)
    share = counts / whole[known % width]
    of_pair = home[known % width] * len(phrases.names) + known // width
    names, place = np.unique(of_pair, return_inverse=True)
    effective = np.bincount(place, share) ** 2 / np.bincount(place, share**2)
    parts_of = np.bincount(home[whole > 0], minlength=int(topics.max()) + 1)
    spread = effective / parts_of[names // len(phrases.names)]
    return np.asarray(spread[np.searchsorted(names, pairs.topic * len(phrases.names) + pairs.phrase)])


def _boost(phrases: Phrases, *, longer: Sequence[float]) -> NDArray[np.float64]:
    """What each phrase's weight is multiplied with for its length, and for being too vague alone."""
    by_length = np.array([longer[len(words) - 1] for words in phrases.words])
    weak = np.array([len(words) == 1 and words[0] in WEAK_ALONE for words in phrases.words], dtype=bool)
    return np.where(weak, by_length * WEAK_COUNTS, by_length)


def _without_nested(ranked: Sequence[Keyword], count: int) -> list[Keyword]:
    """The heaviest keywords; of two where one holds the other, the longer unless it is much lighter.

    The longer one takes the place and the weight of the shorter: "large language model" for "language model".
    """
    kept: list[Keyword] = []
    for keyword in ranked:
        longer = next((other for other in ranked if _holds(other, keyword)), None)
        if longer is not None and longer.weight >= COVERED * keyword.weight:
            whole = _longest(longer, ranked)
            keyword = replace(whole, weight=keyword.weight)
        if any(_holds(keyword, other) or _holds(other, keyword) for other in kept):
            continue
        if not any(word_parts(keyword) == word_parts(other) for other in kept):
            kept.append(keyword)
    return kept[:count]


def _longest(keyword: Keyword, ranked: Sequence[Keyword]) -> Keyword:
    """The keyword, or the longest heavy enough one that holds it, step by step."""
    for other in ranked:
        if _holds(other, keyword) and other.weight >= COVERED * keyword.weight:
            return _longest(other, ranked)
    return keyword


def word_parts(keyword: Keyword) -> tuple[str, ...]:
    """The words of a keyword, those joined by a hyphen apart: "gravitational-wave" is "gravitational wave"."""
    return tuple(part for word in keyword.words for part in word.split("-") if part)


def _holds(longer: Keyword, shorter: Keyword) -> bool:
    """Whether the words of one stand together inside the other."""
    outer, inner = word_parts(longer), word_parts(shorter)
    starts = range(len(outer) - len(inner) + 1)
    return len(inner) < len(outer) and any(outer[start : start + len(inner)] == inner for start in starts)
