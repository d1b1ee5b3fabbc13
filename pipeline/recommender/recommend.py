"""Query -> recommended papers: exact dense candidates, three parts, reasons."""

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.atlas import Atlas
from pipeline.config import SimilarConfig
from pipeline.errors import PaperatlasError
from pipeline.neighbours import nearest
from pipeline.recommender.query import Query, read_query
from pipeline.recommender.ranking import Ranked, rank
from pipeline.recommender.reasons import Reasons, give_reasons

PHRASE = re.compile(r'"([^"]+)"')


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


def similar(atlas: Atlas, query: Query, *, k: int) -> list[Recommended]:
    """The k papers most like the query, those asked about and their exact duplicates left out.

    Candidates are the 200 papers with the highest cosine (more for a larger k), found exactly. Raises PaperatlasError
    for a k that is no count of other papers.
    """
    others = len(atlas) - len(set(query.rows))
    if k < 1:
        raise PaperatlasError(f"k = {k}: at least 1 paper must be asked for")
    if k > max(others, 1):
        raise PaperatlasError(f"k = {k}: the atlas has only {others} other papers")
    config = _settings(atlas)
    wanted = max(config.candidates, k) + len(query.rows)
    found = nearest(atlas.vectors, query.vector[None], k=wanted)
    free = ~np.isin(found.indices[0], query.rows)
    rows, cosines = found.indices[0][free].astype(np.int64), found.similarities[0][free].astype(np.float64)
    ranked = rank(query, rows, cosines, lexical=atlas.lexical, sentences=atlas.sentences, config=config)
    return _describe(atlas, query, ranked, range(min(k, len(rows))))


def search(atlas: Atlas, words: str, *, k: int) -> list[Recommended]:
    """The k papers that free words describe best, by their embedding and by the words themselves.

    Phrases in double quotes must stand in the title or the abstract as they are, case aside. Candidates are the 200
    best by each of the two. Raises PaperatlasError for empty words, or where no paper holds the phrases.
    """
    if k < 1:
        raise PaperatlasError(f"k = {k}: at least 1 paper must be asked for")
    config = _settings(atlas).model_copy(update={"lexical": 1.0, "sentences": 0.0})
    query = read_query(atlas, (), texts=[words.replace('"', " ")])
    rows = _search_rows(atlas, query, config.candidates)
    held = _holding(atlas, PHRASE.findall(words))
    if held is not None:
        rows = held if len(held) <= config.candidates else rows[np.isin(rows, held)]
    cosines = np.round(atlas.vectors[rows].astype(np.float64) @ query.vector.astype(np.float64), 7)
    ranked = rank(query, rows, cosines, lexical=atlas.lexical, sentences=None, config=config)
    return _describe(atlas, query, ranked, range(min(k, len(rows))))


def _settings(atlas: Atlas) -> SimilarConfig:
    return SimilarConfig.model_validate(atlas.manifest.config["similar"])


def _search_rows(atlas: Atlas, query: Query, count: int) -> NDArray[np.int64]:
    """Rows of the best by embedding and of the best by words, increasing."""
    dense = nearest(atlas.vectors, query.vector[None], k=count).indices[0].astype(np.int64)
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
    for place in places:
        fields = {name: column[int(ranked.rows[place])].as_py() for name, column in columns.items()}
        topic = fields.pop("nearest_topic")
        parts = (ranked.similarity, ranked.lexical, ranked.sentences)
        values = [None if part is None else round(float(part[place]), 6) for part in parts]
        described.append(
            Recommended(
                **fields,
                rank=place + 1,
                similarity=round(float(ranked.similarity[place]), 6),
                topic=topic,
                label=atlas.topics[topic].label,
                parts=Parts(round(float(ranked.similarity[place]), 6), *values[1:]),
                reasons=give_reasons(atlas, query, ranked, place),
            )
        )
    return described
