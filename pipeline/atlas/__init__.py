"""The whole result of a run, in memory and on disk: the only reader and writer of run folders."""

from pipeline.atlas.atlas import AtlasData
from pipeline.atlas.atlas_tables import TablesInMemory
from pipeline.atlas.intact import changes
from pipeline.atlas.load import load_atlas, load_run
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
from pipeline.atlas.manifest_file import read_manifest
from pipeline.atlas.run_folder import OUTPUTS, REBUILD, find_run
from pipeline.atlas.save import refuse_foreign, save_atlas
from pipeline.atlas.verify import verify

__all__ = [
    "OUTPUTS",
    "REBUILD",
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
    "changes",
    "exclusive",
    "find_run",
    "load_atlas",
    "load_run",
    "read_manifest",
    "refuse_foreign",
    "save_atlas",
    "verify",
]
