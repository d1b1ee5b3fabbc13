"""TOML file and overrides -> Config."""

import logging
import tomllib
from collections.abc import Mapping
from pathlib import Path

from pydantic import ValidationError

from pipeline.config.messages import explain
from pipeline.config.renamed import Settings, rename_old_settings
from pipeline.config.settings import Config
from pipeline.did_you_mean import nearest_names
from pipeline.errors import ConfigError

log = logging.getLogger(__name__)


def load_config(path: str | Path, overrides: tuple[str, ...] = ()) -> Config:
    """The config of a TOML file, with each of `overrides` ("reducer.n_neighbors=30") applied in turn.

    Raises ConfigError with file, key, value, reason and the nearest known key.
    """
    path = Path(path)
    try:
        settings: Settings = tomllib.loads(path.read_text(encoding="utf-8"))
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
        _override(settings, override)
    return parse_config(settings, path)


def parse_config(settings: Mapping[str, object], path: Path) -> Config:
    """The config of settings already read. path: names them in messages; relative paths start from its folder."""
    if "path" in settings:
        raise ConfigError(f"{path.name}: path = {settings['path']!r}: unknown key; did you mean corpus.files?")
    renamed, notices = rename_old_settings(settings)
    for notice in notices:
        log.warning("%s: %s", path.name, notice)
    given_name = renamed.get("name")
    named = {"name": path.stem} | renamed | {"path": path}
    try:
        return _with_absolute_paths(Config.model_validate(named))
    except ValidationError as problem:
        if given_name is None and any(error["loc"] == ("name",) for error in problem.errors()):
            raise ConfigError(
                f'{path.name}: the file\'s name cannot name a run; add name = "..." of letters, digits, . _ -'
            ) from None
        raise ConfigError(f"{path.name}: {explain(problem)}") from None


def _with_absolute_paths(config: Config) -> Config:
    """The config with an absolute path to a model's folder, so that a later command finds it from any directory."""
    model = config.embedding.model
    if not model.startswith((".", "~", "/")):
        return config
    absolute = (config.folder / Path(model).expanduser()).resolve()
    return config.model_copy(update={"embedding": config.embedding.model_copy(update={"model": str(absolute)})})


def _override(settings: Settings, override: str) -> None:
    """Set `section.key=value` in place; the value is TOML, or text where it is not valid TOML."""
    key, equals, text = override.partition("=")
    names = key.strip().split(".")
    if not equals or not all(names):
        raise ConfigError(f"cannot override {override!r}: expected section.key=value, e.g. reducer.n_neighbors=30")
    try:
        value: object = tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        value = text.strip()
    section = settings
    for name in names[:-1]:
        inner = section.setdefault(name, {})
        if not isinstance(inner, dict):
            raise ConfigError(f"cannot override {override!r}: {name} is a value, not a section")
        section = inner
    section[names[-1]] = value


def _nearby(path: Path) -> str:
    folder = path.parent
    if not folder.is_dir():
        return ""
    near = nearest_names(path.name, [file.name for file in folder.glob("*.toml")])
    return f"; did you mean {folder / near[0]}?" if near else ""
