"""The mutation tester: which mutants a snippet gives, and that a fault is noticed where a test would see it."""

import ast
import json
import shutil
import time
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path

import psutil
import pytest

from benchmarks.mutation.__main__ import judge_all, main
from benchmarks.mutation.campaign import Campaign, judged
from benchmarks.mutation.copies import Finished, Snapshot, Workplace, take_snapshot
from benchmarks.mutation.lines import LineMap, Plan, Test
from benchmarks.mutation.mutants import Mutant, find_defaults, find_mutants
from benchmarks.mutation.report import Results, difference, read_outcomes, wilson
from tests.conftest import REPOSITORY


def changes(source: str, **options) -> set[tuple[str, str]]:
    return {(mutant.before, mutant.after) for mutant in find_mutants(source.encode(), "a.py", **options)}


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("x = a < b and c", {("a < b", "a <= b"), ("a < b", "a >= b"), ("a < b and c", "a < b or c")}),
        ("x = a <= b", {("a <= b", "a < b"), ("a <= b", "a > b")}),
        ("x = a > b", {("a > b", "a >= b"), ("a > b", "a <= b")}),
        ("x = a == b", {("a == b", "a != b")}),
        ("x = a < b < c", {(f"{old}", new) for old in ["a < b < c"] for new in
                           ("a <= b < c", "a >= b < c", "a < b <= c", "a < b >= c")}),
        ("x = a not in b", {("a not in b", "a in b")}),
        ("x = a is None", {("a is None", "a is not None")}),
        ("x = a == 'b'", {("a == 'b'", "a != 'b'"), ("a == 'b'", "a == 'bXX'")}),
        ("x = a in ('b', c)", {("a in ('b', c)", "a not in ('b', c)"), ("a in ('b', c)", "a in ('bXX', c)")}),
        ("x = 'text'; y = f('text')", set()),
        ("x = a + b", {("a + b", "a - b")}),
        ("x = a // b % c", {("a // b % c", "a // b // c"), ("a // b", "a * b")}),
        ("x = a ** b / c", {("a ** b / c", "a ** b * c"), ("a ** b", "a * b")}),
        ("x = (a & b) | c", {("a & b", "a | b"), ("a & b | c", "a & b & c")}),
        ("x = 'a' + b + 'c'; y = f'{a}' + b; z = folder / 'name'; u = [a] + b; v = '%s' % a; w = a | {'b': c}", set()),
        ("x = not a", {("not a", "a")}),
        ("x = b[~mask]", {("~mask", "mask")}),
        ("x = -1", {("-1", "1"), ("1", "2")}),
        ("x = (0, 2.0, 0.0, True)", {("0", "1"), ("2.0", "3.0"), ("0.0", "0.1"), ("True", "False")}),
        ("x = a if b else c", {("b", "not b")}),
        ("x = [a for a in b if a.c]", {("a.c", "not a.c")}),
        ("if a == b: x = c", {("a == b", "a != b")}),
        ("if a or b: x = c", {("a or b", "a and b"), ("a or b", "not (a or b)")}),
        ("if not a: x = c", {("not a", "a")}),
        ("x = a[b:c + 1]", {("b", "b + 1"), ("c + 1", "c + 1 + 1"), ("c + 1", "c - 1"), ("1", "2")}),
        ("x = a[:10]", {("10", "11")}),
        ("x = min(a, b)", {("min", "max")}),
        ("x = a.argmax() + np.minimum(b, c)", {
            ("a.argmax", "a.argmin"), ("np.minimum", "np.maximum"),
            ("a.argmax() + np.minimum(b, c)", "a.argmax() - np.minimum(b, c)")}),
        ("x = np.minimum.reduceat(a, b)", {("np.minimum", "np.maximum")}),
        ("x = any(a)", {("any", "all")}),
        ("x = minimum.of(min)", set()),
        ("x = np.sort(a, kind=b)", {("np.sort(a, kind=b)", "np.sort(a)")}),
        ("x = a.sum(axis=b, other=c)", {("a.sum(axis=b, other=c)", "a.sum(other=c)")}),
        ("x = sorted(a, key=b)", {("sorted(a, key=b)", "sorted(a)")}),
        ("x = f(a, key=b)", set()),
        ("for a in b:\n    break", {("break", "continue")}),
        ("for a in b:\n    continue", {("continue", "break")}),
        ("f(a)", {("f(a)", "pass")}),
        ("x = f'{a + b:.2f}'", {("a + b", "a - b")}),
    ],
)  # fmt: skip
def test_the_mutants_of_a_snippet(source, expected):
    assert changes(source) == expected


def test_a_statement_is_deleted_where_what_follows_can_still_run():
    source = (
        "def f(a, *, k):\n"
        "    first = a\n"
        "    k = g(k)\n"
        "    first = g(first)\n"
        "    a[k] = first\n"
        "    a.b = first\n"
        "    first, second = a\n"
        "    a += first\n"
        "    a: int = first\n"
        "    import this\n"
        "    raise ValueError(f'{k + 1}')\n"
    )
    assert changes(source) == {
        ("k = g(k)", "pass"),
        ("first = g(first)", "pass"),
        ("a[k] = first", "pass"),
        ("a.b = first", "pass"),
        ("a += first", "pass"),
        ("a += first", "a -= first"),
    }


def test_none_is_returned_only_where_something_was_promised():
    source = (
        "def f() -> int:\n    return a\ndef g() -> None:\n    return a\ndef h():\n    return None\ndef i():\n    return"
    )
    assert changes(source) == {("return a", "return None")}


def test_a_keyword_is_dropped_where_the_package_has_a_default(tmp_path):
    (tmp_path / "toy").mkdir()
    (tmp_path / "toy" / "a.py").write_text(
        "def f(a, b=1, *, c, d=2): ...\nclass Settings:\n    size: int\n    seed: int = 0\n"
    )
    defaults = find_defaults(tmp_path, ["toy"])
    assert defaults == {("f", "b"), ("f", "d"), ("Settings", "seed")}
    assert changes("x = f(a=p, b=q, c=r, d=s)", defaults=defaults) == {
        ("f(a=p, b=q, c=r, d=s)", "f(a=p, c=r, d=s)"),
        ("f(a=p, b=q, c=r, d=s)", "f(a=p, b=q, c=r)"),
    }
    assert changes("x = Settings(size=p, seed=q)", defaults=defaults) == {
        ("Settings(size=p, seed=q)", "Settings(size=p)")
    }


@pytest.mark.parametrize(
    "source",
    [
        '"""One + two."""',
        "__all__ = ['a', 'b']",
        "NAMES = ('a', 'b')",
        "Rows = dict[str, int] | None",
        "T = TypeVar('T', bound=a | b)",
        "x: Literal[1] | None = y",
        "def f(a: Annotated[int, 3 > 2], *b: x[1]) -> c | d: ...",
        "@cache(maxsize=3)\ndef f(): ...",
        "@overload\ndef f(a=3): ...",
        "from a import b",
        "if TYPE_CHECKING:\n    x = 1",
        "if typing.TYPE_CHECKING:\n    x = 1",
        "if __name__ == '__main__':\n    main()",
        "log.warning('%d', a + 1)",
        "logging.getLogger().info(f'{a + 1}')",
        "raise ValueError(f'{a + 1}')",
        "assert a + 1 == b",
        "x = isinstance(a, b | c)",
        "x = cast(a | b, c)",
        "x = zip(a, b, strict=True)",
    ],
)
def test_what_is_no_behaviour_is_not_mutated(source):
    assert changes(source) == set()


def test_each_mutant_differs_from_the_source_by_its_change_alone():
    """Of a real module with calls of many lines, f-strings and more than ASCII."""
    source = (
        REPOSITORY / "benchmarks" / "mutation" / "lines.py"
    ).read_bytes() + "é = f'ö {a + 1}' + (b\n - 1)\n".encode()
    mutants = find_mutants(source, "lines.py")
    lines = source.decode().splitlines()
    assert len(mutants) > 50
    original = ast.unparse(ast.parse(source)).splitlines()
    for mutant in mutants:
        assert lines[mutant.line - 1].strip() == mutant.code
        changed = ast.unparse(ast.parse(mutant.applied(source))).splitlines()
        assert len(changed) == len(original), mutant
        different = [pair for pair in zip(original, changed, strict=True) if pair[0] != pair[1]]
        assert len(different) == 1, mutant
    assert len({mutant.key for mutant in mutants}) == len(mutants)
    assert len({mutant.applied(source) for mutant in mutants}) == len(mutants)


def test_a_key_stays_when_lines_are_added_above():
    source = b"def f(a):\n    return a[1] + a[1]\n"
    moved = [mutant.key for mutant in find_mutants(b"import this\n\n\n" + source, "a.py")]
    assert moved == [mutant.key for mutant in find_mutants(source, "a.py")]
    assert "a.py::f constant: 1 -> 2 #2" in moved


def test_the_lines_that_a_test_must_reach():
    source = (
        "LIMIT = 3\n"
        "def f(a, b=2):\n"
        "    if (a <\n"
        "            b):\n"
        "        return g(\n"
        "            a + 1)\n"
        "    return c\n"
        "class C:\n"
        "    size = 4\n"
    )
    lines = {mutant.before: mutant.lines for mutant in find_mutants(source.encode(), "a.py")}
    assert lines == {
        "3": None, "4": None,
        "2": (3, 7),
        "a < b": (3, 4),
        "a + 1": (5, 6), "1": (5, 6), "return g(a + 1)": (5, 6),
        "return c": (7, 7),
    }  # fmt: skip


# --- the tests of a mutant


def a_mutant(file="toy/tree.py", lines=(5, 5)) -> Mutant:
    return Mutant(file, 5, "f", "comparison", "a < b", "a <= b", "return a < b", 0, 1, "x", lines)


MODULE_FIXTURE = "module fixture tests/test_b.py::atlas"
MAP = LineMap(
    tests={
        test.id: test
        for test in [
            Test("tests/test_a.py::quick", 0.1, ()),
            Test("tests/test_a.py::slow", 40.0, ()),
            Test("tests/test_b.py::user", 0.2, (MODULE_FIXTURE,)),
            Test("tests/test_b.py::other_user", 0.3, (MODULE_FIXTURE,)),
            Test("tests/test_tree.py::of_the_name", 5.0, ()),
            Test("tests/test_c.py::stranger", 0.1, ()),
        ]
    },
    fixtures={MODULE_FIXTURE: 2.0},
    reached={
        "toy/tree.py": {
            4: frozenset({"tests/test_c.py::stranger"}),
            5: frozenset({"tests/test_a.py::quick", "tests/test_a.py::slow", "tests/test_tree.py::of_the_name"}),
            6: frozenset({MODULE_FIXTURE}),
            7: frozenset({"tests/test_b.py::user"}),
            9: frozenset({""}),
        },
        "toy/user.py": {1: frozenset({"tests/test_c.py::stranger"})},
    },
    importers={"toy/constants.py": frozenset({"toy/user.py"})},
)


def test_tests_of_the_same_name_come_first_then_the_quick_until_the_budget_is_spent():
    quick_and_named = ("tests/test_tree.py::of_the_name", "tests/test_a.py::quick")
    assert MAP.plan(a_mutant(), budget=60) == Plan((*quick_and_named, "tests/test_a.py::slow"), 45.1, 0)
    assert MAP.plan(a_mutant(), budget=20) == Plan(quick_and_named, 5.1, 1)
    assert MAP.plan(a_mutant(), budget=1).tests == quick_and_named[:1]


def test_what_a_shared_fixture_ran_is_reached_by_all_its_users_and_costs_once():
    both = ("tests/test_b.py::user", "tests/test_b.py::other_user")
    assert MAP.plan(a_mutant(lines=(6, 6)), budget=60) == Plan(both, pytest.approx(2.5), 0)
    # The atlas may have computed line 7 for the first user and only looked it up for the other.
    assert MAP.plan(a_mutant(lines=(7, 7)), budget=60) == Plan(both, pytest.approx(2.5), 0)


def test_what_only_imports_reach_is_seen_by_the_tests_of_the_file_or_of_its_importers():
    assert MAP.plan(a_mutant(lines=(9, 9)), budget=60) == Plan()
    assert len(MAP.direct(a_mutant(lines=None))) == 6
    assert MAP.direct(a_mutant("toy/constants.py", None)) == {"tests/test_c.py::stranger"}


@pytest.mark.parametrize(
    ("status", "output", "verdict", "detail"),
    [
        (0, "1 passed", "survived", ""),
        (None, "", "timeout", ""),
        (1, "FAILED tests/test_a.py::test_b[c d] - assert 1 == 2\n", "killed", "tests/test_a.py::test_b[c d]"),
        (1, "ERROR tests/test_a.py::test_b\n", "killed", "tests/test_a.py::test_b"),
        (1, "Traceback (most recent call last): MemoryError", "error", None),
        (2, "toy/tree.py:3: in <module>\nInterrupted: 1 error during collection", "killed", "import"),
        (2, "tests/test_a.py:3: in <module>\nInterrupted: 1 error during collection", "error", None),
        (2, "Interrupted: KeyboardInterrupt", "error", None),
        (4, "ImportError while loading conftest 'c.py'.\ntoy/tree.py:3: in <module>", "killed", "import"),
        (4, "ERROR: not found: toy/tree.py::f", "error", None),
        (5, "no tests ran", "error", None),
        (70, "imported from outside", "error", None),
        (-11, "", "error", None),
    ],
)
def test_only_a_named_test_or_the_mutated_file_s_import_kills(status, output, verdict, detail):
    found = judged(Finished(status, output, 1.0), "toy/tree.py")
    assert found == (verdict, output if detail is None else detail)


# --- the report


def test_wilson_s_interval():
    """Newcombe, Statistics in Medicine 17 (1998), table I: 81 of 263, 15 of 148, 0 of 20, 1 of 29."""
    for part, total, low, high in [
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ]:
        assert wilson(part, total) == pytest.approx((low, high), abs=5e-5)


def test_of_long_texts_the_difference_is_shown():
    assert difference("short", "shorter") == ("short", "shorter")
    before, after = difference(f"f({'a, ' * 100}b < c{', d' * 100})", f"f({'a, ' * 100}b <= c{', d' * 100})")
    assert "b < c" in before
    assert "b <= c" in after
    assert max(len(before), len(after)) < 80


# --- a package of its own

TOY = """
import logging

log = logging.getLogger(__name__)
LIMIT = 10

def larger(a: int, b: int) -> int:
    log.info("asked %d", a + b)
    return a if a > b else b

def untested(a: int) -> int:
    return -a

def unlimited(a: int) -> bool:
    return a < LIMIT

def squared(a: int) -> int:
    return a * a
"""
TOY_TESTS = """
import subprocess, sys
import pytest
from toy.sizes import larger, untested, unlimited

@pytest.fixture(scope="module")
def largest():
    return larger(3, 2), larger(2, 3)

def test_first_user(largest):
    assert largest

def test_larger(largest):
    assert largest == (3, 3)

def test_unlimited():
    assert unlimited(9) and not unlimited(11)

def test_in_a_process():
    subprocess.run([sys.executable, "-c", "from toy.sizes import squared; assert squared(3) == 9"], check=True)

@pytest.mark.skip
def test_not_run():
    assert untested(0) == 0

def test_that_fails():
    assert untested(1) == 1
"""


def write_toy(folder: Path) -> Path:
    root = folder / "repository"
    (root / "toy").mkdir(parents=True)
    (root / "tests").mkdir()
    (root / "toy" / "__init__.py").touch()
    (root / "toy" / "sizes.py").write_text(TOY)
    (root / "tests" / "test_sizes.py").write_text(TOY_TESTS)
    (root / "pyproject.toml").write_text('[tool.pytest.ini_options]\ntestpaths = ["tests"]\n')
    return root


def run_tool(folder: Path, *arguments: str) -> int:
    root, output = folder / "repository", folder / "out.json"
    return main(["--modules", "toy", "--repository", str(root), "--output", str(output), "--jobs", "2", *arguments])


@pytest.fixture(scope="module")
def judged_toy(tmp_path_factory) -> Path:
    """The folder of a toy repository all of whose mutants were judged."""
    pytest.importorskip("coverage")
    folder = tmp_path_factory.mktemp("judged")
    root = write_toy(folder)
    with redirect_stdout(StringIO()) as told:
        assert run_tool(folder, "--unmutated", "2") == 0, told.getvalue()
    (folder / "told").write_text(told.getvalue())
    assert (root / "toy" / "sizes.py").read_text() == TOY
    return folder


@pytest.fixture
def toy(judged_toy, tmp_path) -> Path:
    """A copy of it that a test may change."""
    return shutil.copytree(judged_toy, tmp_path / "toy")


def test_faults_are_killed_where_a_test_sees_them_and_survive_elsewhere(judged_toy):
    outcomes = read_outcomes(judged_toy / "out.json")
    assert {(each.mutant.before, each.mutant.after): each.verdict for each in outcomes} == {
        ("10", "11"): "survived",  # neither 9 nor 11 is the limit
        ("a > b", "a >= b"): "survived",  # of equals either is the larger
        ("a > b", "a <= b"): "killed",
        ("return a if a > b else b", "return None"): "killed",
        ("-a", "a"): "not covered",  # the tests that reach it fail without a fault, or are skipped
        ("return -a", "return None"): "not covered",
        ("a < LIMIT", "a <= LIMIT"): "survived",
        ("a < LIMIT", "a >= LIMIT"): "killed",
        ("return a < LIMIT", "return None"): "killed",
        ("a * a", "a / a"): "killed",
        ("return a * a", "return None"): "killed",
    }
    noticed = {each.mutant.function: each.detail for each in outcomes if each.mutant.after != "return None"}
    assert noticed["larger"] == "" or noticed["larger"] == "tests/test_sizes.py::test_larger"
    assert noticed["squared"] == "tests/test_sizes.py::test_in_a_process"
    told = (judged_toy / "told").read_text().splitlines()
    assert told[-1] == "killed 6 of 11 (0 at import): 54.5%, 95 % interval 28.0% to 78.7%"
    assert "toy/sizes.py:9  a > b -> a >= b" in told


def test_a_run_goes_on_where_it_stopped(toy, capsys):
    content = json.loads((toy / "out.json").read_text())
    (toy / "out.json").write_text(json.dumps(content | {"outcomes": content["outcomes"][1:]}))
    assert run_tool(toy, "--unmutated", "0", "--resume") == 0
    told = capsys.readouterr().out
    assert "[1/1]" in told
    assert "recording" not in told
    keys = [outcome["key"] for outcome in content["outcomes"]]
    assert [each.mutant.key for each in read_outcomes(toy / "out.json")] == [*keys[1:], keys[0]]
    with pytest.raises(SystemExit, match="made from other sources or with other options"):
        run_tool(toy, "--count", "4", "--resume")


def test_survivors_run_again_with_a_new_test_and_notes_of_equivalents(toy, capsys):
    sizes, tests = toy / "repository" / "toy" / "sizes.py", toy / "repository" / "tests" / "test_sizes.py"
    sizes.write_text('"""A line more."""\n' + TOY)
    tests.write_text(TOY_TESTS + "\ndef test_limit():\n    assert not unlimited(10)\n")
    (toy / "equivalent.toml").write_text(
        "[[equivalent]]\nmutant = 'toy/sizes.py::larger comparison: a > b -> a >= b #1'\nreason = 'of equals'\n"
        "[[equivalent]]\nmutant = 'toy/sizes.py::larger comparison: a > c -> a >= c #1'\nreason = 'gone'\n"
    )
    again = ["--only-survivors", str(toy / "out.json"), "--output", str(toy / "again.json"), "--unmutated", "0"]
    assert run_tool(toy, *again, "--equivalent", str(toy / "equivalent.toml")) == 0
    left = {each.mutant.after for each in read_outcomes(toy / "again.json") if each.survivor}
    assert left == {"a >= b", "a", "return None"}
    told = capsys.readouterr().out
    assert "killed 2 of 5" in told
    assert "(2 tests passed; equivalent: of equals)" in told
    assert "there is no such mutant: toy/sizes.py::larger comparison: a > c -> a >= c #1" in told


def test_nothing_is_judged_where_tests_fail_without_a_fault(tmp_path, capsys):
    pytest.importorskip("coverage")
    tests = write_toy(tmp_path) / "tests" / "test_sizes.py"
    tests.write_text("import sys\nfrom toy.sizes import squared\ndef test_recorded_only():\n    assert squared(1)\n")
    tests.write_text(tests.read_text() + "    assert 'coverage' in sys.modules\n")
    assert run_tool(tmp_path, "--unmutated", "1") == 1
    told = capsys.readouterr().out
    assert "killed tests/test_sizes.py::test_recorded_only" in told
    assert "[1/" not in told


def test_a_session_has_an_end_and_so_has_what_it_started(tmp_path):
    (write_toy(tmp_path) / "tests" / "test_sizes.py").write_text(
        "import pathlib, subprocess, sys\n"
        "def test_a():\n"
        "    other = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\n"
        f"    pathlib.Path({str(tmp_path / 'other')!r}).write_text(str(other.pid))\n"
    )
    snapshot = take_snapshot(tmp_path / "repository", tmp_path / "snapshot", packages=["toy"], jobs=1, memory=2**32)
    place = Workplace(snapshot, tmp_path / "place")
    assert place.run([], edits={}, timeout=0.01).status is None
    assert place.run([], edits={}, timeout=300).status == 0
    deadline = time.monotonic() + 60
    while is_running(int((tmp_path / "other").read_text())):
        assert time.monotonic() < deadline


def is_running(process: int) -> bool:
    try:
        return psutil.Process(process).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


class SlowPlace(Workplace):
    """A session of `<=` never ends; the first one of `>=` does not, and the second names a failed test."""

    asked = 0

    def run(self, arguments, *, edits, timeout, record=False):
        self.asked += b">=" in edits["toy/tree.py"]
        killed = b">=" in edits["toy/tree.py"] and self.asked == 2
        return Finished(1 if killed else None, "FAILED tests/test_a.py::quick", 1.0)


def test_what_ran_out_of_time_runs_again_and_survives_if_it_does_so_twice(tmp_path, capsys):
    source = b"\n\n\n\ndef f(a, b):  return g(a < b)\n"
    (tmp_path / "toy").mkdir()
    (tmp_path / "toy" / "tree.py").write_bytes(source)
    mutants = [each for each in find_mutants(source, "toy/tree.py") if each.kind == "comparison"]
    place = SlowPlace(Snapshot(tmp_path, tmp_path, ("toy",), 1, 0), tmp_path)
    results = Results(tmp_path / "out.json", {})
    judge_all(Campaign(MAP, [place], 60), mutants, results)
    verdicts = {each.mutant.after: (each.verdict, each.survivor) for each in results.outcomes.values()}
    assert verdicts == {"a <= b": ("timeout", True), "a >= b": ("killed", False)}
    assert "2 ran out of time; again, one at a time" in capsys.readouterr().out
