"""Atlas -> the files of its run folder for people: the map as pictures and as a page, charts, the report."""

from collections.abc import Callable

from pipeline.atlas import AtlasData
from pipeline.map import Picture, draw_atlas, write_page
from pipeline.recommender import find_near_duplicates
from pipeline.report.document import write_report
from pipeline.report.near_duplicate_list import near_duplicates_csv
from pipeline.report.report_charts import draw_charts


def draw_files(atlas: AtlasData, *, advance: Callable[[int], None] = lambda _: None) -> dict[str, bytes]:
    """By file name: map.png, map.svg, map.html unless [map] html is false, and the charts of the report.

    advance: called with the number of papers whose similar papers were computed since the last call.
    """
    config = atlas.manifest.config.map
    files = draw_atlas(atlas, Picture(atlas.title, (config.width, config.height), config.labels))
    files |= draw_charts(atlas.manifest)
    if config.html:
        files["map.html"] = write_page(atlas, title=atlas.title, budget_mb=config.budget_mb, advance=advance)
    return files


def report_file(atlas: AtlasData) -> dict[str, bytes]:
    """report.md and near_duplicates.csv, whose beginning it shows, by their names."""
    listed = near_duplicates_csv(find_near_duplicates(atlas))
    return {"report.md": write_report(atlas).encode(), "near_duplicates.csv": listed}
