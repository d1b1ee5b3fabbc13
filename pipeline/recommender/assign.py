"""New texts -> their topics, by the vote of their nearest papers; nothing fitted is loaded but the encoder."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.atlas import AtlasData
from pipeline.clusterer.assignment import NOISE, assign_topics, fill_by_mean_vector
from pipeline.corpus.decoding import undecodable
from pipeline.corpus.record import text_hash, text_of
from pipeline.embedding import embed_texts
from pipeline.errors import PaperatlasError


@dataclass(frozen=True)
class Assigned:
    """The topics of one text. known_as: id of the paper of the atlas that has this text, if one does.

    topic: core topic, -1 noise; a new text is in no core topic, so it is -1 there. strength: share of its
    neighbours' vote that the nearest topic got, in [0, 1]. second_topic: -1 where there is none.
    """

    topic: int
    nearest_topic: int
    label: str
    strength: float
    second_topic: int
    known_as: str | None

    def to_json(self) -> dict[str, object]:
        """Its fields by name."""
        return asdict(self)


def assign_papers(atlas: AtlasData, papers: Iterable[tuple[str, str]]) -> list[Assigned]:
    """The topics of papers, (title, abstract) each, cleaned as the run cleans: see `assign_texts`."""
    cleaned = [atlas.cleaner.clean(title, abstract) for title, abstract in papers]
    return assign_texts(atlas, [text_of(paper.title, paper.abstract) for paper in cleaned])


def assign_texts(
    atlas: AtlasData, texts: Sequence[str], *, vectors: NDArray[np.float32] | None = None
) -> list[Assigned]:
    """The topics of each text, whatever the others are. A text of the corpus gets the run's own answer.

    A paper of the corpus is known by its text as it was embedded, as its source has it, or by one that cleaning makes
    equal. vectors: (m, d) unit rows of the texts, where the atlas was made from the user's own. Raises PaperatlasError
    where it was, they are not given and a text is not in it.
    """
    plain = folded_texts(texts)
    rows = _known_rows(atlas, plain)
    columns = {name: atlas.column(name) for name in ("id", "topic", "nearest_topic", "strength", "second_topic")}
    results: dict[int, Assigned] = {}
    for place, row in enumerate(rows.tolist()):
        if row >= 0:
            fields = {name: column[row].as_py() for name, column in columns.items()}
            known = fields.pop("id")
            results[place] = Assigned(**fields, label=atlas.topic(fields["nearest_topic"]).label, known_as=known)
    unknown = np.flatnonzero(rows < 0).tolist()
    if unknown:
        new = _assign_new(
            atlas,
            _embed_new(atlas, [plain[place] for place in unknown]) if vectors is None else vectors[unknown],
            columns["topic"].to_numpy(),
        )
        results |= dict(zip(unknown, new, strict=True))
    return [results[place] for place in range(len(plain))]


def text_vectors(atlas: AtlasData, texts: Sequence[str]) -> NDArray[np.float32]:
    """(m, d) float32 unit rows: the vector of each text, cleaned as the run cleans; a paper's own is looked up.

    Raises PaperatlasError where the atlas was made from the user's own vectors and a text is not in it.
    """
    plain = folded_texts(texts)
    rows = _known_rows(atlas, plain)
    vectors = np.array(atlas.vectors[rows])
    if len(unknown := np.flatnonzero(rows < 0)):
        vectors[unknown] = _embed_new(atlas, [plain[place] for place in unknown.tolist()])
    return vectors


def folded_texts(texts: Sequence[str]) -> list[str]:
    """The texts, white space folded. Raises PaperatlasError for the first that is empty or holds broken Unicode."""
    plain = [text_of("", text) for text in texts]
    for place, text in enumerate(plain, start=1):
        if not text or undecodable(text):
            raise PaperatlasError(f"paper {place}: {'broken Unicode' if text else 'neither title nor abstract'}")
    return plain


def _known_rows(atlas: AtlasData, plain: Sequence[str]) -> NDArray[np.int64]:
    """(m,) row of the paper that has each text: as it was embedded, as its source has it, or as this text is once it is
    cleaned; -1 where none has.
    """
    hashes = [text_hash(text) for text in plain]
    rows = atlas.rows_of_hashes(hashes)
    if (rows < 0).any():
        rows = np.where(rows < 0, [atlas.source_text_rows.get(name, -1) for name in hashes], rows)
    unknown = np.flatnonzero(rows < 0).tolist()
    rows[unknown] = atlas.rows_of_hashes([text_hash(as_embedded(atlas, plain[place])) for place in unknown])
    return rows


def _embed_new(atlas: AtlasData, texts: Sequence[str]) -> NDArray[np.float32]:
    return embed_texts([as_embedded(atlas, text) for text in texts], atlas.encoder).vectors


def as_embedded(atlas: AtlasData, text: str) -> str:
    """The text cleaned as papers are; one that is a paper of the corpus as it stands is left as it is."""
    plain = text_of("", text)
    if undecodable(plain) or atlas.rows_of_hashes([text_hash(plain)])[0] >= 0:
        return plain
    return text_of("", atlas.cleaner.clean("", text).abstract)


def _assign_new(atlas: AtlasData, vectors: NDArray[np.float32], core: NDArray[np.int32]) -> list[Assigned]:
    nearest = atlas.index.nearest(vectors, k=max(atlas.neighbours.k, 1))
    vote = fill_by_mean_vector(assign_topics(nearest, core), vectors, corpus_vectors=atlas.vectors, topics=core)
    rows = zip(vote.nearest_topic.tolist(), vote.strength.tolist(), vote.second_topic.tolist(), strict=True)
    return [
        Assigned(NOISE, topic, atlas.topic(topic).label, round(strength, 6), second, None)
        for topic, strength, second in rows
    ]
