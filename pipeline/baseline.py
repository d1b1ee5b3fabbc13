"""An earlier run, the papers of this one -> Earlier: the topics whose ids, names and colours are to stay."""

from pathlib import Path

import numpy as np

from pipeline.atlas import find_run, load_atlas
from pipeline.errors import PaperatlasError
from pipeline.paper_ids import PaperIds
from pipeline.topics.grouping import Earlier


def find_baseline(name: str, folder: Path) -> Path:
    """The run folder that a config names: relative to the config's folder, or as a run on the command line.

    Raises PaperatlasError where there is none.
    """
    beside = folder / Path(name).expanduser()
    try:
        return beside if (beside / "manifest.json").is_file() else find_run(name)
    except PaperatlasError as problem:
        raise PaperatlasError(f"baseline: {problem}") from None


def read_baseline(folder: Path, papers: PaperIds) -> Earlier:
    """Papers are the same by id, duplicates included. Raises RunFolderError for a damaged folder."""
    atlas = load_atlas(folder)
    topics = atlas.column("nearest_topic").to_pylist()
    nearest = np.full(len(papers.ids), -1, dtype=np.int64)
    for row, paper in enumerate(papers.ids):
        before = atlas.ids.find(paper)
        if before is not None:
            nearest[row] = topics[before]
    return Earlier(atlas.topics, nearest)
