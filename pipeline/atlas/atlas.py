"""The atlas: row-aligned papers, vectors, neighbours and topics."""

import html
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipeline.atlas.manifest import Manifest
from pipeline.embedding.result import Sentences
from pipeline.neighbours import Neighbours
from pipeline.paper_ids import PaperIds
from pipeline.topics import Topic

if TYPE_CHECKING:
    import pandas as pd

    from pipeline.assigner import Assigned
    from pipeline.recommender import Similar


@dataclass(frozen=True)
class Atlas:
    """Row i is the same paper everywhere.

    vectors: (n, d) float32 unit rows. text_hashes: (n, 32) uint8 sha256 of each text, increasing. topics: by number.
    encoder_arrays: what the TF-IDF backend needs to embed a new text. folder: where it was loaded from, if it was.
    A loaded atlas reads columns of papers.parquet when they are asked for; arrays are memory-mapped.
    """

    vectors: NDArray[np.float32]
    text_hashes: NDArray[np.uint8]
    neighbours: Neighbours
    topics: tuple[Topic, ...]
    manifest: Manifest
    tables: Mapping[str, pa.Table] = field(default_factory=dict)
    sentences: Sentences | None = None
    encoder_arrays: Mapping[str, NDArray[Any]] = field(default_factory=dict)
    folder: Path | None = None

    def __post_init__(self) -> None:
        rows = {"text_hashes": len(self.text_hashes), "neighbours": len(self.neighbours.indices)}
        if "papers" in self.tables:
            rows["papers"] = self.tables["papers"].num_rows
        if self.sentences is not None:
            rows["sentences"] = len(self.sentences.offsets) - 1
        for name, count in rows.items():
            if count != len(self):
                raise ValueError(f"{name} has {count} rows for {len(self)} papers")

    def __len__(self) -> int:
        return len(self.vectors)

    def __repr__(self) -> str:
        return f"<Atlas {self.manifest.name!r}: {len(self)} papers, {len(self.topics)} topics>"

    @classmethod
    def load(cls, run: str | Path) -> "Atlas":
        """The atlas of a run folder: a path, or a name under outputs/. Raises RunFolderError."""
        from pipeline.atlas.run_folder import find_run, load_atlas

        return load_atlas(find_run(run))

    @cached_property
    def papers(self) -> pa.Table:
        """All columns of all papers, as DESIGN's papers.parquet."""
        return self.table("papers")

    def table(self, name: str) -> pa.Table:
        """`papers`, `sources`, `duplicates` or `rejected`."""
        if name in self.tables:
            return self.tables[name]
        from pipeline.atlas.run_folder import read_table

        return read_table(self._loaded_from, name)

    def column(self, name: str) -> pa.ChunkedArray:
        """One column of papers, read alone where the atlas lies on disk. Raises KeyError where there is none."""
        if "papers" in self.tables or "papers" in self.__dict__:
            return self.papers.column(name)
        from pipeline.atlas.run_folder import read_column

        return read_column(self._loaded_from, name)

    @property
    def _loaded_from(self) -> Path:
        if self.folder is None:
            raise ValueError("an atlas made in memory needs its tables: papers, sources, duplicates, rejected")
        return self.folder

    @cached_property
    def ids(self) -> PaperIds:
        duplicates = self.table("duplicates")
        pairs = zip(duplicates.column("id").to_pylist(), duplicates.column("kept_id").to_pylist(), strict=True)
        return PaperIds(self.column("id").to_pylist(), dict(pairs))

    def similar(self, paper: str, k: int | None = None) -> "list[Similar]":
        """The k papers most like the one with this id; by itself as many as the run's [similar] k, or all others."""
        from pipeline.recommender import similar

        usual = min(self.manifest.config["similar"]["k"], max(len(self) - 1, 1))
        return similar(self, paper, k=usual if k is None else k)

    def assign(self, texts: list[str]) -> "list[Assigned]":
        """The topics of new texts (title, a stop, abstract); a text of the corpus gets the answer of the run."""
        from pipeline.assigner import assign_texts

        return assign_texts(self, texts)

    def to_pandas(self) -> "pd.DataFrame":
        """One row a paper, with its topic's label. Needs pandas."""
        frame = self.papers.to_pandas()
        frame["label"] = [self.topics[topic].label for topic in frame["nearest_topic"]]
        return frame

    def _repr_html_(self) -> str:
        """What a notebook shows: the map and the topics. Every text is escaped."""
        rows = "".join(
            f"<tr><td>{topic.id}</td><td>{html.escape(topic.label)}</td><td>{topic.size}</td>"
            f"<td>{html.escape(', '.join(keyword.term for keyword in topic.keywords[:5]))}</td></tr>"
            for topic in self.topics
        )
        head = f"<h3>{html.escape(self.manifest.name)}</h3><p>{len(self)} papers, {len(self.topics)} topics</p>"
        columns = "<tr><th>topic</th><th>label</th><th>papers</th><th>keywords</th></tr>"
        return f"{head}{self._map_html()}<table>{columns}{rows}</table>"

    def _map_html(self) -> str:
        if self.folder is None or not (self.folder / "map.png").is_file():
            return ""
        import base64

        encoded = base64.b64encode((self.folder / "map.png").read_bytes()).decode()
        return f'<img alt="map of the papers" style="max-width:100%" src="data:image/png;base64,{encoded}">'
