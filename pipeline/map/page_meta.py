"""What the scripts of map.html read besides the papers, field by field: each name is a key of the page's JSON."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class PageTopic:
    """One topic, area or subtopic.

    size: core papers; assigned: papers whose nearest topic it is. parent: id one level up, None where there is none.
    colour: number in the palette. stability: share of the resamples in which it was recovered, None where not measured.
    x, y: where its label belongs, from 0 to 65,535.
    """

    id: int
    label: str
    size: int
    assigned: int
    keywords: tuple[str, ...]
    colour: int
    parent: int | None
    stability: float | None
    x: int
    y: int


@dataclass(frozen=True)
class PageArea(PageTopic):
    """An area. topics: ids of its topics, the largest first."""

    topics: tuple[int, ...]


@dataclass(frozen=True)
class PageColumn:
    """A column that colours can stand for. groups: names of its groups, the largest first; empty for numbers."""

    name: str
    groups: tuple[str, ...]


@dataclass(frozen=True)
class MapPreservation:
    """Neighbourhood preservation: of the `true` most similar papers, the share among the `near` nearest on the map."""

    true: int
    near: int
    mean: float


@dataclass(frozen=True)
class PageMeta:
    """papers: how many this page holds, of `total` in the atlas. left_out: in words, what the page has no room for.

    palette, noise: colours by theme, "light" and "dark". scale: colours of numbers, from low to high.
    """

    version: str
    title: str
    papers: int
    total: int
    left_out: tuple[str, ...]
    topics: tuple[PageTopic, ...]
    areas: tuple[PageArea, ...]
    subtopics: tuple[PageTopic, ...]
    columns: tuple[PageColumn, ...]
    preservation: MapPreservation
    palette: Mapping[str, tuple[str, ...]]
    noise: Mapping[str, str]
    scale: tuple[str, ...]
