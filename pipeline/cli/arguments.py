"""Arguments that several commands share."""

from pathlib import Path
from typing import Annotated

import typer

ConfigFile = Annotated[Path, typer.Argument(metavar="CONFIG", help="TOML file; see configs/default.toml.")]
Run = Annotated[str, typer.Argument(metavar="RUN", help="Run folder, or a name under outputs/.")]
Overrides = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="Override one setting, e.g. reducer.n_neighbors=30."),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]
