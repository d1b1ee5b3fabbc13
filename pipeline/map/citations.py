"""Atlas -> what the page shows of references: who cites whom among the papers, and the works that are missing."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypedDict

import numpy as np
from numpy.typing import NDArray

from pipeline.atlas import AtlasData
from pipeline.corpus.identifiers import links
from pipeline.recommender import MissingWork, find_missing, find_missing_by_topic
from pipeline.words.display import shorten

LISTED = 40  # missing works of all papers
LISTED_OF_TOPIC = 20
TITLE_LENGTH = 200


@dataclass(frozen=True)
class PageCitations:
    """Citations among n papers: paper i cites rows[offsets[i] : offsets[i + 1]], increasing.

    offsets: (n + 1,) int32; rows: (c,) int32.
    """

    offsets: NDArray[np.int32]
    rows: NDArray[np.int32]


class PageMissingWork(TypedDict):
    """A work that papers cite and that is none of them. title: or who wrote it and when, where no reference names one.
    about: who, when and where, as far as is known and not said.

    link: address of its DOI or other page, "" where there is none. rows: of the papers that cite it, increasing; of
    those of the topics that list it where `all` does not.
    """

    title: str
    about: str
    link: str
    rows: list[int]


class PageMissing(TypedDict):
    """works: each once. all: numbers of those most cited by all papers; topics: the same by a topic's id."""

    works: list[PageMissingWork]
    all: list[int]
    topics: dict[str, list[int]]


def page_citations(atlas: AtlasData) -> PageCitations | None:
    """Who cites whom among the papers; None where the atlas keeps no references."""
    stored = atlas.references
    if stored is None:
        return None
    works = np.asarray(stored.works)
    citing = np.repeat(np.arange(len(atlas)), np.diff(stored.offsets))
    inside = works < len(atlas)
    counts = np.bincount(citing[inside], minlength=len(atlas))
    return PageCitations(np.concatenate([[0], np.cumsum(counts)]).astype(np.int32), works[inside].astype(np.int32))


def citation_counts(atlas: AtlasData) -> dict[str, NDArray[np.generic]]:
    """(n,) int32 of each paper: "cited", how many papers here cite it; "references", how many works it cites, as far as
    is known, 0 where its source gave none. Empty where the atlas keeps no references.
    """
    citations = page_citations(atlas)
    if citations is None or atlas.references is None:
        return {}
    return {
        "cited": np.bincount(citations.rows, minlength=len(atlas)).astype(np.int32),
        "references": np.asarray(atlas.references.counts, dtype=np.int32),
    }


def page_missing(atlas: AtlasData) -> PageMissing | None:
    """The works most cited that are not among the papers; None where no two papers cite such a work."""
    of_all = find_missing(atlas, k=LISTED)
    if not of_all:
        return None
    by_topic = find_missing_by_topic(atlas, k=LISTED_OF_TOPIC)
    number: dict[str, int] = {}
    works: list[PageMissingWork] = []

    def numbers(missing: Sequence[MissingWork]) -> list[int]:
        for work in missing:
            if work.work not in number:
                number[work.work] = len(works)
                works.append(_page_work(work))
            rows = works[number[work.work]]["rows"]
            rows[:] = sorted({*rows, *(atlas.ids.row(paper) for paper in work.cited_by)})
        return [number[work.work] for work in missing]

    return {"works": works, "all": numbers(of_all), "topics": {str(one): numbers(by_topic[one]) for one in by_topic}}


def _page_work(work: MissingWork) -> PageMissingWork:
    """Without its rows."""
    record = work.record
    place = f"{record.source} {record.volume}".strip() if record.source != work.title else ""
    who = f"{record.author} {record.year or ''}".strip()
    found = links(work.to_paper())
    title = work.title or (who if record.author else place or work.work)
    about = [one for one in (who, place) if one and one != title]
    return {
        "title": shorten(title, TITLE_LENGTH),
        "about": shorten(", ".join(about), TITLE_LENGTH),
        "link": found[0].address if found else "",
        "rows": [],
    }
