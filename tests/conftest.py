"""Shared by all tests: a cache of their own, and the real papers where they are."""

import os
import shutil
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock
from hypothesis import settings

from pipeline.atlas import AtlasData
from pipeline.config import Config, EmbeddingConfig, parse_config
from pipeline.embedding import make_encoder
from tests.browser import open_browser
from tests.planted import atlas_of, settings_of

# A slow machine is no failure.
settings.register_profile("suite", deadline=None)
settings.load_profile("suite")

REPOSITORY = Path(__file__).parent.parent
SHARED = REPOSITORY.parent / "shared" / "data"
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # a job in the background starts so, and its tests press Ctrl-C
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def common(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One folder for the whole session, whichever worker runs a test."""
    own = tmp_path_factory.getbasetemp()
    folder = (own.parent if "PYTEST_XDIST_WORKER" in os.environ else own) / "common"
    folder.mkdir(exist_ok=True)
    return folder


@pytest.fixture(scope="session")
def session_cache(common: Path) -> Path:
    """One cache for the whole session, in which the model is compiled already: by the first worker that asks."""
    with FileLock(common / "cache.lock"):
        if not (common / "cache" / "compiled").is_dir():
            make_encoder(EmbeddingConfig(), common / "cache")
    return common / "cache"


@pytest.fixture(autouse=True)
def _own_cache(common: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAPERATLAS_CACHE", str(common / "cache"))


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """One Chromium for the tests of a file, each page in a context of its own: while it is there, no event loop is."""
    with open_browser() as found:
        yield found


@pytest.fixture
def empty_cache(session_cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Path]:
    """Makes a cache without vectors the one that is used; the compiled model is there."""

    def make(name: str = "cache") -> Path:
        shutil.copytree(session_cache / "compiled", tmp_path / name / "compiled")
        monkeypatch.setenv("PAPERATLAS_CACHE", str(tmp_path / name))
        return tmp_path / name

    return make


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real papers."""
    if not SHARED.is_dir():
        pytest.skip("the real papers of ../shared/data are not here")
    return SHARED


@pytest.fixture
def make_config(tmp_path: Path) -> Callable[..., Config]:
    """A config of the given sections; where they say nothing, of the cheapest run (see `settings_of`)."""

    def make(files: list[str] | str, **sections: Any) -> Config:
        settings = settings_of(files, tmp_path / "run", **({"name": "test"} | sections))
        return parse_config(settings, tmp_path / "test.toml")

    return make


@pytest.fixture
def make_atlas(make_config: Callable[..., Config]) -> Callable[..., AtlasData]:
    """The atlas of such a config, built and written without pictures."""

    def make(files: list[str] | str, **sections: Any) -> AtlasData:
        return atlas_of(make_config(files, **sections))

    return make
