"""Keywords -> a label of three or four words for each topic, none given twice.

The heaviest phrase names the topic; the next one that shares no word with it says more, as long as both together
stay within four words: "Federated learning, medical images". What the next one adds counts: papers that hold none of
the phrases before it. A phrase of three words stands alone where at least half of the papers hold it.
"""

import itertools
from collections.abc import Collection, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from pipeline.topics.keywords import COVERED, Keyword, word_parts
from pipeline.topics.phrases import JOINER
from pipeline.words.stop_words import WEAK_ALONE
from pipeline.words.tokens import TOKEN, fold

FEWEST_WORDS, MOST_WORDS = 3, 4
ENOUGH = 0.5  # share of a topic's papers that a single phrase must be held by to be its whole label
UNNAMED = "Unnamed topic"
LEAST_ALIKE, SHORT_END, LONG_END = 4, 2, 5  # letters in common, and those after them of either word


def label_topics(
    keywords: Sequence[Sequence[Keyword]],
    given: Mapping[int, str] | None = None,
    *,
    others: Collection[str] = (),
    held: Sequence[NDArray[np.bool_]] | None = None,
) -> list[str]:
    """One label a topic, in order; the larger topic keeps a label that two would have.

    given: labels by hand. others: labels of other layers, given to no topic of this one. held: for each topic (p, k)
    whether each of its papers holds each of its keywords; without it their weights alone count.
    """
    given = given or {}
    used_labels = {label.lower() for label in (*given.values(), *others)}
    labels: list[str] = []
    for number, ranked in enumerate(keywords):
        possible = _labels_of(ranked, np.ones((1, len(ranked)), dtype=np.bool_) if held is None else held[number])
        free = (label for label in possible if label.lower() not in used_labels)
        labels.append(given.get(number) or next(free, f"{next(iter(possible), UNNAMED)} {number}"))
        used_labels.add(labels[-1].lower())
    return labels


def _labels_of(ranked: Sequence[Keyword], held: NDArray[np.bool_]) -> list[str]:
    """Labels this topic could have, best first: each keyword in turn left out of the one before. Of phrases as heavy
    the longest says most.
    """
    order = sorted(range(len(ranked)), key=lambda place: (-ranked[place].weight, -len(ranked[place].words)))
    ranked, held = [ranked[place] for place in order], held[:, order]
    return [label for start in range(len(ranked)) if (label := _compose(ranked[start:], held[:, start:]))]


def _compose(ranked: Sequence[Keyword], held: NDArray[np.bool_]) -> str:
    chosen: list[Keyword] = []
    covered = np.zeros(len(held), dtype=np.bool_)
    while not _is_enough(chosen, covered):
        fitting = [place for place, keyword in enumerate(ranked) if _fits(keyword, chosen)]
        if not fitting:
            break
        added = [ranked[place].weight * np.sqrt(_share_of_new(held[:, place], covered)) for place in fitting]
        best = _written_out(fitting[int(np.argmax(np.round(added, 9)))], ranked, fitting)
        chosen.append(ranked[best])
        covered |= held[:, best]
    return capitalised(", ".join(keyword.term for keyword in chosen))


def capitalised(text: str) -> str:
    """With a capital first, but for a word that has one elsewhere.

    >>> capitalised("salt marsh"), capitalised("mRNA vaccine")
    ('Salt marsh', 'mRNA vaccine')
    """
    first = text.split()[0] if text else ""
    return text if first != first.lower() else text[:1].upper() + text[1:]


def _written_out(place: int, ranked: Sequence[Keyword], fitting: Sequence[int]) -> int:
    """The place of what an acronym stands for, where that fits too and is not much lighter: "large language model" for
    "LLM".
    """
    short = ranked[place]
    if len(short.words) > 1 or short.term == short.term.lower():
        return place
    heavy = [other for other in fitting if ranked[other].weight >= COVERED * short.weight]
    return next((other for other in heavy if _initials(ranked[other]) == short.words[0]), place)


def _is_enough(chosen: Sequence[Keyword], covered: NDArray[np.bool_]) -> bool:
    if sum(len(keyword.words) for keyword in chosen) < FEWEST_WORDS:
        return False
    return len(chosen) > 1 or covered.mean() >= ENOUGH


def _fits(keyword: Keyword, chosen: Sequence[Keyword]) -> bool:
    """Whether a keyword may follow those chosen."""
    if sum(len(other.words) for other in (*chosen, keyword)) > MOST_WORDS or _says_again(keyword, chosen):
        return False
    return len(keyword.words) > 1 or keyword.words[0] not in WEAK_ALONE


def _share_of_new(held: NDArray[np.bool_], covered: NDArray[np.bool_]) -> float:
    """Of the papers that hold a keyword the share that hold none of those before."""
    return float((held & ~covered).sum() / max(held.sum(), 1))


def _says_again(keyword: Keyword, chosen: Sequence[Keyword]) -> bool:
    """Whether a keyword repeats a word or a form of it (fair, fairness), or is the acronym of a phrase already chosen
    (LLM, large language model), or the other way round.
    """
    used = {part for other in chosen for part in word_parts(other)}
    own = set(word_parts(keyword)) - {JOINER}
    if used & own or any(akin(one, other) for one in own for other in used):
        return True
    return any(_acronym(keyword, other) or _acronym(other, keyword) for other in chosen)


def share_one(keywords: Sequence[Keyword], label: str) -> list[Keyword]:
    """The keywords without those that a label says already, but for the heaviest of these: two labels that stand one
    above the other may have one phrase in common, not two.

    >>> keywords = [Keyword(term, tuple(term.split()), 1.0) for term in ("fish", "river", "salmon")]
    >>> [keyword.term for keyword in share_one(keywords, "Fish, salmon")]
    ['fish', 'river']
    """
    said = [keyword for keyword in keywords if repeats(keyword, said_in(label))]
    return [keyword for keyword in keywords if keyword not in said[1:]]


def said_in(label: str) -> Keyword:
    """All words of a label as one phrase."""
    return Keyword(label, tuple(fold(token) for token in TOKEN.findall(label)), 0.0)


def repeats(keyword: Keyword, other: Keyword) -> bool:
    """Whether the words of one keyword are all in the other, as they are or in another form.

    >>> word = lambda term: Keyword(term, tuple(term.split()), 1.0)
    >>> repeats(word("asthmatic"), word("asthma")), repeats(word("lung cancer"), word("breast cancer"))
    (True, False)
    """
    shorter, longer = sorted((word_parts(keyword), word_parts(other)), key=len)
    return all(any(one == part or akin(one, part) for part in longer) for one in shorter)


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
    initials = _initials(long)
    return short.words[0].endswith(initials) or initials.endswith(short.words[0])


def _initials(keyword: Keyword) -> str:
    return "".join(part[0] for part in word_parts(keyword))
