"""TOML -> frozen Config: the only reader of settings."""

from pipeline.config.environment import cache_folder, hub_cache, ray_address, secret
from pipeline.config.loading import load_config, parse_config
from pipeline.config.renamed import rename_old_settings
from pipeline.config.run_section import RunConfig
from pipeline.config.settings import (
    DEFAULT_MODEL,
    ChatConfig,
    CleanConfig,
    ClustererConfig,
    Config,
    CorpusConfig,
    EmbeddingConfig,
    MapConfig,
    OutputConfig,
    ReducerConfig,
    SimilarConfig,
    TopicEdits,
    TopicsConfig,
    known_keys,
)
from pipeline.config.writing import default_toml, json_schema, to_toml

__all__ = [
    "DEFAULT_MODEL",
    "ChatConfig",
    "CleanConfig",
    "ClustererConfig",
    "Config",
    "CorpusConfig",
    "EmbeddingConfig",
    "MapConfig",
    "OutputConfig",
    "ReducerConfig",
    "RunConfig",
    "SimilarConfig",
    "TopicEdits",
    "TopicsConfig",
    "cache_folder",
    "default_toml",
    "hub_cache",
    "json_schema",
    "known_keys",
    "load_config",
    "parse_config",
    "ray_address",
    "rename_old_settings",
    "secret",
    "to_toml",
]
