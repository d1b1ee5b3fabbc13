"""Atlas -> what its papers cite: as the run keeps it, or matched anew for a run that does not."""

from pipeline.atlas import AtlasData
from pipeline.corpus.cited_references import COLUMN
from pipeline.references import StoredReferences, find_works, store_references


def references_of(atlas: AtlasData) -> StoredReferences | None:
    """What the papers cite; None where no paper has references."""
    if atlas.references is not None:
        return atlas.references
    return store_references(find_works(atlas.column, atlas.column_names)) if COLUMN in atlas.column_names else None
