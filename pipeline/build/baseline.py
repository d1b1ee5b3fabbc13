"""An earlier run, the papers of this one -> EarlierRun: the topics whose ids, names and colours are to stay."""

from pathlib import Path

import numpy as np

from pipeline.atlas import find_run, load_atlas
from pipeline.config import Config
from pipeline.corpus import PaperIds
from pipeline.errors import PaperatlasError
from pipeline.topics.grouping import EarlierRun


def find_baseline(config: Config) -> Path:
    """The run folder that a config names: relative to the config's folder, or as a run on the command line.

    Raises PaperatlasError where there is none.
    """
    name = config.baseline or ""
    beside = config.folder / Path(name).expanduser()
    try:
        return beside if (beside / "manifest.json").is_file() else find_run(name)
    except PaperatlasError as problem:
        raise PaperatlasError(f"baseline: {problem}") from None


def read_baseline(config: Config, papers: PaperIds) -> EarlierRun:
    """Raises RunFolderError for a damaged folder."""
    atlas = load_atlas(find_baseline(config))
    rows = papers.rows_in(atlas.ids)
    topics = atlas.column("nearest_topic").to_numpy().astype(np.int64)
    return EarlierRun(atlas.topics, np.where(rows == -1, -1, topics[rows]))
