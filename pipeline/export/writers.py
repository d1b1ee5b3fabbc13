"""Format name -> the function that writes papers in it."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import pyarrow as pa

from pipeline.export.bibtex_writer import to_bibtex
from pipeline.export.citation_fields import Paper
from pipeline.export.csl_writer import to_csl
from pipeline.export.ris_writer import to_ris
from pipeline.export.table_writers import to_csv, to_jsonl, to_parquet, to_xlsx
from pipeline.export.zotero_rdf_writer import to_zotero_rdf

# Formats of reference managers, as text.
REFERENCE_WRITERS: Mapping[str, Callable[[Iterable[Paper]], str]] = {"bibtex": to_bibtex, "ris": to_ris}


@dataclass(frozen=True)
class Writer:
    """ending: of the file names. write: table of papers -> content of the file."""

    ending: str
    write: Callable[[pa.Table], bytes]


WRITERS: Mapping[str, Writer] = {
    "bibtex": Writer(".bib", lambda papers: to_bibtex(papers.to_pylist()).encode()),
    "ris": Writer(".ris", lambda papers: to_ris(papers.to_pylist()).encode()),
    "rdf": Writer(".rdf", lambda papers: to_zotero_rdf(papers.to_pylist()).encode()),
    "csl": Writer(".json", lambda papers: to_csl(papers.to_pylist()).encode()),
    "csv": Writer(".csv", to_csv),
    "jsonl": Writer(".jsonl", to_jsonl),
    "parquet": Writer(".parquet", to_parquet),
    "xlsx": Writer(".xlsx", to_xlsx),
}
