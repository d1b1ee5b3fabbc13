"""Other fields of the papers -> typed columns beside id, title, abstract, authors and year."""

import json
from collections.abc import Mapping, Sequence, Set

import pyarrow as pa

from pipeline.corpus.arrow_columns import text_array, text_lists_array
from pipeline.corpus.cited_references import REFERENCES, is_references

MOST_COLUMNS = 200
# Columns that the run itself adds to papers.parquet; a source's own field of that name is kept as source_<name>.
RESERVED = frozenset(
    {"id", "title", "abstract", "authors", "year", "topic", "nearest_topic", "strength", "second_topic", "x", "y"}
    | {"subtopic"}
)
INT64 = 2**63
_to_json = json.JSONEncoder(default=str).encode


class ExtraColumns:
    """Collects the other fields row by row, as JSON, and turns them into columns once all their types are known."""

    def __init__(self) -> None:
        self._kinds: dict[str, set[str]] = {}

    def encode(self, extra: dict[str, object]) -> str:
        """The fields of one row as JSON, their kinds noted."""
        for name, value in extra.items():
            kinds = self._kinds.get(name)
            if kinds is None:
                kinds = self._kinds[name] = set()
            kinds.add("str" if type(value) is str else _kind(value))
        return _to_json(extra) if extra else ""

    def note(self, kinds: Mapping[str, Set[str]]) -> None:
        """Takes over the kinds that were noted elsewhere."""
        for name, noted in kinds.items():
            self._kinds.setdefault(name, set()).update(noted)

    @property
    def kinds(self) -> Mapping[str, Set[str]]:
        """Name of each field so far -> the kinds of its values."""
        return self._kinds

    def add_to(self, papers: pa.Table, encoded: pa.ChunkedArray) -> pa.Table:
        """The table with one more column for each field; beyond 200 fields, one column `other` of JSON text.

        papers: a part of them all, or all: the columns are the same.
        """
        if len(self._kinds) > MOST_COLUMNS:
            return papers.append_column("other", text_array([text or None for text in encoded.to_pylist()]))
        rows = json.loads(f"[{','.join([text or '{}' for text in encoded.to_pylist()])}]")
        for name in sorted(self._kinds):
            column = _to_column([row.get(name) for row in rows], self._kinds[name])
            papers = papers.append_column(_free_name(name, papers.column_names), column)
        return papers


def _free_name(name: str, used: list[str]) -> str:
    name = name.encode(errors="replace").decode() or "unnamed"
    while name in RESERVED or name in used:
        name = f"source_{name}"
    return name


def _kind(value: object) -> str:
    if isinstance(value, str):
        return "str"
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, int):
        return "int" if -INT64 <= value < INT64 else "other"
    if isinstance(value, float):
        return "float"
    if isinstance(value, list | tuple) and all(isinstance(part, str) for part in value):
        return "texts"
    if is_references(value):
        return "references"
    return "other"


def _to_column(values: Sequence[object], kinds: set[str]) -> pa.Array:
    if kinds == {"texts"}:
        return text_lists_array([[_clean(part) for part in v] if isinstance(v, list) else None for v in values])
    if kinds == {"references"}:
        return pa.array([_clean_references(value) for value in values], REFERENCES)
    if kinds == {"bool"}:
        return pa.array(values, pa.bool_())
    if kinds == {"int"}:
        return pa.array(values, pa.int64())
    if kinds <= {"int", "float"}:
        return pa.array([float(value) if isinstance(value, int | float) else None for value in values], pa.float64())
    texts = [value if value is None or isinstance(value, str) else json.dumps(value) for value in values]
    return text_array([None if text is None else _clean(text) for text in texts])


def _clean_references(value: object) -> list[dict[str, str]] | None:
    if not is_references(value):
        return None
    return [
        {key: _clean(text) for key, text in (("raw", one["raw"]), ("id", one["id"]), ("source", one["source"]))}
        for one in value
    ]


def _clean(text: str) -> str:
    """The text with lone surrogates, which UTF-8 cannot hold, shown as question marks."""
    return text if text.isascii() else text.encode(errors="replace").decode()
