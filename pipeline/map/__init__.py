"""Atlas -> the map: pictures (map.png, map.svg) and a page to explore (map.html)."""

from pipeline.map.draw import draw_atlas
from pipeline.map.html import write_page
from pipeline.map.picture import Picture
from pipeline.map.result import draw_result

__all__ = ["Picture", "draw_atlas", "draw_result", "write_page"]
