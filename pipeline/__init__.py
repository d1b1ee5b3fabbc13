"""paperatlas: from a pile of papers to named topics, a map, and similar papers.

    from pipeline import run, Atlas
    atlas = run("configs/seed.toml")
    atlas.similar(atlas.topics[0].representatives[0], k=3)

The names below are loaded when they are used, so that `import pipeline` costs nothing.
"""

from typing import TYPE_CHECKING

from pipeline.errors import PaperatlasError
from pipeline.version import __version__

if TYPE_CHECKING:
    from pipeline.api import Atlas, run

__all__ = ["Atlas", "PaperatlasError", "__version__", "run"]


def __getattr__(name: str) -> object:
    if name in ("Atlas", "run"):
        from pipeline import api

        return getattr(api, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
