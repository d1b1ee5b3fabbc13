"""Query -> recommended papers: exact dense candidates and those coupled by references, four parts, reasons."""

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace

import numpy as np
from numpy.typing import NDArray

from pipeline.atlas import AtlasData
from pipeline.errors import PaperatlasError
from pipeline.neighbours.mmr import select_by_mmr
from pipeline.recommender.candidates import joined, nearest_candidates, with_related
from pipeline.recommender.query import Query, read_words
from pipeline.recommender.ranking import Candidates, Ranked, rank
from pipeline.recommender.reasons import Reasons, give_reasons
from pipeline.recommender.related_papers import references_weight, related_papers
from pipeline.recommender.surroundings import cosines_among_nearest

SAME_MEANING, SAME_WORDS = 0.95, 0.85  # above both, a paper is another version of the one asked about
PHRASE = re.compile(r'"([^"]+)"')


@dataclass(frozen=True)
class Filters:
    """Which papers may be shown. keep: (n,) mask, or None for all; mmr: 0 to 1, how much a paper like one already
    shown loses (maximal marginal relevance); near_duplicates: whether other versions of the paper asked about are
    shown.
    """

    keep: NDArray[np.bool_] | None = None
    mmr: float = 0.0
    near_duplicates: bool = False


NO_FILTER = Filters()


@dataclass(frozen=True)
class Parts:
    """The similarity of the pair by each part; None where the atlas keeps no such part.

    All are cosines; references: of the two lists, and 0.1 more where one cites the other; None where nothing is known.
    """

    dense: float
    lexical: float | None
    sentences: float | None
    references: float | None = None


@dataclass(frozen=True)
class Recommended:
    """One recommended paper. similarity: plain cosine of the embeddings, in [-1, 1]; the order is the fused one."""

    id: str
    title: str
    rank: int
    similarity: float
    year: int | None
    topic: int
    label: str
    parts: Parts
    reasons: Reasons

    def to_json(self) -> dict[str, object]:
        return asdict(self)


def similar(atlas: AtlasData, query: Query, *, k: int, filters: Filters = NO_FILTER) -> list[Recommended]:
    """The k papers most like the query, those asked about and their exact duplicates left out.

    Candidates are the 200 papers with the highest cosine (more for a larger k), found exactly, and, where references
    count, the fifty papers most alike by these; where a filter leaves too few, the nearest papers that pass it join.
    Raises PaperatlasError for a k that is no count of other papers.
    """
    others = len(atlas) - len(set(query.rows))
    if k < 1:
        raise PaperatlasError(f"k = {k}: at least 1 paper must be asked for")
    if k > max(others, 1):
        raise PaperatlasError(f"k = {k}: the atlas has only {others} other papers")
    config = atlas.manifest.config.similar
    allowed = np.ones(len(atlas), dtype=bool) if filters.keep is None else filters.keep
    count = max(config.candidates, k)
    candidates = nearest_candidates(atlas.index, query, count=count)
    candidates = replace(candidates, basis=min(config.candidates, len(candidates.rows)))
    weight = references_weight(atlas.references, config)
    related = related_papers(atlas.references, query.references, weight=weight)
    if related is not None:
        candidates = with_related(candidates, query, vectors=atlas.vectors, related=related)
    if allowed[candidates.rows].sum() < k:
        candidates = joined(candidates, nearest_candidates(atlas.index, query, count=count, among=allowed))
    ranked = rank(
        query,
        candidates,
        lexical=atlas.lexical,
        sentences=atlas.sentences,
        config=config,
        related=related,
        among=cosines_among_nearest(query.vector, atlas.vectors, atlas.neighbours, rows=candidates.rows),
    )
    keep = allowed[ranked.rows]
    if not filters.near_duplicates:
        keep &= ~near_duplicates(query, ranked)
    places = np.flatnonzero(keep)
    if filters.mmr:
        kept = ranked.kept(places)
        places = places[select_by_mmr(kept.fused, atlas.vectors[kept.rows], diversity=filters.mmr, k=k)]
    return _describe(atlas, query, ranked, places=places[:k].tolist())


def near_duplicates(query: Query, ranked: Ranked) -> NDArray[np.bool_]:
    """Which candidates are another version of the one paper or text asked about, by meaning and words alike."""
    if len(query.sources) != 1:
        return np.zeros(len(ranked.rows), dtype=bool)
    words = np.ones(len(ranked.rows)) if ranked.lexical is None else ranked.lexical
    return np.asarray((ranked.similarity >= SAME_MEANING) & (words >= SAME_WORDS))


def search(atlas: AtlasData, words: str, *, k: int) -> list[Recommended]:
    """The k papers that free words describe best, by their embedding and by the words themselves.

    Phrases in double quotes must stand in the title or the abstract as they are, case aside. Candidates are the best by
    each of the two, at least 200, among the papers that hold the phrases. Raises PaperatlasError for empty words, or
    where no paper holds the phrases.
    """
    if k < 1:
        raise PaperatlasError(f"k = {k}: at least 1 paper must be asked for")
    config = atlas.manifest.config.similar.model_copy(update={"lexical": 1.0, "sentences": 0.0})
    query = read_words(atlas, words.replace('"', " "))
    rows = _search_rows(atlas, query, count=max(config.candidates, k), among=_holding(atlas, PHRASE.findall(words)))
    cosines = np.round(atlas.vectors[rows].astype(np.float64) @ query.vector.astype(np.float64), 7)
    candidates = Candidates(rows, cosines, basis=len(rows))
    ranked = rank(query, candidates, lexical=atlas.lexical, sentences=None, config=config)
    return _describe(atlas, query, ranked, places=range(min(k, len(rows))))


def default_k(atlas: AtlasData, *, asked_about: int = 0) -> int:
    """The run's [similar] k, or as many papers as there are besides those asked about."""
    return min(atlas.manifest.config.similar.k, max(len(atlas) - asked_about, 1))


def _search_rows(atlas: AtlasData, query: Query, *, count: int, among: NDArray[np.bool_] | None) -> NDArray[np.int64]:
    """Rows of the best by embedding and of the best by words, increasing. among: (n,) papers that may be shown."""
    dense = atlas.index.nearest(query.vector[None], k=count, among=among).indices[0].astype(np.int64)
    if atlas.lexical is None:
        return np.sort(dense)
    cosines = atlas.lexical.all_cosines(query.terms, query.weights)
    if among is not None:
        cosines = np.where(among, cosines, 0.0)
    by_words = np.lexsort((np.arange(len(cosines)), -cosines))[:count]
    return np.unique(np.concatenate([dense, by_words[cosines[by_words] > 0]]))


def _holding(atlas: AtlasData, phrases: Sequence[str]) -> NDArray[np.bool_] | None:
    """(n,) papers whose title or abstract holds every phrase; None where there is no phrase."""
    if not phrases:
        return None
    import pyarrow.compute as pc

    rows, parts = np.arange(len(atlas)), [atlas.column(name) for name in ("title", "abstract")]
    for phrase in dict.fromkeys(phrases):  # each is looked for only in the papers that hold all before it
        in_parts = [pc.match_substring(part, phrase, ignore_case=True).to_numpy(zero_copy_only=False) for part in parts]
        found = np.logical_or(*in_parts).astype(bool)
        rows, parts = rows[found], [part.filter(found) for part in parts]
    holds = np.zeros(len(atlas), dtype=bool)
    holds[rows] = True
    if not len(rows):
        raise PaperatlasError(f"no paper holds {' and '.join(repr(phrase) for phrase in phrases)}; try without quotes")
    return holds


def _describe(atlas: AtlasData, query: Query, ranked: Ranked, *, places: Sequence[int]) -> list[Recommended]:
    columns = {name: atlas.column(name) for name in ("id", "title", "year", "nearest_topic")}
    described = []
    reasons = give_reasons(atlas, query, ranked, places=places)
    for number, (place, why) in enumerate(zip(places, reasons, strict=True), start=1):
        fields = {name: column[int(ranked.rows[place])].as_py() for name, column in columns.items()}
        topic = fields.pop("nearest_topic")
        parts = (ranked.similarity, ranked.lexical, ranked.sentences, ranked.references)
        values = [None if part is None or np.isnan(part[place]) else round(float(part[place]), 6) for part in parts]
        described.append(
            Recommended(
                **fields,
                rank=number,
                similarity=round(float(ranked.similarity[place]), 6),
                topic=topic,
                label=atlas.topic(topic).label,
                parts=Parts(round(float(ranked.similarity[place]), 6), *values[1:]),
                reasons=why,
            )
        )
    return described
