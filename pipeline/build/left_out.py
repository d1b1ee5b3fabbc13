"""Run folder, the atlas that will replace it -> papers that were added to the one and are not in the other."""

import logging
from pathlib import Path

from pipeline.atlas import AtlasData, load_atlas
from pipeline.errors import RunFolderError

logger = logging.getLogger(__name__)
MOST_NAMED = 3  # files


def warn_of_left_out(folder: Path, atlas: AtlasData) -> None:
    """Tells how many papers that `add` put into the run in a folder are not in a new one, and how to keep them.

    A folder that cannot be read, for whatever reason, had none that anybody knows of: the new run is what counts.
    """
    try:
        before = load_atlas(folder)
        added = {name for addition in before.manifest.added for name in addition.sources}
        if not added:
            return
        sources = before.tables.whole.sources
    except (RunFolderError, OSError, MemoryError):
        return
    rows = zip(sources.column("id").to_pylist(), sources.column("source").to_pylist(), strict=True)
    file_of = {name: source for name, source in rows if source in added}
    left_out = sorted(file_of.keys() - set(atlas.ids.ids))
    if left_out:
        files = sorted({file_of[name] for name in left_out})
        shown = ", ".join(files[:MOST_NAMED]) + (", ..." if len(files) > MOST_NAMED else "")
        logger.warning(
            "papers added to %s earlier (%d, from %s) are not in the files of this run, and not in it any more:"
            " list the files in corpus.files, or add them again",
            folder.name,
            len(left_out),
            shown,
        )
