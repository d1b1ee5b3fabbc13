"""The shape of the code: stages import no later stage, files say their arrow, nothing forbidden is used."""

import ast
import re
from pathlib import Path

import pytest

from tests.conftest import REPOSITORY

PACKAGE = REPOSITORY / "pipeline"
MODULES = sorted(PACKAGE.rglob("*.py"))
# In the order of the flow: a module may import only from its own line and the lines above.
LAYERS = (
    ("errors", "version", "text", "stop_words", "progress", "machine"),
    ("words", "http", "diversity"),
    ("config",),
    ("corpus",),
    ("export",),
    ("embedding",),
    ("neighbours", "quality"),
    ("reducer", "map_trust", "matching"),
    ("clusterer",),
    ("paper_ids",),
    ("topics",),
    ("lexical",),
    ("atlas",),
    ("assigner", "report", "planning", "account", "baseline", "stages", "topic_chat", "columns", "fetch"),
    ("recommender",),
    ("map", "evaluation"),
    ("trends", "diff"),
    ("build",),
    ("comparison", "adding"),
    ("web",),
    ("cli",),
    ("__init__", "__main__"),
)
RANK = {name: rank for rank, names in enumerate(LAYERS) for name in names}


def layer_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports_when_loaded(tree: ast.Module) -> list[str]:
    """Modules of the package imported at the top of a file; those inside functions or for types alone do not count."""
    found = []
    for node in tree.body:
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("pipeline"):
            found += [node.module] if node.module != "pipeline" else [f"pipeline.{name.name}" for name in node.names]
    return found


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_no_stage_imports_a_later_one(path):
    own = layer_of(path)
    assert own in RANK, f"{own} has no place in the flow: add it to LAYERS"
    if own == "__init__":
        return
    for module in imports_when_loaded(ast.parse(path.read_text(encoding="utf-8"))):
        other = module.split(".")[1] if "." in module else "__init__"
        assert RANK[other] <= RANK[own], f"{path.name} imports {module}, which comes later"
        assert other == own or RANK[other] != RANK[own] or RANK[own] == 0, f"{path.name} imports {module}, a peer"


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_every_module_says_what_it_is_and_stays_readable(path):
    text = path.read_text(encoding="utf-8")
    assert ast.get_docstring(ast.parse(text)), f"{path.name} has no first line"
    assert text.count("\n") <= 320, f"{path.name} is too long: make it a folder"


def test_public_functions_and_classes_have_docstrings():
    silent = []
    for path in MODULES:
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            public = isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_")
            if public and not ast.get_docstring(node):
                silent.append(f"{path.relative_to(PACKAGE)}:{node.name}")
    assert silent == []


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
    allowed = {"os\\.environ": {"config/places.py", "embedding/sentence_transformers_encoder.py"}}
    for path in MODULES:
        name = str(path.relative_to(PACKAGE))
        if name in allowed.get(pattern, set()):
            continue
        assert not re.search(pattern, path.read_text(encoding="utf-8")), f"{name}: {FORBIDDEN[pattern]}"


def test_every_command_is_in_the_readme():
    from pipeline.cli.commands import app, cache_app, config_app

    readme = (REPOSITORY / "README.md").read_text(encoding="utf-8")
    commands = [command.name or command.callback.__name__ for command in app.registered_commands]
    commands += [f"config {command.name}" for command in config_app.registered_commands]
    commands += [
        f"cache {command.name or command.callback.__name__.split('_')[1]}" for command in cache_app.registered_commands
    ]
    missing = [command for command in commands if f"paperatlas {command}" not in readme]
    assert not missing, f"the README does not show: {missing}"
