"""Config -> TOML and JSON Schema."""

import json
from pathlib import Path

from pydantic import BaseModel

from pipeline.config.loading import parse_config
from pipeline.config.settings import Config


def to_toml(config: Config, *, comments: bool = False) -> str:
    """The config as TOML that reads back equal. comments: write the meaning above each key.

    TOML has no null: a setting without a value is written as a comment.
    """
    lines: list[str] = []

    def write(section: BaseModel, prefix: str) -> None:
        inner: list[tuple[str, BaseModel]] = []
        for name, field in type(section).model_fields.items():
            value = getattr(section, name)
            if field.exclude:
                continue
            if isinstance(value, BaseModel):
                inner.append((f"{prefix}{name}", value))
                continue
            if comments:
                lines.append(f"# {field.description}")
            lines.append(f"# {name} =" if value is None else f"{name} = {_toml_value(value)}")
        for name, value in inner:
            lines.extend(["", f"[{name}]"])
            write(value, f"{name}.")

    write(config, "")
    return "\n".join(lines) + "\n"


def _toml_value(value: object) -> str:
    if isinstance(value, BaseModel):
        return "{ " + ", ".join(f"{name} = {_toml_value(inner)}" for name, inner in value) + " }"
    if isinstance(value, dict):
        inner = ", ".join(
            f"{json.dumps(name, ensure_ascii=False)} = {_toml_value(text)}" for name, text in value.items()
        )
        return f"{{ {inner} }}" if inner else "{}"
    if isinstance(value, tuple):
        return "[" + ", ".join(map(_toml_value, value)) + "]"
    return json.dumps(value, ensure_ascii=False)  # TOML writes text, numbers and true/false as JSON does


def default_toml() -> str:
    """configs/default.toml: every setting at its default, with one comment each."""
    config = parse_config({"corpus": {"files": ["papers.jsonl"]}}, Path("default.toml"))
    head = "# Every setting at its default. A config needs only [corpus] files; copy from here what you change.\n\n"
    return head + to_toml(config, comments=True)


def json_schema() -> dict[str, object]:
    """JSON Schema of a config file, for editors."""
    schema = Config.model_json_schema()
    schema["properties"].pop("path", None)
    return schema
