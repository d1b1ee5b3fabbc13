"""Papers -> files that reference managers, spreadsheets, programs and viewers of networks read."""

from pipeline.export.bibtex_writer import to_bibtex
from pipeline.export.csl_writer import to_csl
from pipeline.export.ris_writer import to_ris
from pipeline.export.writers import REFERENCE_WRITERS, WRITERS, Writer

__all__ = ["REFERENCE_WRITERS", "WRITERS", "Writer", "to_bibtex", "to_csl", "to_ris"]
