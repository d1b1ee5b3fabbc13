"""Source of a module -> every mutant of it, each a piece of text in the place of another.

Not mutated: annotations and type aliases, decorators, docstrings, imports, `__all__`, raise and assert, log calls and
warnings, and the blocks under TYPE_CHECKING and `if __name__`.
"""

import ast
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate
from pathlib import Path

from benchmarks.mutation.mutators import Defaults, FunctionNode, Place, mutators, with_replacement

SKIPPED_FIELDS = {"annotation", "returns", "decorator_list", "pattern"}
LOGGERS = {"log", "LOG", "logger", "LOGGER", "logging", "warnings"}
TYPE_MAKERS = {"TypeVar", "NewType", "ParamSpec"}
BODIES = ("body", "orelse", "finalbody", "handlers", "cases")


@dataclass(frozen=True)
class Mutant:
    """One fault: the bytes start..end of `file`, UTF-8, become `text`.

    file: from the repository's root, with "/". line: of the changed code; code: that line of the source. function:
    dotted. before and after: the smallest code that differs. occurrence: 1 for the first of several mutants of a
    function that are the same in words. lines: those of which a test must reach one, None at import.
    """

    file: str
    line: int
    function: str
    kind: str
    before: str
    after: str
    code: str
    start: int
    end: int
    text: str
    lines: tuple[int, int] | None
    occurrence: int = 1

    @property
    def key(self) -> str:
        """The same for the same fault after lines were added elsewhere in the file."""
        return f"{self.file}::{self.function} {self.kind}: {self.before} -> {self.after} #{self.occurrence}"

    def applied(self, source: bytes) -> bytes:
        """The mutated source; a SyntaxError would be a defect of this tool."""
        mutated = source[: self.start] + self.text.encode() + source[self.end :]
        compile(mutated, self.file, "exec")
        return mutated


def collect(repository: Path, modules: Sequence[str]) -> list[Mutant]:
    """The mutants of all modules (files, or folders with all below), in the order of files and lines."""
    paths = sorted({path for module in modules for path in _sources(repository / module)})
    defaults = find_defaults(repository, packages_of(modules))
    mutants = []
    for path in paths:
        mutants += find_mutants(path.read_bytes(), path.relative_to(repository).as_posix(), defaults=defaults)
    return mutants


def packages_of(modules: Sequence[str]) -> list[str]:
    """The top packages: those whose import must come from the mutated copy."""
    return sorted({Path(module).parts[0].removesuffix(".py") for module in modules})


def _sources(path: Path) -> list[Path]:
    if not path.exists():
        raise SystemExit(f"--modules {path}: no such file or folder")
    return sorted(path.rglob("*.py")) if path.is_dir() else [path]


def find_defaults(repository: Path, packages: Sequence[str]) -> Defaults:
    """(function or class, argument or field) of the packages that have a default."""
    found: set[tuple[str, str]] = set()
    for package in packages:
        for path in sorted((repository / package).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_bytes())):
                found |= {(node.name, name) for name in _defaults(node)} if hasattr(node, "name") else set()
    return frozenset(found)


def _defaults(node: ast.AST) -> list[str]:
    if isinstance(node, ast.ClassDef):
        fields = [each for each in node.body if isinstance(each, ast.AnnAssign) and each.value]
        return [each.target.id for each in fields if isinstance(each.target, ast.Name)]
    if not isinstance(node, FunctionNode):
        return []
    positional = [*node.args.posonlyargs, *node.args.args]
    optional = positional[len(positional) - len(node.args.defaults) :]
    keyword = [each for each, default in zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True) if default]
    return [each.arg for each in [*optional, *keyword]]


def find_mutants(source: bytes, file: str, *, defaults: Defaults = frozenset()) -> list[Mutant]:
    """Every mutant of one module, in the order of its places; no two have the same text.

    >>> [(each.before, each.after) for each in find_mutants(b"f(lambda a: not a)", "a.py")]
    [('f(lambda a: not a)', 'pass'), ('not a', 'a')]
    """
    text = _Text(source, file)
    tree = ast.parse(source)
    found: dict[tuple[int, int, str], Mutant] = {}
    for place in _walk(Place(tree, tree, "")):
        for kind, mutate in mutators(defaults).items():
            for replacement in mutate(place):
                mutant = text.mutant(place, replacement, kind)
                found.setdefault((mutant.start, mutant.end, mutant.text), mutant)
    return _counted(found.values())


def _counted(mutants: Iterable[Mutant]) -> list[Mutant]:
    seen: Counter[str] = Counter()
    numbered = []
    for mutant in mutants:
        seen[mutant.key] += 1
        numbered.append(replace(mutant, occurrence=seen[mutant.key]))
    return numbered


class _Text:
    """The source of a file: from the lines and columns of `ast`, which counts bytes, to places in the file."""

    def __init__(self, source: bytes, file: str) -> None:
        self.file = file
        self.rows = source.splitlines(keepends=True)
        self.starts = [0, *accumulate(len(row) for row in self.rows)]

    def mutant(self, place: Place, replacement: ast.AST, kind: str) -> Mutant:
        anchor = place.quoted or place.node
        assert isinstance(anchor, ast.expr | ast.stmt)
        assert anchor.end_lineno is not None
        assert anchor.end_col_offset is not None
        return Mutant(
            file=self.file,
            line=anchor.lineno,
            function=".".join(place.scope) or "module",
            kind=kind,
            before=ast.unparse(place.node),
            after=ast.unparse(replacement),
            code=self.rows[anchor.lineno - 1].decode().strip(),
            start=self.starts[anchor.lineno - 1] + anchor.col_offset,
            end=self.starts[anchor.end_lineno - 1] + anchor.end_col_offset,
            text=_as_text(with_replacement(anchor, place.node, replacement)),
            lines=place.lines,
        )


def _as_text(node: ast.AST) -> str:
    text = ast.unparse(node)
    return text if isinstance(node, ast.stmt | ast.Constant | ast.Name | ast.JoinedStr) else f"({text})"


def _walk(place: Place) -> Iterator[Place]:
    """All places that may be mutated, each before what lies in it."""
    if any(untouched(place) for untouched in UNTOUCHED):
        return
    yield place
    for field, value in ast.iter_fields(place.node):
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST) and field not in SKIPPED_FIELDS:
                yield from _walk(_child(place, child, field))


def _child(place: Place, child: ast.AST, field: str) -> Place:
    node = place.node
    inside = isinstance(node, FunctionNode) and field == "body"
    function = node if inside and isinstance(node, FunctionNode) else place.function
    scope = (*place.scope, node.name) if isinstance(node, FunctionNode | ast.ClassDef) else place.scope
    lines = place.lines
    if isinstance(node, FunctionNode) and field == "args":  # a default is seen by those that run the body
        lines = node.body[0].lineno, node.end_lineno or node.lineno
    elif isinstance(child, ast.stmt):
        lines = _header(child) if function else None
    quoted = place.quoted or (node if isinstance(node, ast.JoinedStr) else None)
    return Place(child, node, field, function, quoted, scope, lines)


def _header(statement: ast.stmt) -> tuple[int, int]:
    """First and last line of a statement without the statements in it."""
    ends = [statement.lineno]
    for field, value in ast.iter_fields(statement):
        parts = value if isinstance(value, list) else [value]
        nodes = [part for part in parts if isinstance(part, ast.AST) and field not in BODIES]
        ends += [getattr(node, "end_lineno", 0) or 0 for part in nodes for node in ast.walk(part)]
    return statement.lineno, max(ends)


def _is_no_behaviour(place: Place) -> bool:
    return isinstance(place.node, ast.Import | ast.ImportFrom | ast.Raise | ast.Assert)


def _is_side_block(place: Place) -> bool:
    """`if TYPE_CHECKING` and `if __name__ == ...`."""
    if not isinstance(place.node, ast.If):
        return False
    names = {getattr(node, "id", getattr(node, "attr", "")) for node in ast.walk(place.node.test)}
    return bool(names & {"TYPE_CHECKING", "__name__"})


def _is_log_call(place: Place) -> bool:
    return (
        isinstance(place.node, ast.Expr)
        and isinstance(place.node.value, ast.Call)
        and ast.unparse(place.node.value.func).split(".")[0] in LOGGERS
    )


def _is_type_alias(place: Place) -> bool:
    """A value at the top that is only names, subscripts and `|`."""
    if not isinstance(place.node, ast.Assign) or place.scope:
        return False
    nodes = list(ast.walk(place.node.value))
    parts = (ast.Name, ast.Attribute, ast.Subscript, ast.BinOp, ast.BitOr, ast.Tuple, ast.List, ast.expr_context)
    texts = [node for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str | None)]
    return all(isinstance(node, parts) or node in texts for node in nodes)


def _is_type(place: Place) -> bool:
    """The types among the arguments of isinstance, cast and TypeVar."""
    if not isinstance(call := place.parent, ast.Call):
        return False
    name = ast.unparse(call.func).split(".")[-1]
    positions = {"isinstance": call.args[1:2], "issubclass": call.args[1:2], "cast": call.args[:1]}
    return name in TYPE_MAKERS or place.node in positions.get(name, [])


def _is_overload(place: Place) -> bool:
    return isinstance(place.node, FunctionNode) and "overload" in map(ast.unparse, place.node.decorator_list)


UNTOUCHED = (_is_no_behaviour, _is_side_block, _is_log_call, _is_type_alias, _is_type, _is_overload)
