"""Atlas, [map] -> every picture of its run folder, and the page."""

from pipeline.atlas import Atlas
from pipeline.config import MapConfig
from pipeline.map.curve import draw_curve
from pipeline.map.draw import draw_atlas
from pipeline.map.html import write_page
from pipeline.map.picture import Picture
from pipeline.progress import Advance
from pipeline.quality import Quality, draw_quality


def draw_result(atlas: Atlas, config: MapConfig, advance: Advance = lambda _: None) -> dict[str, bytes]:
    """By file name: map.png, map.svg, map.html where it is wanted, and the small charts of the report."""
    picture = Picture(atlas.title, (config.width, config.height), config.labels)
    made = draw_atlas(atlas, picture) | draw_quality(Quality(**atlas.manifest.quality))
    if len(atlas.manifest.choice["curve"]) > 1:
        made["topic_choice.svg"] = draw_curve(atlas.manifest.choice)
    if config.html:
        made["map.html"] = write_page(atlas, title=atlas.title, budget_mb=config.budget_mb, advance=advance)
    return made
