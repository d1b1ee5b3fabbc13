"""A process that runs commands in children of its own, as tests see it; see `tests.torture.warm`."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.conftest import REPOSITORY
from tests.torture.everything import Said

ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"), "1")
FORKS = {"NUMBA_THREADING_LAYER": "workqueue"}  # GNU's OpenMP, its first choice, refuses to


class Warm:
    """The process. cache: the folder of the vector cache of all its children."""

    def __init__(self, cache: Path) -> None:
        environment = os.environ | ONE_THREAD | FORKS | {"PYTHONPATH": str(REPOSITORY), "PAPERATLAS_CACHE": str(cache)}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.torture.warm"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment, cwd=REPOSITORY,
        )  # fmt: skip
        self._answer()

    def _answer(self) -> dict[str, int]:
        line = self.process.stdout.readline()
        assert line, "the warm process ended"
        return json.loads(line)

    def start(self, arguments: list[str], work: Path, *, kill_at: int | None = None) -> int:
        """Pid of a child that runs the command in that folder."""
        return self._request(work, arguments=arguments, kill_at=kill_at)

    def ask_everything(self, work: Path, answers: Path, *, heal: bool) -> dict[str, Said]:
        """What every command says in that folder, by way of a file."""
        self._request(work, answers=str(answers), heal=heal)
        assert self.wait() == 0
        said = json.loads(answers.read_text())
        answers.unlink()
        return {name: Said(**one) for name, one in said.items()}

    def _request(self, work: Path, **more: Any) -> int:
        request = {"folder": str(work), "temporary": str(work.parent / "tmp"), **more}
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        return self._answer()["pid"]

    def wait(self) -> int:
        """Exit code of the child, or minus the signal that ended it."""
        return self._answer()["status"]

    def close(self) -> None:
        self.process.stdin.close()
        self.process.wait(timeout=60)
        self.process.stdout.close()
