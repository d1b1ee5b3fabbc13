"""Shared by all tests: a cache of their own, and the real papers where they are."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipeline.atlas import Atlas
from pipeline.build.build import run
from pipeline.config import Config, parse_config

REPOSITORY = Path(__file__).parent.parent
SHARED = REPOSITORY.parent / "shared" / "data"


@pytest.fixture(scope="session")
def session_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One cache for the whole session, so that the model is compiled once."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(autouse=True)
def _own_cache(session_cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAPERATLAS_CACHE", str(session_cache))


@pytest.fixture
def shared() -> Path:
    """The folder of real papers."""
    if not SHARED.is_dir():
        pytest.skip("the real papers of ../shared/data are not here")
    return SHARED


@pytest.fixture
def make_config(tmp_path: Path) -> Callable[..., Config]:
    """A config of the given sections; embedding by TF-IDF, which needs no model, unless it says otherwise."""

    def make(files: list[str] | str, **sections: Any) -> Config:
        listed = [files] if isinstance(files, str) else files
        settings: dict[str, Any] = {
            "name": "test",
            "corpus": {"files": listed} | sections.pop("corpus", {}),
            "embedding": {"backend": "tfidf"} | sections.pop("embedding", {}),
            "output": {"folder": str(tmp_path / "run")},
        }
        return parse_config(settings | sections, tmp_path / "test.toml")

    return make


@pytest.fixture
def make_atlas(make_config: Callable[..., Config]) -> Callable[..., Atlas]:
    """The atlas of such a config, built and written."""

    def make(files: list[str] | str, **sections: Any) -> Atlas:
        return run(make_config(files, **sections), force=True)

    return make
