"""Query -> recommended papers: exact dense candidates, three parts, reasons."""

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.atlas import Atlas
from pipeline.config import SimilarConfig
from pipeline.diversity import diversify
from pipeline.errors import PaperatlasError
from pipeline.recommender.query import Query, read_words
from pipeline.recommender.ranking import Ranked, rank
from pipeline.recommender.reasons import Reasons, give_reasons

SAME_MEANING, SAME_WORDS = 0.95, 0.85  # above both, a paper is another version of the one asked about
PHRASE = re.compile(r'"([^"]+)"')


@dataclass(frozen=True)
class Wishes:
    """What the results must be. keep: (n,) papers that may be shown, or None for all; diversity: 0 to 1, how much a
    paper like one already shown loses; near_duplicates: whether other versions of the paper asked about are shown.
    """

    keep: NDArray[np.bool_] | None = None
    diversity: float = 0.0
    near_duplicates: bool = False


ANY = Wishes()


@dataclass(frozen=True)
class Parts:
    """What each part says of the pair, all cosines; None where the atlas keeps no such part."""

    dense: float
    lexical: float | None
    sentences: float | None


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

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def similar(atlas: Atlas, query: Query, *, k: int, wishes: Wishes = ANY) -> list[Recommended]:
    """The k papers most like the query, those asked about and their exact duplicates left out.

    Candidates are the 200 papers with the highest cosine (more for a larger k), found exactly; where a filter leaves
    too few of them, the nearest papers that pass it join. Raises PaperatlasError for a k that is no count of other
    papers.
    """
    others = len(atlas) - len(set(query.rows))
    if k < 1:
        raise PaperatlasError(f"k = {k}: at least 1 paper must be asked for")
    if k > max(others, 1):
        raise PaperatlasError(f"k = {k}: the atlas has only {others} other papers")
    config = settings_of(atlas)
    allowed = np.ones(len(atlas), dtype=bool) if wishes.keep is None else wishes.keep.copy()
    allowed[list(query.rows)] = False
    rows, cosines = _candidates(atlas, query, max(config.candidates, k))
    basis = min(config.candidates, len(rows))
    if allowed[rows].sum() < k:
        rows, cosines = _join(rows, cosines, *_candidates(atlas, query, max(config.candidates, k), among=allowed))
    ranked = rank(query, rows, cosines, basis=basis, lexical=atlas.lexical, sentences=atlas.sentences, config=config)
    keep = allowed[ranked.rows]
    if not wishes.near_duplicates:
        keep &= ~near_duplicates(query, ranked)
    places = np.flatnonzero(keep)
    if wishes.diversity:
        kept = ranked.kept(places)
        order = diversify(kept.fused, atlas.vectors[kept.rows], diversity=wishes.diversity, k=k)
        places = places[order]
    return _describe(atlas, query, ranked, places[:k].tolist())


def _candidates(
    atlas: Atlas, query: Query, count: int, *, among: NDArray[np.bool_] | None = None
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Rows and cosines of the nearest papers that are not asked about, of some papers or of all."""
    found = atlas.index.nearest(query.vector[None], k=count + len(query.rows), among=among)
    free = ~np.isin(found.indices[0], query.rows)
    rows, cosines = found.indices[0][free][:count], found.similarities[0][free][:count]
    return rows.astype(np.int64), cosines.astype(np.float64)


def _join(
    rows: NDArray[np.int64], cosines: NDArray[np.float64], more: NDArray[np.int64], more_cosines: NDArray[np.float64]
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    new = ~np.isin(more, rows)
    return np.concatenate([rows, more[new]]), np.concatenate([cosines, more_cosines[new]])


def near_duplicates(query: Query, ranked: Ranked) -> NDArray[np.bool_]:
    """Which candidates are another version of the one paper or text asked about, by meaning and words alike."""
    if len(query.sources) != 1:
        return np.zeros(len(ranked.rows), dtype=bool)
    words = np.ones(len(ranked.rows)) if ranked.lexical is None else ranked.lexical
    return np.asarray((ranked.similarity >= SAME_MEANING) & (words >= SAME_WORDS))


def search(atlas: Atlas, words: str, *, k: int) -> list[Recommended]:
    """The k papers that free words describe best, by their embedding and by the words themselves.

    Phrases in double quotes must stand in the title or the abstract as they are, case aside. Candidates are the 200
    best by each of the two. Raises PaperatlasError for empty words, or where no paper holds the phrases.
    """
    if k < 1:
        raise PaperatlasError(f"k = {k}: at least 1 paper must be asked for")
    config = settings_of(atlas).model_copy(update={"lexical": 1.0, "sentences": 0.0})
    query = read_words(atlas, words.replace('"', " "))
    rows = _search_rows(atlas, query, config.candidates)
    held = _holding(atlas, PHRASE.findall(words))
    if held is not None:
        rows = held if len(held) <= config.candidates else rows[np.isin(rows, held)]
    cosines = np.round(atlas.vectors[rows].astype(np.float64) @ query.vector.astype(np.float64), 7)
    ranked = rank(query, rows, cosines, basis=len(rows), lexical=atlas.lexical, sentences=None, config=config)
    return _describe(atlas, query, ranked, range(min(k, len(rows))))


def settings_of(atlas: Atlas) -> SimilarConfig:
    """The run's [similar] settings."""
    return SimilarConfig.model_validate(atlas.manifest.config["similar"])


def _search_rows(atlas: Atlas, query: Query, count: int) -> NDArray[np.int64]:
    """Rows of the best by embedding and of the best by words, increasing."""
    dense = atlas.index.nearest(query.vector[None], k=count).indices[0].astype(np.int64)
    if atlas.lexical is None:
        return np.sort(dense)
    cosines = atlas.lexical.all_cosines(query.terms, query.weights)
    by_words = np.lexsort((np.arange(len(cosines)), -cosines))[:count]
    return np.unique(np.concatenate([dense, by_words[cosines[by_words] > 0]]))


def _holding(atlas: Atlas, phrases: Sequence[str]) -> NDArray[np.int64] | None:
    """Rows whose title or abstract holds every phrase; None where there is no phrase."""
    if not phrases:
        return None
    import pyarrow.compute as pc

    holds = np.ones(len(atlas), dtype=bool)
    for phrase in phrases:
        found = [
            pc.match_substring(atlas.column(name), phrase, ignore_case=True).to_numpy(zero_copy_only=False)
            for name in ("title", "abstract")
        ]
        holds &= np.logical_or(*found)
    rows = np.flatnonzero(holds)
    if not len(rows):
        raise PaperatlasError(f"no paper holds {' and '.join(repr(phrase) for phrase in phrases)}; try without quotes")
    return rows


def _describe(atlas: Atlas, query: Query, ranked: Ranked, places: Sequence[int]) -> list[Recommended]:
    columns = {name: atlas.column(name) for name in ("id", "title", "year", "nearest_topic")}
    described = []
    for number, place in enumerate(places, start=1):
        fields = {name: column[int(ranked.rows[place])].as_py() for name, column in columns.items()}
        topic = fields.pop("nearest_topic")
        parts = (ranked.similarity, ranked.lexical, ranked.sentences)
        values = [None if part is None else round(float(part[place]), 6) for part in parts]
        described.append(
            Recommended(
                **fields,
                rank=number,
                similarity=round(float(ranked.similarity[place]), 6),
                topic=topic,
                label=atlas.topic(topic).label,
                parts=Parts(round(float(ranked.similarity[place]), 6), *values[1:]),
                reasons=give_reasons(atlas, query, ranked, place),
            )
        )
    return described
