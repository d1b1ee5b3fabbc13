"""`paperatlas serve` and `paperatlas map`."""

from pathlib import Path
from typing import Annotated

import typer

from pipeline.cli import show
from pipeline.cli.arguments import Run
from pipeline.errors import PaperatlasError


def serve(
    run: Run,
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port; 0 takes any free one.")] = 8765,
    host: Annotated[str, typer.Option(help="Address to listen on; any but the loopback address needs a token.")] = (
        "127.0.0.1"
    ),
    token: Annotated[str | None, typer.Option(help="What a request must know, at least 16 characters.")] = None,
    allow_origin: Annotated[
        list[str] | None, typer.Option(help="Other site whose pages may read the answers; may be given again.")
    ] = None,
    open_browser: Annotated[bool, typer.Option("--open", help="Open the map in the browser.")] = False,
) -> None:
    """Show the map with the whole atlas behind it, and answer programs at /api/v1, until Ctrl-C."""
    from pipeline.atlas import load_run
    from pipeline.web import serve as serve_atlas

    def started(address: str) -> None:
        show.line(f"Map: {address}   API: {address.partition('?')[0]}api   (Ctrl-C stops)")
        if open_browser:
            import webbrowser

            webbrowser.open(address)

    try:
        serve_atlas(
            load_run(run), host=host, port=port, token=token, origins=tuple(allow_origin or ()), started=started
        )
    except KeyboardInterrupt:
        show.line("stopped")


def draw(  # noqa: PLR0913 - one argument an option
    run: Run,
    png: Annotated[Path | None, typer.Option(help="Picture to write.")] = None,
    svg: Annotated[Path | None, typer.Option(help="Drawing to write.")] = None,
    pdf: Annotated[Path | None, typer.Option(help="PDF to write.")] = None,
    html: Annotated[Path | None, typer.Option(help="Page to write.")] = None,
    width: Annotated[int | None, typer.Option(min=300, max=20_000, help="Pixels; default: [map] width.")] = None,
    dpi: Annotated[int, typer.Option(min=50, max=600, help="Dots an inch: more make letters and points larger.")] = 100,
    title: Annotated[str | None, typer.Option(help="Title; default: as in the config.")] = None,
    highlight: Annotated[list[str] | None, typer.Option(help="Id of a paper to ring; may be given again.")] = None,
    color_by: Annotated[str, typer.Option(help="topic, year, strength, preservation or a column.")] = "topic",
) -> None:
    """Draw the map anew, for a paper or for slides."""
    from pipeline.atlas import load_run
    from pipeline.map import Picture, draw_atlas, write_page

    wanted = {kind: path for kind, path in (("png", png), ("svg", svg), ("pdf", pdf)) if path is not None}
    if not wanted and html is None:
        raise PaperatlasError("say what to write: --png FILE, --svg FILE, --pdf FILE or --html FILE")
    atlas = load_run(run)
    settings = atlas.manifest.config.map
    shown = title or atlas.title
    wide = width or settings.width
    size = wide, round(wide * settings.height / settings.width)
    rings = tuple(atlas.ids.row(paper) for paper in highlight or ())
    picture = Picture(shown, size, settings.labels, dpi=dpi, formats=tuple(wanted), highlight=rings)
    if color_by == "trust":
        show.problem("--color-by trust is called --color-by preservation now; the old name works in this release only")
        color_by = "preservation"
    made = draw_atlas(atlas, picture, colour_by=color_by) if wanted else {}
    files = {path: made[f"map.{kind}"] for kind, path in wanted.items()}
    if html is not None:
        files[html] = write_page(atlas, title=shown, budget_mb=settings.budget_mb)
    for path, content in files.items():
        show.write_file(path, content)
        show.line(f"{path}: {len(content) / 1e6:.1f} MB")
