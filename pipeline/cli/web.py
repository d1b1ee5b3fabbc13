"""`paperatlas serve` and `paperatlas map`."""

from pathlib import Path
from typing import Annotated

import typer

from pipeline.cli import show
from pipeline.cli.arguments import PngFile, Run, SvgFile
from pipeline.cli.stopping import end_soon
from pipeline.errors import PaperatlasError


def serve(
    run: Run,
    *,
    port: Annotated[
        int, typer.Option(metavar="PORT", min=0, max=65535, help="Port to listen on; 0 takes any free one.")
    ] = 8765,
    host: Annotated[
        str, typer.Option(metavar="ADDRESS", help="Address to listen on; any but a loopback address needs --token.")
    ] = "127.0.0.1",
    token: Annotated[
        str | None,
        typer.Option(metavar="TOKEN", help="Secret that every request must carry, of at least 16 characters."),
    ] = None,
    allow_origin: Annotated[
        list[str] | None,
        typer.Option(
            metavar="ORIGIN", help="Site whose pages may use the API (CORS), e.g. http://localhost:3000; repeatable."
        ),
    ] = None,
    feeds: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="Folder of a watch, to serve its feeds.", show_default="RUN.watch"),
    ] = None,
    open_browser: Annotated[bool, typer.Option("--open", help="Open the map in the browser.")] = False,
) -> None:
    """Serve the map and a JSON API on this machine.

    Runs until Ctrl-C (exit code 130) or SIGTERM (143). The API is described at /api.
    """
    from pipeline.atlas import load_run
    from pipeline.web.serve import serve as serve_atlas

    def started(address: str) -> None:
        show.line(f"Map: {address}   API: {address.partition('?')[0]}api   (Ctrl-C stops)")
        if open_browser:
            import webbrowser

            webbrowser.open(address)

    try:
        serve_atlas(
            load_run(run),
            host=host,
            port=port,
            token=token,
            origins=tuple(allow_origin or ()),
            feeds=feeds,
            started=started,
            ended=end_soon,
        )
    except KeyboardInterrupt:
        show.line("stopped")


def draw(  # noqa: PLR0913 - one argument an option
    run: Run,
    *,
    png: PngFile = None,
    svg: SvgFile = None,
    pdf: Annotated[Path | None, typer.Option(metavar="FILE", help="Write a PDF.")] = None,
    html: Annotated[Path | None, typer.Option(metavar="FILE", help="Write an interactive page (HTML).")] = None,
    width: Annotated[
        int | None,
        typer.Option(
            metavar="PIXELS", min=300, max=20_000, help="Width of the picture.", show_default="map.width of the run"
        ),
    ] = None,
    dpi: Annotated[
        int, typer.Option(metavar="DPI", min=50, max=600, help="Dots per inch; more make text and points larger.")
    ] = 100,
    title: Annotated[
        str | None, typer.Option(metavar="TEXT", help="Title of the map.", show_default="title of the run")
    ] = None,
    highlight: Annotated[list[str] | None, typer.Option(metavar="ID", help="Paper to circle; repeatable.")] = None,
    color_by: Annotated[
        str,
        typer.Option(metavar="COLUMN", help="topic, year, strength, preservation (of neighbourhoods), or any column."),
    ] = "topic",
) -> None:
    """Draw the map as a picture or a page.

    Give at least one of --png, --svg, --pdf and --html.
    """
    from pipeline.atlas import load_run
    from pipeline.map import Picture, draw_atlas, write_page

    requested = {kind: path for kind, path in (("png", png), ("svg", svg), ("pdf", pdf)) if path is not None}
    if not requested and html is None:
        raise PaperatlasError("say what to write: --png FILE, --svg FILE, --pdf FILE or --html FILE")
    atlas = load_run(run)
    settings = atlas.manifest.config.map
    heading = title or atlas.title
    pixels = width or settings.width
    size = pixels, round(pixels * settings.height / settings.width)
    rings = tuple(atlas.ids.row(paper) for paper in highlight or ())
    picture = Picture(heading, size, settings.labels, dpi=dpi, formats=tuple(requested), highlight=rings)
    if color_by == "trust":
        show.problem("--color-by trust is now called --color-by preservation; the old name works in this release only")
        color_by = "preservation"
    pictures = draw_atlas(atlas, picture, colour_by=color_by) if requested else {}
    files = {path: pictures[f"map.{kind}"] for kind, path in requested.items()}
    if html is not None:
        files[html] = write_page(atlas, title=heading, budget_mb=settings.budget_mb)
    for path, content in files.items():
        show.write_file(path, content)
        show.line(f"{path}: {len(content) / 1e6:.1f} MB")
