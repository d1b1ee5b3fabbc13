"""Papers -> files that reference managers, spreadsheets and programs read."""

from pipeline.export.bibtex import to_bibtex
from pipeline.export.csl import to_csl
from pipeline.export.formats import EXPORTERS, WRITERS, Writer
from pipeline.export.ris import to_ris

__all__ = ["EXPORTERS", "WRITERS", "Writer", "to_bibtex", "to_csl", "to_ris"]
