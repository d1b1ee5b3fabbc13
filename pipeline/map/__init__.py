"""Coordinates, topics -> pictures of the map: map.png and map.svg."""

from pipeline.map.picture import draw_map

__all__ = ["draw_map"]
