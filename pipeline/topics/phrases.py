"""titles, abstracts -> which paper holds which words and phrases, and how each phrase is usually written.

A phrase is one to four words that stand side by side, with no stop word, number or punctuation between them ("of"
may join two words: "equation of state"). Singular and plural count as one; case is kept for acronyms and names.
"""

import itertools
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.words.counting import TokenisedTexts, count_papers
from pipeline.words.stop_words import FUNCTION_WORDS, PAPER_WORDS
from pipeline.words.tokens import fold

BREAK = -1
JOINER, JOINER_NUMBER = "of", 0
LENGTHS = (1, 2, 3, 4)
LONGEST_WORD = 40  # characters of a word; longer ones are addresses, sequences or accidents
LOWER_CASE_SHARE = 0.2  # a word seen this often in lower case is not a name
CAPITALS_NEEDED = 3  # a word seen only as "Attention" may just stand in a title
PART_OF_LONGER = 0.8  # share of a phrase's papers that hold one longer by a word, of which it is then a part, ...
FEWEST_OF_LONGER = 3  # ... if so many papers do


@dataclass(frozen=True)
class Phrases:
    """The phrases of a corpus and the papers they are in.

    names: phrase as it is usually written. words: the folded words of each. papers, phrase: (m,) row-aligned pairs
    (paper, phrase), each pair once; in_title: whether the paper's title holds it. document_frequency: papers that
    hold each phrase.
    """

    names: tuple[str, ...]
    words: tuple[tuple[str, ...], ...]
    papers: NDArray[np.int32]
    phrase: NDArray[np.int32]
    in_title: NDArray[np.bool_]
    document_frequency: NDArray[np.int64]


@dataclass(frozen=True)
class _Tokens:
    """All texts one after another: word numbers (-1 where a phrase must break), their spelling, their paper and
    whether they stand in its title.
    """

    word: NDArray[np.int32]
    spelling: NDArray[np.int32]
    paper: NDArray[np.int32]
    in_title: NDArray[np.bool_]
    words: tuple[str, ...]
    spellings: tuple[str, ...]


def find_phrases(
    titles: Sequence[str], abstracts: Sequence[str], *, stop_words: Collection[str] = (), rarest: int | None = None
) -> Phrases:
    """The phrases that at least `rarest` papers hold (default: 1 in a small corpus, more in a large one)."""
    return phrases_of(count_papers(titles, abstracts).texts, stop_words=stop_words, rarest=rarest)


def phrases_of(texts: TokenisedTexts, *, stop_words: Collection[str] = (), rarest: int | None = None) -> Phrases:
    """The same of titles and abstracts whose tokens are counted already."""
    papers = len(texts.lengths) // 2
    if rarest is None:
        rarest = 1 if papers < 30 else 2 if papers < 500 else 3 + papers // 20_000
    tokens = _look_up_all(texts, FUNCTION_WORDS | PAPER_WORDS | {word.lower() for word in stop_words})
    spelled = _usual_spelling(tokens)
    by_length = _without_parts(_count_all(tokens, rarest))
    offsets = np.cumsum([0, *(len(grams.words) for grams in by_length)])
    return Phrases(
        names=tuple(name for grams in by_length for name in _write(grams, tokens, spelled)),
        words=tuple(tuple(tokens.words[word] for word in row) for grams in by_length for row in grams.words.tolist()),
        papers=np.concatenate([grams.papers for grams in by_length]).astype(np.int32),
        phrase=np.concatenate(
            [grams.phrase + offset for grams, offset in zip(by_length, offsets, strict=False)]
        ).astype(np.int32),
        in_title=np.concatenate([grams.in_title for grams in by_length]),
        document_frequency=np.concatenate([grams.document_frequency for grams in by_length]),
    )


@dataclass(frozen=True)
class _Grams:
    """Phrases of one length. words: (g, length) word numbers. papers, phrase: pairs. places: every place in the text
    where one starts, in order, and place_phrase which one.
    """

    words: NDArray[np.int32]
    papers: NDArray[np.int64]
    phrase: NDArray[np.int64]
    in_title: NDArray[np.bool_]
    places: NDArray[np.int64]
    place_phrase: NDArray[np.int64]

    @property
    def document_frequency(self) -> NDArray[np.int64]:
        """(g,) papers that hold each."""
        return np.bincount(self.phrase, minlength=len(self.words))

    def those(self, kept: NDArray[np.bool_]) -> "_Grams":
        """Some of the phrases alone, numbered anew. kept: (g,)."""
        number = np.cumsum(kept) - 1
        pairs, places = kept[self.phrase], kept[self.place_phrase]
        return _Grams(
            self.words[kept],
            self.papers[pairs],
            number[self.phrase[pairs]],
            self.in_title[pairs],
            self.places[places],
            number[self.place_phrase[places]],
        )


def _look_up_all(texts: TokenisedTexts, stops: Collection[str]) -> _Tokens:
    """The words of all texts, with a break after each text."""
    numbers: dict[str, int] = {JOINER: JOINER_NUMBER}
    spellings: dict[str, int] = {}
    known = [_look_up(token, stops, numbers=numbers, spellings=spellings) for token in texts.tokens]
    lengths = texts.lengths + 1 if len(texts.lengths) else np.ones(1, np.int64)
    ends = np.zeros(lengths.sum(), dtype=np.bool_)
    ends[np.cumsum(lengths) - 1] = True
    columns = np.full((len(ends), 2), BREAK, dtype=np.int32)
    columns[~ends] = np.array(known, dtype=np.int32).reshape(-1, 2)[texts.numbers]
    part = np.repeat(np.arange(len(lengths), dtype=np.int32), lengths)
    return _Tokens(columns[:, 0], columns[:, 1], part // 2, part % 2 == 0, tuple(numbers), tuple(spellings))


def _look_up(
    token: str, stops: Collection[str], *, numbers: dict[str, int], spellings: dict[str, int]
) -> tuple[int, int]:
    """Number of the folded word and of its spelling; (-1, -1) for what no phrase may hold."""
    lower = token.lower()
    if lower == JOINER:
        return numbers[JOINER], spellings.setdefault(JOINER, len(spellings))
    if lower in stops or len(token) < 2 or len(token) > LONGEST_WORD or not any(letter.isalpha() for letter in token):
        return BREAK, BREAK
    folded = fold(token)
    if folded in stops or token[0].isdigit():
        return BREAK, BREAK
    return numbers.setdefault(folded, len(numbers)), spellings.setdefault(token, len(spellings))


def _usual_spelling(tokens: _Tokens) -> list[str]:
    """For each spelling, how the word is written in running text: lower case unless it is a name or an acronym."""
    counts = np.bincount(tokens.spelling[tokens.spelling >= 0], minlength=len(tokens.spellings)).tolist()
    by_lower: dict[str, Counter[str]] = {}
    for spelling, count in zip(tokens.spellings, counts, strict=True):
        by_lower.setdefault(spelling.lower(), Counter())[spelling] += count
    usual = []
    for spelling in tokens.spellings:
        seen = by_lower[spelling.lower()]
        lower = spelling.lower()
        commonest = min(seen, key=lambda form: (-seen[form], form))
        is_word = seen[lower] >= LOWER_CASE_SHARE * seen.total()
        only_titled = commonest == lower.capitalize() and seen.total() < CAPITALS_NEEDED
        usual.append(lower if is_word or only_titled else commonest)
    return usual


def _count_all(tokens: _Tokens, rarest: int) -> list[_Grams]:
    """Phrases of each length that enough papers hold: no longer one is looked for where one of its words, or of its
    pairs without "of", is in too few (Agrawal and Srikant, 1994).
    """
    joins = tokens.word == JOINER_NUMBER
    single = _count_grams(tokens, np.flatnonzero((tokens.word != BREAK) & ~joins), length=1, rarest=rarest)
    frequent = joins.copy()
    frequent[single.places] = True
    counted = [single]
    follows = frequent[:-1] & frequent[1:]  # whether a phrase may go on from one word to the next
    for length in LENGTHS[1:]:
        # "of" joins, it does not begin or end
        starts = ~joins[: max(len(joins) - length + 1, 0)] & ~joins[length - 1 :]
        for place in range(length - 1):
            starts &= follows[place : place + len(starts)]
        counted.append(_count_grams(tokens, np.flatnonzero(starts), length=length, rarest=rarest))
        if length == 2:
            follows &= joins[:-1] | joins[1:]
            follows[counted[-1].places] = True
    return counted


def _count_grams(tokens: _Tokens, starts: NDArray[np.int64], *, length: int, rarest: int) -> _Grams:
    """Phrases of `length` words from some places that enough papers hold."""
    columns = np.stack([tokens.word[starts + place] for place in range(length)], axis=1)
    words, gram = _unique_rows(columns, len(tokens.words))
    cells = tokens.paper[starts].astype(np.int64) * max(len(words), 1) + gram
    pairs, place = np.unique(cells, return_inverse=True)
    in_title = np.bincount(place, weights=tokens.in_title[starts], minlength=len(pairs)) > 0
    papers, phrase = pairs // max(len(words), 1), pairs % max(len(words), 1)
    all_of_them = _Grams(words, papers, phrase, in_title, starts, gram)
    return all_of_them.those(all_of_them.document_frequency >= rarest)


def _without_parts(by_length: Sequence[_Grams]) -> list[_Grams]:
    """Without phrases of two words or more that are hardly used but in one longer phrase: "graph neural", "learning
    interatomic potential" (nested terms; Frantzi, Ananiadou and Mima, 2000).
    """
    parts = (_without_parts_of(longer, grams) for grams, longer in itertools.pairwise(by_length[1:]))
    return [by_length[0], *parts, by_length[-1]]


def _without_parts_of(longer: _Grams, grams: _Grams) -> _Grams:
    number = {tuple(row): place for place, row in enumerate(grams.words.tolist())}
    held = grams.document_frequency.tolist()
    whole = np.ones(len(held), dtype=np.bool_)
    for row, papers in zip(longer.words.tolist(), longer.document_frequency.tolist(), strict=True):
        for part in (tuple(row[:-1]), tuple(row[1:])):
            place = number.get(part, -1)
            if place >= 0 and papers >= max(FEWEST_OF_LONGER, PART_OF_LONGER * held[place]):
                whole[place] = False
    return grams.those(whole)


def _unique_rows(columns: NDArray[np.int32], base: int) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """Distinct rows and which of them each row is. One column at a time, so that codes stay below 2**63."""
    code = columns[:, 0].astype(np.int64)
    for column in columns.T[1:]:
        _, code = np.unique(code, return_inverse=True)
        code = code * base + column
    _, first, gram = np.unique(code, return_index=True, return_inverse=True)
    return columns[first], gram


def _write(grams: _Grams, tokens: _Tokens, spelled: Sequence[str]) -> list[str]:
    """How each phrase is most often written; of equally frequent ways the first in the alphabet."""
    length = grams.words.shape[1]
    spellings = np.stack([tokens.spelling[grams.places + place] for place in range(length)], axis=1)
    ways, way = _unique_rows(np.column_stack([spellings, grams.place_phrase]).astype(np.int32), 2**31)
    forms: list[Counter[str]] = [Counter() for _ in grams.words]
    counts = np.bincount(way, minlength=len(ways)).tolist()
    for row, count in zip(ways.tolist(), counts, strict=True):
        forms[row[-1]][" ".join(spelled[number] for number in row[:-1])] += count
    return [min(seen, key=lambda form: (-seen[form], form)) for seen in forms]
