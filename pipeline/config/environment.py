"""Environment variables -> folders of caches, keys of services, a cluster; the only module that reads it."""

import os
from pathlib import Path

from platformdirs import user_cache_path


def hub_cache() -> Path:
    """The folder in which the Hugging Face libraries keep downloaded models."""
    if chosen := os.environ.get("HF_HUB_CACHE"):
        return Path(chosen)
    home = os.environ.get("HF_HOME")
    return (Path(home) if home else Path.home() / ".cache" / "huggingface") / "hub"


def secret(variable: str) -> str | None:
    """The value of an environment variable that holds a key; None where it is empty or not set."""
    return os.environ.get(variable) or None


def ray_address() -> str | None:
    """The address of the Ray cluster that Ray's own variable names."""
    return os.environ.get("RAY_ADDRESS") or None


def cache_folder() -> Path:
    """The folder of vectors and compiled models: $PAPERATLAS_CACHE, or in the system's cache folder."""
    chosen = os.environ.get("PAPERATLAS_CACHE")
    return Path(chosen) if chosen else user_cache_path("paperatlas")
