"""argv -> exit code: 0; 1 verify found damage; 2 the user's mistake; 75 another run holds it; 130 Ctrl-C."""

import logging
import sys
from collections.abc import Sequence
from typing import Any

import typer

from pipeline.cli import show
from pipeline.cli.commands import app
from pipeline.errors import PaperatlasError

INTERRUPTED = 130
# The base of typer's usage errors, which come from its own copy of click and have no public name.
UsageMistake: Any = typer.BadParameter.__mro__[2]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    logging.basicConfig(level=logging.WARNING, format="paperatlas: %(message)s")
    try:
        code = app(args=list(sys.argv[1:] if arguments is None else arguments), standalone_mode=False)
    except PaperatlasError as problem:
        show.problem(str(problem))
        return problem.exit_code
    except UsageMistake as problem:
        problem.show()
        return int(problem.exit_code)
    except (KeyboardInterrupt, typer.Abort):
        code = INTERRUPTED
    if code == INTERRUPTED:  # typer turns Ctrl-C inside a command into this code
        show.problem("stopped; vectors computed so far are kept: run again to continue")
    return code if isinstance(code, int) else 0
