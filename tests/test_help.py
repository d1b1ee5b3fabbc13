"""What the commands say of themselves; and that the library speaks of no command line."""

import ast
import re
import shlex

import pytest
import typer

from pipeline.cli import main
from pipeline.cli.commands import app
from tests.conftest import REPOSITORY

PACKAGE = REPOSITORY / "pipeline"


def leaves(command, path=()):
    """(names, command) of every command and of every group."""
    yield path, command
    for name, inner in getattr(command, "commands", {}).items():
        yield from leaves(inner, (*path, name))


COMMANDS = dict(leaves(typer.main.get_command(app)))
SINGLE = {path: command for path, command in COMMANDS.items() if not hasattr(command, "commands")}


def help_of(path, capsys):
    assert main([*path, "--help"]) == 0
    return capsys.readouterr().out


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_every_help_is_shown_and_reads_the_same_way(path, capsys):
    shown = help_of(path, capsys)
    text = " ".join(shown.split())
    assert re.search(r"^  [A-Z].*", shown, re.MULTILINE)
    for private in ("by itself", "may be given again", "known already", "wanted", "told"):
        assert private not in text
    assert text.lower().count("default:") == text.count("[default: "), "defaults are shown in one way"
    assert "..." not in re.sub(r"COMMAND \[ARGS\]\.\.\.|\{FILES\}\.\.\.|FILES\.\.\.|:\.\.\.", "", shown), (
        "the first sentence of a command fits the list of commands"
    )
    for option in COMMANDS[path].params:
        assert getattr(option, "hidden", False) or getattr(option, "help", None), f"{option.name} says nothing"


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_the_examples_of_a_command_are_commands_that_exist(path):
    for line in re.findall(r"^  paperatlas (.*)$", COMMANDS[path].epilog or "", re.MULTILINE):
        words = shlex.split(line)
        depth = max(length for length in (1, 2) if tuple(words[:length]) in SINGLE)
        command = SINGLE[tuple(words[:depth])]
        assert tuple(words[: len(path)]) == path, f"an example of another command: {line}"
        options = {name for option in command.params for name in getattr(option, "opts", ()) if name.startswith("-")}
        assert {word for word in words[depth:] if re.match(r"--?[a-z]", word)} <= options, line


def test_every_command_that_takes_arguments_has_an_example():
    silent = [" ".join(path) for path, command in SINGLE.items() if command.params and not command.epilog]
    assert silent == ["cache info"]


def test_the_library_names_no_option_of_the_command_line():
    """Its messages are read in notebooks, by programs and over HTTP as well; CSS has names of this form."""
    named = []
    for path in sorted(PACKAGE.rglob("*.py")):
        place = path.relative_to(PACKAGE)
        if place.parts[0] == "cli" or place.as_posix() in ("web/api_docs.py", "workers/ray_connection.py"):
            continue  # the last names options of Ray's own command
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            text = node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""
            named += [f"{place}:{node.lineno}: {option}" for option in re.findall(r"(?<![\w-])--[a-z][\w-]*", text)]
    assert named == []
