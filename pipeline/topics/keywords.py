"""Phrases, core topics -> the keywords of each topic, by class-based TF-IDF on papers.

A phrase weighs the share of the topic's papers that hold it (in the title: twice), times log(1 + papers / papers
that hold it): document frequency counts papers, not topics, so a phrase that every topic uses a little keeps its low
weight however many topics there are (after Grootendorst's c-TF-IDF, arXiv:2203.05794, which counts topics). Noise
belongs to no class.

In a name a word counts the less the more often it stands before another ("genetic", "hypertensive": it says what kind
of thing, not what) and a phrase the more the longer it is. Of two phrases where one holds the other only one is kept.
"""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from pipeline.topics.phrases import Phrases
from pipeline.words.stop_words import WEAK_ALONE

CANDIDATES = 60
LONGER_COUNTS = (1.0, 1.2, 1.2, 1.2)  # in a name a phrase says more than a word: how much, by number of words
ALIKE_COUNTS = (1.0,) * len(LONGER_COUNTS)
BEFORE_COUNTS = 0.5  # what is left of the weight of a word that always stands before another
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

    topics: (n,) core topic of each paper, -1 noise. for_names: prefer phrases and nouns, which say more by themselves,
    to words that go together well in a list. within: (n,) the larger topic around each, whose common words do
    not tell its parts apart. parts: (n,) the smaller topics inside each, which its words should be spread over.
    """
    total = int(topics.max(initial=-1)) + 1
    pairs, weight = _weights(phrases, topics)
    longer = LONGER_COUNTS if for_names else ALIKE_COUNTS
    weight = weight * _boost(phrases, longer=longer)[pairs.phrase]
    if for_names:
        weight = weight * (1 - (1 - BEFORE_COUNTS) * stands_before(phrases))[pairs.phrase]
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
        keywords.append(_without_nested(ranked, count, longer=longer))
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
    """For each pair (topic, phrase) its rarity in the larger topic around it beside that in the corpus, at most 1; 1
    where nothing is around it.
    """
    around = np.zeros(int(topics.max()) + 1, dtype=np.int64)
    around[topics[topics != -1]] = within[topics != -1]
    sizes = np.bincount(within[within != -1], minlength=int(within.max()) + 1)
    held = within[phrases.papers] != -1
    cells = within[phrases.papers[held]].astype(np.int64) * len(phrases.names) + phrases.phrase[held]
    known, counts = np.unique(cells, return_counts=True)
    home = around[pairs.topic]
    lies = home != -1
    rarity = np.ones(len(home))
    home, phrase = home[lies], pairs.phrase[lies]
    inside = np.log1p(sizes[home] / counts[np.searchsorted(known, home * len(phrases.names) + phrase)])
    rarity[lies] = inside / np.log1p(len(topics) / phrases.document_frequency[phrase])
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


def stands_before(phrases: Phrases) -> NDArray[np.float64]:
    """For each phrase of one word the share of its papers in which another word follows it in a phrase; 0 for longer
    phrases: "causal" stands before "inference", "effect" and others, "regression" seldom before anything.
    """
    number = {words[0]: place for place, words in enumerate(phrases.words) if len(words) == 1}
    first = np.array([number.get(words[0], -1) if len(words) == 2 else -1 for words in phrases.words], dtype=np.int64)
    followed = first[phrases.phrase] != -1
    cells = phrases.papers[followed].astype(np.int64) * len(first) + first[phrases.phrase[followed]]
    counts = np.bincount(np.unique(cells) % max(len(first), 1), minlength=len(first))
    return np.asarray(counts / np.maximum(phrases.document_frequency, 1))


def _without_nested(ranked: Sequence[Keyword], count: int, *, longer: Sequence[float] = ALIKE_COUNTS) -> list[Keyword]:
    """The heaviest keywords; of two where one holds the other, the longer unless it is much lighter.

    "large language model" stands for "language model" too, with its own weight. longer: what the weights of phrases
    were multiplied with by their number of words, which does not count between the two.
    """
    plain = {keyword: keyword.weight / longer[len(keyword.words) - 1] for keyword in ranked}
    stand_ins = dict.fromkeys(_stand_in(keyword, plain) for keyword in ranked)
    kept: list[Keyword] = []
    for keyword in sorted(stand_ins, key=lambda stand_in: -stand_in.weight):
        if any(_holds(keyword, other) or _holds(other, keyword) for other in kept):
            continue
        if not any(word_parts(keyword) == word_parts(other) for other in kept):
            kept.append(keyword)
    return kept[:count]


def _stand_in(keyword: Keyword, plain: Mapping[Keyword, float]) -> Keyword:
    """The keyword, or the longest heavy enough one that holds it; of several as long the heaviest."""
    longer = [other for other in plain if _holds(other, keyword) and _may_stand_for(other, keyword)]
    heavy = [other for other in longer if plain[other] >= COVERED * plain[keyword]]
    return max(heavy, key=lambda other: (len(word_parts(other)), plain[other]), default=keyword)


def _may_stand_for(longer: Keyword, shorter: Keyword) -> bool:
    """Not so a word joined by a hyphen that only begins with the other: "privacy-preserving" is no kind of privacy, as
    "gravitational-wave" is a wave.
    """
    own = word_parts(shorter)
    return len(longer.words) > len(shorter.words) or word_parts(longer)[-len(own) :] == own


def word_parts(keyword: Keyword) -> tuple[str, ...]:
    """The words of a keyword, those joined by a hyphen apart: "gravitational-wave" is "gravitational wave"."""
    return _parts_of(keyword.words)


@lru_cache(maxsize=2**15)
def _parts_of(words: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(part for word in words for part in word.split("-") if part)


def _holds(longer: Keyword, shorter: Keyword) -> bool:
    """Whether the words of one stand together inside the other."""
    outer, inner = word_parts(longer), word_parts(shorter)
    if len(inner) >= len(outer):
        return False
    return any(outer[start : start + len(inner)] == inner for start in range(len(outer) - len(inner) + 1))
