"""Atlas -> the map: pictures (map.png, map.svg) and a page to explore (map.html)."""

from pipeline.map.draw import draw_atlas
from pipeline.map.html import write_page
from pipeline.map.picture import Picture

__all__ = ["Picture", "draw_atlas", "write_page"]
