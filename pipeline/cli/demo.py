"""`paperatlas demo`: the corpus that comes with the package -> a run, and its map in the browser."""

from importlib import resources
from typing import Annotated

import typer

from pipeline.cli import show
from pipeline.cli.arguments import OutputFolder, Overrides, Quiet


def demo(
    *,
    no_open: Annotated[bool, typer.Option("--no-open", help="Do not open the map in the browser.")] = False,
    overrides: Overrides = None,
    output: OutputFolder = None,
    quiet: Quiet = False,
) -> None:
    """Run 200 made-up papers and open their map.

    They come with paperatlas; their authors, findings and figures are not real.
    """
    from pipeline.cli.open import open_page
    from pipeline.cli.runs import into_folder, run_and_show
    from pipeline.config import load_config

    with resources.as_file(resources.files("pipeline").joinpath("demo")) as folder:
        config = into_folder(load_config(folder / "demo.toml", tuple(overrides or ())), output)
        run_and_show(config, quiet=quiet)
    page = config.run_folder / "map.html"
    if page.is_file() and not no_open:
        show.line()
        open_page(page)
