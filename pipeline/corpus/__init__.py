"""Files -> Corpus: read, check, collapse duplicates and put the papers in an order that the files do not decide."""

from pipeline.corpus.collect import Corpus, collect
from pipeline.corpus.files import existing_file, find_files, input_digest
from pipeline.corpus.reading import READERS, read_corpus, read_papers
from pipeline.corpus.record import Paper, Rejected, text_of

__all__ = [
    "READERS",
    "Corpus",
    "Paper",
    "Rejected",
    "collect",
    "existing_file",
    "find_files",
    "input_digest",
    "read_corpus",
    "read_papers",
    "text_of",
]
