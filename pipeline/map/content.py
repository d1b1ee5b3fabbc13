"""Atlas -> everything the page of the map holds, as arrays and texts; row i is the same paper in all of them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.atlas import AtlasData
from pipeline.corpus.identifiers import IDENTIFIER_FIELDS, links, plain_name
from pipeline.map.colours import DARK_NOISE, DARK_PALETTE, NOISE_COLOUR, PALETTE, scale
from pipeline.map.columns import map_columns
from pipeline.map.label_placement import densest_point
from pipeline.recommender.precomputed import PrecomputedSimilar
from pipeline.reducer.neighbourhood_preservation import neighbourhood_preservation, neighbours_compared
from pipeline.topics import Topic
from pipeline.version import __version__

GRID = 65_535  # coordinates are whole numbers from 0 to this
NO_YEAR = -32_768
KEYWORDS = 8


@dataclass(frozen=True)
class Page:
    """meta: all but papers. points: (n,) arrays by name. texts: n rows; abstracts: n, or None where left out.

    similar: for the same rows, or None where left out; words: those that its terms number.
    """

    meta: dict[str, Any]
    points: dict[str, NDArray[Any]]
    texts: dict[str, list[Any]]
    abstracts: list[str] | None
    similar: PrecomputedSimilar | None
    words: tuple[str, ...]

    def __post_init__(self) -> None:
        rows = {name: len(values) for name, values in (self.points | self.texts).items()}
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
    points: dict[str, NDArray[Any]] = {
        "x": grid[:, 0],
        "y": grid[:, 1],
        "topic": core.astype(np.int32),
        "nearest": atlas.column("nearest_topic").to_numpy().astype(np.int32),
        "second": atlas.column("second_topic").to_numpy().astype(np.int32),
        "strength": np.rint(255 * atlas.column("strength").to_numpy()).astype(np.uint8),
        "preservation": np.rint(255 * preservation).astype(np.uint8),
        "year": np.array(years, dtype=np.int16),
    }
    points |= {f"column{number}": column.values for number, column in enumerate(columns)}
    compared = neighbours_compared(len(atlas), atlas.neighbours.k)
    meta = {
        "version": __version__,
        "title": title,
        "papers": len(atlas),
        "total": len(atlas),
        "left_out": [],
        "topics": _topics(atlas.topics, core, grid.astype(np.float64)),
        "areas": _areas(atlas, core, grid.astype(np.float64)),
        "subtopics": _topics(atlas.hierarchy.subtopics, atlas.column("subtopic").to_numpy(), grid.astype(np.float64)),
        "columns": [{"name": column.name, "groups": column.groups} for column in columns],
        "preservation": {
            "true": compared[0],
            "near": compared[1],
            "mean": round(float(preservation.mean()), 3),
        },
        "palette": {"light": PALETTE, "dark": DARK_PALETTE},
        "noise": {"light": NOISE_COLOUR, "dark": DARK_NOISE},
        "scale": scale(),
    }
    return Page(meta, points, {}, None, None, ())


def with_texts(page: Page, atlas: AtlasData) -> Page:
    """The page with all that can be read on it but the similar papers."""
    identifying = [name for name in atlas.column_names if name == "id" or plain_name(name) in IDENTIFIER_FIELDS]
    columns = {name: atlas.column(name).to_pylist() for name in identifying}
    found = [links(dict(zip(columns, values, strict=True))) for values in zip(*columns.values(), strict=True)]
    texts: dict[str, list[Any]] = {
        "id": atlas.column("id").to_pylist(),
        "title": atlas.column("title").to_pylist(),
        "authors": [list(names or ()) for names in atlas.column("authors").to_pylist()],
        "links": [[[link.name, link.address] for link in row] for row in found],
    }
    return replace(page, texts=texts, abstracts=atlas.column("abstract").to_pylist())


def with_similar(page: Page, lists: PrecomputedSimilar, vocabulary: list[str]) -> Page:
    """The page with similar papers; only the words that they name come along."""
    used = np.unique(lists.terms[lists.terms >= 0])
    terms = np.where(lists.terms >= 0, np.searchsorted(used, lists.terms), -1).astype(np.int32)
    words = tuple(vocabulary[term] for term in used.tolist())
    return replace(page, similar=replace(lists, terms=terms), words=words)


def without(page: Page, part: str) -> Page:
    """The page without its abstracts or its similar papers, and saying so."""
    meta = page.meta | {"left_out": [*page.meta["left_out"], part]}
    return replace(page, meta=meta, abstracts=None) if part == "abstracts" else replace(page, meta=meta, similar=None)


def sampled(page: Page, count: int) -> Page:
    """At most `count` papers, the crowded places thinned first, and the page saying so."""
    rows = np.sort(spread_order(page.points["x"], page.points["y"])[:count])
    return replace(
        page,
        meta=page.meta | {"papers": len(rows)},
        points={name: values[rows] for name, values in page.points.items()},
        texts={name: [values[row] for row in rows.tolist()] for name, values in page.texts.items()},
        abstracts=None if page.abstracts is None else [page.abstracts[row] for row in rows.tolist()],
        similar=None,
    )


def spread_order(x: NDArray[Any], y: NDArray[Any], *, cells: int = 256) -> NDArray[np.int64]:
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


def _topics(topics: Sequence[Topic], core: NDArray[np.int32], points: NDArray[np.float64]) -> list[dict[str, Any]]:
    """What the page says of each topic of a level. core: (n,) ids of the level; points: (n, 2) on the page's grid."""
    described = []
    for topic in topics:
        own = points[core == topic.id]
        x, y = densest_point(own) if len(own) > 30 else own.mean(axis=0)
        described.append(
            {
                "id": topic.id,
                "label": topic.label,
                "size": topic.size,
                "assigned": topic.assigned,
                "keywords": [keyword.term for keyword in topic.keywords[:KEYWORDS]],
                "colour": topic.colour,
                "parent": topic.parent,
                "stability": topic.stability,
                "x": round(float(x)),
                "y": round(float(y)),
            }
        )
    return described


def _areas(atlas: AtlasData, core: NDArray[np.int32], points: NDArray[np.float64]) -> list[dict[str, Any]]:
    """The same of areas, each with its topics, the largest first."""
    area_of = {topic.id: topic.parent for topic in atlas.topics if topic.parent is not None}
    areas = np.array([area_of.get(topic, -1) for topic in core.tolist()], dtype=np.int32)
    described = _topics(atlas.hierarchy.areas, areas, points)
    for area in described:
        area["topics"] = [topic.id for topic in atlas.hierarchy.of_area(area["id"])]
    return described
