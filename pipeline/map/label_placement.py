"""Anchor points and sizes of labels -> places where no two labels overlap, and few points are covered.

Greedy: each label in turn takes, of the free places out of the anchor and rings of candidates around it, the one that
is cheapest: points under the label cost, and so does the way from the anchor. The line from a label to its anchor meets
no other label. A label without a free candidate is left out.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

RINGS = 14
DIRECTIONS = 24
GAP = 4.0  # pixels between two labels
CELL = 4.0  # pixels of the grid on which points are counted
COVERED_COSTS = 1.5  # heights of a label that it would rather go than cover a thousandth of all points


@dataclass(frozen=True)
class Box:
    """A rectangle in pixels. x, y: its centre."""

    x: float
    y: float
    width: float
    height: float

    def overlaps(self, other: "Box") -> bool:
        return (
            abs(self.x - other.x) * 2 < self.width + other.width + 2 * GAP
            and abs(self.y - other.y) * 2 < self.height + other.height + 2 * GAP
        )

    def cost(self, anchor: tuple[float, float], points: "PointCounts | None") -> float:
        """What the points that it covers cost, and its distance from the anchor in heights of its own."""
        away = float(np.hypot(self.x - anchor[0], self.y - anchor[1])) / max(self.height, 1.0)
        covered = 0.0 if points is None else points.share_under(self.grown(points.radius))
        return 1000 * covered * COVERED_COSTS + away

    def towards(self, x: float, y: float) -> tuple[float, float]:
        """Its point nearest to (x, y): where the line to an anchor begins."""
        half = self.width / 2, self.height / 2
        return min(max(x, self.x - half[0]), self.x + half[0]), min(max(y, self.y - half[1]), self.y + half[1])

    def grown(self, margin: float) -> "Box":
        """The box with so many pixels more on every side."""
        return Box(self.x, self.y, self.width + 2 * margin, self.height + 2 * margin)

    def meets(self, start: tuple[float, float], end: tuple[float, float]) -> bool:
        """Whether a straight line comes within the box.

        >>> Box(0, 0, 4, 4).meets((-5, 0), (5, 1)), Box(0, 0, 4, 4).meets((-5, 0), (0, 5))
        (True, False)
        """
        first, last = 0.0, 1.0
        sides = (
            (start[0] - self.x, end[0] - start[0], self.width),
            (start[1] - self.y, end[1] - start[1], self.height),
        )
        for offset, step, size in sides:
            if step == 0:
                if abs(offset) > size / 2:
                    return False
                continue
            enters, leaves = sorted(((-size / 2 - offset) / step, (size / 2 - offset) / step))
            first, last = max(first, enters), min(last, leaves)
        return first <= last

    def inside(self, width: float, height: float, *, margin: float) -> bool:
        """Whether it lies in a picture of that size, at least `margin` pixels from its edges."""
        x, y = self.width / 2 + margin, self.height / 2 + margin
        return x <= self.x <= width - x and y <= self.y <= height - y


class PointCounts:
    """How many points lie in any box, from sums over a grid. points: (n, 2) pixels; radius: of one as it is drawn."""

    def __init__(self, points: NDArray[np.float64], *, width: float, height: float, radius: float = 0.0) -> None:
        self.radius = radius
        shape = int(np.ceil(width / CELL)) + 1, int(np.ceil(height / CELL)) + 1
        cells = np.clip((points / CELL).astype(np.int64), 0, np.array(shape) - 1)
        grid = np.zeros(shape)
        np.add.at(grid, (cells[:, 0], cells[:, 1]), 1.0)
        self.total = max(len(points), 1)
        self.sums = np.pad(grid.cumsum(axis=0).cumsum(axis=1), ((1, 0), (1, 0)))

    def share_under(self, box: Box) -> float:
        """The share of all points under the box, to the width of a cell."""
        limits = np.array(self.sums.shape) - 1
        low = np.clip(np.floor(np.array([box.x - box.width / 2, box.y - box.height / 2]) / CELL), 0, limits)
        high = np.clip(np.ceil(np.array([box.x + box.width / 2, box.y + box.height / 2]) / CELL), 0, limits)
        (x0, y0), (x1, y1) = low.astype(int), high.astype(int)
        sums = self.sums
        return float(sums[x1, y1] - sums[x0, y1] - sums[x1, y0] + sums[x0, y0]) / self.total


def place_labels(
    anchors: NDArray[np.float64],
    sizes: Sequence[tuple[float, float]],
    *,
    width: float,
    height: float,
    margin: float = 0.0,
    occupied: Sequence[Box] = (),
    points: NDArray[np.float64] | None = None,
    radius: float = 0.0,
) -> list[Box | None]:
    """A place for each label, None for a label left out. anchors: (t, 2) pixels; sizes: (width, height) of each label.

    width, height: of the picture; no label is nearer to its edges than `margin`. No place overlaps another, or a box
    of `occupied`. points: (n, 2) pixels that labels had better not cover, each drawn with that radius.
    """
    obstacles = list(occupied)
    places: list[Box | None] = []
    counts = None if points is None else PointCounts(points, width=width, height=height, radius=radius)
    lines: list[tuple[Box, tuple[float, float]]] = []
    for (x, y), size in zip(anchors.tolist(), sizes, strict=True):
        free = [
            box
            for box in _candidates(x, y, size)
            if box.inside(width, height, margin=margin)
            and not any(box.overlaps(other) for other in obstacles)
            and _is_apart(box, (x, y), lines)
        ]
        costs = [round(box.cost((x, y), counts), 6) for box in free]
        place = free[int(np.argmin(costs))] if free else None
        places.append(place)
        if place is not None:
            obstacles.append(place)
            lines.append((place, (x, y)))
    return places


def _is_apart(box: Box, anchor: tuple[float, float], lines: Sequence[tuple[Box, tuple[float, float]]]) -> bool:
    """Whether its line to its anchor meets no label placed before, and it lies on the line of none."""
    start = box.towards(*anchor)
    return not any(other.meets(start, anchor) or box.meets(other.towards(*end), end) for other, end in lines)


def _candidates(x: float, y: float, size: tuple[float, float]) -> list[Box]:
    """The anchor itself, then rings around it, each a little farther."""
    boxes = [Box(x, y, *size)]
    for ring in range(1, RINGS + 1):
        for direction in range(DIRECTIONS):
            angle = 2 * np.pi * direction / DIRECTIONS
            reach = ring * size[1] * 0.6
            boxes.append(Box(x + 1.6 * reach * np.cos(angle), y + reach * np.sin(angle), *size))
    return boxes


def densest_point(points: NDArray[np.float64], *, cells: int = 12) -> NDArray[np.float64]:
    """The mean of the points in the fullest cell of a grid over them, smoothed over its neighbours: (2,)."""
    low, high = points.min(axis=0), points.max(axis=0)
    span = np.where(high > low, high - low, 1.0)
    cell = np.minimum((points - low) / span * cells, cells - 1).astype(np.int64)
    grid = np.zeros((cells + 2, cells + 2))
    np.add.at(grid, (cell[:, 0] + 1, cell[:, 1] + 1), 1.0)
    smooth = sum(grid[1 + a : cells + 1 + a, 1 + b : cells + 1 + b] for a in (-1, 0, 1) for b in (-1, 0, 1))
    best = np.unravel_index(int(np.argmax(smooth)), (cells, cells))
    near = (np.abs(cell - np.array(best)) <= 1).all(axis=1)
    return np.asarray(points[near].mean(axis=0))
