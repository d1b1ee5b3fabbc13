"""Atlas -> the map: pictures (map.png, map.svg) and a page to explore (map.html)."""

from pipeline.map.html import write_page
from pipeline.map.picture import draw_map

__all__ = ["draw_map", "write_page"]
