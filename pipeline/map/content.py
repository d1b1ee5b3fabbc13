"""Atlas -> everything the page of the map holds, as arrays and texts; row i is the same paper in all of them."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipeline.atlas import AtlasData
from pipeline.corpus.identifiers import IDENTIFIER_FIELDS, links, plain_name
from pipeline.map.citations import PageCitations, PageMissing, citation_counts, page_citations, page_missing
from pipeline.map.colours import DARK_NOISE, DARK_PALETTE, NOISE_COLOUR, PALETTE, scale
from pipeline.map.columns import Column, heading, map_columns
from pipeline.map.label_placement import densest_point
from pipeline.map.page_meta import MapPreservation, PageArea, PageColumn, PageMeta, PageTopic
from pipeline.recommender import version_groups
from pipeline.recommender.precomputed import PrecomputedSimilar
from pipeline.reducer.neighbourhood_preservation import neighbourhood_preservation, neighbours_compared
from pipeline.topics import Topic
from pipeline.version import __version__

GRID = 65_535  # coordinates are whole numbers from 0 to this
NO_YEAR = -32_768
KEYWORDS = 8
FEW = 30  # papers up to which a topic's label belongs at their mean, not where they are densest


@dataclass(frozen=True)
class Page:
    """meta: all but papers. points: (n,) arrays by name. texts: n values by name; abstracts: n, None if left out.

    similar: for the same rows, None if left out; words: those that its terms number; works: names of those that its
    references number. citations, missing: None where papers have no references, or if left out.
    """

    meta: PageMeta
    points: Mapping[str, NDArray[np.generic]]
    texts: Mapping[str, Sequence[object]]
    abstracts: Sequence[str] | None
    similar: PrecomputedSimilar | None
    words: tuple[str, ...]
    works: tuple[str, ...] = ()
    citations: PageCitations | None = None
    missing: PageMissing | None = None

    def __post_init__(self) -> None:
        rows = {name: len(values) for name, values in self.points.items()}
        rows |= {name: len(values) for name, values in self.texts.items()}
        if self.citations is not None:
            rows["citations"] = len(self.citations.offsets) - 1
        if wrong := {name: count for name, count in rows.items() if count != len(self)}:
            raise ValueError(f"rows of a page: {wrong} for {len(self)} papers")

    def __len__(self) -> int:
        return len(self.points["x"])


def page_points(atlas: AtlasData, title: str) -> Page:
    """The page without texts: what a server sends at once, whatever the number of papers."""
    core = atlas.column("topic").to_numpy()
    grid, preservation = quantise(atlas.points), neighbourhood_preservation(atlas.neighbours, atlas.points)
    years = [NO_YEAR if year is None else year for year in atlas.column("year").to_pylist()]
    columns = map_columns(atlas)
    points: dict[str, NDArray[np.generic]] = {
        "x": grid[:, 0],
        "y": grid[:, 1],
        "topic": core.astype(np.int32),
        "subtopic": atlas.column("subtopic").to_numpy().astype(np.int32),
        "versions": version_groups(atlas),
        "nearest": atlas.column("nearest_topic").to_numpy().astype(np.int32),
        "second": atlas.column("second_topic").to_numpy().astype(np.int32),
        "strength": np.rint(255 * atlas.column("strength").to_numpy()).astype(np.uint8),
        "preservation": np.rint(255 * preservation).astype(np.uint8),
        "year": np.array(years, dtype=np.int16),
    }
    points |= citation_counts(atlas)
    points |= {f"column{number}": column.values for number, column in enumerate(columns)}
    meta = _page_meta(
        atlas, title, columns=columns, points=grid.astype(np.float64), preservation=float(preservation.mean())
    )
    return Page(meta, points, {}, None, None, ())


def _page_meta(
    atlas: AtlasData, title: str, *, columns: Sequence[Column], points: NDArray[np.float64], preservation: float
) -> PageMeta:
    """points: (n, 2) on the page's grid; preservation: mean of the map."""
    core, subtopics = (atlas.column(name).to_numpy() for name in ("topic", "subtopic"))
    true, near = neighbours_compared(len(atlas), atlas.neighbours.k)
    return PageMeta(
        version=__version__,
        title=title,
        papers=len(atlas),
        total=len(atlas),
        left_out=(),
        topics=tuple(_page_topic(topic, points[core == topic.id]) for topic in atlas.topics),
        areas=_page_areas(atlas, core, points),
        subtopics=tuple(_page_topic(topic, points[subtopics == topic.id]) for topic in atlas.hierarchy.subtopics),
        columns=tuple(PageColumn(heading(column.name), column.groups) for column in columns),
        preservation=MapPreservation(true, near, round(preservation, 3)),
        palette={"light": PALETTE, "dark": DARK_PALETTE},
        noise={"light": NOISE_COLOUR, "dark": DARK_NOISE},
        scale=scale(),
    )


def _page_topic(topic: Topic, points: NDArray[np.float64]) -> PageTopic:
    """points: (m, 2) of its core papers, on the page's grid."""
    x, y = densest_point(points) if len(points) > FEW else points.mean(axis=0)
    return PageTopic(
        id=topic.id,
        label=topic.label,
        size=topic.size,
        assigned=topic.assigned,
        keywords=tuple(keyword.term for keyword in topic.keywords[:KEYWORDS]),
        colour=topic.colour,
        parent=topic.parent,
        stability=topic.stability,
        x=round(float(x)),
        y=round(float(y)),
    )


def _page_areas(atlas: AtlasData, core: NDArray[np.int32], points: NDArray[np.float64]) -> tuple[PageArea, ...]:
    """core: (n,) topic of each paper; points: (n, 2) on the page's grid."""
    area_of = {topic.id: topic.parent for topic in atlas.topics if topic.parent is not None}
    papers = np.array([area_of.get(topic, -1) for topic in core.tolist()], dtype=np.int32)
    areas = []
    for area in atlas.hierarchy.areas:
        topics = tuple(topic.id for topic in atlas.hierarchy.of_area(area.id))
        areas.append(PageArea(**asdict(_page_topic(area, points[papers == area.id])), topics=topics))
    return tuple(areas)


def with_texts(page: Page, atlas: AtlasData) -> Page:
    """The page with all that can be read on it but the similar papers."""
    return replace(with_titles(page, atlas), abstracts=atlas.column("abstract").to_pylist())


def with_titles(page: Page, atlas: AtlasData) -> Page:
    """The same without abstracts."""
    return _with_titles(page, atlas, np.arange(len(atlas)))


def _with_titles(page: Page, atlas: AtlasData, rows: NDArray[np.int64]) -> Page:
    """The page with its papers' texts but for the abstracts. rows: of its papers."""

    def values(name: str) -> list[Any]:
        return list(atlas.column(name).take(pa.array(rows)).to_pylist())

    identifying = [name for name in atlas.column_names if name == "id" or plain_name(name) in IDENTIFIER_FIELDS]
    columns = {name: values(name) for name in identifying}
    papers = (dict(zip(columns, fields, strict=True)) for fields in zip(*columns.values(), strict=True))
    texts: dict[str, Sequence[object]] = {
        "id": columns["id"],
        "title": values("title"),
        "authors": [list(names or ()) for names in values("authors")],
        "links": [[[link.name, link.address] for link in links(fields)] for fields in papers],
    }
    return replace(page, texts=texts)


def only_titles(page: Page, atlas: AtlasData, count: int) -> Page:
    """The page of points with the texts of at most `count` papers, thinned first where the map is crowded; without
    abstracts, similar papers and citations, which nobody had to read or compute for it.
    """
    thinned, rows = _thinned(page, count)
    bare = without(without(_with_titles(thinned, atlas, rows), "abstracts"), "similar papers")
    return bare if atlas.references is None else without(bare, "citations")


def with_similar(page: Page, lists: PrecomputedSimilar, atlas: AtlasData) -> Page:
    """The page with similar papers; of all words and works cited only those that they name."""
    used, terms = _renumbered(lists.terms)
    vocabulary = [] if atlas.lexical is None else atlas.lexical.vocabulary
    page = replace(page, similar=replace(lists, terms=terms), words=tuple(vocabulary[term] for term in used))
    if lists.references is None or atlas.references is None:
        return page
    used, works = _renumbered(lists.references.works)
    similar = replace(lists, terms=terms, references=replace(lists.references, works=works))
    return replace(page, similar=similar, works=tuple(atlas.references.name(work) for work in used))


def _renumbered(numbers: NDArray[np.int32]) -> tuple[list[int], NDArray[np.int32]]:
    """The different numbers, rising, and for each its place among them; -1 stays."""
    used = np.unique(numbers[numbers >= 0])
    return used.tolist(), np.where(numbers >= 0, np.searchsorted(used, numbers), -1).astype(np.int32)


def with_citations(page: Page, atlas: AtlasData) -> Page:
    """The page with who cites whom and what is missing, where papers have references."""
    if atlas.references is None:
        return page
    return replace(page, citations=page_citations(atlas), missing=page_missing(atlas))


def without(page: Page, part: str) -> Page:
    """The page without its "shared references", "abstracts", "similar papers" or "citations", which it then names as
    left out.
    """
    meta = replace(page.meta, left_out=(*page.meta.left_out, part))
    if part == "shared references":
        similar = None if page.similar is None else replace(page.similar, references=None)
        return replace(page, meta=meta, similar=similar, works=())
    if part == "citations":
        return replace(page, meta=meta, citations=None, missing=None)
    return replace(page, meta=meta, abstracts=None) if part == "abstracts" else replace(page, meta=meta, similar=None)


def sampled(page: Page, count: int) -> Page:
    """At most `count` papers, thinned first where the map is crowded; without similar papers and citations."""
    thinned, rows = _thinned(page, count)
    return replace(
        thinned,
        texts={name: [values[row] for row in rows.tolist()] for name, values in page.texts.items()},
        abstracts=None if page.abstracts is None else [page.abstracts[row] for row in rows.tolist()],
        similar=None,
        citations=None,
        missing=None,
    )


def _thinned(page: Page, count: int) -> tuple[Page, NDArray[np.int64]]:
    """The page with the points of at most `count` papers, and their rows; all else of it is of all papers still."""
    rows = np.sort(spread_order(page.points["x"], page.points["y"])[:count])
    points = {name: values[rows] for name, values in page.points.items()}
    return replace(page, meta=replace(page.meta, papers=len(rows)), points=points, texts={}), rows


def spread_order(x: NDArray[np.generic], y: NDArray[np.generic], *, cells: int = 256) -> NDArray[np.int64]:
    """Rows in an order whose every beginning is spread over the map: the first of each cell, then the second...

    x, y: (n,) from 0 to 65,535. Within a cell rows keep their order.
    """
    cell = (x.astype(np.int64) * cells // (GRID + 1)) * cells + y.astype(np.int64) * cells // (GRID + 1)
    order = np.argsort(cell, kind="stable")
    firsts = np.searchsorted(cell[order], cell[order])
    rank = np.empty(len(cell), dtype=np.int64)
    rank[order] = np.arange(len(cell)) - firsts
    return np.lexsort((np.arange(len(cell)), rank))


def quantise(coordinates: NDArray[np.float32]) -> NDArray[np.uint16]:
    """(n, 2) coordinates as whole numbers from 0 to 65,535, one scale for both, the shorter side in the middle."""
    low, high = coordinates.min(axis=0).astype(np.float64), coordinates.max(axis=0).astype(np.float64)
    span = float((high - low).max()) or 1.0
    middle = (low + high) / 2
    return np.asarray(np.rint(((coordinates - middle) / span + 0.5) * GRID), dtype=np.uint16)
