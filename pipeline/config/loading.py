"""TOML file and overrides -> Config."""

import json
import logging
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path

from pydantic import ValidationError

from pipeline.config.messages import explain
from pipeline.config.renamed import Settings, rename_old_settings
from pipeline.config.settings import Config
from pipeline.errors import ConfigError
from pipeline.words.did_you_mean import nearest_names

log = logging.getLogger(__name__)
LARGEST_CONFIG = 2**20  # bytes
DEEPEST = 30  # levels of lists and tables
TOO_DEEP = "lists or tables nested too deeply; settings are a few levels deep"
# "a.b.c. ..." of more parts than any setting has: reading such a key takes time that grows with its square.
MOST_PARTS = 50
LONGEST_KEY = re.compile(rf"""(?<![\w-])(?:(?:[\w-]++|"[^"\n]*+"|'[^'\n]*+')[ \t]*+\.[ \t]*+){{{MOST_PARTS}}}""")


def load_config(path: str | Path, overrides: tuple[str, ...] = ()) -> Config:
    """The config of a TOML file, with each of `overrides` ("reducer.n_neighbors=30") applied in turn.

    Raises ConfigError with file, key, value, reason and the nearest known key.
    """
    path = Path(path)
    settings = _parse_toml(path, _read_text(path))
    for override in overrides:
        _override(settings, override)
    return parse_config(settings, path)


def _read_text(path: Path) -> str:
    try:
        if path.exists() and not path.is_file() and not path.is_dir():
            raise ConfigError(f"{path}: a device, pipe or socket, not a config file; write it into a .toml file")
        with path.open("rb") as file:
            content = file.read(LARGEST_CONFIG + 1)
    except FileNotFoundError:
        raise ConfigError(f"{path}: no such config file{_nearby(path)}") from None
    except IsADirectoryError:
        raise ConfigError(f"{path}: a folder, not a config file; name a .toml file") from None
    except (OSError, ValueError) as problem:  # ValueError: a name with a NUL character
        raise ConfigError(f"{path}: cannot be read: {getattr(problem, 'strerror', None) or problem}") from None
    if len(content) > LARGEST_CONFIG:
        raise ConfigError(f"{path}: larger than {LARGEST_CONFIG // 2**20} MB; is this a config, or the papers?")
    try:
        return content.decode().replace("\r\n", "\n").replace("\r", "\n")
    except UnicodeDecodeError as problem:
        raise ConfigError(f"{path}: not UTF-8 text (byte {problem.start}); a config is a TOML text file") from None


def _parse_toml(path: Path, text: str) -> Settings:
    try:
        if LONGEST_KEY.search(text):
            raise ConfigError(f"{path}: not valid TOML: a key of more than {MOST_PARTS} parts")
        return tomllib.loads(text)
    except ValueError as problem:  # also a number of more digits than Python reads
        raise ConfigError(f"{path}: not valid TOML: {problem}") from None
    except RecursionError:
        raise ConfigError(f"{path}: {TOO_DEEP}") from None


def parse_config(settings: Mapping[str, object], path: Path) -> Config:
    """The config of settings already read. path: names them in messages; relative paths start from its folder."""
    if "path" in settings:
        raise ConfigError(f"{path.name}: path = {settings['path']!r}: unknown key; did you mean corpus.files?")
    _refuse_unusable(settings, path)
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


def _refuse_unusable(settings: Mapping[str, object], path: Path) -> None:
    """Raises ConfigError for texts that can name no file, and for lists and tables nested deeper than settings are."""
    waiting: list[tuple[str, object, int]] = [("", settings, 0)]
    while waiting:
        key, value, depth = waiting.pop()
        if depth > DEEPEST:
            raise ConfigError(f"{path.name}: {key.partition('[')[0][:60]}: {TOO_DEEP}")
        if isinstance(value, Mapping):
            waiting += [(key, str(name), depth) for name in value]
            waiting += [(f"{key}.{name}".lstrip("."), inner, depth + 1) for name, inner in value.items()]
        elif isinstance(value, list | tuple):
            waiting += [(f"{key}[{number}]", inner, depth + 1) for number, inner in enumerate(value)]
        elif isinstance(value, str) and (wrong := _why_unusable(value)):
            raise ConfigError(f"{path.name}: {key} = {json.dumps(value)}: {wrong}")


def _why_unusable(text: str) -> str | None:
    if "\0" in text:
        return "holds a NUL character, which no text or path may"
    try:
        text.encode()
    except UnicodeEncodeError:
        return "holds bytes that are no UTF-8 text; rename the file, or write the setting in UTF-8"
    return None


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
        value: object = _parse_toml(Path("override"), f"value = {text}")["value"]
    except ConfigError:
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
