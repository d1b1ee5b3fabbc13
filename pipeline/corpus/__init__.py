"""Files -> Corpus: papers read and checked, duplicates collapsed, in an order that does not depend on the files."""

from pipeline.corpus.collect import collect
from pipeline.corpus.corpus import Corpus
from pipeline.corpus.corpus_tables import CorpusTables
from pipeline.corpus.file_search import existing_file, find_files, find_sources, input_digest
from pipeline.corpus.paper_ids import PaperIds
from pipeline.corpus.read import read_corpus, read_papers
from pipeline.corpus.record import Paper, Rejected, text_of
from pipeline.corpus.sources import Source

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
