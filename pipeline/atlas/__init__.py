"""The whole result of a run, in memory and on disk: the only reader and writer of run folders."""

from pipeline.atlas.atlas import AtlasData
from pipeline.atlas.atlas_tables import TablesInMemory
from pipeline.atlas.load import load_atlas, load_run, read_manifest
from pipeline.atlas.locking import exclusive
from pipeline.atlas.manifest import (
    SCHEMA_VERSION,
    Addition,
    ChatSummary,
    Cpu,
    Manifest,
    RowCounts,
    SeededTopicInfo,
    SelectionInfo,
    StageCost,
)
from pipeline.atlas.run_folder import find_run
from pipeline.atlas.save import refuse_foreign, save_atlas
from pipeline.atlas.verify import verify

__all__ = [
    "SCHEMA_VERSION",
    "Addition",
    "AtlasData",
    "ChatSummary",
    "Cpu",
    "Manifest",
    "RowCounts",
    "SeededTopicInfo",
    "SelectionInfo",
    "StageCost",
    "TablesInMemory",
    "exclusive",
    "find_run",
    "load_atlas",
    "load_run",
    "read_manifest",
    "refuse_foreign",
    "save_atlas",
    "verify",
]
