"""Is a paper's withheld citation among the twenty most similar? By text, by references and by both, as `similar` ranks.

A citation inside the corpus is drawn for each query and taken away, in both directions, before anything is computed:
from the lists, their lengths, the rarity of works and the direct citations. The other papers of the corpus that the
query cites are no candidates. Then the real candidates, z-scores and order. References alone rank every paper; ties
count at their middle.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.cited_corpora import CORPORA, CitedCorpus, read_cited
from benchmarks.common import machine
from pipeline.config import SimilarConfig
from pipeline.neighbours import ExactIndex
from pipeline.recommender.candidates import nearest_candidates, with_related
from pipeline.recommender.query import Query
from pipeline.recommender.ranking import Candidates, Ranked, rank
from pipeline.recommender.related_papers import RelatedPapers
from pipeline.recommender.surroundings import cosines_among_nearest
from pipeline.references import StoredReferences, link_papers

SEED = 17
QUERIES, TOP, RESAMPLES = 1500, 20, 2000
WEIGHTS = (0.25, 0.5, 0.75, 1.0)
NOWHERE = 10**6  # rank of a paper that is not listed


def withheld(folder: Path, *, queries: int = QUERIES) -> None:
    """Print recall and nDCG of each way, and how both less the better part differ."""
    print(machine("numpy", "openvino"))
    for name in CORPORA:
        corpus = read_cited(name, folder)
        _print_ranks(name, ranks_of(corpus, queries=queries))


def ranks_of(corpus: CitedCorpus, *, queries: int) -> dict[str, NDArray[np.float64]]:
    """Rank of the withheld citation by each way, a number a query."""
    ranks = defaultdict(list)
    for query, target, hidden, stored in _tasks(corpus, queries):
        for way, place in _places(corpus, query, target=target, hidden=hidden, stored=stored).items():
            ranks[way].append(place)
    return {way: np.array(places) for way, places in ranks.items()}


def _tasks(corpus: CitedCorpus, queries: int) -> Iterator[tuple[int, int, list[int], StoredReferences]]:
    """Row of the query, row of what it cites, rows of what else it cites, and the references without that citation."""
    works, papers = corpus.works, len(corpus.vectors)
    pairs = works.citations
    cited_rows = works.row_of[pairs[:, 1]]
    lists = np.bincount(pairs[:, 0], minlength=papers)
    inside = np.bincount(pairs[cited_rows >= 0, 0], minlength=papers)
    rng = np.random.default_rng(SEED)
    for query in rng.permutation(np.flatnonzero((inside > 0) & (lists > 1)))[:queries].tolist():
        own = cited_rows[(pairs[:, 0] == query) & (cited_rows >= 0)]
        target = int(rng.choice(own))
        there = (pairs[:, 0] == query) & (cited_rows == target)
        back = (pairs[:, 0] == target) & (cited_rows == query)
        stored, _ = link_papers(pairs[~(there | back)], works.row_of, papers=papers)
        yield query, target, [row for row in own.tolist() if row != target], stored


def _places(
    corpus: CitedCorpus, row: int, *, target: int, hidden: list[int], stored: StoredReferences
) -> dict[str, float]:
    asked = stored.list_of([row])
    related = RelatedPapers(stored, *stored.related(asked), weight=1.0)
    terms, weights = corpus.lexical.paper(row)
    query = Query(corpus.vectors[row], (row, *hidden), terms, weights, None, (), references=asked)
    near = nearest_candidates(ExactIndex(corpus.vectors), query, count=SimilarConfig().candidates)
    wide = with_related(near, query, vectors=corpus.vectors, related=related)
    alone = np.zeros(len(corpus.vectors))
    alone[related.rows] = related.values
    alone[list(query.rows)] = -1
    ahead, tied = np.count_nonzero(alone > alone[target]), np.count_nonzero(alone == alone[target]) - 1
    places = {"text": NOWHERE, "references": 1 + ahead + tied / 2}
    ranked = {"text": _rank(corpus, query, near)}
    for weight in WEIGHTS:
        counted = RelatedPapers(stored, related.rows, related.values, weight)
        ranked[f"both, {weight}"] = _rank(corpus, query, wide, related=counted)
    for way, order in ranked.items():
        found = np.flatnonzero(order.rows == target)
        places[way] = float(found[0] + 1) if len(found) else NOWHERE
    return places


def _rank(corpus: CitedCorpus, query: Query, candidates: Candidates, *, related: RelatedPapers | None = None) -> Ranked:
    among = cosines_among_nearest(query.vector, corpus.vectors, corpus.neighbours, rows=candidates.rows)
    return rank(
        query,
        candidates,
        lexical=corpus.lexical,
        sentences=None,
        config=SimilarConfig(),
        related=related,
        among=among,
    )


def by_labels(folder: Path, *, queries: int = 1000) -> None:
    """Print nDCG@10 by the overlap (Jaccard) of category sets, text alone and with references, nothing withheld."""
    print(machine("numpy", "openvino"))
    for name in CORPORA:
        corpus = read_cited(name, folder)
        stored, _ = link_papers(corpus.works.citations, corpus.works.row_of, papers=len(corpus.vectors))
        able = [row for row in np.flatnonzero(stored.counts).tolist() if corpus.labels[row]]
        gains = defaultdict(list)
        for row in np.random.default_rng(SEED).permutation(able)[:queries].tolist():
            for way, value in _label_gains(corpus, row, stored).items():
                gains[way].append(value)
        print(f"{name}, {len(gains['text'])} queries")
        for way, values in gains.items():
            change = difference(np.array(values), np.array(gains["text"]))
            print(f"  {way:12} nDCG@10 {np.mean(values):.4f}, less text {change}")


def _label_gains(corpus: CitedCorpus, row: int, stored: StoredReferences) -> dict[str, float]:
    """nDCG@10 of one query by each way; the best order is that of the candidates by text."""
    asked = stored.list_of([row])
    terms, weights = corpus.lexical.paper(row)
    query = Query(corpus.vectors[row], (row,), terms, weights, None, (), references=asked)
    near = nearest_candidates(ExactIndex(corpus.vectors), query, count=SimilarConfig().candidates)
    own = corpus.labels[row]
    alike = {
        other: len(own & corpus.labels[other]) / max(len(own | corpus.labels[other]), 1) for other in near.rows.tolist()
    }
    discount = 1 / np.log2(np.arange(10) + 2)
    best = (np.sort(list(alike.values()))[::-1][:10] * discount).sum()
    made = {}
    for weight in (0.0, *WEIGHTS):
        related = RelatedPapers(stored, *stored.related(asked), weight)
        wide = with_related(near, query, vectors=corpus.vectors, related=related)
        ranked = _rank(corpus, query, wide, related=related).rows[:10]
        labels = [corpus.labels[other] for other in ranked.tolist()]
        found = np.array([len(own & other) / max(len(own | other), 1) for other in labels])
        made[f"both, {weight}" if weight else "text"] = float((found * discount).sum() / best) if best > 0 else 0.0
    return made


def _print_ranks(name: str, ranks: Mapping[str, NDArray[np.float64]]) -> None:
    measures = {
        f"recall@{TOP}": {way: (rank <= TOP).astype(float) for way, rank in ranks.items()},
        f"nDCG@{TOP}": {way: np.where(rank <= TOP, 1 / np.log2(rank + 1), 0) for way, rank in ranks.items()},
    }
    print(f"{name}, {len(ranks['text'])} queries")
    for way in ranks:
        print(f"  {way:12}", *(f"{measure} {gains[way].mean():.3f}" for measure, gains in measures.items()))
    for measure, gains in measures.items():
        better = max(("text", "references"), key=lambda way: gains[way].mean())
        for way in (way for way in ranks if way.startswith("both")):
            print(f"  {way} less {better}: {measure} {difference(gains[way], gains[better])}")


def difference(one: NDArray[np.float64], other: NDArray[np.float64]) -> str:
    """Mean difference with its bootstrap interval, 2.5 to 97.5 of 100."""
    rng = np.random.default_rng(SEED)
    gain = one - other
    means = [gain[rng.integers(len(gain), size=len(gain))].mean() for _ in range(RESAMPLES)]
    low, high = np.quantile(means, [0.025, 0.975])
    return f"{gain.mean():+.4f} ({low:+.4f} to {high:+.4f})"
