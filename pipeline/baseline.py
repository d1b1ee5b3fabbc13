"""An earlier run, the papers of this one -> Earlier: the topics whose ids, names and colours are to stay."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipeline.atlas import Atlas, find_run, load_atlas
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
    """Raises RunFolderError for a damaged folder."""
    atlas = load_atlas(folder)
    rows = rows_before(atlas, papers)
    topics = atlas.column("nearest_topic").to_numpy().astype(np.int64)
    return Earlier(atlas.topics, np.where(rows == -1, -1, topics[rows]))


def rows_before(atlas: Atlas, papers: PaperIds) -> NDArray[np.int64]:
    """Row in an earlier atlas of each paper of this corpus, -1 for new ones; papers are the same by id, duplicates
    included, and each earlier paper is found once.
    """
    rows, taken = np.full(len(papers.ids), -1, dtype=np.int64), set()
    for row, paper in enumerate(papers.ids):
        before = atlas.ids.find(paper)
        if before is not None and before not in taken:
            rows[row] = before
            taken.add(before)
    return rows
