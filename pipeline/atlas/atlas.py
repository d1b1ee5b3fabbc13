"""The atlas: row-aligned papers, vectors, neighbours and topics."""

import html
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipeline.atlas.manifest import Manifest
from pipeline.config import CleanConfig
from pipeline.corpus.cleaning import STEPS, Cleaner
from pipeline.corpus.identifiers import IDENTIFIER_FIELDS, Link, links, plain_name
from pipeline.corpus.record import text_of
from pipeline.embedding.result import Encoder, Sentences
from pipeline.lexical import Lexical
from pipeline.neighbours import ExactIndex, Index, Neighbours
from pipeline.paper_ids import PaperIds
from pipeline.topics import Topic, TopicTree

if TYPE_CHECKING:
    import pandas as pd

    from pipeline.assigner import Assigned
    from pipeline.recommender import Recommended


class Tables(Protocol):
    """The tables of an atlas, in memory or on disk."""

    def table(self, name: str) -> pa.Table: ...

    def column(self, name: str) -> pa.ChunkedArray: ...

    @property
    def column_names(self) -> list[str]: ...


@dataclass(frozen=True)
class TablesInMemory:
    """papers, sources, duplicates and rejected, as they were just made."""

    tables: Mapping[str, pa.Table]

    def table(self, name: str) -> pa.Table:
        """One of the four tables."""
        return self.tables[name]

    def column(self, name: str) -> pa.ChunkedArray:
        """One column of papers. Raises KeyError where there is none."""
        return self.tables["papers"].column(name)

    @property
    def column_names(self) -> list[str]:
        """Columns of papers."""
        return list(self.tables["papers"].column_names)


@dataclass(frozen=True)
class Atlas:
    """Row i is the same paper everywhere.

    vectors: (n, d) float32 unit rows. text_hashes: (n, 32) uint8 sha256 of each text, increasing. tree: topics, the
    fields above them and the fine topics inside them.
    encoder_arrays: what the TF-IDF backend needs to embed a new text. folder: where it was loaded from, if it was.
    A loaded atlas reads columns of papers.parquet when they are asked for; arrays are memory-mapped.
    """

    vectors: NDArray[np.float32]
    text_hashes: NDArray[np.uint8]
    neighbours: Neighbours
    tree: TopicTree
    manifest: Manifest
    tables: Tables
    sentences: Sentences | None = None
    lexical: Lexical | None = None
    encoder_arrays: Mapping[str, NDArray[Any]] = field(default_factory=dict)
    folder: Path | None = None

    def __post_init__(self) -> None:
        rows = {"text_hashes": len(self.text_hashes), "neighbours": len(self.neighbours.indices)}
        rows["papers"] = len(self.column("id"))
        if self.sentences is not None:
            rows["sentences"] = len(self.sentences.offsets) - 1
        if self.lexical is not None:
            rows["lexical"] = len(self.lexical.offsets) - 1
        for name, count in rows.items():
            if count != len(self):
                raise ValueError(f"{name} has {count} rows for {len(self)} papers")

    def __len__(self) -> int:
        return len(self.vectors)

    def __repr__(self) -> str:
        return f"<Atlas {self.manifest.name!r}: {len(self)} papers, {len(self.topics)} topics>"

    @property
    def topics(self) -> tuple[Topic, ...]:
        """The topics, by increasing id."""
        return self.tree.topics

    def topic(self, number: int) -> Topic:
        """The topic with an id. Raises KeyError where there is none."""
        return self._topics[number]

    @cached_property
    def _topics(self) -> dict[int, Topic]:
        return {topic.id: topic for topic in self.topics}

    @property
    def title(self) -> str:
        """What its map is called: [map] title, or the run's name."""
        return str(self.manifest.config["map"].get("title") or self.manifest.name)

    @classmethod
    def load(cls, run: str | Path) -> "Atlas":
        """The atlas of a run folder: a path, or a name under outputs/. Raises RunFolderError."""
        from pipeline.atlas.run_folder import find_run, load_atlas

        return load_atlas(find_run(run))

    @cached_property
    def papers(self) -> pa.Table:
        """All columns of all papers: id, title, abstract, authors, year, what the source had, and the run's own."""
        return self.table("papers")

    def table(self, name: str) -> pa.Table:
        """`papers`, `sources`, `duplicates` or `rejected`."""
        return self.tables.table(name)

    def column(self, name: str) -> pa.ChunkedArray:
        """One column of papers, read alone where the atlas lies on disk. Raises KeyError where there is none."""
        return self.tables.column(name)

    @property
    def column_names(self) -> list[str]:
        """Names of the columns of papers."""
        return self.tables.column_names

    def paper(self, row: int) -> dict[str, Any]:
        """All columns of one paper."""
        return {name: self.column(name)[row].as_py() for name in self.column_names}

    @cached_property
    def cleaner(self) -> Cleaner:
        """Makes of a title and an abstract the text that the run embeds."""
        settings = self.manifest.config["corpus"].get("clean")
        return Cleaner(CleanConfig.model_validate(settings or dict.fromkeys(STEPS, False)))

    def text(self, row: int) -> str:
        """What was embedded of one paper: title, a stop, abstract, both cleaned."""
        found = self.cleaner.clean(self.column("title")[row].as_py(), self.column("abstract")[row].as_py())
        return text_of(found.title, found.abstract)

    def cleaned_papers(self) -> tuple[list[str], list[str]]:
        """Titles and abstracts of all papers, as they were embedded."""
        parts = zip(self.column("title").to_pylist(), self.column("abstract").to_pylist(), strict=True)
        found = [self.cleaner.clean(title, abstract) for title, abstract in parts]
        return [one.title for one in found], [one.abstract for one in found]

    def links(self, row: int) -> tuple[Link, ...]:
        """Where one paper can be read, the best place first."""
        names = [name for name in self.column_names if plain_name(name) in IDENTIFIER_FIELDS]
        return links({name: self.column(name)[row].as_py() for name in names})

    @cached_property
    def index(self) -> Index:
        """Finds the papers nearest to any vector."""
        return ExactIndex(self.vectors)

    @cached_property
    def ids(self) -> PaperIds:
        duplicates = self.table("duplicates")
        pairs = zip(duplicates.column("id").to_pylist(), duplicates.column("kept_id").to_pylist(), strict=True)
        return PaperIds(self.column("id").to_pylist(), dict(pairs))

    @cached_property
    def encoder(self) -> Encoder:
        """Gives new texts the vectors that the run would have given them; loaded on first use."""
        from pipeline.assigner import encoder_of

        return encoder_of(self)

    @cached_property
    def query_encoder(self) -> Encoder:
        """Gives search words their vectors; loaded on first use."""
        from pipeline.assigner import query_encoder_of

        return query_encoder_of(self)

    def similar(
        self, paper: str | None = None, k: int | None = None, *, text: str | None = None, unlike: Sequence[str] = ()
    ) -> "list[Recommended]":
        """The k papers most like a paper (its id) or a text; by itself the run's [similar] k, or all others."""
        from pipeline.recommender import read_query, similar

        likes = [] if paper is None else [self.ids.ids[self.ids.row(paper)]]
        query = read_query(self, likes, unlike, texts=[] if text is None else [text])
        return similar(self, query, k=self.usual_k(len(set(query.rows))) if k is None else k)

    def search(self, words: str, k: int | None = None) -> "list[Recommended]":
        """The k papers that free words describe best; phrases in double quotes must be in them."""
        from pipeline.recommender import search

        return search(self, words, k=self.usual_k(0) if k is None else k)

    def usual_k(self, asked_about: int) -> int:
        """The run's [similar] k, or as many papers as there are besides those asked about."""
        return min(int(self.manifest.config["similar"]["k"]), max(len(self) - asked_about, 1))

    def assign(self, texts: list[str]) -> "list[Assigned]":
        """The topics of new texts (title, a stop, abstract); a text of the corpus gets the answer of the run."""
        from pipeline.assigner import assign_texts

        return assign_texts(self, texts)

    def to_pandas(self) -> "pd.DataFrame":
        """One row a paper, with its topic's label. Needs pandas."""
        frame = self.papers.to_pandas()
        frame["label"] = [self.topic(topic).label for topic in frame["nearest_topic"]]
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
