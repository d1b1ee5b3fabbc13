"""Arguments, options and help texts that several commands share."""

from pathlib import Path
from typing import Annotated

import typer

ConfigFile = Annotated[Path, typer.Argument(metavar="CONFIG", help="TOML file, e.g. configs/seed.toml.")]
Run = Annotated[str, typer.Argument(metavar="RUN", help="Run folder, or its name under outputs/.")]
Overrides = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="Override a setting, e.g. reducer.n_neighbors=30; repeatable."),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Show no progress.")]
OutputFolder = Annotated[
    Path | None,
    typer.Option("--output", metavar="FOLDER", help="Run folder to write.", show_default="outputs/NAME"),
]
Labels = Annotated[
    str | None, typer.Option(metavar="COLUMN", help="Column of the papers to compare the topics with, e.g. categories.")
]
Topic = Annotated[
    str | None, typer.Option(metavar="TOPIC", help="Only papers of this topic, given by its number or label.")
]
Where = Annotated[
    str | None,
    typer.Option(
        metavar="CONDITION", help="Only papers that meet a condition, e.g. \"year >= 2020 and authors contains 'Qu'\"."
    ),
]
ZoteroPort = Annotated[
    int,
    typer.Option("--port", metavar="PORT", min=1, max=65535, help="Port of Zotero, where its settings have another."),
]
SvgFile = Annotated[Path | None, typer.Option("--svg", metavar="FILE", help="Write a drawing (SVG).")]
PngFile = Annotated[Path | None, typer.Option("--png", metavar="FILE", help="Write a picture (PNG).")]


def examples(*lines: str) -> str:
    """The text below the options of a command; the first character keeps its lines from being joined."""
    return "\b\nExamples:\n" + "\n".join(f"  paperatlas {line}" for line in lines)
