"""A request, from a command or over the web -> one answer: {"query", "results"}."""

from dataclasses import dataclass

from pipeline.atlas import AtlasData
from pipeline.recommender.query import read_query
from pipeline.recommender.recommend import NO_FILTER, Filters, Recommended, default_k, similar


@dataclass(frozen=True)
class Request:
    """A query as it came: the id of a paper, texts, and ids or texts that are liked and not liked."""

    id: str | None = None
    text: tuple[str, ...] = ()
    like: tuple[str, ...] = ()
    unlike: tuple[str, ...] = ()

    def to_json(self) -> dict[str, object]:
        """What was given, by name."""
        given = {"id": self.id, "text": list(self.text), "like": list(self.like), "unlike": list(self.unlike)}
        return {name: value for name, value in given.items() if value}


@dataclass(frozen=True)
class Answer:
    """results: best first. truncated, beyond_model: whether a text was longer than is read, or than the model reads."""

    request: Request
    results: tuple[Recommended, ...]
    truncated: bool = False
    beyond_model: bool = False

    def to_json(self) -> dict[str, object]:
        """{"query", "results"}; truncated, beyond_model: there and true where a text was not read whole."""
        notes = {"truncated": self.truncated, "beyond_model": self.beyond_model}
        results = [result.to_json() for result in self.results]
        return {"query": self.request.to_json(), "results": results} | {name: True for name, on in notes.items() if on}


def answer(atlas: AtlasData, request: Request, *, k: int | None = None, filters: Filters = NO_FILTER) -> Answer:
    """The papers asked for. Raises PaperatlasError for a query that cannot be answered."""
    named = [] if request.id is None else [atlas.ids.ids[atlas.ids.row(request.id)]]
    query = read_query(atlas, [*named, *request.like], request.unlike, texts=request.text)
    count = default_k(atlas, asked_about=len(set(query.rows))) if k is None else k
    results = similar(atlas, query, k=count, filters=filters)
    return Answer(request, tuple(results), query.truncated, query.beyond_model)
