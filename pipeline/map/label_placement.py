"""Anchor points and sizes of labels -> places where no two labels overlap.

Greedy: each label in turn takes the first free place out of the anchor and rings of candidates around it; a label
without a free candidate is left out.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

RINGS = 14
DIRECTIONS = 24
GAP = 4.0  # pixels between two labels


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

    def inside(self, width: float, height: float, *, margin: float) -> bool:
        """Whether it lies in a picture of that size, at least `margin` pixels from its edges."""
        x, y = self.width / 2 + margin, self.height / 2 + margin
        return x <= self.x <= width - x and y <= self.y <= height - y


def place_labels(
    anchors: NDArray[np.float64],
    sizes: Sequence[tuple[float, float]],
    *,
    width: float,
    height: float,
    margin: float = 0.0,
    occupied: Sequence[Box] = (),
) -> list[Box | None]:
    """A place for each label, None for a label left out. anchors: (t, 2) pixels; sizes: (width, height) of each label.

    width, height: of the picture; no label is nearer to its edges than `margin`. No place overlaps another, or a box
    of `occupied`.
    """
    obstacles = list(occupied)
    places: list[Box | None] = []
    for (x, y), size in zip(anchors.tolist(), sizes, strict=True):
        place = next(
            (
                box
                for box in _candidates(x, y, size)
                if box.inside(width, height, margin=margin) and not any(box.overlaps(other) for other in obstacles)
            ),
            None,
        )
        places.append(place)
        if place is not None:
            obstacles.append(place)
    return places


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
