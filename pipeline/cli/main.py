"""argv -> exit code: 0; 1 verify found damage; 2 the user's mistake; 75 another run holds it; 130, 143 stopped.

Nothing slow is imported before signals are taken care of.
"""

import sys
from collections.abc import Sequence
from typing import Any

from pipeline.cli.stopping import Stopping

MISTAKE = 2
COMPLETION = "_PAPERATLAS_COMPLETE"  # set by shells that ask what could come next


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code. arguments: None for those of the process, which ends after it."""
    stopping = Stopping(for_good=arguments is None)
    try:
        with stopping:
            code = _guarded(list(sys.argv[1:] if arguments is None else arguments))
            stopping.finish()
    except BaseException as problem:
        if stopping.number is None and not isinstance(problem, KeyboardInterrupt):
            raise
        from pipeline.cli.message import say  # the problem may be what a library made of the signal

        say("stopped; vectors computed so far are kept: run again to continue")
        return stopping.exit_code
    return code if stopping.number is None else stopping.exit_code


def _guarded(arguments: list[str]) -> int:
    """The exit code of a command, its failures told in one line each, everything that it printed written."""
    from pipeline.cli.address_space import require_address_space
    from pipeline.cli.message import say
    from pipeline.cli.output import PIPE_CLOSED, watched_output
    from pipeline.errors import PaperatlasError

    with watched_output() as output:
        try:
            require_address_space()
            code = _run(arguments)
            output.flush()
        except PaperatlasError as problem:
            say(str(problem))
            return problem.exit_code
        except BaseException as problem:
            from pipeline.cli.failures import in_words, is_refusal

            if not is_refusal(problem):
                raise
            if isinstance(output.problem, BrokenPipeError):  # `| head` has read what it wanted
                return PIPE_CLOSED
            cut = output.problem and f"standard output: {output.problem.strerror}; not everything was printed"
            say(cut or str(in_words(problem)))
            return MISTAKE
        return code


def _run(arguments: list[str]) -> int:
    """The exit code of a command. Not by `app()`, which takes a file that ends too early for Ctrl-C."""
    import logging

    import typer

    from pipeline.cli.commands import app
    from pipeline.cli.message import LinesHandler, one_line
    from pipeline.config import secret

    # The base of typer's usage errors, which come from its own copy of click and have no public name.
    usage_mistake: Any = typer.BadParameter.__mro__[2]
    logging.basicConfig(level=logging.WARNING, handlers=[LinesHandler()])
    if secret(COMPLETION):
        return int(app(args=arguments, prog_name="paperatlas", standalone_mode=False) or 0)
    command = typer.main.get_command(app)
    try:
        with command.make_context("paperatlas", arguments) as context:
            command.invoke(context)
    except typer.Exit as ended:
        return int(ended.exit_code)
    except usage_mistake as problem:
        problem.message = one_line(problem.message)
        problem.show()
        return int(problem.exit_code)
    return 0
