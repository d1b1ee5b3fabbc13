"""OpenAPI description -> the same with an example of a request and of the answer for every route, and of a refusal."""

import copy
from collections.abc import Mapping
from dataclasses import dataclass, field

from pipeline.web.api_docs import OpenApi
from pipeline.web.problems import problem

MADE_UP = "arXiv:2101.00001"  # stands for the id of a paper, which the first paper of the atlas takes
RESULT: Mapping[str, object] = {
    "id": "10.1000/ice.7",
    "title": "Meltwater under a small glacier",
    "rank": 1,
    "similarity": 0.771204,
    "year": 2019,
    "topic": 3,
    "label": "Glaciers, meltwater",
    "parts": {"dense": 0.771204, "lexical": 0.402113, "sentences": 0.684402, "references": None},
    "reasons": {
        "shared_terms": ["meltwater", "glacier", "albedo"],
        "sentences": {
            "query": "Meltwater darkens the ice.",
            "paper": "Where water stands, the ice is darker.",
            "similarity": 0.81,
        },
        "topics": "same topic",
        "ranks": {"dense": 1, "lexical": 2, "sentences": 1},
        "references": None,
    },
}
LISTED: Mapping[str, object] = {
    "id": MADE_UP,
    "title": "How dust darkens a glacier",
    "authors": ["Ida Larsen", "Per Moe"],
    "year": 2021,
    "topic": 3,
    "nearest_topic": 3,
    "strength": 0.92,
}
TOPIC: Mapping[str, object] = {
    "id": 3,
    "label": "Glaciers, meltwater",
    "size": 40,
    "assigned": 46,
    "keywords": [{"term": "meltwater", "weight": 1.83}, {"term": "glacier", "weight": 1.46}],
    "representatives": [MADE_UP],
    "mmr_representatives": [MADE_UP],
    "boundary": ["10.1000/ice.7"],
    "parent": 0,
    "keyword_label": "Glaciers, meltwater",
    "named_by": "keywords",
    "strength": 0.8442,
    "stability": 0.8,
    "neighbourhood_preservation": 0.97,
    "colour": 0,
    "seeded": None,
}


@dataclass(frozen=True)
class Example:
    """answer: as JSON, or text. parameters: values by name; body: of a POST; media: kind of the answer, where the
    description has none.
    """

    answer: object
    parameters: Mapping[str, object] = field(default_factory=dict)
    body: object = None
    media: str = "application/json"


EXAMPLES: Mapping[str, Example] = {
    "GET /api/v1/papers": Example(
        {"total": 200, "offset": 0, "papers": [LISTED], "next": "/api/v1/papers?offset=1&limit=1"}, {"limit": 1}
    ),
    "GET /api/v1/papers/{paper}": Example(
        {
            **LISTED,
            "abstract": "Dust from the valley lies on the ice in spring, and the ice melts faster.",
            "second_topic": 1,
            "subtopic": -1,
            "x": -5.03,
            "y": 9.24,
            "links": [["DOI", "https://doi.org/10.1000/ice.1"]],
        },
        {"paper": MADE_UP},
    ),
    "POST /api/v1/references": Example(
        "@article{2101.00001,\n\ttitle = {{How dust darkens a glacier}},\n\tauthor = {Ida Larsen and Per Moe},\n"
        "\tyear = {2021}\n}\n",
        body={"ids": [MADE_UP], "format": "bibtex"},
    ),
    "GET /api/v1/topics": Example([TOPIC]),
    "GET /api/v1/topics/{number}": Example(TOPIC, {"number": 0}),
    "GET /api/v1/similar": Example({"query": {"id": MADE_UP}, "results": [RESULT]}, {"id": MADE_UP, "k": 3}),
    "POST /api/v1/similar": Example(
        {"query": {"like": [MADE_UP]}, "results": [RESULT]}, body={"like": [MADE_UP], "k": 3, "mmr": 0.3}
    ),
    "GET /api/v1/search": Example(
        {"query": {"words": "dust on ice"}, "results": [RESULT]}, {"q": "dust on ice", "k": 3}
    ),
    "POST /api/v1/assign": Example(
        [
            {
                "topic": 3,
                "nearest_topic": 3,
                "label": "Glaciers, meltwater",
                "strength": 0.86,
                "second_topic": 1,
                "known_as": None,
            }
        ],
        body={"papers": [{"title": "Dust on ice", "abstract": "Where dust lies, the ice melts faster."}]},
    ),
    "GET /feeds/{name}": Example(
        '<?xml version="1.0" encoding="utf-8"?>\n<feed xmlns="http://www.w3.org/2005/Atom">\n'
        "  <title>New papers</title>\n</feed>\n",
        {"name": "all.atom"},
        media="application/atom+xml",
    ),
}
NAMED = frozenset({"paper", "number", "id", "name", "ids", "like"})  # what names something that may not be there
NOT_FOUND = problem(404, "no paper has the id 'nobody'")
NO_TEXT = problem(400, "There was an error parsing the body")
REFUSAL = problem(422, "k: Input should be greater than or equal to 1")


def with_examples(description: OpenApi, paper: str) -> dict[str, object]:
    """A copy with examples. paper: id of a paper of the atlas, so that the requests can be sent as they stand."""
    told = copy.deepcopy(dict(description))
    for path, methods in told["paths"].items():
        for method, operation in methods.items():
            if (example := EXAMPLES.get(f"{method.upper()} {path}")) is not None:
                _add(operation, example, paper)
    return told


def _add(operation: OpenApi, example: Example, paper: str) -> None:
    for parameter in operation.get("parameters", []):
        if parameter["name"] in example.parameters:
            parameter["example"] = _with_id(example.parameters[parameter["name"]], paper)
    if example.body is not None:
        operation["requestBody"]["content"]["application/json"]["example"] = _with_id(example.body, paper)
    for content in operation["responses"]["200"].setdefault("content", {example.media: {}}).values():
        content["example"] = _with_id(example.answer, paper)
    refusals: dict[str, object] = {"422": REFUSAL} if "422" in operation["responses"] else {}
    asked = example.body if isinstance(example.body, dict) else {}
    if asked:
        refusals["400"] = NO_TEXT
    if not NAMED.isdisjoint({*example.parameters, *asked}):
        refusals["404"] = NOT_FOUND
    for status, refusal in sorted(refusals.items()):
        content = {"application/problem+json": {"example": refusal}}
        operation["responses"][status] = {"description": "A refusal, with the reason in `detail`", "content": content}


def _with_id(value: object, paper: str) -> object:
    """The same with the id of a paper in place of the made-up one."""
    if isinstance(value, dict):
        return {name: _with_id(part, paper) for name, part in value.items()}
    if isinstance(value, list):
        return [_with_id(part, paper) for part in value]
    return paper if value == MADE_UP else value
