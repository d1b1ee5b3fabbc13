"""Atlas -> the map's page in a notebook's cell, and what is selected in it, as ids and as a frame of papers."""

import gzip
import json
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import anywidget
import numpy as np
import traitlets
from numpy.typing import NDArray

from pipeline.atlas import AtlasData, changes
from pipeline.errors import UnknownPaperError
from pipeline.map.html import asset, page_blocks, render, written_blocks

if TYPE_CHECKING:
    import pandas as pd

ToFrame = Callable[[NDArray[np.int64]], "pd.DataFrame"]


class MapWidget(anywidget.AnyWidget):
    """The map in a cell's output. What is drawn around, or listed by "Select shown", is selected.

    selected_ids: ids of the papers selected, in the atlas's order; to be watched (`observe`), or set, which shows them
    selected on the map. height: of the cell, in pixels. The page is the one of map.html and asks the network for
    nothing.
    """

    _esm = asset("widget.js")
    _page = traitlets.Bytes().tag(sync=True)
    _title = traitlets.Unicode().tag(sync=True)
    _rows = traitlets.CBytes(b"").tag(sync=True)
    height = traitlets.Int(600, min=200, max=5000).tag(sync=True)
    selected_ids: traitlets.List[str] = traitlets.List()

    def __init__(self, atlas: AtlasData, *, to_frame: ToFrame, height: int, budget_mb: float) -> None:
        """to_frame: the papers of some rows as a table. budget_mb: as [map] budget_mb, size limit of the page."""
        blocks = _run_blocks(atlas) or page_blocks(atlas, title=atlas.title, budget_mb=budget_mb)
        self._atlas, self._to_frame = atlas, to_frame
        self._ids: list[str] = json.loads(gzip.decompress(blocks["texts"]))["id"]
        self._place = {paper: place for place, paper in enumerate(self._ids)}
        super().__init__(_page=render(blocks, atlas.title, in_cell=True), _title=atlas.title, height=height)

    @property
    def selected(self) -> "pd.DataFrame":
        """The papers selected, one row each, with the columns of `Atlas.to_pandas`. Needs pandas."""
        return self._to_frame(np.array([self._atlas.ids.row(paper) for paper in self.selected_ids], dtype=np.int64))

    @traitlets.observe("_rows")
    def _tell_ids(self, change: dict[str, bytes]) -> None:
        self.selected_ids = [self._ids[row] for row in np.frombuffer(change["new"], "<i4").tolist()]

    @traitlets.validate("selected_ids")
    def _check_ids(self, proposal: dict[str, Sequence[str]]) -> list[str]:
        """Raises UnknownPaperError for an id that no paper on the map has."""
        wanted = list(proposal["value"])
        for paper in wanted:
            if paper not in self._place:
                raise UnknownPaperError(f"no paper on the map has the id {paper!r}")
        return sorted(set(wanted), key=self._place.__getitem__)

    @traitlets.observe("selected_ids")
    def _show_rows(self, change: dict[str, list[str]]) -> None:
        self._rows = np.array([self._place[paper] for paper in change["new"]], "<i4").tobytes()


def _run_blocks(atlas: AtlasData) -> dict[str, bytes]:
    """The blocks of the run's map.html, so that similar papers are not computed again; none where it has no such file,
    or one that another version wrote, or that is not as it was written.
    """
    folder, name = atlas.folder, "map.html"
    if folder is None or any(changes(folder, atlas.manifest, [name], trust_times=True)):
        return {}
    return written_blocks((folder / name).read_bytes())
