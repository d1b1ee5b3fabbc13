"""The demo's run, once a session; by itself topics are fitted five more times, which nothing here asks about."""

from pathlib import Path

import pytest
from filelock import FileLock

from pipeline.cli import main

ONE_FIT = ("--set", "topics.resamples=0")


def demo_folder(cache: Path) -> Path:
    """A working folder that holds outputs/demo; tests copy what they change. cache: the session's."""
    folder = cache.parent / "demo"
    with FileLock(cache.parent / "demo.lock"), pytest.MonkeyPatch.context() as patch:
        folder.mkdir(exist_ok=True)
        patch.chdir(folder)
        patch.setenv("PAPERATLAS_CACHE", str(cache))
        if not (folder / "outputs" / "demo" / "manifest.json").is_file():
            assert main(["demo", "--no-open", "--quiet", *ONE_FIT]) == 0
    return folder
