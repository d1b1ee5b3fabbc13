"""Keywords -> a label of three or four words for each topic, none given twice.

The heaviest phrase names the topic; the next one that shares no word with it narrows it, as long as both
together stay within four words: "Federated learning, medical images".
"""

import itertools
from collections.abc import Collection, Mapping, Sequence

from pipeline.topics.keywords import Keyword, word_parts
from pipeline.topics.phrases import JOINER
from pipeline.words.stop_words import WEAK_ALONE

FEWEST_WORDS, MOST_WORDS = 3, 4
ONE_WORD_COUNTS = 0.75  # a plain word names a topic less well than a phrase of the same weight
UNNAMED = "Unnamed topic"
LEAST_ALIKE, SHORT_END, LONG_END = 4, 2, 5  # letters in common, and those after them of either word


def label_topics(
    keywords: Sequence[Sequence[Keyword]], given: Mapping[int, str] | None = None, *, others: Collection[str] = ()
) -> list[str]:
    """One label a topic, in order; the larger topic keeps a label that two would have.

    given: labels by hand. others: labels of other layers, given to no topic of this one.
    """
    given = given or {}
    used_labels = {label.lower() for label in (*given.values(), *others)}
    labels: list[str] = []
    for number, ranked in enumerate(keywords):
        free = (label for label in _labels_of(ranked) if label.lower() not in used_labels)
        labels.append(given.get(number) or next(free, f"{_first_label(ranked)} {number}"))
        used_labels.add(labels[-1].lower())
    return labels


def _first_label(ranked: Sequence[Keyword]) -> str:
    return next(iter(_labels_of(ranked)), UNNAMED)


def _labels_of(ranked: Sequence[Keyword]) -> list[str]:
    """Labels this topic could have, best first: each keyword in turn left out of the one before."""
    ranked = sorted(ranked, key=_fitness, reverse=True)
    return [label for start in range(len(ranked)) if (label := _compose(ranked[start:]))]


def _fitness(keyword: Keyword) -> float:
    plain = len(keyword.words) == 1 and keyword.term == keyword.term.lower()
    return keyword.weight * (ONE_WORD_COUNTS if plain else 1.0)


def _compose(ranked: Sequence[Keyword]) -> str:
    chosen: list[Keyword] = []
    for keyword in ranked:
        length = sum(len(used.words) for used in chosen)
        if length >= FEWEST_WORDS:
            break
        if length + len(keyword.words) > MOST_WORDS or _says_again(keyword, chosen):
            continue
        if len(keyword.words) == 1 and keyword.words[0] in WEAK_ALONE:
            continue
        chosen.append(keyword)
    text = ", ".join(keyword.term for keyword in chosen)
    first = text.split()[0] if text else ""
    return text if first != first.lower() else text[:1].upper() + text[1:]  # mRNA stays mRNA


def _says_again(keyword: Keyword, chosen: Sequence[Keyword]) -> bool:
    """Whether a keyword repeats a word or a form of it (fair, fairness), or is the acronym of a phrase already chosen
    (LLM, large language model), or the other way round.
    """
    used = {part for other in chosen for part in word_parts(other)}
    own = set(word_parts(keyword)) - {JOINER}
    if used & own or any(akin(one, other) for one in own for other in used):
        return True
    return any(_acronym(keyword, other) or _acronym(other, keyword) for other in chosen)


def akin(one: str, other: str) -> bool:
    """Whether two words look like forms of one: they begin alike and differ only in how they end.

    >>> akin("fair", "fairness"), akin("vertex", "vertice"), akin("atmospheric", "atmosphere"), akin("star", "stellar")
    (True, True, True, False)
    """
    pairs = zip(one, other, strict=False)
    alike = sum(1 for _ in itertools.takewhile(lambda pair: pair[0] == pair[1], pairs))
    shorter, longer = sorted((len(one) - alike, len(other) - alike))
    return alike >= LEAST_ALIKE and shorter <= SHORT_END and longer <= LONG_END


def _acronym(short: Keyword, long: Keyword) -> bool:
    """Whether one word abbreviates a phrase, or a longer phrase that ends like it (LLM beside language model)."""
    if len(short.words) != 1 or len(long.words) < 2:
        return False
    initials = "".join(part[0] for part in word_parts(long))
    return short.words[0].endswith(initials) or initials.endswith(short.words[0])
