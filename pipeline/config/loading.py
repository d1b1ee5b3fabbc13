"""TOML -> Config: a file, and settings put over it one by one."""

import logging
import tomllib
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from pipeline.config.messages import explain
from pipeline.config.renamed import rename_old_settings
from pipeline.config.settings import Config
from pipeline.did_you_mean import nearest_names
from pipeline.errors import ConfigError

log = logging.getLogger(__name__)


def load_config(path: str | Path, overrides: tuple[str, ...] = ()) -> Config:
    """The config of a TOML file, each of `overrides` ("reducer.n_neighbors=30") put over it.

    Raises ConfigError with file, key, value, reason and the nearest known key.
    """
    path = Path(path)
    try:
        settings = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ConfigError(f"{path}: no such config file{_nearby(path)}") from None
    except IsADirectoryError:
        raise ConfigError(f"{path}: a folder, not a config file; name a .toml file") from None
    except UnicodeDecodeError as problem:
        raise ConfigError(f"{path}: not UTF-8 text (byte {problem.start}); a config is a TOML text file") from None
    except tomllib.TOMLDecodeError as problem:
        raise ConfigError(f"{path}: not valid TOML: {problem}") from None
    except OSError as problem:
        raise ConfigError(f"{path}: cannot be read: {problem.strerror}") from None
    for override in overrides:
        _put(settings, override)
    return parse_config(settings, path)


def parse_config(settings: dict[str, Any], path: Path) -> Config:
    """The config of settings already read; `path` names them in messages and is where relative paths start."""
    if "path" in settings:
        raise ConfigError(f"{path.name}: path = {settings['path']!r}: unknown key; did you mean corpus.files?")
    settings, notices = rename_old_settings(settings)
    for notice in notices:
        log.warning("%s: %s", path.name, notice)
    given_name = settings.get("name")
    named = {"name": path.stem} | settings | {"path": path}
    try:
        return _with_whole_paths(Config.model_validate(named))
    except ValidationError as problem:
        if given_name is None and any(error["loc"] == ("name",) for error in problem.errors()):
            raise ConfigError(
                f'{path.name}: the file\'s name cannot name a run; add name = "..." of letters, digits, . _ -'
            ) from None
        raise ConfigError(f"{path.name}: {explain(problem)}") from None


def _with_whole_paths(config: Config) -> Config:
    """The config, a model's folder as a whole path, so that a later command finds it from any directory."""
    model = config.embedding.model
    if not model.startswith((".", "~", "/")):
        return config
    whole = (config.folder / Path(model).expanduser()).resolve()
    return config.model_copy(update={"embedding": config.embedding.model_copy(update={"model": str(whole)})})


def _put(settings: dict[str, Any], override: str) -> None:
    """Put `section.key=value` into settings; the value is TOML, or text where it is not valid TOML."""
    key, equals, text = override.partition("=")
    names = key.strip().split(".")
    if not equals or not all(names):
        raise ConfigError(f"--set {override}: expected section.key=value, e.g. --set reducer.n_neighbors=30")
    try:
        value = tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        value = text.strip()
    place: Any = settings
    for name in names[:-1]:
        place = place.setdefault(name, {})
        if not isinstance(place, dict):
            raise ConfigError(f"--set {override}: {name} is a value, not a section")
    place[names[-1]] = value


def _nearby(path: Path) -> str:
    folder = path.parent
    if not folder.is_dir():
        return ""
    near = nearest_names(path.name, [file.name for file in folder.glob("*.toml")])
    return f"; did you mean {folder / near[0]}?" if near else ""
