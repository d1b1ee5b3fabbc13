"""The whole result of a run, in memory and on disk: the only reader and writer of run folders."""

from pipeline.atlas.atlas import Atlas, TablesInMemory
from pipeline.atlas.locking import exclusive
from pipeline.atlas.manifest import SCHEMA_VERSION, Manifest, StageCost
from pipeline.atlas.run_folder import find_run, load_atlas, read_manifest, refuse_foreign, save_atlas
from pipeline.atlas.verify import verify

__all__ = [
    "SCHEMA_VERSION",
    "Atlas",
    "Manifest",
    "StageCost",
    "TablesInMemory",
    "exclusive",
    "find_run",
    "load_atlas",
    "read_manifest",
    "refuse_foreign",
    "save_atlas",
    "verify",
]
