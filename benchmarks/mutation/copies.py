"""Repository -> copies of it in which one file differs, and sessions of the tests that see nothing but the copy."""

import compileall
import json
import os
import py_compile
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks.mutation import session
from benchmarks.mutation.session import Request

IGNORED_AT_TOP = {".git", "build", "dist", "outputs", ".hypothesis"}
IGNORED = ("__pycache__", "*.egg-info", ".venv*", ".mypy_cache", ".pytest_cache", ".ruff_cache")
BESIDE = "shared"  # a folder beside the repository that the tests read
# In place of the project's own options, which ask for workers.
PYTEST = ("-q", "-rfE", "-p", "no:cacheprovider", "-o", "addopts=--strict-markers --strict-config --doctest-modules")
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


@dataclass(frozen=True)
class Finished:
    """A session that ended: pytest's exit status, None if it ran out of time; both streams; wall seconds."""

    status: int | None
    output: str
    seconds: float


@dataclass(frozen=True)
class Snapshot:
    """The repository as it was at the start: what others do to it meanwhile does not matter.

    packages: those under test. threads: of the linear algebra of each session. memory: bytes of each session.
    """

    root: Path
    beside: Path
    packages: tuple[str, ...]
    threads: int
    memory: int


def take_snapshot(repository: Path, root: Path, *, packages: list[str], jobs: int, memory: int) -> Snapshot:
    """A copy of all but caches and results, its packages compiled; each .pyc is used only for the very same source."""

    def ignored(folder: str, names: list[str]) -> set[str]:
        at_top = IGNORED_AT_TOP & set(names) if Path(folder) == repository else set()
        return at_top | shutil.ignore_patterns(*IGNORED)(folder, names)

    shutil.copytree(repository, root, ignore=ignored)
    for package in packages:
        compileall.compile_dir(root / package, quiet=2, invalidation_mode=py_compile.PycInvalidationMode.CHECKED_HASH)
    threads = max(1, (os.cpu_count() or 1) // jobs)
    return Snapshot(root, repository.parent / BESIDE, tuple(packages), threads, memory)


class Workplace:
    """A folder for one session at a time: every session starts from a fresh copy of the snapshot."""

    def __init__(self, snapshot: Snapshot, folder: Path, *, options: tuple[str, ...] = ()) -> None:
        """options: more of pytest's, for every session."""
        self.snapshot = snapshot
        self.options = options
        self.folder = folder
        self.root = folder / "repository"
        self.lines = folder / "lines.json"
        self._process: subprocess.Popen[bytes] | None = None

    def check(self) -> None:
        """Every package is imported from the copy, though another may be installed."""
        self._renew({})
        for package in self.snapshot.packages:
            code = f"import {package}; print({package}.__file__)"
            command = [sys.executable, "-P", "-c", code]
            shown = subprocess.run(command, cwd=self.root, env=self._environment(), capture_output=True, text=True)
            if not shown.stdout.strip() or not Path(shown.stdout.strip()).is_relative_to(self.root):
                raise SystemExit(f"{package} is not imported from {self.root}: {shown.stdout}{shown.stderr}")

    def run(
        self, arguments: list[str], *, edits: dict[str, bytes], timeout: float | None, record: bool = False
    ) -> Finished:
        """A session with pytest's arguments where the files of `edits` have another content.

        record: `lines` gets which test reached which line, until the next session.
        """
        self._renew(edits)
        request = Request(
            root=str(self.root),
            packages=list(self.snapshot.packages),
            arguments=[*PYTEST, *self.options, f"--basetemp={self.folder / 'basetemp'}", *arguments],
            memory=self.snapshot.memory,
            lines=str(self.lines) if record else None,
        )
        (self.folder / "request.json").write_text(json.dumps(asdict(request)), encoding="utf-8")
        start = time.perf_counter()
        status = self._wait(timeout)
        output = (self.folder / "output").read_text(encoding="utf-8", errors="replace")
        return Finished(status, output, time.perf_counter() - start)

    def stop(self) -> None:
        """End the session, if there is one, with whatever its tests started and left running."""
        if self._process is not None:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)

    def _renew(self, edits: dict[str, bytes]) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)
        (self.folder / "tmp").mkdir(parents=True)
        shutil.copytree(self.snapshot.root, self.root)
        if self.snapshot.beside.is_dir():
            (self.folder / BESIDE).symlink_to(self.snapshot.beside)
        for file, content in edits.items():
            (self.root / file).write_bytes(content)

    def _wait(self, timeout: float | None) -> int | None:
        command = [sys.executable, "-P", session.__file__, str(self.folder / "request.json")]
        with (self.folder / "output").open("wb") as output:
            self._process = subprocess.Popen(
                command,
                cwd=self.root,
                env=self._environment(),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        try:
            return self._process.wait(timeout)
        except subprocess.TimeoutExpired:
            return None
        finally:
            self.stop()
            self._process.wait()
            self._process = None

    def _environment(self) -> dict[str, str]:
        """Plugins cost each session seconds of imports; under CI, hypothesis has no deadline, database or chance."""
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("COVERAGE", "COV_CORE", "PYTEST", "PYTHON"))
        }
        return (
            kept
            | dict.fromkeys(THREADS, str(self.snapshot.threads))
            | {"PYTHONPATH": str(self.root), "PYTHONDONTWRITEBYTECODE": "1", "PYTHONHASHSEED": "0"}
            | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "CI": "true", "TMPDIR": str(self.folder / "tmp")}
        )
