"""Recorded session -> the tests to run against a mutant, those most likely to notice it soonest first."""

import ast
import hashlib
import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Any

from benchmarks.mutation.mutants import Mutant

WIDE_ENOUGH = ("class", "module", "package")  # scopes whose objects pass what they have computed from test to test


@dataclass(frozen=True)
class Test:
    """seconds: of its own, without the fixtures that it shares with other tests. fixtures: their contexts."""

    __test__ = False

    id: str
    seconds: float
    fixtures: tuple[str, ...]


@dataclass(frozen=True)
class Plan:
    """tests: ids in the order to run. seconds: that they took unmutated. left_out: how many the budget excluded."""

    tests: tuple[str, ...] = ()
    seconds: float = 0.0
    left_out: int = 0


@dataclass(frozen=True)
class LineMap:
    """Which test reached which line.

    fixtures: seconds of each fixture that several tests share. reached: file -> line -> contexts, which are ids of
    tests, names of fixtures, or "" at import. importers: file -> files of the package that import from it.
    """

    tests: dict[str, Test]
    fixtures: dict[str, float]
    reached: dict[str, dict[int, frozenset[str]]]
    importers: dict[str, frozenset[str]] = field(default_factory=dict)

    @cached_property
    def users(self) -> dict[str, frozenset[str]]:
        """Fixture -> the tests that use it."""
        users = defaultdict(set)
        for test in self.tests.values():
            for fixture in test.fixtures:
                users[fixture].add(test.id)
        return {fixture: frozenset(tests) for fixture, tests in users.items()}

    def direct(self, mutant: Mutant) -> frozenset[str]:
        """Tests that reached the mutant's lines, themselves or by a fixture of theirs.

        What runs at import is seen by all tests that run something of the file, or of a file that imports from it.
        """
        if mutant.lines is not None:
            lines = self.reached.get(mutant.file, {})
            first, last = mutant.lines
            return self._tests(context for line in range(first, last + 1) for context in lines.get(line, ()))
        files = {mutant.file, *self.importers.get(mutant.file, ())}
        return self._tests(
            context for file in files for contexts in self.reached.get(file, {}).values() for context in contexts
        )

    def _tests(self, contexts: Iterable[str]) -> frozenset[str]:
        names = set(contexts)
        return frozenset(names & self.tests.keys()).union(*(self.users.get(name, frozenset()) for name in names))

    def sharing(self, tests: frozenset[str]) -> frozenset[str]:
        """Other tests that share a fixture with one of these, which may have computed what the others only look up."""
        fixtures = {fixture for test in tests for fixture in self.tests[test].fixtures}
        wide = [fixture for fixture in fixtures if fixture.startswith(WIDE_ENOUGH)]
        return frozenset().union(*(self.users[fixture] for fixture in wide)) - tests

    def plan(self, mutant: Mutant, *, budget: float) -> Plan:
        """At least one test if any reached the mutant; together at most `budget` seconds."""
        direct = self.direct(mutant)
        ordered = self._ordered(direct, mutant) + self._ordered(self.sharing(direct), mutant)
        chosen: list[str] = []
        paid: set[str] = set()
        total = 0.0
        for test in ordered:
            seconds = self._alone(test, paid)
            if chosen and total + seconds > budget:
                break
            chosen.append(test.id)
            paid.update(test.fixtures)
            total += seconds
        return Plan(tuple(chosen), total, len(ordered) - len(chosen))

    def _alone(self, test: Test, paid: Iterable[str] = ()) -> float:
        return test.seconds + sum(self.fixtures.get(fixture, 0.0) for fixture in {*test.fixtures} - {*paid})

    def _ordered(self, tests: Iterable[str], mutant: Mutant) -> list[Test]:
        """Files of the mutant's name first, then short tests; those of one file and the same fixtures stay together."""
        groups = defaultdict(list)
        for test in sorted((self.tests[name] for name in tests), key=lambda test: (test.seconds, test.id)):
            wide = tuple(sorted(name for name in test.fixtures if name.startswith(WIDE_ENOUGH)))
            groups[(_file(test), wide) if wide else test.id].append(test)
        ranked = sorted(groups.values(), key=lambda group: (not _namesake(group[0], mutant), self._alone(group[0])))
        return [test for group in ranked for test in group]


def _file(test: Test) -> str:
    return test.id.split("::")[0]


def _namesake(test: Test, mutant: Mutant) -> bool:
    """Whether the test stands in the mutant's file, as a doctest, or in test_NAME.py of its module or package."""
    names = PurePosixPath(mutant.file).with_suffix("").parts
    return _file(test) == mutant.file or PurePosixPath(_file(test)).stem.removeprefix("test_") in names[1:]


def line_map(content: dict[str, Any], importers: dict[str, frozenset[str]]) -> LineMap:
    """content: what `session.Recorder` wrote. Tests that failed or were skipped do not count."""
    tests = {
        name: Test(name, found["seconds"], tuple(dict.fromkeys(found["fixtures"])))
        for name, found in content["tests"].items()
        if found["usable"]
    }
    reached = {
        file: {int(line): frozenset(contexts) for line, contexts in lines.items()}
        for file, lines in content["reached"].items()
    }
    return LineMap(tests, content["fixtures"], reached, importers)


def load_or_record(path: Path, wanted: dict[str, Any], record: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """The content of `path` if it was recorded from the same sources and tests, `wanted`; else of a new one."""
    if path.is_file():
        content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        if content.get("recorded_from") == wanted:
            return content
        print(f"{path}: recorded from other sources or tests; recording anew")
    content = record() | {"recorded_from": wanted}
    path.write_text(json.dumps(content), encoding="utf-8")
    return content


def digest(root: Path, folders: Sequence[str]) -> str:
    """One SHA-256 of all Python files below the folders, and of their names."""
    total = hashlib.sha256()
    for path in sorted(path for folder in folders for path in (root / folder).rglob("*.py")):
        total.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return total.hexdigest()


def find_importers(root: Path, packages: Sequence[str]) -> dict[str, frozenset[str]]:
    """File -> the files that import from it, anywhere in their code. A package's name stands for its __init__.py."""
    importers = defaultdict(set)
    for path in sorted(path for package in packages for path in (root / package).rglob("*.py")):
        file = path.relative_to(root).as_posix()
        for module in _imported(ast.parse(path.read_bytes())):
            stem = module.replace(".", "/")
            for found in (f"{stem}.py", f"{stem}/__init__.py"):
                if (root / found).is_file():
                    importers[found].add(file)
    return {file: frozenset(found) for file, found in importers.items()}


def _imported(tree: ast.Module) -> list[str]:
    modules = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            modules += [name.name for name in node.names]
        if isinstance(node, ast.ImportFrom) and node.module:
            modules += [node.module, *(f"{node.module}.{name.name}" for name in node.names)]
    return modules
