"""Atlas -> pictures of its map."""

import numpy as np

from pipeline.atlas import Atlas
from pipeline.map.colouring import colour_papers
from pipeline.map.picture import Picture, draw_map


def draw_atlas(atlas: Atlas, picture: Picture, *, colour_by: str = "topic") -> dict[str, bytes]:
    """The map in each format, by file name. Raises PaperatlasError for a column that gives no colours."""
    return draw_map(
        np.column_stack([atlas.column(name).to_numpy() for name in ("x", "y")]),
        atlas.column("topic").to_numpy(),
        [topic.label for topic in atlas.topics],
        paper_titles=atlas.column("title").to_pylist(),
        colouring=colour_papers(atlas, colour_by),
        picture=picture,
    )
