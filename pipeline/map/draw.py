"""Atlas -> pictures of its map."""

import numpy as np
from numpy.typing import NDArray

from pipeline.atlas import AtlasData
from pipeline.map.colouring import colour_papers
from pipeline.map.picture import Picture, draw_map


def topic_rows(atlas: AtlasData) -> NDArray[np.int32]:
    """(n,) row of each paper's core topic in the list of topics, -1 noise."""
    rows = {topic.id: row for row, topic in enumerate(atlas.topics)}
    return np.array([rows.get(topic, -1) for topic in atlas.column("topic").to_pylist()], dtype=np.int32)


def draw_atlas(atlas: AtlasData, picture: Picture, *, colour_by: str = "topic") -> dict[str, bytes]:
    """The map in each format, by file name. Raises PaperatlasError for a column that gives no colours."""
    return draw_map(
        atlas.points,
        topic_rows(atlas),
        labels=[topic.label for topic in atlas.topics],
        paper_titles=atlas.column("title").to_pylist(),
        colouring=colour_papers(atlas, colour_by),
        picture=picture,
    )
