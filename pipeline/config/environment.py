"""Where caches lie on this machine; the only reader of environment variables."""

import os
from pathlib import Path

from platformdirs import user_cache_path


def hub_cache() -> Path:
    """Where the Hugging Face libraries keep downloaded models."""
    if chosen := os.environ.get("HF_HUB_CACHE"):
        return Path(chosen)
    home = os.environ.get("HF_HOME")
    return (Path(home) if home else Path.home() / ".cache" / "huggingface") / "hub"


def secret(variable: str) -> str | None:
    """The value of an environment variable that a config names for a key; None where it is empty or not set."""
    return os.environ.get(variable) or None


def cache_folder() -> Path:
    """Where vectors and compiled models are kept: $PAPERATLAS_CACHE, or the system's place for caches."""
    chosen = os.environ.get("PAPERATLAS_CACHE")
    return Path(chosen) if chosen else user_cache_path("paperatlas")
