"""Request -> one pytest session inside a copy of the repository, in a process of its own.

    python -P session.py REQUEST.json

Started by path, so that nothing but the copy and the installed libraries can be imported; it therefore imports nothing
of this folder. Its exit status is pytest's, or WRONG_PACKAGE if a package was imported from outside the copy.
"""

import json
import os
import resource
import sys
import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    import coverage

WRONG_PACKAGE = 70
TEST_VARIABLE = "MUTATION_TEST"
# What the tests start in processes of their own is measured too: coverage's .pth file reads COVERAGE_PROCESS_START.
COVERAGE_SETTINGS = f"""
[run]
parallel = true
sigterm = true
core = ctrace
disable_warnings = no-data-collected, module-not-imported, module-not-measured
context = ${{{TEST_VARIABLE}}}
"""


@dataclass(frozen=True)
class Request:
    """What to run.

    root: the copy. packages: what must be imported from it. arguments: pytest's. memory: bytes that the process may
    write to. lines: the file that gets which test reached which line, or None.
    """

    root: str
    packages: list[str]
    arguments: list[str]
    memory: int
    lines: str | None = None


def main() -> int:
    request = Request(**json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")))
    resource.setrlimit(resource.RLIMIT_DATA, (request.memory, request.memory))
    status = _record(request, Path(request.lines)) if request.lines else int(pytest.main(request.arguments))
    strangers = _imported_from_elsewhere(request)
    if strangers:
        print(f"imported from outside {request.root}: {', '.join(strangers)}")
    return WRONG_PACKAGE if strangers else status


def _imported_from_elsewhere(request: Request) -> list[str]:
    root = Path(request.root).resolve()
    places = {name: getattr(module, "__file__", None) or root for name, module in sys.modules.items()}
    return sorted(
        name
        for name, place in places.items()
        if name.partition(".")[0] in request.packages and not Path(place).resolve().is_relative_to(root)
    )


def _record(request: Request, target: Path) -> int:
    """The session under coverage, each line with the tests and wide fixtures during which it ran."""
    import coverage

    settings = target.with_suffix(".coveragerc")
    sources = "".join(f"\n    {Path(request.root) / package}" for package in request.packages)
    settings.write_text(f"{COVERAGE_SETTINGS}data_file = {target.with_suffix('.coverage')}\nsource ={sources}\n")
    measured = coverage.Coverage(config_file=str(settings))
    measured.start()
    os.environ["COVERAGE_PROCESS_START"] = str(settings)
    recorder = Recorder(measured, request.packages)
    status = int(pytest.main(request.arguments, plugins=[recorder]))
    measured.stop()
    measured.save()
    measured.combine()
    content = recorder.content() | {"reached": _reached(measured, Path(request.root))}
    target.write_text(json.dumps(content), encoding="utf-8")
    return status


def _reached(measured: "coverage.Coverage", root: Path) -> dict[str, dict[int, list[str]]]:
    """File -> line -> contexts."""
    found = measured.get_data()
    return {
        Path(file).relative_to(root).as_posix(): found.contexts_by_lineno(file)
        for file in sorted(found.measured_files())
    }


class Recorder:
    """A pytest plugin: tells coverage which test, or which fixture that several tests share, is running.

    Without the second, a line that runs while a module's fixture is set up would belong to its first test alone.
    """

    def __init__(self, measured: "coverage.Coverage", packages: list[str]) -> None:
        self.measured = measured
        self.packages = packages
        self.context = ""
        self.seconds: dict[str, float] = {}
        self.wanted: dict[str, list[str]] = {}
        self.fixtures: dict[str, float] = {}
        self.places: dict[str, list[tuple[str, str]]] = {}  # argument -> (where it is defined, context)
        self.unusable: set[str] = set()

    @contextmanager
    def within(self, context: str) -> Iterator[None]:
        outside = self.context
        self._switch(context)
        try:
            yield
        finally:
            self._switch(outside)

    def _switch(self, context: str) -> None:
        self.context = os.environ[TEST_VARIABLE] = context
        self.measured.switch_context(context)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        self._clear_caches()
        shared = sum(self.fixtures.values())
        start = time.perf_counter()
        with self.within(item.nodeid):
            result = yield
        self.seconds[item.nodeid] = time.perf_counter() - start - (sum(self.fixtures.values()) - shared)
        self.wanted[item.nodeid] = list(getattr(item, "fixturenames", []))
        return result

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(self, fixturedef: pytest.FixtureDef[Any]) -> Generator[None, object, object]:
        if fixturedef.scope == "function" or not fixturedef.baseid:
            return (yield)
        context = f"{fixturedef.scope} fixture {fixturedef.baseid}::{fixturedef.argname}"
        place = (fixturedef.baseid, context)
        if place not in self.places.setdefault(fixturedef.argname, []):
            self.places[fixturedef.argname].append(place)
        start = time.perf_counter()
        with self.within(context):
            result = yield
        self.fixtures[context] = self.fixtures.get(context, 0.0) + time.perf_counter() - start
        return result

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.outcome != "passed":
            self.unusable.add(report.nodeid)

    def _clear_caches(self) -> None:
        """What an earlier test left in functools' caches is computed again by each test that needs it."""
        for name, module in list(sys.modules.items()):
            if name.partition(".")[0] in self.packages:
                for value in list(vars(module).values()):
                    if hasattr(type(value), "cache_clear"):
                        value.cache_clear()

    def content(self) -> dict[str, Any]:
        tests = {
            test: {"seconds": seconds, "fixtures": self._fixtures_of(test), "usable": test not in self.unusable}
            for test, seconds in self.seconds.items()
        }
        return {"tests": tests, "fixtures": self.fixtures}

    def _fixtures_of(self, test: str) -> list[str]:
        places = [place for argument in self.wanted[test] for place in self.places.get(argument, [])]
        return [context for where, context in places if test.startswith(where)]


if __name__ == "__main__":
    sys.exit(main())
