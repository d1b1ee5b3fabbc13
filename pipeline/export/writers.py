"""The formats papers are written in."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from pipeline.export.bibtex_writer import to_bibtex
from pipeline.export.csl_writer import to_csl
from pipeline.export.ris_writer import to_ris
from pipeline.export.tables import to_csv, to_jsonl, to_parquet, to_xlsx

# Those that hold references, as texts of a few papers.
EXPORTERS: Mapping[str, Callable[[Iterable[Mapping[str, Any]]], str]] = {"bibtex": to_bibtex, "ris": to_ris}


@dataclass(frozen=True)
class Writer:
    """ending: of its files. write: makes the file of a table of papers."""

    ending: str
    write: Callable[[pa.Table], bytes]


WRITERS: Mapping[str, Writer] = {
    "bibtex": Writer(".bib", lambda papers: to_bibtex(papers.to_pylist()).encode()),
    "ris": Writer(".ris", lambda papers: to_ris(papers.to_pylist()).encode()),
    "csl": Writer(".json", lambda papers: to_csl(papers.to_pylist()).encode()),
    "csv": Writer(".csv", to_csv),
    "jsonl": Writer(".jsonl", to_jsonl),
    "parquet": Writer(".parquet", to_parquet),
    "xlsx": Writer(".xlsx", to_xlsx),
}
