"""`paperatlas open`, and a page -> the browser."""

from pathlib import Path

from pipeline.cli import show
from pipeline.cli.arguments import Run
from pipeline.errors import PaperatlasError


def open_map(run: Run) -> None:
    """Open the map of a run in the browser."""
    from pipeline.atlas import find_run

    page = find_run(run) / "map.html"
    if not page.is_file():
        raise PaperatlasError(
            f"{page}: not there; 'paperatlas serve {run} --open' shows the map,"
            f" 'paperatlas map {run} --html FILE' writes it"
        )
    open_page(page)


def open_page(page: Path) -> None:
    """Open a file in the browser, and print where it is."""
    import webbrowser

    if webbrowser.open(page.resolve().as_uri()):
        show.line(f"Map: {page}, opened in your browser")
    else:
        show.line(f"Map: {page}; no browser was found here: open this file in one")
