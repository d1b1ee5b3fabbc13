"""id -> the papers most like it, by the cosine of their embeddings."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from pipeline.atlas import Atlas
from pipeline.errors import PaperatlasError
from pipeline.neighbours import nearest


@dataclass(frozen=True)
class Similar:
    """One recommended paper. similarity: cosine of the embeddings, in [-1, 1]; same_topic: nearest topics agree."""

    id: str
    title: str
    rank: int
    similarity: float
    year: int | None
    topic: int
    label: str
    same_topic: bool

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def similar(atlas: Atlas, paper: str, *, k: int) -> list[Similar]:
    """The k papers most similar to one of the atlas, itself and its exact duplicates left out.

    The stored neighbours answer as far as they go; a larger k is searched exactly. Raises UnknownPaperError for an
    unknown id and PaperatlasError for a k that is no count of papers.
    """
    others = len(atlas) - 1
    if k < 1:
        raise PaperatlasError(f"k = {k}: at least 1 paper must be asked for")
    if k > max(others, 1):
        raise PaperatlasError(f"k = {k}: the atlas has only {others} other papers")
    row = atlas.ids.row(paper)
    neighbours = atlas.neighbours
    if k <= neighbours.k:
        rows, similarities = neighbours.indices[row, :k], neighbours.similarities[row, :k]
    else:
        found = nearest(atlas.vectors, atlas.vectors[row : row + 1], k=k, own_rows=np.array([row]))
        rows, similarities = found.indices[0], found.similarities[0]
    columns = {name: atlas.column(name) for name in ("id", "title", "year", "nearest_topic")}
    own_topic = columns["nearest_topic"][row].as_py()
    results = []
    for rank, (other, similarity) in enumerate(zip(rows.tolist(), similarities.tolist(), strict=True), start=1):
        fields = {name: column[other].as_py() for name, column in columns.items()}
        topic = fields.pop("nearest_topic")
        results.append(
            Similar(
                **fields,
                rank=rank,
                similarity=round(similarity, 6),
                topic=topic,
                label=atlas.topics[topic].label,
                same_topic=topic == own_topic,
            )
        )
    return results
