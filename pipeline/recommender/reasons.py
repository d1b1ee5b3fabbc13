"""Query, one recommended paper -> why: shared words and references, the closest sentences, topics, ranks."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.atlas import AtlasData
from pipeline.recommender.query import Query
from pipeline.recommender.ranking import Ranked, sentence_cosines
from pipeline.recommender.related_papers import SharedReferences, shared_references
from pipeline.words.tfidf import Lexical

SHARED_TERMS = 5


@dataclass(frozen=True)
class SentencePair:
    """The sentence of the query and that of the paper which are most alike, and their cosine in [-1, 1]."""

    query: str
    paper: str
    similarity: float


@dataclass(frozen=True)
class Reasons:
    """Why a paper was recommended.

    shared_terms: words that both use, the most telling first. sentences: None where the atlas keeps none. topics:
    "same topic", "bridge" (one's topic is the other's second) or "other topic"; None for a text, which has no topic.
    ranks: the place that each measure alone would give it among the candidates, from 1; "dense" is the plain cosine.
    references: None where they say nothing.
    """

    shared_terms: tuple[str, ...]
    sentences: SentencePair | None
    topics: str | None
    ranks: dict[str, int]
    references: SharedReferences | None = None


def give_reasons(atlas: AtlasData, query: Query, ranked: Ranked, *, places: Sequence[int]) -> list[Reasons]:
    """The reasons for the candidates at some places of the ranking."""
    rows = ranked.rows[places].tolist()
    return [
        Reasons(
            shared_terms=terms,
            sentences=_best_pair(atlas, query, row),
            topics=_topics(atlas, query, row),
            ranks=_ranks(ranked, place),
            references=shared_references(atlas.references, query.references, row=row),
        )
        for place, row, terms in zip(places, rows, _words(atlas.lexical, query, rows), strict=True)
    ]


def _ranks(ranked: Ranked, place: int) -> dict[str, int]:
    parts = {"dense": ranked.similarity, "lexical": ranked.lexical, "sentences": ranked.sentences}
    if ranked.references is not None and not np.isnan(ranked.references[place]):
        parts["references"] = ranked.references
    return {name: rank_of(values, place) for name, values in parts.items() if values is not None}


def rank_of(values: NDArray[np.float64], place: int) -> int:
    """Place of one value among all, the largest first, from 1; equal values share the better place.

    >>> rank_of(np.array([0.5, 0.9, 0.5]), 2)
    2
    """
    return int((values > values[place]).sum()) + 1


def _words(lexical: Lexical | None, query: Query, rows: Sequence[int]) -> list[tuple[str, ...]]:
    """The words that the query shares with each paper."""
    if lexical is None:
        return [()] * len(rows)
    shared = shared_terms(lexical, query, np.array(rows, dtype=np.int64), count=SHARED_TERMS)
    return [tuple(lexical.vocabulary[term] for term in terms if term >= 0) for terms in shared.tolist()]


def shared_terms(lexical: Lexical, query: Query, rows: NDArray[np.int64], *, count: int) -> NDArray[np.int32]:
    """(r, count) words that the query shares with each paper, those that add most to their cosine first; -1 for none.

    Words are given by their numbers; figures alone are left out.
    """
    papers, terms, weights = lexical.entries(rows)
    if not len(query.terms):
        return np.full((len(rows), count), -1, dtype=np.int32)
    place = np.minimum(np.searchsorted(query.terms, terms), len(query.terms) - 1)
    shared = np.flatnonzero(query.terms[place] == terms)
    shared = shared[~lexical.are_numbers(terms[shared])]
    papers, terms, contributions = papers[shared], terms[shared], query.weights[place[shared]] * weights[shared]
    order = np.lexsort((terms, -contributions, papers))
    papers, terms = papers[order], terms[order]
    place = np.arange(len(papers)) - np.searchsorted(papers, papers)
    kept = place < count
    listed = np.full((len(rows), count), -1, dtype=np.int32)
    listed[papers[kept], place[kept]] = terms[kept]
    return listed


def _best_pair(atlas: AtlasData, query: Query, row: int) -> SentencePair | None:
    if atlas.sentences is None or query.sentences is None:
        return None
    cosines = sentence_cosines(query.sentences, atlas.sentences, row)
    if not cosines.size:
        return None
    best = np.unravel_index(int(cosines.argmax()), cosines.shape)
    start, end = atlas.sentences.spans[int(atlas.sentences.offsets[row]) + int(best[1])].tolist()
    text = atlas.text(row)
    return SentencePair(query.sentence_texts[int(best[0])], text[start:end], round(float(cosines[best]), 6))


def _topics(atlas: AtlasData, query: Query, row: int) -> str | None:
    if len(query.rows) != 1:
        return None
    own, other = (
        {name: atlas.column(name)[paper].as_py() for name in ("nearest_topic", "second_topic")}
        for paper in (query.rows[0], row)
    )
    if own["nearest_topic"] == other["nearest_topic"]:
        return "same topic"
    crosses = own["second_topic"] == other["nearest_topic"] or other["second_topic"] == own["nearest_topic"]
    return "bridge" if crosses else "other topic"
