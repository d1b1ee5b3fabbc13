"""Corpus -> Quality: every count of the report on what was read."""

import itertools
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from pipeline.corpus import Corpus
from pipeline.corpus.identifiers import IDENTIFIER_FIELDS, identify, plain_name

LOOKED_AT = 2_000  # papers, evenly spread, whose language and length in tokens are found out
SHORTEST_TEXT = 60  # characters of which a language can be told
EDGES = (1, 25, 50, 75, 100, 150, 200, 250, 300, 400, 600)  # words of an abstract


@dataclass(frozen=True)
class Quality:
    """What was read. Shares are in [0, 1]; names of counts come with the most frequent first, years in their order.

    formats: of the papers kept. missing: papers kept without a field. rejected, duplicates: rows by reason, what stands
    after a DOI or an id left out. languages: share of the papers looked at; short texts count as "". lengths: papers by
    the words of their abstract ("0", "1-24" ... "600+"). words: median of the abstracts that there are. long_share: of
    papers longer than the model reads at once, None where there is no model with such a limit. cleaned: papers that
    each step of cleaning changed.
    """

    read: int
    kept: int
    formats: Mapping[str, int]
    missing: Mapping[str, int]
    rejected: Mapping[str, int]
    duplicates: Mapping[str, int]
    languages: Mapping[str, float]
    lengths: Mapping[str, int]
    words: int
    long_share: float | None
    max_tokens: int | None
    cleaned: Mapping[str, int]
    years: Mapping[str, int]

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class Model:
    """What a model can read. count_tokens: of each text, the two that stand around it included."""

    max_tokens: int
    count_tokens: Callable[[Sequence[str]], list[int]]


def measure(corpus: Corpus, model: Model | None = None) -> Quality:
    """Languages and tokens are those of at most 2,000 papers, evenly spread over the corpus."""
    abstracts = corpus.papers.column("abstract").to_pylist()
    lengths = np.array([len(abstract.split()) for abstract in abstracts])
    texts = corpus.texts()
    looked_at = texts[:: max(1, -(-len(texts) // LOOKED_AT))]
    tokens = model.count_tokens(looked_at) if model else []
    return Quality(
        read=corpus.read,
        kept=len(corpus),
        formats=_ranked(corpus.sources.column("format").to_pylist()),
        missing=_missing(corpus),
        rejected=_ranked(corpus.rejected.column("reason").to_pylist()),
        duplicates=_ranked([_kind(reason) for reason in corpus.duplicates.column("reason").to_pylist()]),
        languages=_languages(looked_at),
        lengths=_histogram(lengths),
        words=int(np.median(lengths[lengths > 0])) if (lengths > 0).any() else 0,
        long_share=round(float(np.mean([count > model.max_tokens for count in tokens])), 4) if model else None,
        max_tokens=model.max_tokens if model else None,
        cleaned=dict(corpus.cleaned),
        years=_years(corpus.papers.column("year").to_pylist()),
    )


def _ranked(values: Sequence[str]) -> dict[str, int]:
    counts = Counter(values)
    return {name: counts[name] for name in sorted(counts, key=lambda name: (-counts[name], name))}


def _kind(reason: str) -> str:
    """Why two rows are one, without the identifier they share."""
    return next((kind for kind in ("same DOI", "same arXiv id") if reason.startswith(kind)), reason)


def _missing(corpus: Corpus) -> dict[str, int]:
    papers = corpus.papers
    without = {
        "title": sum(not title for title in papers.column("title").to_pylist()),
        "abstract": sum(not abstract for abstract in papers.column("abstract").to_pylist()),
        "authors": sum(not names for names in papers.column("authors").to_pylist()),
        "year": papers.column("year").null_count,
        "DOI or arXiv id": _unidentified(corpus),
    }
    return {name: count for name, count in without.items() if count}


def _unidentified(corpus: Corpus) -> int:
    names = [name for name in corpus.papers.column_names if plain_name(name) in IDENTIFIER_FIELDS]
    columns = [corpus.papers.column(name).to_pylist() for name in names]
    found = (identify(dict(zip(names, values, strict=True))) for values in zip(*columns, strict=True))
    return sum(not one.dois and not one.arxiv for one in found)


def _languages(texts: Sequence[str]) -> dict[str, float]:
    import py3langid

    found = _ranked([str(py3langid.classify(text)[0]) if len(text) >= SHORTEST_TEXT else "" for text in texts])
    return {language: round(count / len(texts), 4) for language, count in found.items()}


def _histogram(lengths: "np.ndarray[Any, np.dtype[np.int64]]") -> dict[str, int]:
    places = np.searchsorted(EDGES, lengths, side="right")
    counts = np.bincount(places, minlength=len(EDGES) + 1).tolist()
    names = ["0", *(f"{first}-{end - 1}" for first, end in itertools.pairwise(EDGES)), f"{EDGES[-1]}+"]
    return dict(zip(names, counts, strict=True))


def _years(years: Sequence[int | None]) -> dict[str, int]:
    """Every year from the first to the last, those without papers too; by tens where they span over a century."""
    known = Counter(year for year in years if year is not None)
    if not known:
        return {}
    first, last = min(known), max(known)
    if last - first <= 100:
        return {str(year): known[year] for year in range(first, last + 1)}
    tens = Counter(year // 10 * 10 for year in known.elements())
    return {f"{ten}s": tens[ten] for ten in range(first // 10 * 10, last + 1, 10)}
