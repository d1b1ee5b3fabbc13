"""What a notebook uses: `run` a config, `Atlas.load` a run, then ask it for similar papers, search, assign."""

import base64
import html
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Self

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipeline.atlas import AtlasData, Manifest, load_run
from pipeline.build import run_config
from pipeline.config import Config, load_config
from pipeline.corpus.arrow_columns import row_numbers
from pipeline.errors import PaperatlasError
from pipeline.progress import Progress
from pipeline.recommender import (
    Assigned,
    Filters,
    MissingWork,
    NearDuplicates,
    PathStep,
    Recommended,
    Request,
    answer,
    assign_texts,
    default_k,
    filter_papers,
    find_missing,
    find_near_duplicates,
    find_path,
    search,
)
from pipeline.topics import Topic, TopicHierarchy

if TYPE_CHECKING:
    import pandas as pd

    from pipeline.map.widget import MapWidget

SHOWN_KEYWORDS = 5


def run(config: Config | str | Path, *, force: bool = False, progress: Progress | None = None) -> "Atlas":
    """The atlas of a config (a TOML file, or one already read), built and written to its run folder, or loaded where
    that is up to date. force: build it anyway. Raises PaperatlasError for whatever the user can mend; then the old run
    folder, if any, is untouched.
    """
    loaded = config if isinstance(config, Config) else load_config(config)
    return Atlas(run_config(loaded, force=force, progress=progress).atlas)


class Atlas:
    """A finished run and what can be asked of it. Row i is the same paper in every array and column.

    data: all of it, for functions that take an AtlasData.
    """

    def __init__(self, data: AtlasData) -> None:
        self.data = data

    @classmethod
    def load(cls, run: str | Path) -> Self:
        """The atlas of a run folder: a path, or a name under outputs/. Raises RunFolderError."""
        return cls(load_run(run))

    def __len__(self) -> int:
        return len(self.data)

    def __repr__(self) -> str:
        return f"<Atlas {self.manifest.name!r}: {len(self)} papers, {len(self.topics)} topics>"

    @property
    def manifest(self) -> Manifest:
        """Settings, row counts, how topics were selected, what ran and what it cost."""
        return self.data.manifest

    @property
    def topics(self) -> tuple[Topic, ...]:
        """The topics, by increasing id."""
        return self.data.topics

    def topic(self, number: int) -> Topic:
        """The topic with an id. Raises KeyError where there is none."""
        return self.data.topic(number)

    @property
    def hierarchy(self) -> TopicHierarchy:
        """The topics with the areas above them and the subtopics inside them."""
        return self.data.hierarchy

    @property
    def vectors(self) -> NDArray[np.float32]:
        """(n, d) float32 unit rows: the embedding."""
        return self.data.vectors

    @cached_property
    def papers(self) -> pa.Table:
        """All columns of all papers: id, title, abstract, authors, year, what the source had, and the run's own."""
        return self.data.tables.whole.papers

    @property
    def column_names(self) -> list[str]:
        """Names of the columns of papers."""
        return self.data.column_names

    def column(self, name: str) -> pa.ChunkedArray:
        """One column of papers, read alone where the atlas lies on disk. Raises KeyError where there is none."""
        return self.data.column(name)

    def paper(self, paper: str) -> dict[str, object]:
        """All columns of one paper, by its id. Raises UnknownPaperError."""
        return self.data.paper(self.data.ids.row(paper))

    def similar(
        self,
        paper: str | None = None,
        k: int | None = None,
        *,
        text: str | None = None,
        unlike: Sequence[str] = (),
        where: str | None = None,
        topic: str | None = None,
        mmr: float = 0.0,
    ) -> list[Recommended]:
        """The k papers most like a paper (its id) or a text, best first; k defaults to the run's [similar] k.

        unlike: ids or texts of what is not wanted. where: a condition, e.g. "year >= 2020"; topic: number or label of
        the topic that results must be of; mmr: 0 to 1, how much repetition costs a paper. Raises PaperatlasError.
        """
        request = Request(paper, () if text is None else (text,), (), tuple(unlike))
        filters = Filters(filter_papers(self.data, condition=where, topic=topic), mmr)
        return list(answer(self.data, request, k=k, filters=filters).results)

    def search(self, words: str, k: int | None = None) -> list[Recommended]:
        """The k papers that free words describe best; phrases in double quotes must be in them."""
        return search(self.data, words, k=default_k(self.data) if k is None else k)

    def near_duplicates(self) -> tuple[NearDuplicates, ...]:
        """The groups of papers that are other versions of each other by meaning and words, the largest first."""
        return find_near_duplicates(self.data)

    def missing(self, k: int = 50, *, topic: str | None = None) -> list[MissingWork]:
        """The k works that most papers cite and that are not among them, from two citing papers on; topic: number or
        label of the topic whose papers alone are asked. Empty where no paper has references. Raises PaperatlasError.
        """
        return find_missing(self.data, topic=topic, k=k)

    def path(self, start: str, end: str | None = None, *, topic: str | int | None = None, k: int = 8) -> list[PathStep]:
        """At most k papers to read in order, from start (its id): along the strongest links of text and references to
        end; else through a topic (number or label, or that of start), from what it cites most and early to its recent
        work. Each says why. Raises PaperatlasError, also where no route of at most k papers leads to end.
        """
        return find_path(self.data, start, end=end, topic=None if topic is None else str(topic), k=k)

    def assign(self, texts: Sequence[str]) -> list[Assigned]:
        """The topics of new texts (title, a stop, abstract), cleaned as the run cleans; a paper of the corpus, by its
        text as its source has it or as it was embedded, gets the answer of the run.
        """
        return assign_texts(self.data, texts)

    def to_pandas(self) -> "pd.DataFrame":
        """One row a paper, with its topic's label. Needs `pip install 'paperatlas[pandas]'`."""
        return self._frame(self.papers)

    def widget(self, *, height: int = 600) -> "MapWidget":
        """The map in a notebook's cell, `height` pixels high: search it, open papers, and draw around some to have them
        as `widget.selected`, a pandas frame, or `widget.selected_ids`. Needs `pip install 'paperatlas[notebook]'`.

        The page is that of map.html, within [map] budget_mb, and works without a network. Raises PaperatlasError where
        anywidget is not installed.
        """
        try:
            from pipeline.map.widget import MapWidget
        except ModuleNotFoundError as problem:
            if problem.name != "anywidget":
                raise
            raise PaperatlasError("a widget needs anywidget: pip install 'paperatlas[notebook]'") from None

        def to_frame(rows: NDArray[np.int64]) -> "pd.DataFrame":
            return self._frame(self.papers.take(row_numbers(rows)))

        return MapWidget(self.data, to_frame=to_frame, height=height, budget_mb=self.manifest.config.map.budget_mb)

    def _frame(self, papers: pa.Table) -> "pd.DataFrame":
        """Papers with the label of their nearest topic. Raises PaperatlasError where pandas is not installed."""
        try:
            import pandas as pd  # noqa: F401 - pyarrow imports it too, with a longer message
        except ModuleNotFoundError as problem:
            if problem.name != "pandas":
                raise
            raise PaperatlasError("a frame needs pandas: pip install 'paperatlas[pandas]'") from None
        frame = papers.to_pandas()
        frame["label"] = [self.topic(topic).label for topic in frame["nearest_topic"]]
        return frame

    def _repr_html_(self) -> str:
        """What a notebook shows: the map and the topics. Every text is escaped."""
        rows = "".join(
            f"<tr><td>{topic.id}</td><td>{html.escape(topic.label)}</td><td>{topic.size}</td>"
            f"<td>{html.escape(', '.join(keyword.term for keyword in topic.keywords[:SHOWN_KEYWORDS]))}</td></tr>"
            for topic in self.topics
        )
        head = f"<h3>{html.escape(self.manifest.name)}</h3><p>{len(self)} papers, {len(self.topics)} topics</p>"
        columns = "<tr><th>topic</th><th>label</th><th>papers</th><th>keywords</th></tr>"
        return f"{head}{self._map_html()}<table>{columns}{rows}</table>"

    def _map_html(self) -> str:
        folder = self.data.folder
        if folder is None or not (folder / "map.png").is_file():
            return ""
        encoded = base64.b64encode((folder / "map.png").read_bytes()).decode()
        return f'<img alt="map of the papers" style="max-width:100%" src="data:image/png;base64,{encoded}">'
