"""The atlas as data: row-aligned papers, vectors, neighbours and topics."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipeline.atlas.atlas_tables import AtlasTables
from pipeline.atlas.encoder import load_encoder, needs_query_prompt
from pipeline.atlas.manifest import Manifest
from pipeline.atlas.run_folder import REBUILD
from pipeline.corpus import text_of
from pipeline.corpus.cleaning import Cleaner
from pipeline.corpus.identifiers import IDENTIFIER_FIELDS, Link, links, plain_name
from pipeline.corpus.paper_ids import PaperIds
from pipeline.corpus.record import text_hash
from pipeline.embedding.embedding import Encoder, Sentences
from pipeline.embedding.model_files import DOCUMENT_PROMPTS, QUERY_PROMPTS
from pipeline.errors import RunFolderError
from pipeline.neighbours import Index, Neighbours, open_index
from pipeline.references import CitedWorks, StoredReferences
from pipeline.topics import Topic, TopicHierarchy
from pipeline.words.tfidf import Lexical

HASH_BYTES = 8  # of a text's hash, by which rows are searched


@dataclass(frozen=True)
class AtlasData:
    """Row i is the same paper everywhere.

    vectors: (n, d) float32 unit rows. text_hashes: (n, 32) uint8 sha256 of each text, increasing. hierarchy: topics,
    the areas above them and the subtopics inside them. encoder_arrays: what the TF-IDF backend needs to embed a new
    text. references: what papers cite, None where none has references or the run was made before they were kept.
    candidates, works: more neighbours than are kept, and what the references are, where the run that just made it found
    them, for the page. folder: where it was loaded from, if it was. A loaded atlas reads columns of papers.parquet when
    they are asked for; arrays are memory-mapped.
    """

    vectors: NDArray[np.float32]
    text_hashes: NDArray[np.uint8]
    neighbours: Neighbours
    hierarchy: TopicHierarchy
    manifest: Manifest
    tables: AtlasTables
    sentences: Sentences | None = None
    lexical: Lexical | None = None
    references: StoredReferences | None = None
    encoder_arrays: Mapping[str, NDArray[np.generic]] = field(default_factory=dict)
    candidates: Neighbours | None = None
    works: CitedWorks | None = None
    folder: Path | None = None

    def __post_init__(self) -> None:
        rows = {"text_hashes": len(self.text_hashes), "neighbours": len(self.neighbours.indices)}
        rows["papers"] = len(self.column("id"))
        if self.candidates is not None:
            rows["candidates"] = len(self.candidates.indices)
        if self.sentences is not None:
            rows["sentences"] = len(self.sentences.offsets) - 1
        if self.lexical is not None:
            rows["lexical"] = len(self.lexical.offsets) - 1
        if self.references is not None:
            rows["references"] = len(self.references)
        for name, count in rows.items():
            if count != len(self):
                raise ValueError(f"{name} has {count} rows for {len(self)} papers")

    def __len__(self) -> int:
        return len(self.vectors)

    def __repr__(self) -> str:
        return f"<AtlasData {self.manifest.name!r}: {len(self)} papers, {len(self.topics)} topics>"

    @property
    def topics(self) -> tuple[Topic, ...]:
        """The topics, by increasing id."""
        return self.hierarchy.topics

    def topic(self, number: int) -> Topic:
        """The topic with an id. Raises KeyError where there is none."""
        return self._topics[number]

    @cached_property
    def _topics(self) -> dict[int, Topic]:
        return {topic.id: topic for topic in self.topics}

    @property
    def title(self) -> str:
        """Title of its map: [map] title, or the run's name."""
        return self.manifest.config.map.title or self.manifest.name

    @property
    def column_names(self) -> list[str]:
        """Names of the columns of papers: id, title, abstract, authors, year, the source's and the run's own."""
        return self.tables.column_names

    def column(self, name: str) -> pa.ChunkedArray:
        """One column of papers, read alone where the atlas lies on disk. Raises KeyError where there is none."""
        return self.tables.column(name)

    def paper(self, row: int) -> dict[str, object]:
        """All columns of one paper."""
        return {name: self.value(name, row) for name in self.column_names}

    def value(self, name: str, row: int) -> object:
        """What one paper, row 0 to n - 1, has in a column, without reading all of the column. Raises KeyError."""
        return self.tables.value(name, row)

    @property
    def points(self) -> NDArray[np.float32]:
        """(n, 2) coordinates of the map."""
        return np.column_stack([self.column(name).to_numpy() for name in ("x", "y")])

    @cached_property
    def cleaner(self) -> Cleaner:
        """Makes of a title and an abstract the text that the run embeds."""
        return Cleaner(self.manifest.config.corpus.clean)

    def text(self, row: int) -> str:
        """What was embedded of one paper: title, a stop, abstract, both cleaned."""
        cleaned = self.cleaner.clean(str(self.value("title", row)), str(self.value("abstract", row)))
        return text_of(cleaned.title, cleaned.abstract)

    def cleaned_papers(self) -> tuple[list[str], list[str]]:
        """Titles and abstracts of all papers, as they were embedded."""
        parts = zip(self.column("title").to_pylist(), self.column("abstract").to_pylist(), strict=True)
        cleaned = [self.cleaner.clean(title, abstract) for title, abstract in parts]
        return [paper.title for paper in cleaned], [paper.abstract for paper in cleaned]

    def links(self, row: int) -> tuple[Link, ...]:
        """Where one paper can be read, the best place first."""
        names = [name for name in self.column_names if plain_name(name) in IDENTIFIER_FIELDS]
        return links({name: self.value(name, row) for name in names})

    @cached_property
    def index(self) -> Index:
        """Finds the papers nearest to any vector."""
        return open_index(self.vectors, self.folder, self.manifest.files.get("embedding.npy"))

    @cached_property
    def ids(self) -> PaperIds:
        """Row of every id, those of duplicates included."""
        return PaperIds.of_tables(self.column("id"), self.tables.duplicates)

    def rows_of_hashes(self, hashes: Sequence[bytes]) -> NDArray[np.int64]:
        """(m,) row of the paper with each text hash, -1 where there is none: a binary search."""
        heads = np.ascontiguousarray(self.text_hashes[:, :HASH_BYTES]).view(">u8").ravel()
        rows = np.full(len(hashes), -1, dtype=np.int64)
        for place, wanted in enumerate(hashes):
            row = int(np.searchsorted(heads, np.frombuffer(wanted[:HASH_BYTES], ">u8")[0]))
            while row < len(heads) and self.text_hashes[row].tobytes() < wanted:
                row += 1
            if row < len(heads) and self.text_hashes[row].tobytes() == wanted:
                rows[place] = row
        return rows

    @cached_property
    def source_text_rows(self) -> Mapping[bytes, int]:
        """Hash of a paper's text as its source has it, before cleaning -> its row; of equal texts the first."""
        texts = zip(self.column("title").to_pylist(), self.column("abstract").to_pylist(), strict=True)
        rows: dict[bytes, int] = {}
        for row, (title, abstract) in enumerate(texts):
            rows.setdefault(text_hash(text_of(title, abstract)), row)
        return rows

    @cached_property
    def encoder(self) -> Encoder:
        """Gives new texts the vectors that the run would have given them; loaded on first use."""
        return self._load_encoder(DOCUMENT_PROMPTS)

    @cached_property
    def query_encoder(self) -> Encoder:
        """Gives search words their vectors; loaded on first use."""
        if not needs_query_prompt(self.manifest):
            return self.encoder
        return self._load_encoder((*QUERY_PROMPTS, *DOCUMENT_PROMPTS))

    def _load_encoder(self, prompt_names: tuple[str, ...]) -> Encoder:
        kept = self.sentences is not None
        encoder = load_encoder(self.manifest, self.encoder_arrays, sentences=kept, prompt_names=prompt_names)
        if self.folder is not None and encoder.info.dimensions != self.vectors.shape[1]:
            raise RunFolderError(
                f"{self.manifest.name}: its vectors have {self.vectors.shape[1]} dimensions, those of its model"
                f" {encoder.info.dimensions}; {REBUILD}"
            )
        return encoder
