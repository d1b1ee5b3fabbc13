"""A run of the demo -> the pictures of the pages: screenshots of its map, its map as a figure, how it came to be.

python -m docs.tools.pictures outputs/demo docs/pictures
"""

import sys
from pathlib import Path
from typing import Any

from docs.tools.diagrams import draw_diagrams
from pipeline.atlas import load_run
from pipeline.map import Picture, draw_atlas
from tests.browser import file_address, open_browser, show

SIZE = (1200, 720)  # pixels
PAPER = "sleep-apnoea-3"


def take_screenshots(browser: Any, run: Path, folder: Path) -> None:
    """The map as it opens, and with a paper open."""
    for name, fragment in {"map": "", "paper": f"#paper={PAPER}"}.items():
        seen = show(browser, file_address(run / "map.html", fragment), size=SIZE, color_scheme="light")
        seen.page.wait_for_timeout(500)  # milliseconds, for the last frame
        seen.page.screenshot(path=folder / f"{name}.png")


def draw_figure(run: Path, folder: Path) -> None:
    """The map as `paperatlas map` draws it."""
    atlas = load_run(run)
    picture = Picture(atlas.title, (1200, 800), 60, dpi=100, formats=("png",), highlight=())
    (folder / "figure.png").write_bytes(draw_atlas(atlas, picture, colour_by="topic")["map.png"])


def main() -> None:
    """Write all pictures. A new look of the map, or a new demo, is a reason to."""
    run, folder = Path(sys.argv[1]), Path(sys.argv[2])
    folder.mkdir(exist_ok=True)
    with open_browser() as browser:
        take_screenshots(browser, run, folder)
    draw_figure(run, folder)
    draw_diagrams(run, folder)


if __name__ == "__main__":
    main()
