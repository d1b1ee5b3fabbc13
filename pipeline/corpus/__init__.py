"""Files -> Corpus: read, check, collapse duplicates and put the papers in an order that the files do not decide."""

from pipeline.corpus.collect import Corpus, collect
from pipeline.corpus.files import Source, existing_file, find_files, find_sources, input_digest
from pipeline.corpus.paper_ids import PaperIds
from pipeline.corpus.read import read_corpus, read_papers
from pipeline.corpus.record import Paper, Rejected, text_of
from pipeline.corpus.tables import CorpusTables

__all__ = [
    "Corpus",
    "CorpusTables",
    "Paper",
    "PaperIds",
    "Rejected",
    "Source",
    "collect",
    "existing_file",
    "find_files",
    "find_sources",
    "input_digest",
    "read_corpus",
    "read_papers",
    "text_of",
]
