"""Corpus -> CorpusQuality: the row counts, languages and lengths of the report."""

import itertools
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from pipeline.corpus.corpus_tables import CorpusTables
from pipeline.corpus.identifiers import IDENTIFIER_FIELDS, identify, plain_name

SAMPLED = 2_000  # papers, evenly spread, whose language and length in tokens are measured
SHORTEST_TEXT = 60  # characters from which on a language can be recognised
EDGES = (1, 25, 50, 75, 100, 150, 200, 250, 300, 400, 600)  # words of an abstract


@dataclass(frozen=True)
class CorpusQuality:
    """What was read. Shares are in [0, 1]; counts have the most frequent first, years in their order.

    formats: of the papers kept. missing: papers kept without a field. rejected, duplicates: rows by reason, without
    the DOI or id that two rows share. languages: share of the papers sampled; short texts count as "". lengths: papers
    by the words of their abstract ("0", "1-24" ... "600+"). words: median of the non-empty abstracts. long_share: of
    papers longer than the model reads at once, None without such a limit. cleaned: papers that each
    step of cleaning changed. repaired: rows that had to be mended to be read, by what was wrong with them.
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
    repaired: Mapping[str, int] = field(default_factory=dict)


class TokenCounter(Protocol):
    """How many tokens of a text a model reads."""

    @property
    def max_tokens(self) -> int:
        """Tokens that the model reads of a text, special ones included."""
        ...

    def count(self, texts: Sequence[str]) -> list[int]:
        """Tokens of each text, special ones included."""
        ...


def measure_quality(
    tables: CorpusTables,
    *,
    texts: Sequence[str],
    cleaned: Mapping[str, int],
    repaired: Mapping[str, int],
    tokens: TokenCounter | None = None,
) -> CorpusQuality:
    """Languages and tokens are those of at most 2,000 papers, evenly spread over the corpus.

    texts: n, what is embedded, row-aligned with the papers; cleaned: papers that each step of cleaning changed;
    repaired: rows mended, by what was wrong.
    """
    papers = tables.papers
    abstracts = papers.column("abstract")
    lengths = np.array([len(abstract.split()) for chunk in abstracts.chunks for abstract in chunk.to_pylist()])
    sampled = texts[:: max(1, -(-len(texts) // SAMPLED))]
    counts = tokens.count(sampled) if tokens else []
    return CorpusQuality(
        read=tables.read,
        kept=papers.num_rows,
        formats=_ranked(tables.sources.column("format").to_pylist()),
        missing=_missing(tables),
        rejected=_ranked(tables.rejected.column("reason").to_pylist()),
        duplicates=_ranked([_kind(reason) for reason in tables.duplicates.column("reason").to_pylist()]),
        languages=_languages(sampled),
        lengths=_histogram(lengths),
        words=int(np.median(lengths[lengths > 0])) if (lengths > 0).any() else 0,
        long_share=round(float(np.mean([count > tokens.max_tokens for count in counts])), 4) if tokens else None,
        max_tokens=tokens.max_tokens if tokens else None,
        cleaned=dict(cleaned),
        years=_years(papers.column("year").to_pylist()),
        repaired=dict(repaired),
    )


def _ranked(values: Sequence[str]) -> dict[str, int]:
    counts = Counter(values)
    return {name: counts[name] for name in sorted(counts, key=lambda name: (-counts[name], name))}


def _kind(reason: str) -> str:
    """Why two rows are one, without the identifier they share."""
    return next((kind for kind in ("same DOI", "same arXiv id", "same id") if reason.startswith(kind)), reason)


def _missing(tables: CorpusTables) -> dict[str, int]:
    papers = tables.papers
    missing = {
        "title": _empty(papers.column("title")),
        "abstract": _empty(papers.column("abstract")),
        "authors": sum(not names for names in papers.column("authors").to_pylist()),
        "year": papers.column("year").null_count,
        "DOI or arXiv id": _unidentified(tables),
    }
    return {name: count for name, count in missing.items() if count}


def _empty(texts: pa.ChunkedArray) -> int:
    return int(pc.sum(pc.equal(pc.binary_length(texts), 0)).as_py() or 0)


def _unidentified(tables: CorpusTables) -> int:
    names = [name for name in tables.papers.column_names if plain_name(name) in IDENTIFIER_FIELDS]
    columns = [tables.papers.column(name).to_pylist() for name in names]
    identified = (identify(dict(zip(names, values, strict=True))) for values in zip(*columns, strict=True))
    return sum(not paper.dois and not paper.arxiv for paper in identified)


def _languages(texts: Sequence[str]) -> dict[str, float]:
    import py3langid

    languages = _ranked([str(py3langid.classify(text)[0]) if len(text) >= SHORTEST_TEXT else "" for text in texts])
    return {language: round(count / len(texts), 4) for language, count in languages.items()}


def _histogram(lengths: NDArray[np.int64]) -> dict[str, int]:
    places = np.searchsorted(EDGES, lengths, side="right")
    counts = np.bincount(places, minlength=len(EDGES) + 1).tolist()
    names = ["0", *(f"{first}-{end - 1}" for first, end in itertools.pairwise(EDGES)), f"{EDGES[-1]}+"]
    return dict(zip(names, counts, strict=True))


def _years(years: Sequence[int | None]) -> dict[str, int]:
    """Every year from the first to the last, those without papers too; by decades where they span over a century."""
    papers = Counter(year for year in years if year is not None)
    if not papers:
        return {}
    first, last = min(papers), max(papers)
    if last - first <= 100:
        return {str(year): papers[year] for year in range(first, last + 1)}
    decades = Counter(year // 10 * 10 for year in papers.elements())
    return {f"{decade}s": decades[decade] for decade in range(first // 10 * 10, last + 1, 10)}
