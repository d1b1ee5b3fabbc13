"""Atlas with new papers in it -> what is said of each: its topic, the nearest paper known before, and why that one.

A new paper that is another version of a paper known before (a near-duplicate; or the same title, first author and,
within a year, year) is no news. Of several new versions of one work the first is announced.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.atlas import AtlasData
from pipeline.corpus.deduplication import years_near
from pipeline.corpus.identifiers import title_key
from pipeline.recommender import Filters, Request, answer, find_near_duplicates
from pipeline.recommender.reasons import Reasons
from pipeline.watch.watch_state import KnownPaper, NewsEntry
from pipeline.words.display import safe, shorten

LONGEST_ABSTRACT = 1000  # characters of it in a feed
LONGEST_SENTENCE = 160
MOST_AUTHORS = 30


@dataclass(frozen=True)
class NewVersion:
    """A new paper that is another version of one known, or announced in its place."""

    title: str
    of_id: str
    of_title: str


@dataclass(frozen=True)
class News:
    """entries: new papers, those most like a known one first. versions: new papers that are no news."""

    entries: tuple[NewsEntry, ...]
    versions: tuple[NewVersion, ...]


def describe_new(atlas: AtlasData, rows: NDArray[np.int64], *, time: str) -> News:
    """What is said of the papers in these rows; all others are known. time: RFC 3339."""
    is_new = np.zeros(len(atlas), dtype=bool)
    is_new[rows] = True
    version_of = _versions(atlas, is_new)
    titles, ids = atlas.column("title"), atlas.ids.ids
    versions = [
        NewVersion(safe(titles[row].as_py() or ids[row]), ids[known], safe(titles[known].as_py() or ids[known]))
        for row, known in version_of.items()
    ]
    news_rows = [row for row in rows.tolist() if row not in version_of]
    entries = [_entry(atlas, row, known=~is_new, time=time) for row in news_rows]
    entries.sort(key=lambda one: (-one.known.similarity if one.known else 0.0, one.title.casefold(), one.id))
    return News(tuple(entries), tuple(sorted(versions, key=lambda one: (one.title.casefold(), one.of_id))))


def _versions(atlas: AtlasData, is_new: NDArray[np.bool_]) -> dict[int, int]:
    """Row of a new paper -> row of the paper that it is another version of, for those that are one."""
    version_of: dict[int, int] = {}
    for group in find_near_duplicates(atlas):
        closest = {atlas.ids.row(one.id): atlas.ids.row(one.closest) for one in group.versions}
        known = [row for row in closest if not is_new[row]]
        first = known[0] if known else min(closest)
        for row, other in closest.items():
            if is_new[row] and row != first:
                version_of[row] = first if is_new[other] else other
    for row, first in _same_works(atlas, is_new):
        version_of.setdefault(row, first)
    return {row: first for row, first in version_of.items() if version_of.get(first) != row}


def _same_works(atlas: AtlasData, is_new: NDArray[np.bool_]) -> Iterator[tuple[int, int]]:
    """(row of a new paper, row of one that has its title, first author and year), known papers before new ones."""
    columns = [atlas.column(name).to_pylist() for name in ("title", "authors", "year")]
    works = [_work_key(title, authors) for title, authors, _ in zip(*columns, strict=True)]
    wanted = {works[row] for row in np.flatnonzero(is_new).tolist()} - {""}
    members: dict[str, list[int]] = {}
    for row in np.argsort(is_new, kind="stable").tolist():
        if works[row] not in wanted:
            continue
        of_work = members.setdefault(works[row], [])
        if is_new[row]:
            same = [other for other in of_work if years_near(columns[2][other], columns[2][row])]
            if same:
                yield row, same[0]
                continue
        of_work.append(row)


def _work_key(title: str | None, authors: Sequence[str] | None) -> str:
    """Letters of a title and of the first author's family name; "" where either is missing or says too little.

    >>> _work_key("On the Melting of Glaciers.", ["I. Larsen"]), _work_key("Editorial", ["Larsen, Ida"])
    ('onthemeltingofglaciers larsen', '')
    """
    name = (authors or [""])[0]
    family = name.partition(",")[0] if "," in name else (name.split() or [""])[-1]
    key = title_key(title or "")
    return f"{key} {family.strip().casefold()}" if key and family.strip() else ""


def _entry(atlas: AtlasData, row: int, *, known: NDArray[np.bool_], time: str) -> NewsEntry:
    names = ("id", "title", "abstract", "authors", "year", "topic", "nearest_topic")
    paper = {name: atlas.column(name)[row].as_py() for name in names}
    nearest, why = _nearest_known(atlas, paper["id"], known)
    return NewsEntry(
        hash=np.asarray(atlas.text_hashes[row]).tobytes().hex(),
        time=time,
        id=paper["id"],
        title=safe(paper["title"] or "") or "(no title)",
        authors=tuple(name for name in map(safe, paper["authors"] or ()) if name)[:MOST_AUTHORS],
        year=paper["year"],
        addresses=tuple(link.address for link in atlas.links(row)),
        abstract=shorten(paper["abstract"] or "", LONGEST_ABSTRACT),
        topic=paper["topic"],
        nearest=paper["nearest_topic"],
        label=safe(atlas.topic(paper["nearest_topic"]).label),
        known=nearest,
        why=why,
    )


def _nearest_known(atlas: AtlasData, paper: str, known: NDArray[np.bool_]) -> tuple[KnownPaper | None, str]:
    """The first recommendation for a paper among those known, and why."""
    if not known.any():
        return None, ""
    filters = Filters(known, near_duplicates=True)
    nearest = answer(atlas, Request(paper), k=1, filters=filters).results[0]
    links = atlas.links(atlas.ids.row(nearest.id))
    address = links[0].address if links else ""
    title = safe(nearest.title or "") or nearest.id
    return KnownPaper(nearest.id, title, nearest.year, address, nearest.similarity), in_words(nearest.reasons)


def in_words(reasons: Reasons) -> str:
    """What two papers share, in a sentence without its stop; "" where nothing can be said.

    >>> in_words(Reasons(("glacier", "melt", "ice"), None, "same topic", {}))
    'both speak of glacier, melt and ice'
    """
    parts = []
    if reasons.shared_terms:
        *first, last = map(safe, reasons.shared_terms)
        parts.append(f"both speak of {', '.join(first)} and {last}" if first else f"both speak of {last}")
    if reasons.sentences:
        pair = reasons.sentences
        mine, other = (shorten(text, LONGEST_SENTENCE) for text in (pair.query, pair.paper))
        parts.append(f"closest sentences: “{mine}” and “{other}”")
    return "; ".join(parts)
