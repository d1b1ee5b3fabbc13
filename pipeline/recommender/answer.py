"""What was asked, by a command or over the web -> one answer: {"query", "results"}."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.atlas import Atlas
from pipeline.errors import PaperatlasError
from pipeline.recommender.query import read_query
from pipeline.recommender.recommend import ANY, Wishes, similar
from pipeline.recommender.where import where


@dataclass(frozen=True)
class Asked:
    """A query as it came: the id of a paper, texts, and ids or texts that are liked and not liked."""

    id: str | None = None
    text: tuple[str, ...] = ()
    like: tuple[str, ...] = ()
    unlike: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """What was given, by name."""
        given = {"id": self.id, "text": list(self.text), "like": list(self.like), "unlike": list(self.unlike)}
        return {name: value for name, value in given.items() if value}


def answer(atlas: Atlas, asked: Asked, *, k: int | None = None, wishes: Wishes = ANY) -> dict[str, Any]:
    """The papers asked for. truncated, beyond_model: there and true where a text was not read whole.

    Raises PaperatlasError for a query that cannot be answered.
    """
    named = [] if asked.id is None else [atlas.ids.ids[atlas.ids.row(asked.id)]]
    query = read_query(atlas, [*named, *asked.like], asked.unlike, texts=asked.text)
    count = atlas.usual_k(len(set(query.rows))) if k is None else k
    results = [result.to_json() for result in similar(atlas, query, k=count, wishes=wishes)]
    notes = {"truncated": query.truncated, "beyond_model": query.beyond_model}
    return {"query": asked.to_json(), "results": results} | {name: True for name, said in notes.items() if said}


def papers_where(atlas: Atlas, condition: str | None, topic: str | None) -> NDArray[np.bool_] | None:
    """(n,) the papers that meet a condition and are of a topic (its number or label); None where neither is asked.

    Raises PaperatlasError where no paper is left.
    """
    named = None if topic is None else f"topic == {topic if topic.isdecimal() else _quoted(topic)}"
    conditions = [part for part in (condition, named) if part is not None]
    if not conditions:
        return None
    keep = where(atlas, " and ".join(f"({part})" for part in conditions))
    if not keep.any():
        raise PaperatlasError(f"no paper meets {' and '.join(conditions)}")
    return keep


def _quoted(text: str) -> str:
    return f'"{text}"' if "'" in text else f"'{text}'"
