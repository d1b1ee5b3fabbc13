"""The shape of the code: stages import no later stage, files say their arrow, nothing forbidden is used."""

import ast
import re
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

from tests.conftest import REPOSITORY

PACKAGE = REPOSITORY / "pipeline"
MODULES = sorted(PACKAGE.rglob("*.py"))
# In the order of the flow: a module may import only from its own room and from rooms on the lines above.
LAYERS = (
    ("errors", "version", "progress", "atomic_write", "charts"),
    ("workers",),
    ("words",),
    ("config",),
    ("corpus",),
    ("embedding", "neighbours", "fetch", "references"),
    ("reducer",),
    ("clusterer",),
    ("topics",),
    ("atlas",),
    ("recommender",),
    ("map", "evaluation"),
    ("report", "trends", "diff", "export"),
    ("build", "adding"),
    ("watch",),
    ("api", "web"),
    ("sklearn",),
    ("cli",),
    ("__init__", "__main__"),
)
RANK = {room: rank for rank, rooms in enumerate(LAYERS) for room in rooms}
MOST_ROOMS = 31  # beside them demo/, which holds no module
MOST_LINES = 320
MOST_POSITIONAL = 3
MOST_ANY = 80


@cache
def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def room_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def module_name(path: Path) -> str:
    parts = path.relative_to(REPOSITORY).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


NAMES = {module_name(path) for path in MODULES}


def imported_modules(path: Path) -> set[str]:
    """Modules of the package that a file imports anywhere: at its top, inside functions, for types alone.

    `from pipeline.atlas import AtlasData` is an import of pipeline.atlas, `from pipeline.corpus import files` of
    pipeline.corpus.files.
    """
    modules = set()
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Import):
            modules |= {name.name for name in node.names if name.name.partition(".")[0] == "pipeline"}
        elif isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] == "pipeline":
            whole = {f"{node.module}.{name.name}" for name in node.names} & NAMES
            modules |= whole or {str(node.module)}
    return modules


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_no_room_imports_a_later_one(path):
    own = room_of(path)
    assert own in RANK, f"{own} has no place in the flow: add it to LAYERS"
    for module in imported_modules(path):
        other = module.split(".")[1] if "." in module else "__init__"
        if other == own or module == "pipeline.version":
            continue
        assert RANK[other] < RANK[own], f"{path.name} imports {module}, which does not come before {own}"


def test_the_imports_of_modules_form_no_circle():
    """Imports inside functions and for types counted; a package's __init__ stands for the modules it collects."""
    graph = {module_name(path): imported_modules(path) & NAMES for path in MODULES}
    done: set[str] = set()
    circles = []

    def visit(module: str, trail: tuple[str, ...]) -> None:
        if module in trail:
            circles.append(" -> ".join((*trail[trail.index(module) :], module)))
            return
        if module in done:
            return
        for other in sorted(graph[module]):
            visit(other, (*trail, module))
        done.add(module)

    for module in sorted(graph):
        visit(module, ())
    assert circles == []


def test_a_planted_circle_would_be_seen(tmp_path):
    """The functions above read imports inside functions: else the test before could not fail."""
    file = tmp_path / "late.py"
    file.write_text("def f():\n    from pipeline.atlas import AtlasData\n    return AtlasData\n", encoding="utf-8")
    assert imported_modules(file) == {"pipeline.atlas"}


def test_the_listing_can_be_read_at_a_glance():
    rooms = {room_of(path) for path in MODULES} - {"__init__", "__main__"}
    assert len(rooms) <= MOST_ROOMS
    assert rooms == set(RANK) - {"__init__", "__main__"}, "LAYERS names rooms that are not there"


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_every_module_says_what_it_is_and_stays_readable(path):
    assert ast.get_docstring(parsed(path)), f"{path.name} has no first line"
    assert path.read_text(encoding="utf-8").count("\n") <= MOST_LINES, f"{path.name} is too long: make it a folder"


def test_public_functions_and_classes_have_docstrings():
    silent = []
    for path in MODULES:
        for node in parsed(path).body:
            public = isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_")
            if public and not ast.get_docstring(node):
                silent.append(f"{path.relative_to(PACKAGE)}:{node.name}")
    assert silent == []


def test_no_function_takes_more_than_three_positional_parameters():
    crowded = []
    for path in MODULES:
        for node in ast.walk(parsed(path)):
            if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) or node.decorator_list:
                continue
            positional = [*node.args.posonlyargs, *node.args.args]
            names = [argument.arg for argument in positional if argument.arg not in ("self", "cls")]
            if len(names) > MOST_POSITIONAL:
                crowded.append(f"{path.relative_to(PACKAGE)}:{node.name}")
    assert crowded == []


def test_types_are_named():
    """Any stands at the border of libraries without types, and nowhere else."""
    count = sum(isinstance(node, ast.Name) and node.id == "Any" for path in MODULES for node in ast.walk(parsed(path)))
    assert count < MOST_ANY
    ignored = sum(path.read_text(encoding="utf-8").count("type: ignore") for path in MODULES)
    assert ignored < 10


def test_a_file_and_a_class_of_one_name_stand_once():
    files = Counter(path.name for path in MODULES if path.name not in ("__init__.py", "__main__.py"))
    classes = Counter(
        node.name
        for path in MODULES
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_")
    )
    assert [name for name, count in (files + classes).items() if count > 1] == []


FORBIDDEN = {
    r"\bimport (pickle|joblib)\b": "pickle and joblib run code that is hidden in files",
    r"(?<![\w.])eval\(": "eval runs code",
    r"allow_pickle=True": "numpy's pickles run code",
    r"trust_remote_code=True": "a model must not bring code",
    r"shell=True|os\.system": "no shell strings",
    r"except Exception\b|except:\s": "errors are named",
    r"os\.environ": "settings are read in config only",
}


@pytest.mark.parametrize("pattern", FORBIDDEN)
def test_nothing_forbidden_is_used(pattern):
    allowed = {
        "os\\.environ": {
            "config/environment.py",
            "embedding/sentence_transformers_encoder.py",
            "workers/processes.py",
            "workers/ray_tasks.py",
            "workers/ray_connection.py",
        }
    }
    for path in MODULES:
        name = str(path.relative_to(PACKAGE))
        if name in allowed.get(pattern, set()):
            continue
        assert not re.search(pattern, path.read_text(encoding="utf-8")), f"{name}: {FORBIDDEN[pattern]}"


def test_every_command_is_documented():
    from pipeline.cli.commands import app, cache_app, config_app

    reference = (REPOSITORY / "docs" / "commands.md").read_text(encoding="utf-8")
    commands = [command.name or command.callback.__name__ for command in app.registered_commands]
    commands += [f"config {command.name}" for command in config_app.registered_commands]
    commands += [
        f"cache {command.name or command.callback.__name__.split('_')[1]}" for command in cache_app.registered_commands
    ]
    missing = [command for command in commands if f"paperatlas {command}" not in reference]
    assert not missing, f"docs/commands.md does not show: {missing}"
